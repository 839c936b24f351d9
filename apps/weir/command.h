// SPDX-License-Identifier: BSD-3-Clause
//
// A subcommand is one file with one function. argv[0] is its name. It answers
// the exit code: 0 done, 1 the run failed its promise, 2 wrong use or input.
#ifndef WEIR_APPS_COMMAND_H
#define WEIR_APPS_COMMAND_H

#include "config/config.h"

enum { WEIR_EXIT_DONE = 0, WEIR_EXIT_FAILED = 1, WEIR_EXIT_USAGE = 2 };

struct weir_command {
	const char *name;
	const char *help; // a phrase for the list
	int (*run)(int argc, char **argv);
};

int weir_cmd_check(int argc, char **argv);
int weir_cmd_ls(int argc, char **argv);
int weir_cmd_schema(int argc, char **argv);
int weir_cmd_stages(int argc, char **argv);
int weir_cmd_stats(int argc, char **argv);
int weir_cmd_run(int argc, char **argv);
int weir_cmd_test(int argc, char **argv);

// weir_usage_error prints "weir NAME: TEXT" and where to find help, and
// answers WEIR_EXIT_USAGE.
__attribute__((format(printf, 2, 3))) int weir_usage_error(
	const char *name, const char *format, ...);

// weir_load reads a pipeline from a file or, when expression is given, from
// that short form, and applies sets (NULL-ended).
int weir_load(struct weir_config **config, const char *file,
	const char *expression, const char *const *sets, struct weir_error *e);

// weir_register_all makes the stages and ports that come with weir known.
void weir_register_all(void);

#endif
