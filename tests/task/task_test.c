// SPDX-License-Identifier: BSD-3-Clause
//
// Tasks: yield, sleep, start, names; under a virtual clock, turned by hand.
#include "task/task.h"
#include "base/error.h"
#include "task/executor.h"
#include "task/wait.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define HZ 1000000000u // a tick is a nanosecond

static uint64_t ticks;
static struct weir_clock clock_;
static struct weir_executor *executor;
static char said[256];

static void say(const char *word)
{
	strncat(said, word, sizeof(said) - strlen(said) - 1);
}

static void open_executor(void)
{
	struct weir_executor_options options = {
		.clock = &clock_, .stack_count = 4, .node = -1};
	struct weir_error e = {0};

	clock_ = weir_clock_virtual(&ticks, HZ);
	cr_assert_eq(
		weir_executor_create(&executor, &options, &e), 0, "%s", e.text);
}

static void close_executor(void)
{
	weir_executor_destroy(executor);
}

TestSuite(task, .init = open_executor, .fini = close_executor);

static void start(void (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weir_start(executor, fn, arg, NULL, NULL), 0);
}

static void say_thrice(void *arg)
{
	for (int i = 0; i < 3; i++) {
		say(arg);
		weir_yield();
	}
}

Test(task, yield_lets_every_other_task_run_once)
{
	start(say_thrice, "a");
	start(say_thrice, "b");
	start(say_thrice, "c");
	while (weir_executor_turn(executor))
		;
	cr_assert_str_eq(said, "abcabcabc");
}
