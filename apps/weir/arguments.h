// SPDX-License-Identifier: BSD-3-Clause
//
// A table of arguments says, once, what a subcommand takes: from it the command
// line is read, and --help, the manual page and the shells' completion are made.
//
// Each argument has its place in a request, a struct that the subcommand
// zeroes; what is read points into argv. Long options may be cut short while
// one is meant, and stand before, between and behind operands.
#ifndef WEIR_APPS_ARGUMENTS_H
#define WEIR_APPS_ARGUMENTS_H

#include <stddef.h>

#define WEIR_TEXTS_MAX 64     // of one argument that may be given again
#define WEIR_ARGUMENTS_MAX 32 // in one table

struct weir_command;

enum weir_argument_type {
	WEIR_ARGUMENT_END = 0,	// ends a table
	WEIR_ARGUMENT_FLAG,	// bool
	WEIR_ARGUMENT_TEXT,	// const char *, NULL when not given
	WEIR_ARGUMENT_TEXTS,	// struct weir_texts: may be given again
	WEIR_ARGUMENT_MAYBE,	// the same, "" when given without "=VALUE"
	WEIR_ARGUMENT_NUMBER,	// uint64_t
	WEIR_ARGUMENT_DURATION, // uint64_t nanoseconds
	// const char *const *: what stands behind "--", NULL-ended. It is the
	// last operand, and "--" then ends nothing else.
	WEIR_ARGUMENT_REST,
};

// What a shell offers for a value.
enum weir_offer {
	WEIR_OFFER_NOTHING = 0,
	WEIR_OFFER_CHOICES, // those of the argument
	WEIR_OFFER_FILES,
	WEIR_OFFER_FOLDERS,
	WEIR_OFFER_PIPELINES, // files that end in .yaml or .yml
	WEIR_OFFER_OBJECTS,   // files that end in .so
	WEIR_OFFER_TYPES,     // of stages, kinds of ports
	WEIR_OFFER_INSTANCES, // that run
	WEIR_OFFER_COUNTERS,  // of the instance named before
	WEIR_OFFER_SETS,      // paths of the pipeline file on the line
};

struct weir_argument {
	const char *name; // long, of an option; NULL for an operand
	char letter;	  // short, of an option; 0: none
	enum weir_argument_type type;
	size_t at;	   // in the request
	const char *value; // as help names it: "FILE"; NULL for a flag
	const char *help;  // a phrase, no full stop
	const char *group; // begins a group of options in help, or NULL
	enum weir_offer offer;
	const char *const *choices; // NULL-ended: nothing else is taken
};

struct weir_texts {
	const char *text[WEIR_TEXTS_MAX + 1]; // NULL-ended
	unsigned count;
};

// Options that several subcommands have, with the same words.
#define WEIR_ARGUMENT_EXPRESSION(struct_, field_)                       \
	{                                                               \
		.letter = 'e', .type = WEIR_ARGUMENT_TEXT,              \
		.at = offsetof(struct_, field_), .value = "EXPRESSION", \
		.help = "a pipeline in short form instead of a file",   \
	}
#define WEIR_ARGUMENT_SET(struct_, field_)                                     \
	{                                                                      \
		"set", .type = WEIR_ARGUMENT_TEXTS,                            \
		       .at = offsetof(struct_, field_), .value = "PATH=VALUE", \
		       .offer = WEIR_OFFER_SETS,                               \
		       .help = "override a value, as often as needed",         \
	}
#define WEIR_ARGUMENT_LOAD(struct_, field_)                                  \
	{                                                                    \
		"load", .type = WEIR_ARGUMENT_TEXTS,                         \
			.at = offsetof(struct_, field_), .value = "FILE.so", \
			.offer = WEIR_OFFER_OBJECTS,                         \
			.help = "load stages of one's own, as often as "     \
				"needed",                                    \
	}
#define WEIR_ARGUMENT_JSON(struct_, field_, help_)                      \
	{                                                               \
		"json", .type = WEIR_ARGUMENT_FLAG,                     \
			.at = offsetof(struct_, field_), .help = help_, \
	}

// weir_arguments_read reads argv into request and answers -1 to go on, or the
// exit code: after --help, or when it has said what is wrong.
int weir_arguments_read(const struct weir_command *command, int argc,
	char **argv, void *request);

// weir_argument_find answers the option of a table that text names, which
// begins with "--name" or is "-x"; or NULL.
const struct weir_argument *weir_argument_find(
	const struct weir_argument *table, const char *text);

// weir_argument_write writes how an option is given: "-e EXPRESSION",
// "-q, --quiet". Answers text.
const char *weir_argument_write(
	const struct weir_argument *argument, char *text, size_t size);

#endif
