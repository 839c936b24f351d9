// SPDX-License-Identifier: BSD-3-Clause
//
// Shields: cancellation held off, up to a deadline.
#include "task/hand.h"
#include "task/shield.h"

#include <signal.h>

TestSuite(shield, .init = open_executor, .fini = close_executor);

static struct weir_wait_queue queue;
static struct weir_scope scope;
static int answers[8];
static uint64_t deadline = WEIR_NEVER;

static int wait_here(void)
{
	return weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK);
}

static void cancel_now(void (*fn)(void *arg))
{
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, fn, NULL), 0);
	weir_yield();
	weir_yield();
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	say("c");
}

static void begin(void *fn)
{
	cancel_now((void (*)(void *))(uintptr_t)fn);
}

static void run(void (*fn)(void *arg))
{
	weir_wait_queue_init(&queue);
	start(begin, (void *)(uintptr_t)fn);
	settle();
}

static void shielded(void *arg)
{
	struct weir_shield shield;

	weir_shield_open(&shield, deadline);
	answers[0] = wait_here();
	answers[1] = weir_task_canceled();
	weir_shield_close(&shield);
	answers[2] = weir_task_canceled();
	answers[3] = wait_here();
	say("e");
}

Test(shield, a_cancel_waits_until_it_is_closed)
{
	run(shielded);
	cr_assert_str_eq(said, "");
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[0], 0);
	cr_assert_eq(answers[1], false);
	cr_assert_eq(answers[2], true);
	cr_assert_eq(answers[3], -ECANCELED);
}

Test(shield, at_its_deadline_the_wait_under_way_ends)
{
	deadline = 1000;
	run(shielded);
	ticks = 999;
	settle();
	cr_assert_str_eq(said, "");
	ticks = 1000;
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[0], -ECANCELED);
	cr_assert_eq(answers[1], true);
}

static void shielded_afterwards(void *arg)
{
	struct weir_shield shield;

	answers[0] = wait_here();
	weir_shield_open(&shield, deadline);
	answers[1] = weir_task_canceled();
	answers[2] = wait_here();
	weir_shield_close(&shield);
	answers[3] = wait_here();
	say("e");
}

Test(shield, a_cancel_that_was_there_before_is_held_off_too)
{
	run(shielded_afterwards);
	cr_assert_eq(answers[0], -ECANCELED);
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[1], false);
	cr_assert_eq(answers[2], 0);
	cr_assert_eq(answers[3], -ECANCELED);
}

Test(shield, a_deadline_that_is_past_holds_nothing)
{
	ticks = 50;
	deadline = 40;
	run(shielded_afterwards);
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[1], true);
	cr_assert_eq(answers[2], -ECANCELED);
}

static void two_shields(void *arg)
{
	struct weir_shield outer, inner;

	weir_shield_open(&outer, 1000);
	weir_shield_open(&inner, 2000);
	answers[0] = wait_here();
	weir_shield_close(&inner);
	answers[1] = weir_task_canceled();
	weir_shield_close(&outer);
	answers[2] = weir_task_canceled();
	say("e");
}

Test(shield, of_two_the_last_that_ends_decides)
{
	run(two_shields);
	ticks = 1500; // the outer one's end
	settle();
	cr_assert_str_eq(said, "");
	ticks = 2000;
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[0], -ECANCELED);
}

Test(shield, an_inner_one_that_is_closed_leaves_the_outer_one)
{
	run(two_shields);
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[0], 0);
	cr_assert_eq(answers[1], false);
	cr_assert_eq(answers[2], true);
}

static void closed_in_time(void *arg)
{
	struct weir_shield shield;

	weir_shield_open(&shield, 1000);
	weir_shield_close(&shield);
}

Test(shield, one_that_was_closed_leaves_no_timer_behind)
{
	start(closed_in_time, NULL);
	settle();
	ticks = 5000;
	cr_assert_eq(turn(), 0);
}

static void wait_as_a_child(void *arg)
{
	answers[3] = wait_here();
}

static void goodbye(void *arg)
{
	struct weir_scope helpers;
	struct weir_shield shield;

	answers[0] = wait_here();
	weir_shield_open(&shield, 1000);
	weir_scope_open(&helpers);
	answers[1] = weir_spawn(&helpers, NULL, wait_as_a_child, NULL);
	answers[2] = weir_scope_close(&helpers, WEIR_NEVER);
	weir_shield_close(&shield);
	say("e");
}

Test(shield, a_scope_within_closes_in_peace_or_at_the_deadline)
{
	run(goodbye);
	cr_assert_str_eq(said, "");
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[1], 0);
	cr_assert_eq(answers[2], 0);
	cr_assert_eq(answers[3], 0);
}

Test(shield, at_the_deadline_a_scope_within_is_cancelled)
{
	run(goodbye);
	ticks = 1000;
	settle();
	cr_assert_str_eq(said, "ec");
	cr_assert_eq(answers[2], -ECANCELED);
	cr_assert_eq(answers[3], -ECANCELED);
}

static void left_open(void *arg)
{
	struct weir_shield shield;

	weir_shield_open(&shield, WEIR_NEVER);
}

Test(shield, a_task_that_ends_with_one_open_is_named, .signal = SIGABRT)
{
	start(left_open, NULL);
	turn();
}
