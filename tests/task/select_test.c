// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting for several things at once, with wait queues and points in time. The
// rotation: tests/task/rotation_test.c; channels: tests/chan/case_test.c.
#include "task/selector.h"

TestSuite(select, .init = open_queues, .fini = close_executor);

Test(select, the_case_that_is_woken_is_answered)
{
	select_queues(&a, 4, 1);
	start(select_times, &a);
	settle();
	cr_assert_eq(a.answered, 0);
	cr_assert(weir_wake(&queues[2]));
	settle();
	cr_assert_eq(a.answers[0], 2);
}

Test(select, who_is_woken_stands_in_no_other_queue)
{
	select_queues(&a, 4, 1);
	start(select_times, &a);
	settle();
	weir_wake(&queues[2]);
	for (int i = 0; i < QUEUES; i++) {
		cr_assert(weir_wait_queue_empty(&queues[i]));
		cr_assert_not(weir_wake(&queues[i]));
	}
	settle();
	cr_assert_eq(a.answers[0], 2);
}

Test(select, the_deadline_ends_it_and_takes_it_out_of_all_queues)
{
	select_queues(&a, 4, 1);
	a.deadline = 1000;
	start(select_times, &a);
	settle();
	ticks = 999;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], -ETIMEDOUT);
	for (int i = 0; i < QUEUES; i++)
		cr_assert(weir_wait_queue_empty(&queues[i]));
}

Test(select, a_deadline_that_is_past_makes_it_a_try)
{
	ticks = 50;
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(40);
	a.count = 2;
	a.times = 2;
	a.deadline = 10;
	start(select_times, &a);
	settle();
	cr_assert_eq(a.answers[0], 1);
	cr_assert_eq(a.answers[1], -ETIMEDOUT);
}

Test(select, nothing_enabled_is_told_apart_from_waiting)
{
	select_queues(&a, 2, 1);
	a.cases[0].disabled = a.cases[1].disabled = true;
	start(select_times, &a);
	select_queues(&b, 0, 1);
	start(select_times, &b);
	settle();
	cr_assert_eq(a.answers[0], -EPIPE);
	cr_assert_eq(b.answers[0], -EPIPE);
}

// ---- a case that cannot wake ----

static unsigned delist_count;
static bool dumb_ready;

static bool dumb_attempt(struct weir_case *c)
{
	return dumb_ready;
}

static bool dumb_enlist(struct weir_case *c, struct weir_executor *x,
	enum weir_wait_place place)
{
	return false;
}

static bool dumb_delist(struct weir_case *c)
{
	delist_count++;
	return true;
}

static const struct weir_case_ops dumb_ops = {
	.attempt = dumb_attempt,
	.enlist = dumb_enlist,
	.delist = dumb_delist,
};

// a waits for two queues and for what cannot wake.
static void start_dumb(void)
{
	select_queues(&a, 2, 1);
	a.cases[2] = (struct weir_case){.ops = &dumb_ops};
	a.count = 3;
	a.deadline = 1000;
	start(select_times, &a);
	turn();
	turn();
}

Test(select, a_wakeup_beside_a_case_that_cannot_wake_is_not_lost)
{
	start_dumb();
	cr_assert(weir_wake(&queues[1]));
	cr_assert_not(weir_wake(&queues[0])); // one wakes it, as ever
	turn();
	cr_assert_eq(a.answered, 1);
	cr_assert_eq(a.answers[0], 1);
	cr_assert(weir_wait_queue_empty(&queues[0]));
}

Test(select, a_wakeup_beside_a_case_that_cannot_wake_outlasts_the_deadline)
{
	start_dumb();
	cr_assert(weir_wake(&queues[0]));
	ticks = 1000;
	turn();
	cr_assert_eq(a.answers[0], 0);
}

Test(select, at_the_deadline_it_looks_once_more)
{
	start_dumb();
	dumb_ready = true;
	ticks = 1000;
	turn();
	cr_assert_eq(a.answers[0], 2);
}

Test(select, what_could_not_enlist_is_not_delisted)
{
	start_dumb();
	ticks = 1000;
	turn();
	cr_assert_eq(a.answers[0], -ETIMEDOUT);
	cr_assert_eq(delist_count, 0);
	cr_assert(weir_wait_queue_empty(&queues[0]));
}

Test(select, a_case_that_is_disabled_while_it_waits_leaves_its_queue)
{
	select_queues(&a, 3, 1);
	a.cases[2].disabled = true;
	start(select_times, &a);
	settle();
	a.cases[1].disabled = true;
	a.cases[2].disabled = false;
	cr_assert(weir_wake(&queues[0]));
	settle();
	cr_assert_eq(a.answers[0], 0);
	cr_assert(weir_wait_queue_empty(&queues[1]));
	cr_assert_not(weir_wake(&queues[1]));
}

Test(select, a_disabled_case_is_neither_served_nor_waited_for)
{
	select_queues(&a, 3, 1);
	a.cases[1].disabled = true;
	start(select_times, &a);
	settle();
	cr_assert_not(weir_wake(&queues[1]));
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[0], 0);
}

// ---- points in time ----

Test(select, after_is_never_early_and_served_once)
{
	select_queues(&a, 1, 2);
	a.cases[1] = weir_case_after(1000);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = 999;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], 1);
	ticks = 5000;
	settle();
	cr_assert_eq(a.answered, 1);
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[1], 0);
}

Test(select, after_never_does_not_come)
{
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(WEIR_NEVER);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = UINT64_MAX - 1;
	settle();
	ticks = UINT64_MAX;
	settle();
	cr_assert_eq(a.answered, 0);
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[0], 0);
}

Test(select, after_that_lost_leaves_no_timer_behind)
{
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(1000);
	a.count = 2;
	start(select_times, &a);
	settle();
	weir_wake(&queues[0]);
	settle();
	ticks = 5000;
	cr_assert_eq(turn(), 0);
}

Test(select, after_beyond_the_wrap_of_the_clock)
{
	ticks = UINT64_MAX - 10;
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(5);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = UINT64_MAX;
	settle();
	ticks += 5;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks++;
	settle();
	cr_assert_eq(a.answers[0], 1);
}

// ---- a lost race loses nothing ----

static void wait_and_say(void *arg)
{
	cr_assert_eq(weir_wait(&queues[1], WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say(arg);
}

Test(select, a_wakeup_that_is_not_used_goes_to_the_next_in_the_queue)
{
	select_queues(&a, 2, 1);
	a.cases[0] = weir_case_after(1000);
	start(select_times, &a);
	start(wait_and_say, "b");
	settle();
	weir_wake(&queues[1]);
	ticks = 1000; // case 0 is ready too, and comes first
	settle();
	cr_assert_eq(a.answers[0], 0);
	cr_assert_str_eq(said, "b");
}

Test(select, a_wakeup_that_is_not_used_and_has_no_other_taker_is_kept)
{
	select_queues(&a, 2, 2);
	a.cases[0] = weir_case_after(1000);
	start(select_times, &a);
	settle();
	weir_wake(&queues[1]);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], 0);
	cr_assert_eq(a.answers[1], 1);
}

Test(select, it_stands_in_line_with_plain_waits)
{
	start(wait_and_say, "b");
	settle();
	select_queues(&a, 2, 1);
	start(select_times, &a);
	settle();
	weir_wake(&queues[1]);
	settle();
	cr_assert_str_eq(said, "b");
	cr_assert_eq(a.answered, 0);
	weir_wake(&queues[1]);
	settle();
	cr_assert_eq(a.answers[0], 1);
}

// ---- cancelling ----

static struct weir_scope scope;

static void cancel_it(void *arg)
{
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, select_times, &a), 0);
	weir_yield();
	weir_yield();
	if (arg)
		weir_wake(arg);
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(select, cancel_ends_it_and_takes_it_out_of_all_queues)
{
	select_queues(&a, 4, 2);
	start(cancel_it, NULL);
	settle();
	cr_assert_eq(a.answers[0], -ECANCELED);
	cr_assert_eq(a.answers[1], -ECANCELED);
	for (int i = 0; i < QUEUES; i++)
		cr_assert(weir_wait_queue_empty(&queues[i]));
}

Test(select, woken_and_cancelled_in_the_same_turn_keeps_the_wakeup)
{
	select_queues(&a, 4, 2);
	start(cancel_it, &queues[3]);
	settle();
	cr_assert_eq(a.answers[0], 3);
	cr_assert_eq(a.answers[1], -ECANCELED);
}
