// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.h"
#include "command.h"

#include "option/value.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LONG 256 // getopt's answer for the first long option of a table
#define HELP 'h'

// What getopt wants, made from a table.
struct forms {
	struct option long_forms[WEIR_ARGUMENTS_MAX + 2];
	char letters[2 * WEIR_ARGUMENTS_MAX + 4];
};

static const struct weir_argument none[] = {{0}};

static const struct weir_argument *options_of(
	const struct weir_command *command)
{
	return command->options ? command->options : none;
}

static const struct weir_argument *operands_of(
	const struct weir_command *command)
{
	return command->operands ? command->operands : none;
}

static void add_letter(struct forms *forms, char letter, bool has_value)
{
	size_t length = strlen(forms->letters);

	forms->letters[length] = letter;
	if (has_value)
		forms->letters[length + 1] = ':';
}

// make_forms: the leading ':' makes getopt tell a missing value from an unknown
// option.
static void make_forms(struct forms *forms, const struct weir_argument *options)
{
	struct option *next = forms->long_forms;

	memset(forms, 0, sizeof(*forms));
	strcpy(forms->letters, ":");
	for (unsigned i = 0; options[i].type; i++) {
		bool has_value = options[i].type != WEIR_ARGUMENT_FLAG;
		bool maybe = options[i].type == WEIR_ARGUMENT_MAYBE;

		if (options[i].letter)
			add_letter(forms, options[i].letter, has_value);
		if (options[i].name)
			*next++ = (struct option){options[i].name,
				maybe	    ? optional_argument
				: has_value ? required_argument
					    : no_argument,
				NULL, LONG + (int)i};
	}
	add_letter(forms, HELP, false);
	*next = (struct option){"help", no_argument, NULL, HELP};
}

const struct weir_argument *weir_argument_find(
	const struct weir_argument *table, const char *text)
{
	size_t length = strcspn(text, "=");

	for (; table && table->type; table++) {
		if (table->name && !strncmp(text, "--", 2) &&
			strlen(table->name) == length - 2 &&
			!strncmp(text + 2, table->name, length - 2))
			return table;
		if (table->letter && text[0] == '-' &&
			text[1] == table->letter && !text[2])
			return table;
	}
	return NULL;
}

const char *weir_argument_write(
	const struct weir_argument *argument, char *text, size_t size)
{
	const char *value = argument->value ? argument->value : "";
	const char *space = argument->value ? " " : "";

	if (argument->type == WEIR_ARGUMENT_MAYBE) {
		snprintf(text, size, "--%s[=%s]", argument->name, value);
		return text;
	}

	if (argument->letter && argument->name)
		snprintf(text, size, "-%c, --%s%s%s", argument->letter,
			argument->name, space, value);
	else if (argument->letter)
		snprintf(text, size, "-%c%s%s", argument->letter, space, value);
	else if (argument->name)
		snprintf(text, size, "--%s%s%s", argument->name, space, value);
	else
		snprintf(text, size, "%s", value);
	return text;
}

// ---- one value ----

// name_of writes how messages call an argument.
static const char *name_of(
	const struct weir_argument *argument, char *text, size_t size)
{
	if (argument->name)
		snprintf(text, size, "--%s", argument->name);
	else if (argument->letter)
		snprintf(text, size, "-%c", argument->letter);
	else
		snprintf(text, size, "%s", argument->value);
	return text;
}

static int wrong_choice(const char *command,
	const struct weir_argument *argument, const char *text)
{
	char list[256] = "";

	for (unsigned i = 0; argument->choices[i]; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s",
			i ? ", " : "", argument->choices[i]);
	}
	return weir_usage_error(command, "'%s' is none of: %s", text, list);
}

static bool is_choice(const struct weir_argument *argument, const char *text)
{
	for (unsigned i = 0; argument->choices[i]; i++)
		if (!strcmp(argument->choices[i], text))
			return true;
	return false;
}

static int add_text(const char *command, const struct weir_argument *argument,
	struct weir_texts *texts, const char *text)
{
	char name[64];

	if (texts->count == WEIR_TEXTS_MAX)
		return weir_usage_error(command, "more than %d %s",
			WEIR_TEXTS_MAX, name_of(argument, name, sizeof(name)));
	texts->text[texts->count++] = text;
	return -1;
}

static int take_quantity(const char *command,
	const struct weir_argument *argument, uint64_t *to, const char *text)
{
	struct weir_error e = {0};
	char name[64];
	int err = argument->type == WEIR_ARGUMENT_NUMBER
			  ? weir_number_parse(text, to, &e)
			  : weir_duration_parse(text, to, &e);

	if (!err)
		return -1;
	return weir_usage_error(command, "%s: %s",
		name_of(argument, name, sizeof(name)), e.text);
}

// take answers -1 to go on, or the exit code.
static int take(const char *command, const struct weir_argument *argument,
	void *request, const char *text)
{
	void *to = (char *)request + argument->at;

	if (argument->type == WEIR_ARGUMENT_MAYBE && !text) {
		*(const char **)to = "";
		return -1;
	}
	if (argument->choices && !is_choice(argument, text))
		return wrong_choice(command, argument, text);
	switch (argument->type) {
	case WEIR_ARGUMENT_FLAG:
		*(bool *)to = true;
		return -1;
	case WEIR_ARGUMENT_TEXT:
	case WEIR_ARGUMENT_MAYBE:
		*(const char **)to = text;
		return -1;
	case WEIR_ARGUMENT_TEXTS:
		return add_text(command, argument, to, text);
	case WEIR_ARGUMENT_NUMBER:
	case WEIR_ARGUMENT_DURATION:
		return take_quantity(command, argument, to, text);
	case WEIR_ARGUMENT_END:
	case WEIR_ARGUMENT_REST:
		break;
	}
	return -1;
}

// ---- a line ----

static int unknown_option(const struct weir_command *command, const char *text)
{
	const struct weir_argument *options = options_of(command);
	const char *names[WEIR_ARGUMENTS_MAX + 1];
	const char *near;
	char quoted[WEIR_QUOTED_SIZE];
	unsigned count = 0;

	for (; options->type; options++)
		if (options->name)
			names[count++] = options->name;
	names[count++] = "help";
	near = !strncmp(text, "--", 2) ? weir_nearest(text + 2, names, count)
				       : NULL;
	if (near)
		return weir_usage_error(command->name,
			"%s is not an option; did you mean '--%s'?",
			weir_quote(text, quoted), near);
	return weir_usage_error(
		command->name, "%s is not an option", weir_quote(text, quoted));
}

// option_of answers the option that getopt's answer c means, or NULL.
static const struct weir_argument *option_of(
	const struct weir_argument *options, int c)
{
	if (c >= LONG)
		return &options[c - LONG];
	for (; options->type; options++)
		if (options->letter == c)
			return options;
	return NULL;
}

// refuse says what is wrong with an option that getopt did not take: c is ':'
// or '?', optopt what getopt knows of it.
static int refuse(const struct weir_command *command, int c, char *const *argv)
{
	const struct weir_argument *option =
		option_of(options_of(command), optopt);
	char name[64], form[128];

	if (c == ':' && option)
		return weir_usage_error(command->name, "%s lacks its value: %s",
			name_of(option, name, sizeof(name)),
			weir_argument_write(option, form, sizeof(form)));
	if (optopt >= LONG || optopt == HELP)
		return weir_usage_error(command->name,
			"'%s': it takes no value", argv[optind - 1]);
	if (optopt) {
		snprintf(name, sizeof(name), "-%c", optopt);
		return unknown_option(command, name);
	}
	return unknown_option(command, argv[optind - 1]);
}

static int take_options(const struct weir_command *command, int argc,
	char **argv, void *request)
{
	const struct weir_argument *options = options_of(command);
	struct forms forms;
	int c, code;

	make_forms(&forms, options);
	opterr = 0;
	optind = 0; // also forgets where the last command line was left
	while ((c = getopt_long(argc, argv, forms.letters, forms.long_forms,
			NULL)) != -1) {
		if (c == HELP) {
			weir_help_command(command, stdout);
			return WEIR_EXIT_DONE;
		}
		if (c == ':' || c == '?')
			return refuse(command, c, argv);
		code = take(
			command->name, option_of(options, c), request, optarg);
		if (code >= 0)
			return code;
	}
	return -1;
}

static int too_many(const struct weir_command *command, const char *text)
{
	char list[256] = "", quoted[WEIR_QUOTED_SIZE];

	for (const struct weir_argument *o = operands_of(command);
		o->type && o->type != WEIR_ARGUMENT_REST; o++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s",
			used ? " and " : "", o->value);
	}
	if (!*list)
		return weir_usage_error(command->name,
			"it takes no arguments, not %s",
			weir_quote(text, quoted));
	return weir_usage_error(command->name, "it takes %s only, not %s too",
		list, weir_quote(text, quoted));
}

static int take_operands(const struct weir_command *command, int argc,
	char **argv, void *request)
{
	const struct weir_argument *operand = operands_of(command);
	int code = -1;

	for (int i = optind; i < argc && code < 0; i++) {
		if (!operand->type || operand->type == WEIR_ARGUMENT_REST)
			return too_many(command, argv[i]);
		code = take(command->name, operand, request, argv[i]);
		if (operand->type != WEIR_ARGUMENT_TEXTS)
			operand++;
	}
	return code;
}

// cut_rest answers how many of argv are before "--" when the rest has a place.
static int cut_rest(const struct weir_command *command, int argc, char **argv,
	void *request)
{
	const struct weir_argument *operand = operands_of(command);

	while (operand->type && operand->type != WEIR_ARGUMENT_REST)
		operand++;
	for (int i = 1; operand->type && i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			argv[i] = NULL;
			*(char ***)((char *)request + operand->at) =
				argv + i + 1;
			return i;
		}
	return argc;
}

int weir_arguments_read(const struct weir_command *command, int argc,
	char **argv, void *request)
{
	int code;

	argc = cut_rest(command, argc, argv, request);
	code = take_options(command, argc, argv, request);
	return code >= 0 ? code : take_operands(command, argc, argv, request);
}
