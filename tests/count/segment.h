// SPDX-License-Identifier: BSD-3-Clause
//
// Segments for the tests of this folder.
#ifndef WEIR_TESTS_COUNT_SEGMENT_H
#define WEIR_TESTS_COUNT_SEGMENT_H

#include "count/count.h"
#include "count/layout.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 65536

struct block {
	uint64_t in, depth;
	char text[WEIR_COUNT_PATH_SIZE];
	struct weir_histogram steps;
};

static const struct weir_count_field fields[] = {
	{"in", "packets", WEIR_COUNT_TOTAL, offsetof(struct block, in)},
	{"depth", "messages", WEIR_COUNT_GAUGE, offsetof(struct block, depth)},
	{"text", "", WEIR_COUNT_TEXT, offsetof(struct block, text)},
	{"step", "ticks", WEIR_COUNT_HISTOGRAM, offsetof(struct block, steps)},
};

// A name that no other test of this or another run uses.
static inline const char *fresh_name(void)
{
	static char name[WEIR_COUNT_INSTANCE_SIZE];

	snprintf(name, sizeof(name), "test-%d", (int)getpid());
	return name;
}

static inline struct weir_count_segment *segment_of(const char *instance)
{
	struct weir_count_segment *segment = NULL;
	struct weir_error e = {0};

	cr_assert_eq(weir_count_create(
			     &segment, instance, SIZE, weir_clock_real(), &e),
		0, "%s", e.text);
	return segment;
}

static inline struct block *add(
	struct weir_count_segment *segment, const char *prefix)
{
	struct weir_error e = {0};
	struct block *block = weir_count_add(
		segment, prefix, sizeof(struct block), fields, 4, &e);

	cr_assert_not_null(block, "%s", e.text);
	return block;
}

static inline bool is_there(const char *instance)
{
	char file[128];

	weir_count_file(file, sizeof(file), instance);
	return access(file, F_OK) == 0;
}

// A process that ends without destroying its segment, with a.in = 77.
static inline void leave_behind(const char *name)
{
	struct weir_count_segment *segment;
	pid_t pid = fork();

	if (pid == 0) {
		if (weir_count_create(
			    &segment, name, SIZE, weir_clock_real(), NULL))
			_exit(1);
		*(uint64_t *)weir_count_add(segment, "a", sizeof(struct block),
			fields, 4, NULL) = 77;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	cr_assert(is_there(name));
}

#endif
