// SPDX-License-Identifier: BSD-3-Clause
//
// A table of options says, once, what may be written in a file for a stage, a
// port or the runtime: name, type, default, range, help. The reader of files,
// the manual, the JSON Schema and the live change all work from it.
//
// A value is parsed from text into its place in a struct. Texts and lists that
// a value points to belong to the option block (weir_option_block) and live as long as it.
#ifndef WEIR_OPTION_OPTION_H
#define WEIR_OPTION_OPTION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum weir_option_type {
	WEIR_TYPE_END = 0,  // ends a table
	WEIR_TYPE_U32,	    // uint32_t: 12, 0x10, 4k (1000s), 4Ki (1024s)
	WEIR_TYPE_U64,	    // uint64_t, the same
	WEIR_TYPE_BOOL,	    // bool: true, false, yes, no, on, off
	WEIR_TYPE_DOUBLE,   // double
	WEIR_TYPE_TEXT,	    // const char *
	WEIR_TYPE_CHOICE,   // uint32_t: index of one of choices
	WEIR_TYPE_DURATION, // uint64_t nanoseconds: 300us, 1.5s, 2m, 0
	WEIR_TYPE_SIZE,	    // uint64_t bytes: 256MiB, 64k
	WEIR_TYPE_CHOICES,  // uint32_t: bit i for the i-th of choices
	WEIR_TYPE_TEXTS,    // const char **: NULL-ended
	WEIR_TYPE_RATE,	    // struct weir_rate: 100Mbit/s, 12MB/s, 10kpps, 0
};

struct weir_option {
	const char *name;
	enum weir_option_type type;
	size_t offset; // in the struct
	// The default as it would be written (a list: "a, b"; "" is none);
	// NULL: must be given.
	const char *preset;
	uint64_t min, max;	    // of what is a quantity, of a rate its
				    // per_second; max 0: no bound
	const char *const *choices; // NULL-ended, at most 32
	const char *zero; // a word that stands for 0 ("auto"), or NULL
	const char *help; // a phrase, no full stop
	bool live;	  // may be changed while it runs
};

#define WEIR_OPTION_(type_, struct_, field_, name_, preset_, help_, ...) \
	{                                                                \
		.name = name_, .type = type_,                            \
		.offset = offsetof(struct_, field_), .preset = preset_,  \
		.help = help_, __VA_ARGS__                               \
	}
#define WEIR_OPTION_U32(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_U32, s, f, name, #preset, help, __VA_ARGS__)
#define WEIR_OPTION_U64(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_U64, s, f, name, #preset, help, __VA_ARGS__)
#define WEIR_OPTION_BOOL(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_BOOL, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_DOUBLE(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_DOUBLE, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_TEXT(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_TEXT, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_DURATION(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_DURATION, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_SIZE(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_SIZE, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_RATE(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_RATE, s, f, name, preset, help, __VA_ARGS__)
#define WEIR_OPTION_CHOICE(s, f, name, preset, list, help, ...)  \
	WEIR_OPTION_(WEIR_TYPE_CHOICE, s, f, name, preset, help, \
		.choices = list, __VA_ARGS__)
#define WEIR_OPTION_CHOICES(s, f, name, preset, list, help, ...)  \
	WEIR_OPTION_(WEIR_TYPE_CHOICES, s, f, name, preset, help, \
		.choices = list, __VA_ARGS__)
#define WEIR_OPTION_TEXTS(s, f, name, preset, help, ...) \
	WEIR_OPTION_(WEIR_TYPE_TEXTS, s, f, name, preset, help, __VA_ARGS__)

// WEIR_OPTION_REQUIRED is for options that must be given: the macros above take
// a default, the numbers among them as a bare number.
#define WEIR_OPTION_REQUIRED(type, s, f, name, help, ...) \
	WEIR_OPTION_(type, s, f, name, NULL, help, __VA_ARGS__)

// A block of option values: the struct they lie in and the texts they point
// to.
struct weir_option_block;

// weir_option_block_create makes a zeroed struct of size bytes and writes every
// default of the table, which it borrows, into it. Options without a default
// stay 0 and not given. -ENOMEM; a default that cannot be read is our fault
// and asserts.
int weir_option_block_create(struct weir_option_block **block, size_t size,
	const struct weir_option *table);
void weir_option_block_destroy(struct weir_option_block *block);

// weir_option_block_data answers the struct.
void *weir_option_block_data(struct weir_option_block *block);

// weir_option_block_table answers the table it was made from.
const struct weir_option *weir_option_block_table(
	const struct weir_option_block *block);

// weir_option_set parses count texts (one, unless the type is a list) and
// stores the value. Answers 0, or -EINVAL with words that start at the value
// ("'12x' is not a number", "must be at least 1, not 0"): the caller says of
// which option it speaks. After a fault the value is as it was.
int weir_option_set(struct weir_option_block *block,
	const struct weir_option *option, const char *const *texts,
	unsigned count, struct weir_error *e);

// weir_option_given tells whether it has a value that was set, not a default.
bool weir_option_given(const struct weir_option_block *block,
	const struct weir_option *option);

// weir_option_missing answers the first option of the block's table that has no
// default and was not set, or NULL.
const struct weir_option *weir_option_missing(
	const struct weir_option_block *block);

// weir_option_find answers the option of that name, or NULL.
const struct weir_option *weir_option_find(
	const struct weir_option *table, const char *name);

// weir_option_count answers how many options a table has; NULL has none.
unsigned weir_option_count(const struct weir_option *table);

// weir_option_is_list tells whether a value of the type may be several texts.
bool weir_option_is_list(enum weir_option_type type);

// weir_option_type_name answers "number", "duration", … for the manual.
const char *weir_option_type_name(enum weir_option_type type);

// weir_option_format writes the present value as it would be written; a list
// is joined by ", ".
void weir_option_format(const struct weir_option_block *block,
	const struct weir_option *option, char *text, size_t size);

// weir_option_bound writes the option's min or max as a value of it would be
// written, into WEIR_VALUE_SIZE bytes (value.h), and answers text.
const char *weir_option_bound(
	const struct weir_option *option, uint64_t bound, char *text);

// weir_option_table_check tells whether a table is well formed: names legal and
// unique, defaults readable, choices there where they are needed, fields inside
// size bytes. Answers 0, or -EINVAL with words that name the option.
int weir_option_table_check(
	const struct weir_option *table, size_t size, struct weir_error *e);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
