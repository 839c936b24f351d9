// SPDX-License-Identifier: BSD-3-Clause
//
// The short form becomes the text of a file, so that there is one reader, and
// one place where anything is checked. Each element becomes a stage; at the
// ends, KIND:VALUE becomes a port with an rx or tx stage at it.
#include "config/config.h"
#include "option/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 256
#define ELEMENTS_MAX 32
#define NAME_ROOM 100 // of a stage; too long ones are refused later

struct element {
	char **words;
	unsigned count;
};

struct short_form {
	char *letters; // of all words, each ended by '\0'
	char *words[WORDS_MAX];
	unsigned word_count;
	struct element elements[ELEMENTS_MAX];
	unsigned element_count;
};

static int refuse(struct weir_error *e, const char *words)
{
	return weir_error_set(e, -EINVAL, "-e: error: %s", words);
}

// Copies one word without its quotes. Answers what is behind it, or NULL when
// a quote is not closed.
static const char *word_copy(const char *from, char **to)
{
	char quote = '\0', *at = *to;

	for (; *from && (quote || !isspace((unsigned char)*from)); from++) {
		if (quote && *from == quote)
			quote = '\0';
		else if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (*from == '\\' && quote != '\'' && from[1])
			*at++ = *++from;
		else
			*at++ = *from;
	}
	*at++ = '\0';
	*to = at;
	return quote ? NULL : from;
}

static bool is_bang(const char *at)
{
	return at[0] == '!' && (!at[1] || isspace((unsigned char)at[1]));
}

static int element_end(struct short_form *form, struct weir_error *e)
{
	struct element *element = &form->elements[form->element_count];

	element->count =
		(unsigned)(&form->words[form->word_count] - element->words);
	if (!element->count)
		return refuse(e, "an empty element: something must stand "
				 "before and behind each '!'");
	form->element_count++;
	return 0;
}

static int element_begin(struct short_form *form, struct weir_error *e)
{
	if (form->element_count == ELEMENTS_MAX)
		return refuse(e, "more than 32 elements: write a file");
	form->elements[form->element_count].words =
		&form->words[form->word_count];
	return 0;
}

static int split(
	struct short_form *form, const char *expression, struct weir_error *e)
{
	char *to = form->letters;
	int error = element_begin(form, e);

	while (!error) {
		while (isspace((unsigned char)*expression))
			expression++;
		if (!*expression)
			return element_end(form, e);
		if (is_bang(expression)) {
			expression++;
			error = element_end(form, e);
			if (!error)
				error = element_begin(form, e);
			continue;
		}
		if (form->word_count == WORDS_MAX)
			return refuse(e, "more than 256 words: write a file");
		form->words[form->word_count++] = to;
		expression = word_copy(expression, &to);
		if (!expression)
			return refuse(e, "a quote that is not closed");
	}
	return error;
}

static bool is_port(const struct element *element)
{
	const char *word = element->words[0];

	return strchr(word, ':') ||
	       (weir_port_find(word) && !weir_stage_find(word));
}

static bool at_end(const struct short_form *form, unsigned index)
{
	return index == 0 || index == form->element_count - 1;
}

static int check(const struct short_form *form, struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE];

	if (form->element_count < 2)
		return refuse(e, "a pipeline has at least two elements, as in "
				 "'file:a.pcap ! file:b.pcap'");
	for (unsigned i = 0; i < form->element_count; i++) {
		const struct element *element = &form->elements[i];

		if (is_port(element) && !at_end(form, i))
			return weir_error_set(e, -EINVAL,
				"-e: error: port %s stands in the middle: "
				"ports are the first and the last element",
				weir_quote(element->words[0], quoted));
		for (unsigned w = 1; w < element->count; w++) {
			if (!strchr(element->words[w], '='))
				return weir_error_set(e, -EINVAL,
					"-e: error: %s is not NAME=VALUE: "
					"write options as in 'filter "
					"expr=\"udp\"'",
					weir_quote(element->words[w], quoted));
		}
	}
	return 0;
}

// A text as YAML may have it, whatever is in it.
static void put_text(FILE *to, const char *text, size_t size)
{
	putc('"', to);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(to, "\\x%02x", c);
		else
			putc(c, to);
	}
	putc('"', to);
}

static void put_list(FILE *to, const char *text)
{
	const char *comma;

	putc('[', to);
	for (; (comma = strchr(text, ',')); text = comma + 1) {
		put_text(to, text, (size_t)(comma - text));
		fputs(", ", to);
	}
	put_text(to, text, strlen(text));
	putc(']', to);
}

// NAME=VALUE. Values of lists are parted by commas.
static void put_option(
	FILE *to, const struct weir_option *table, const char *word)
{
	const char *equals = strchr(word, '=');
	const struct weir_option *option = NULL;

	for (unsigned i = 0; table && i < weir_option_count(table); i++) {
		if (!strncmp(table[i].name, word, (size_t)(equals - word)) &&
			!table[i].name[equals - word])
			option = &table[i];
	}
	fputs(", ", to);
	put_text(to, word, (size_t)(equals - word));
	fputs(": ", to);
	if (option && weir_option_is_list(option->type) &&
		strchr(equals + 1, ','))
		put_list(to, equals + 1);
	else
		put_text(to, equals + 1, strlen(equals + 1));
}

static void put_port(FILE *to, const char *name, const struct element *element)
{
	const char *word = element->words[0];
	const char *colon = strchrnul(word, ':');

	fprintf(to, "  %s: {", name);
	put_text(to, word, (size_t)(colon - word));
	fputs(": ", to);
	put_text(to, *colon ? colon + 1 : "", strlen(*colon ? colon + 1 : ""));
	for (unsigned i = 1; i < element->count; i++)
		put_option(to, NULL, element->words[i]);
	fputs("}\n", to);
}

static const char *type_of(const struct short_form *form, unsigned index)
{
	const struct element *element = &form->elements[index];

	if (!is_port(element))
		return element->words[0];
	return index ? "tx" : "rx";
}

// A stage is called as its type is; the second of a type has _2 behind it.
static const char *name_of(
	const struct short_form *form, unsigned index, char *name, size_t size)
{
	const char *type = type_of(form, index);
	unsigned number = 1;

	for (unsigned i = 0; i < index; i++)
		number += !strcmp(type_of(form, i), type);
	if (number == 1)
		snprintf(name, size, "%s", type);
	else
		snprintf(name, size, "%s_%u", type, number);
	return name;
}

// given_outputs answers the outputs that an option of the element names, parted
// by commas; "" where there are none.
static const char *given_outputs(
	const struct element *element, const struct weir_stage *stage)
{
	const char *name = stage->outputs_from;

	for (unsigned i = 1; name && i < element->count; i++)
		if (!strncmp(element->words[i], name, strlen(name)) &&
			element->words[i][strlen(name)] == '=')
			return element->words[i] + strlen(name) + 1;
	return "";
}

// What comes before: of several outputs, the first goes on.
static void put_input(FILE *to, const struct short_form *form, unsigned index)
{
	const struct weir_stage *before =
		weir_stage_find(type_of(form, index - 1));
	char name[NAME_ROOM], input[NAME_ROOM + 80];
	const char *given;

	name_of(form, index - 1, name, sizeof(name));
	if (before &&
		*(given = given_outputs(&form->elements[index - 1], before)))
		snprintf(input, sizeof(input), "%s.%.*s", name,
			(int)strcspn(given, ","), given);
	else if (before && weir_stage_output_count(before) > 1)
		snprintf(input, sizeof(input), "%s.%s", name,
			before->outputs[0]);
	else
		snprintf(input, sizeof(input), "%s", name);
	fputs(", inputs: ", to);
	put_text(to, input, strlen(input));
}

// put_drops drops what no element takes: all outputs, but the first where
// another element follows.
static void put_drops(
	FILE *to, const struct weir_stage *stage, const char *given, bool last)
{
	const char *before = ", drop: [";
	bool taken = last;

	while (*given) {
		size_t size = strcspn(given, ",");

		if (taken) {
			fputs(before, to);
			put_text(to, given, size);
			before = ", ";
		}
		taken = true;
		given += size + (given[size] == ',');
	}
	for (unsigned i = 0; i < weir_stage_output_count(stage); i++) {
		if (taken) {
			fprintf(to, "%s%s", before, stage->outputs[i]);
			before = ", ";
		}
		taken = true;
	}
	if (before[2] == '\0')
		putc(']', to);
}

static void put_stage(FILE *to, const struct short_form *form, unsigned index)
{
	const struct element *element = &form->elements[index];
	const struct weir_stage *stage = weir_stage_find(type_of(form, index));
	bool last = index == form->element_count - 1;
	char name[NAME_ROOM];

	fputs("  ", to);
	name_of(form, index, name, sizeof(name));
	put_text(to, name, strlen(name));
	fputs(": {type: ", to);
	put_text(to, type_of(form, index), strlen(type_of(form, index)));
	if (index)
		put_input(to, form, index);
	if (is_port(element))
		fprintf(to, ", port: %s", index ? "out" : "in");
	for (unsigned i = 1; !is_port(element) && i < element->count; i++)
		put_option(
			to, stage ? stage->options : NULL, element->words[i]);
	if (stage)
		put_drops(to, stage, given_outputs(element, stage), last);
	fputs("}\n", to);
}

static void put_file(FILE *to, const struct short_form *form)
{
	const struct element *first = &form->elements[0];
	const struct element *last = &form->elements[form->element_count - 1];

	fputs("version: 1\nports:\n", to);
	if (is_port(first))
		put_port(to, "in", first);
	if (is_port(last))
		put_port(to, "out", last);
	fputs("stages:\n", to);
	for (unsigned i = 0; i < form->element_count; i++)
		put_stage(to, form, i);
}

static int write_file(
	char **text, const struct short_form *form, struct weir_error *e)
{
	size_t size;
	FILE *to = open_memstream(text, &size);
	bool failed;

	if (!to)
		return weir_error_set(e, -ENOMEM, "-e: error: no memory");
	put_file(to, form);
	failed = ferror(to);
	if (!fclose(to) && !failed)
		return 0;
	free(*text);
	*text = NULL;
	return weir_error_set(e, -ENOMEM, "-e: error: no memory");
}

int weir_config_short(char **text, const char *expression, struct weir_error *e)
{
	struct short_form form = {.word_count = 0};
	int error;

	*text = NULL;
	form.letters = malloc(2 * strlen(expression) + 1);
	if (!form.letters)
		return weir_error_set(e, -ENOMEM, "-e: error: no memory");
	error = split(&form, expression, e);
	if (!error)
		error = check(&form, e);
	if (!error)
		error = write_file(text, &form, e);
	free(form.letters);
	return error;
}
