// SPDX-License-Identifier: BSD-3-Clause
//
// A look at the tasks of this process, which stand still meanwhile, so that all is
// exact. Tasks that wait for ever stay with their executor: each test is a
// process of its own and ends so.
#ifndef WEIR_TESTS_WATCH_LOOKING_H
#define WEIR_TESTS_WATCH_LOOKING_H

// Before hand.h, whose names its functions use for their own.
#include "task/task_inline.h"

#include "task/hand.h"
#include "watch/seen.h"

#include <unistd.h>

#define MANY_STACKS 32

static struct weir_seen *seen;
static char remarks[4096] __attribute__((unused));

__attribute__((unused)) static void open_many(void)
{
	executor = hand_executor(MANY_STACKS);
}

__attribute__((unused)) static void look(void)
{
	struct weir_error e = {0};

	weir_seen_free(seen);
	seen = NULL;
	cr_assert_eq(weir_seen_take(&seen, getpid(), &e), 0, "%s", e.text);
	cr_assert_eq(seen->count, 1);
}

__attribute__((unused)) static const struct weir_seen_task *task_of(
	const char *name)
{
	const struct weir_seen_executor *x = &seen->executors[0];

	for (unsigned i = 0; i < x->count; i++)
		if (strcmp(x->tasks[i].name, name) == 0)
			return &x->tasks[i];
	cr_assert_fail("no task '%s'", name);
	return NULL;
}

__attribute__((unused)) static void begin(
	const char *name, void (*fn)(void *arg), void *arg)
{
	const struct weir_spawn_options options = {.name = name};

	cr_assert_eq(weir_start(executor, fn, arg, &options, NULL), 0);
}

__attribute__((unused)) static void add_remark(void *arg, const char *sentence)
{
	strncat(remarks, sentence, sizeof(remarks) - strlen(remarks) - 2);
	strcat(remarks, "\n");
}

__attribute__((unused)) static unsigned remark(void)
{
	remarks[0] = '\0';
	return weir_seen_remarks(seen, add_remark, NULL);
}

__attribute__((unused)) static bool remarked(const char *words)
{
	return strstr(remarks, words);
}

#endif
