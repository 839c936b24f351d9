// SPDX-License-Identifier: BSD-3-Clause
//
// --help, from the tables of the subcommands.
#include "command.h"

#include <stdbool.h>
#include <string.h>

#define WIDTH 78
#define FORM_MAX 24 // a longer form has its help on the next line

static const struct weir_argument help_option = {
	"help", 'h', .type = WEIR_ARGUMENT_FLAG, .help = "print this help"};

// put_words prints a paragraph that begins in column at and goes on in column
// indent; answers what is behind it.
static const char *put_words(
	const char *text, size_t at, size_t indent, FILE *to)
{
	bool first = true;

	while (*text && *text != '\n') {
		size_t length = strcspn(text, " \n");

		if (first) {
			first = false;
		} else if (at + 1 + length > WIDTH) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		} else {
			at += (size_t)fprintf(to, " ");
		}
		at += (size_t)fprintf(to, "%.*s", (int)length, text);
		text += length;
		text += *text == ' ';
	}
	fputc('\n', to);
	return text;
}

static void put_paragraphs(const char *text, FILE *to)
{
	while (*text) {
		text = put_words(text, 0, 0, to);
		while (*text == '\n')
			text++;
		if (*text)
			fputc('\n', to);
	}
}

static void put_lines(const char *lines, FILE *to)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		fputs(length ? "  " : "", to);
		fwrite(lines, 1, length, to);
		fputc('\n', to);
		lines += length;
		if (*lines)
			lines++;
	}
}

static void put_option(
	const struct weir_argument *option, size_t column, FILE *to)
{
	char form[64];
	size_t at;

	weir_argument_write(option, form, sizeof(form));
	at = (size_t)fprintf(to, "  %s", form);
	if (at + 2 > column) {
		fputc('\n', to);
		at = 0;
	}
	fprintf(to, "%*s", (int)(column - at), "");
	put_words(option->help, column, column, to);
}

static size_t column_of(const struct weir_argument *options)
{
	size_t widest = strlen("-h, --help");
	char form[64];

	for (; options && options->type; options++) {
		size_t length = strlen(
			weir_argument_write(options, form, sizeof(form)));

		if (length > widest && length <= FORM_MAX)
			widest = length;
	}
	return widest + 4;
}

static void put_options(const struct weir_command *command, FILE *to)
{
	const struct weir_argument *option = command->options;
	size_t column = column_of(option);
	bool headed = false;

	for (; option && option->type; option++) {
		if (option->group || !headed)
			fprintf(to, "\n%s:\n",
				option->group ? option->group : "Options");
		headed = true;
		put_option(option, column, to);
	}
	if (!headed)
		fputs("\nOptions:\n", to);
	put_option(&help_option, column, to);
}

void weir_help_command(const struct weir_command *command, FILE *to)
{
	const struct weir_passage *passage = command->passages;

	for (unsigned i = 0; command->usage[i]; i++)
		fprintf(to, "%s weir %s%s%s\n",
			i ? "      " : "Usage:", command->name,
			*command->usage[i] ? " " : "", command->usage[i]);
	fputc('\n', to);
	put_paragraphs(command->about, to);
	put_options(command, to);
	for (; passage && passage->title; passage++) {
		fprintf(to, "\n%s:\n", passage->title);
		put_lines(passage->lines, to);
	}
	fputs("\nExit codes: ", to);
	put_words(command->exits, strlen("Exit codes: "), 0, to);
}

void weir_help_all(FILE *to)
{
	fputs("weir: packet pipelines on polling cores\n"
	      "\n"
	      "Usage: weir COMMAND [ARGUMENTS]\n"
	      "\n"
	      "Commands:\n",
		to);
	for (unsigned i = 0; weir_commands[i]; i++)
		if (weir_commands[i]->help)
			fprintf(to, "  %-10s %s\n", weir_commands[i]->name,
				weir_commands[i]->help);
	fputs("\n"
	      "'weir COMMAND --help' tells what each takes, with examples.\n"
	      "'weir --version' prints the version.\n"
	      "\n"
	      "Exit codes: 0 done, 1 the run failed its promise (loss, "
	      "contract broken),\n2 wrong use or input.\n",
		to);
}
