// SPDX-License-Identifier: BSD-3-Clause
//
// An executor that the test turns by hand under a clock that it advances: a
// tick is a nanosecond. Each test is a process of its own, so one of each is
// enough.
#ifndef WEIR_TESTS_TASK_HAND_H
#define WEIR_TESTS_TASK_HAND_H

#include "base/error.h"
#include "task/executor.h"
#include "task/task.h"
#include "task/timer.h"
#include "task/wait.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HZ UINT64_C(1000000000)
#define STACKS 8

static uint64_t ticks __attribute__((unused));
static struct weir_clock hand_clock __attribute__((unused));
static struct weir_executor *executor __attribute__((unused));
static char said[4096] __attribute__((unused));

// say notes what happened, for a comparison at the end.
__attribute__((unused)) static void say(const char *word)
{
	strncat(said, word, sizeof(said) - strlen(said) - 1);
}

__attribute__((unused)) static struct weir_executor *hand_executor(
	unsigned stack_count)
{
	const struct weir_executor_options options = {
		.clock = &hand_clock, .stack_count = stack_count, .node = -1};
	struct weir_error e = {0};
	struct weir_executor *x = NULL;

	hand_clock = weir_clock_virtual(&ticks, HZ);
	cr_assert_eq(weir_executor_create(&x, &options, &e), 0, "%s", e.text);
	return x;
}

__attribute__((unused)) static void open_executor(void)
{
	executor = hand_executor(STACKS);
}

__attribute__((unused)) static void close_executor(void)
{
	weir_executor_destroy(executor);
}

__attribute__((unused)) static void start(void (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weir_start(executor, fn, arg, NULL, NULL), 0);
}

__attribute__((unused)) static uint64_t turn(void)
{
	return weir_executor_turn(executor);
}

// settle turns until there is nothing to do.
__attribute__((unused)) static void settle(void)
{
	unsigned turns = 0;

	while (turn())
		cr_assert_lt(++turns, 100000u, "it never settles");
}

__attribute__((unused)) static uint64_t live(void)
{
	return weir_executor_counts(executor)->tasks;
}

// A step function that says its name, works and repeats as told.
struct speaker {
	struct weir_step step;
	const char *name;
	int repeats;
	uint64_t work;
	uint64_t takes; // ticks
	unsigned runs;
};

__attribute__((unused)) static void speak(
	struct weir_executor *x, struct weir_step *step)
{
	struct speaker *s = weir_container(step, struct speaker, step);

	say(s->name);
	s->runs++;
	ticks += s->takes;
	weir_executor_worked(x, s->work);
	if (s->repeats-- > 0)
		weir_step_ready(x, step);
}

__attribute__((unused)) static void ready(struct speaker *s)
{
	weir_step_init(&s->step, speak, NULL);
	weir_step_ready(executor, &s->step);
}

// seed answers the run's seed: from WEIR_SEED, or the one given; printed.
__attribute__((unused)) static uint64_t seed(uint64_t otherwise)
{
	const char *text = getenv("WEIR_SEED");
	uint64_t value = text ? strtoull(text, NULL, 0) : otherwise;

	fprintf(stderr, "WEIR_SEED=%llu\n", (unsigned long long)value);
	return value;
}

#endif
