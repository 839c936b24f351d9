// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct weir_command *const weir_commands[] = {
	&weir_command_run,
	&weir_command_check,
	&weir_command_stages,
	&weir_command_schema,
	&weir_command_test,
	&weir_command_new,
	&weir_command_ls,
	&weir_command_stats,
	&weir_command_tasks,
	&weir_command_trace,
	&weir_command_devices,
	&weir_command_doctor,
	&weir_command_completion,
	&weir_command_complete,
	&weir_command_manual,
	NULL,
};

const struct weir_command *weir_command_find(const char *name)
{
	for (unsigned i = 0; weir_commands[i]; i++)
		if (!strcmp(weir_commands[i]->name, name))
			return weir_commands[i];
	return NULL;
}

int weir_usage_error(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "weir %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nSee 'weir %s --help'.\n", name);
	return WEIR_EXIT_USAGE;
}

static int unknown_command(const char *word)
{
	const char *names[sizeof(weir_commands) / sizeof(*weir_commands)];
	const char *near;
	unsigned count = 0;

	for (; weir_commands[count]; count++)
		names[count] = weir_commands[count]->name;
	near = weir_nearest(word, names, count);
	fprintf(stderr,
		"weir: there is no command '%s'%s%s%s\n"
		"See 'weir --help' for the list.\n",
		word, near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : ".");
	return WEIR_EXIT_USAGE;
}

// What could not be printed was not done: a report on a full disk is none.
static int finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "weir: cannot write to standard output: %s\n",
		strerror(errno));
	return code ? code : WEIR_EXIT_FAILED;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h") ||
	       !strcmp(word, "help");
}

// show_help: 'weir help COMMAND' is 'weir COMMAND --help'.
static int show_help(const char *name)
{
	const struct weir_command *command = NULL;

	if (name) {
		command = weir_command_find(name);
		if (!command)
			return unknown_command(name);
	}
	if (command)
		weir_help_command(command, stdout);
	else
		weir_help_all(stdout);
	return WEIR_EXIT_DONE;
}

static int obey(int argc, char **argv)
{
	const struct weir_command *command;

	if (is_help(argv[1]))
		return show_help(argv[2]);
	if (!strcmp(argv[1], "--version")) {
		printf("weir %s\n", WEIR_VERSION);
		return WEIR_EXIT_DONE;
	}
	command = weir_command_find(argv[1]);
	return command ? command->run(argc - 1, argv + 1)
		       : unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		weir_help_all(stderr);
		return WEIR_EXIT_USAGE;
	}
	return finish(obey(argc, argv));
}
