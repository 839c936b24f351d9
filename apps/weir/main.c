// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// In the order of the help.
static const struct weir_command commands[] = {
	{"run", "run a pipeline and say where every packet went", weir_cmd_run},
	{"check", "validate a pipeline file and print the plan",
		weir_cmd_check},
	{"stages", "tell what stages and ports there are", weir_cmd_stages},
	{"schema", "print the JSON Schema of the pipeline file",
		weir_cmd_schema},
	{"test", "run the tests that a pipeline file has", weir_cmd_test},
	{"ls", "list the runs that are going on", weir_cmd_ls},
	{"stats", "print the counters of a run", weir_cmd_stats},
	{0},
};

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

static void print_help(FILE *to)
{
	fprintf(to, "weir: packet pipelines on polling cores\n"
		    "\n"
		    "Usage: weir COMMAND [ARGUMENTS]\n"
		    "\n"
		    "Commands:\n");
	for (const struct weir_command *c = commands; c->name; c++)
		fprintf(to, "  %-8s %s\n", c->name, c->help);
	fprintf(to,
		"\n"
		"'weir COMMAND --help' tells what each takes, with examples.\n"
		"'weir --version' prints the version.\n"
		"\n"
		"Exit codes: 0 done, 1 the run failed its promise (loss, "
		"contract broken),\n2 wrong use or input.\n");
}

static int unknown_command(const char *word)
{
	fprintf(stderr,
		"weir: there is no command '%s'.\n"
		"See 'weir --help' for the list.\n",
		word);
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

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return WEIR_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
		!strcmp(argv[1], "help")) {
		print_help(stdout);
		return WEIR_EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("weir %s\n", WEIR_VERSION);
		return WEIR_EXIT_DONE;
	}
	for (const struct weir_command *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return finish(c->run(argc - 1, argv + 1));
	return unknown_command(argv[1]);
}
