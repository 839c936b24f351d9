// SPDX-License-Identifier: BSD-3-Clause
//
// Calls made where they must not be, each in a child of its own, and what is said
// of it: tables of them for the tests of misuse.
#ifndef TESTS_CHAN_MISPLACED_H
#define TESTS_CHAN_MISPLACED_H

#include "chan/dies.h"
#include "task/executor.h"
#include "task/task.h"

#include <criterion/criterion.h>

// Where the call is made: by task 'late' of executor 'home', by a step of it
// that is no task, by a thread without an executor, by task 'guest' of executor
// 'abroad'.
enum where { IN_TASK, IN_STEP, ON_THREAD, ABROAD };

// A row: prepare, if it is not NULL, is a task of 'home', which may stay. words
// are all that is said. One that is checked is looked for in builds with checks.
struct misuse {
	enum where where;
	void (*prepare)(void *arg);
	void (*call)(void *arg);
	const char *words;
	bool checked;
};

static const struct misuse *misuse;
static uint64_t misuse_ticks;
static struct weir_clock misuse_clock;

static inline struct weir_executor *misuse_executor(const char *name)
{
	const struct weir_executor_options options = {.name = name,
		.clock = &misuse_clock,
		.stack_count = 4,
		.node = -1};
	struct weir_executor *x;

	misuse_clock = weir_clock_virtual(&misuse_ticks, 1000000000);
	if (weir_executor_create(&x, &options, NULL))
		_exit(1);
	return x;
}

static inline void misuse_task(
	struct weir_executor *executor, const char *name, void (*fn)(void *arg))
{
	const struct weir_spawn_options options = {.name = name};

	if (weir_start(executor, fn, NULL, &options, NULL))
		_exit(1);
	weir_executor_turn(executor);
	weir_executor_turn(executor);
}

static inline void misuse_step(
	struct weir_executor *executor, struct weir_step *step)
{
	misuse->call(NULL);
}

static inline void misuse_run(void)
{
	static struct weir_step step;
	struct weir_executor *home = misuse_executor("home");

	if (misuse->prepare)
		misuse_task(home, "main", misuse->prepare);
	switch (misuse->where) {
	case IN_TASK:
		misuse_task(home, "late", misuse->call);
		break;
	case IN_STEP:
		weir_step_init(&step, misuse_step, NULL);
		weir_step_ready(home, &step);
		weir_executor_turn(home);
		break;
	case ON_THREAD:
		misuse->call(NULL);
		break;
	case ABROAD:
		misuse_task(misuse_executor("abroad"), "guest", misuse->call);
	}
}

// misuses_say sees that each row ends the program, and with its words.
static inline void misuses_say(const struct misuse *rows, unsigned count)
{
	char said[1000], line[1000];

	for (unsigned i = 0; i < count; i++) {
		misuse = &rows[i];
#ifndef WEIR_DEBUG
		if (misuse->checked)
			continue;
#endif
		snprintf(line, sizeof(line), "weir: bug: %s\n", misuse->words);
		cr_expect(dies(misuse_run, said, sizeof(said)),
			"it went on, and did not say: %s", misuse->words);
		cr_expect_str_eq(said, line);
	}
}

#endif
