// SPDX-License-Identifier: BSD-3-Clause
//
// The tests of a pipeline, for 'weir test': a capture goes in, and captures or
// counts are expected at ports, outputs and drops.
#include "config/check.h"
#include "option/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool is_read(const struct weir_config *config, unsigned port)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];

		if (stage->port == (int)port && stage->type &&
			stage->type->source)
			return true;
	}
	return false;
}

// A test whose input names no port is for a pipeline that reads one.
static void check_only_input(
	struct weir_check *check, const struct weir_node *node)
{
	unsigned count = 0;

	for (unsigned i = 0; i < check->config->port_count; i++)
		count += is_read(check->config, i);
	if (count != 1)
		weir_fault_add(check->faults, node->at,
			"the pipeline reads %u ports: write 'input: {PORT: "
			"FILE}'",
			count);
}

static void read_input(struct weir_check *check, struct weir_config_test *test,
	const struct weir_node *node)
{
	const struct weir_node *file = node->first;
	int port;

	if (node->kind == WEIR_NODE_TEXT) {
		test->input = node->text;
		check_only_input(check, node);
		return;
	}
	if (node->kind != WEIR_NODE_MAP || node->count != 1) {
		weir_fault_add(check->faults, node->at,
			"input must be a capture, or {PORT: CAPTURE} with one "
			"port");
		return;
	}
	if (!weir_check_kind(check, file, WEIR_NODE_TEXT, "an input"))
		return;
	port = weir_config_port_index(check->config, file->key);
	if (port < 0 || !is_read(check->config, (unsigned)port))
		weir_fault_add(check->faults, file->key_at,
			"no stage reads a port '%s'", file->key);
	test->input = file->text;
	test->input_port = file->key;
}

static bool has_drop(const struct weir_stage *stage, const char *name)
{
	for (unsigned i = 0; i < weir_stage_drop_count(stage); i++) {
		if (!strcmp(stage->drops[i], name))
			return true;
	}
	return false;
}

// PORT, STAGE.OUTPUT or STAGE.drops.REASON.
static bool is_there(const struct weir_check *check, const char *key)
{
	const struct weir_config *config = check->config;
	const char *dot = strchr(key, '.');
	const struct weir_stage *type;
	int stage;

	if (!dot)
		return weir_config_port_index(config, key) >= 0;
	stage = weir_config_stage_index(config, key, (size_t)(dot - key));
	if (stage < 0)
		return false;
	type = config->stages[stage].type;
	if (!type)
		return true; // has been told of
	if (!strncmp(dot, ".drops.", 7))
		return has_drop(type, dot + 7);
	return weir_config_output_index(&config->stages[stage], dot + 1) >= 0;
}

static void add_name(struct weir_check *check, struct weir_words *words,
	const char *stage, const char *middle, const char *name)
{
	size_t size = strlen(stage) + strlen(middle) + strlen(name) + 1;
	char *text = weir_check_get(check, size);

	if (!text)
		return;
	snprintf(text, size, "%s%s%s", stage, middle, name);
	weir_words_add(words, text);
}

static void unknown_place(
	struct weir_check *check, const struct weir_node *node)
{
	const struct weir_config *config = check->config;
	struct weir_words words = {.count = 0};

	for (unsigned i = 0; i < config->port_count; i++)
		weir_words_add(&words, config->ports[i].name);
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];
		const struct weir_stage *type = stage->type;

		for (unsigned j = 0; j < stage->output_count; j++)
			add_name(check, &words, stage->name, ".",
				stage->outputs[j]);
		for (unsigned j = 0; type && type->drops[j]; j++)
			add_name(check, &words, stage->name, ".drops.",
				type->drops[j]);
	}
	weir_fault_unknown(check->faults, node->key_at,
		&(struct weir_unknown){.what = "place",
			.word = node->key,
			.where = " in expect",
			.words = words.list,
			.count = words.count});
}

static void read_expect(struct weir_check *check,
	struct weir_config_expect *expect, const struct weir_node *node)
{
	struct weir_error why = {0};

	expect->key = node->key;
	expect->at = node->key_at;
	if (!is_there(check, node->key))
		unknown_place(check, node);
	if (!weir_check_kind(check, node, WEIR_NODE_TEXT,
		    "what is expected (a capture or a count)"))
		return;
	if (strspn(node->text, "0123456789") != strlen(node->text))
		expect->file = node->text;
	else if (weir_number_parse(node->text, &expect->count, &why))
		weir_fault_add(check->faults, node->at, "%s", why.text);
}

static void read_expects(struct weir_check *check,
	struct weir_config_test *test, const struct weir_node *node)
{
	if (!weir_check_kind(check, node, WEIR_NODE_MAP, "expect"))
		return;
	test->expects =
		weir_check_get(check, node->count * sizeof(test->expects[0]));
	if (!test->expects)
		return;
	weir_node_each(child, node)
		read_expect(check, &test->expects[test->expect_count++], child);
}

static void read_key(struct weir_check *check, struct weir_config_test *test,
	const struct weir_node *node)
{
	struct weir_words words = {{"name", "input", "expect"}, 3};

	if (!strcmp(node->key, "input"))
		read_input(check, test, node);
	else if (!strcmp(node->key, "expect"))
		read_expects(check, test, node);
	else if (strcmp(node->key, "name"))
		weir_check_unknown_key(check, node, " in a test", &words);
	else if (weir_check_kind(check, node, WEIR_NODE_TEXT, "a name"))
		test->name = node->text;
}

static void read_test(struct weir_check *check, struct weir_config_test *test,
	const struct weir_node *node)
{
	test->at = node->at;
	if (!weir_check_kind(check, node, WEIR_NODE_MAP, "a test"))
		return;
	weir_node_each(child, node) read_key(check, test, child);
	if (!weir_node_get(node, "expect"))
		weir_fault_add(check->faults, node->at,
			"a test without 'expect' tests nothing: say what comes "
			"out, as in 'expect: {out: expected.pcap}'");
}

void weir_check_tests(struct weir_check *check, const struct weir_node *node)
{
	struct weir_config *config = check->config;

	if (!node || node->kind == WEIR_NODE_NONE ||
		!weir_check_kind(check, node, WEIR_NODE_LIST, "tests"))
		return;
	config->tests =
		weir_check_get(check, node->count * sizeof(config->tests[0]));
	if (!config->tests)
		return;
	weir_node_each(child, node)
		read_test(check, &config->tests[config->test_count++], child);
}
