// SPDX-License-Identifier: BSD-3-Clause
#include "document/node.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct weir_document document;
static struct weir_faults faults;
static struct weir_error e;

static void forget(void)
{
	weir_document_fini(&document);
	document = (struct weir_document){.name = "d.yaml"};
	faults = (struct weir_faults){.count = 0};
	weir_error_clear(&e);
}

TestSuite(document, .init = forget, .fini = forget);

static struct weir_node *load(const char *text)
{
	forget();
	weir_document_load(&document, text, strlen(text), &faults);
	return document.root;
}

static const char *told(void)
{
	weir_faults_report(&faults, &e);
	return e.text;
}

static const char *text_of(const char *key)
{
	const struct weir_node *node = weir_node_get(document.root, key);

	return node && node->text ? node->text : "";
}

Test(document, each_part_knows_where_it_was_said)
{
	const struct weir_node *list;

	cr_assert_not_null(load("a: 1\nbcd:   [x,\n  y]\n"));
	cr_expect_eq(document.root->kind, WEIR_NODE_MAP);
	cr_expect_eq(document.root->count, 2);
	list = weir_node_get(document.root, "bcd");
	cr_expect_eq(list->kind, WEIR_NODE_LIST);
	cr_expect_eq(list->key_at.line, 2);
	cr_expect_eq(list->key_at.column, 1);
	cr_expect_eq(list->at.column, 8);
	cr_expect_str_eq(list->last->text, "y");
	cr_expect_eq(list->last->at.line, 3);
	cr_expect_eq(list->last->at.column, 3);
	cr_expect_null(list->last->key);
}

Test(document, nothing_is_told_from_an_empty_text)
{
	cr_assert_not_null(load("a:\nb: ''\nc: ~\nd: 'null'\n"));
	cr_expect_eq(weir_node_get(document.root, "a")->kind, WEIR_NODE_NONE);
	cr_expect_eq(weir_node_get(document.root, "b")->kind, WEIR_NODE_TEXT);
	cr_expect_eq(weir_node_get(document.root, "c")->kind, WEIR_NODE_NONE);
	cr_expect_eq(weir_node_get(document.root, "d")->kind, WEIR_NODE_TEXT);
}

Test(document, an_alias_is_a_copy)
{
	cr_assert_not_null(load("a: &a {x: 1}\nb: *a\n"));
	weir_document_set(&document, "b.x=2", &faults);
	cr_expect_eq(faults.count, 0);
	cr_expect_str_eq(weir_node_get(document.root, "a")->first->text, "1");
	cr_expect_str_eq(weir_node_get(document.root, "b")->first->text, "2");
}

Test(document, what_a_mapping_says_itself_goes_before_what_it_merges)
{
	const struct weir_node *c;

	cr_assert_not_null(load("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\n"
				"c: {<<: [*a, *b], x: 0}\n"));
	c = weir_node_get(document.root, "c");
	cr_expect_eq(c->count, 3);
	cr_expect_str_eq(weir_node_get(c, "x")->text, "0");
	cr_expect_str_eq(weir_node_get(c, "y")->text, "1");
	cr_expect_str_eq(weir_node_get(c, "z")->text, "2");
}

Test(document, values_are_bounded_however_often_an_alias_is_used)
{
	char text[4096] = "x: &a0 [1, 2, 3, 4, 5, 6, 7, 8]\n";

	for (unsigned i = 1; i < 20; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used,
			"x%u: &a%u [*a%u, *a%u, *a%u, *a%u]\n", i, i, i - 1,
			i - 1, i - 1, i - 1);
	}
	cr_expect_null(load(text));
	cr_expect_not_null(strstr(told(), "more than 65536 values"));
}

Test(document, texts_are_bounded_however_often_an_alias_is_used)
{
	static char text[80000];
	size_t used = 4;

	memcpy(text, "- &a ", 5);
	memset(text + 5, 'x', 65000);
	used = 65005;
	text[used++] = '\n';
	for (unsigned i = 0; i < 300; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "- *a\n");
	cr_expect_null(load(text));
	cr_expect_not_null(strstr(told(), "texts of more than"));
}

Test(document, a_mapping_takes_a_bounded_number_of_keys)
{
	static char text[40000];
	size_t used = 0;

	for (unsigned i = 0; i <= WEIR_DOCUMENT_KEYS_MAX; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "k%u: 1\n", i);
	cr_expect_null(load(text));
	cr_expect_not_null(strstr(told(), "a mapping with more than 1024"));
}

// libyaml's own time grows with the square of these: without the bounds this
// test takes minutes.
Test(document, depth_and_anchors_are_bounded_before_they_cost)
{
	static char text[WEIR_DOCUMENT_SIZE_MAX + 1];
	size_t used = 0;

	memset(text, '[', WEIR_DOCUMENT_SIZE_MAX);
	cr_expect_null(load(text));
	cr_expect_not_null(strstr(told(), "nested more than 32 deep"));
	while (used < WEIR_DOCUMENT_SIZE_MAX - 16)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "- &a%zx a\n", used);
	cr_expect_null(load(text));
	cr_expect_not_null(strstr(told(), "more than 1024 anchors"));
}

Test(document, a_path_may_end_in_what_is_new)
{
	const struct weir_node *list;

	cr_assert_not_null(load("a: {b: [x]}\nt: one\n"));
	weir_document_set(&document, "a.c=1", &faults);
	weir_document_set(&document, "a.b[1]=y", &faults);
	weir_document_set(&document, "n.m.o=2", &faults);
	weir_document_set(&document, "t[1]=two", &faults);
	weir_document_set(&document, "a.b[0]={k: [v, w]}", &faults);
	weir_document_set(&document, "a.b[0].k[1]=z", &faults);
	cr_expect_eq(faults.count, 0, "%s", told());
	list = weir_node_get(weir_node_get(document.root, "a"), "b");
	cr_expect_str_eq(list->last->text, "y");
	cr_expect_str_eq(weir_node_get(list->first, "k")->last->text, "z");
	cr_expect_eq(weir_node_get(document.root, "t")->count, 2);
	cr_expect_str_eq(
		weir_node_get(
			weir_node_get(weir_node_get(document.root, "n"), "m"),
			"o")
			->text,
		"2");
}

Test(document, only_texts_of_the_file_are_expanded)
{
	setenv("WEIR_A", "$$ ${WEIR_A}", 1);
	cr_assert_not_null(load("a: x${WEIR_A}\nb: 1\n"));
	weir_document_set(&document, "b=${WEIR_A}", &faults);
	weir_document_expand(&document, &faults);
	cr_expect_str_eq(text_of("a"), "x$$ ${WEIR_A}");
	cr_expect_str_eq(text_of("b"), "${WEIR_A}");
}

Test(document, an_expanded_text_is_bounded)
{
	char *value = calloc(1, 40000);

	memset(value, 'x', 39999);
	setenv("WEIR_A", value, 1);
	cr_assert_not_null(load("a: ${WEIR_A}${WEIR_A}\n"));
	weir_document_expand(&document, &faults);
	cr_expect_str_eq(told(), "d.yaml:1:4: error: more than 65536 bytes "
				 "with its variables put in");
	free(value);
}

Test(document, a_file_with_windows_ends_of_lines_and_a_mark_is_read)
{
	cr_assert_not_null(load("\xef\xbb\xbf"
				"a: 1\r\nb: 2\r\n"));
	cr_expect_str_eq(text_of("a"), "1");
	cr_expect_str_eq(text_of("b"), "2");
}

static const struct weir_at at = {"f", 1, 1};

Test(faults, are_told_in_the_order_of_the_file_and_once)
{
	faults = (struct weir_faults){.count = 0};
	weir_fault_add(&faults, (struct weir_at){"f", 9, 2}, "last");
	weir_fault_add(&faults, (struct weir_at){"f", 2, 7}, "second");
	weir_fault_add(&faults, (struct weir_at){"f", 2, 3}, "first");
	weir_fault_add(&faults, (struct weir_at){"f", 2, 3}, "first");
	weir_fault_add(&faults, (struct weir_at){"--set a", 0, 0}, "set");
	cr_expect_eq(weir_faults_report(&faults, &e), -EINVAL);
	cr_expect_str_eq(e.text, "--set a: error: set\n"
				 "f:2:3: error: first\n"
				 "f:2:7: error: second\n"
				 "f:9:2: error: last");
}

Test(faults, are_bounded_and_the_rest_is_counted)
{
	faults = (struct weir_faults){.count = 0};
	for (unsigned i = 0; i < 25; i++)
		weir_fault_add(&faults, at, "fault %u", i);
	weir_faults_report(&faults, &e);
	cr_expect_not_null(strstr(e.text, "fault 19\n… and 5 more"));
}

Test(faults, cannot_speak_to_the_terminal)
{
	faults = (struct weir_faults){.count = 0};
	weir_fault_add(&faults, at,
		"a\033[2J\x7f\xc2\x9b"
		"b\xc3\xa4");
	weir_faults_report(&faults, &e);
	cr_expect_str_eq(e.text, "f:1:1: error: a?[2J???b\xc3\xa4");
}

Test(faults, no_memory_is_another_answer)
{
	faults = (struct weir_faults){.no_memory = true};
	weir_error_clear(&e);
	cr_expect_eq(weir_faults_report(&faults, &e), -ENOMEM);
}

Test(arena, gives_zeroed_memory_of_any_size)
{
	struct weir_arena arena = {0};

	for (unsigned i = 0; i < 2000; i++) {
		size_t size = i * 37 % 40000;
		char *memory = weir_arena_get(&arena, size);

		cr_assert_not_null(memory);
		cr_assert_eq((uintptr_t)memory % 16, 0);
		for (size_t j = 0; j < size; j += 97)
			cr_assert_eq(memory[j], 0);
		memset(memory, 0xff, size);
	}
	cr_expect_str_eq(weir_arena_copy(&arena, "abcdef", 3), "abc");
	weir_arena_fini(&arena);
	weir_arena_fini(&arena);
}
