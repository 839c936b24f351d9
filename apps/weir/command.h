// SPDX-License-Identifier: BSD-3-Clause
//
// A subcommand is one file with one struct weir_command: what it takes, what its
// manual says, what it does. argv[0] is its name. It answers the exit code: 0
// done, 1 the run failed its promise, 2 wrong use or input.
//
// Texts are paragraphs: "\n\n" parts two, and whoever prints them breaks lines.
#ifndef WEIR_APPS_COMMAND_H
#define WEIR_APPS_COMMAND_H

#include "arguments.h"
#include "config/config.h"

#include <stdio.h>

enum { WEIR_EXIT_DONE = 0, WEIR_EXIT_FAILED = 1, WEIR_EXIT_USAGE = 2 };

// Lines that are printed as they stand.
struct weir_passage {
	const char *title, *lines;
};

struct weir_command {
	const char *name;
	const char *help;	  // a phrase for the list; NULL: not listed
	const char *const *usage; // what may stand behind "weir NAME"
	const char *about;
	const struct weir_argument *operands; // in their order, or NULL
	const struct weir_argument *options;  // or NULL; each has --help
	const struct weir_passage *passages;  // behind the options, or NULL
	const char *exits;		      // which exit code when
	int (*run)(int argc, char **argv);
};

// The subcommands in the order of the help, NULL-ended.
extern const struct weir_command *const weir_commands[];

extern const struct weir_command weir_command_check;
extern const struct weir_command weir_command_devices;
extern const struct weir_command weir_command_complete;
extern const struct weir_command weir_command_completion;
extern const struct weir_command weir_command_doctor;
extern const struct weir_command weir_command_ls;
extern const struct weir_command weir_command_manual;
extern const struct weir_command weir_command_new;
extern const struct weir_command weir_command_run;
extern const struct weir_command weir_command_schema;
extern const struct weir_command weir_command_stages;
extern const struct weir_command weir_command_stats;
extern const struct weir_command weir_command_tasks;
extern const struct weir_command weir_command_test;
extern const struct weir_command weir_command_trace;

// weir_command_find answers the subcommand of that name, or NULL.
const struct weir_command *weir_command_find(const char *name);

// weir_help_all prints what weir is and which subcommands there are,
// weir_help_command all about one.
void weir_help_all(FILE *to);
void weir_help_command(const struct weir_command *command, FILE *to);

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

// weir_register_loads does so, and then loads what --load names (NULL-ended).
// Answers -1 to go on, or the exit code when it has said what is wrong; name is
// the subcommand's.
int weir_register_loads(const char *name, const char *const *loads);

#endif
