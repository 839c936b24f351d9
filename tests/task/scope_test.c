// SPDX-License-Identifier: BSD-3-Clause
//
// Scopes: structure, cancellation, errors; on one executor and over two.
#include "task/hand.h"

#include <signal.h>

TestSuite(scope, .init = open_executor, .fini = close_executor);

static struct weir_scope scope;
static uint64_t close_deadline = WEIR_NEVER;
static int close_answer = 1, spawn_answer;
static struct weir_executor *on;

static void sleep_for(void *arg)
{
	int err = weir_sleep(weir_in_ns((uintptr_t)arg));

	say(err ? "c" : "s");
}

static void fail_after(void *arg)
{
	int code = (int)(intptr_t)arg;

	if (weir_sleep(weir_in_ns((uint64_t)-code * 100)) == 0)
		weir_task_fail(code);
}

struct child {
	void (*fn)(void *arg);
	void *arg;
};

static void parent(void *arg)
{
	const struct child *child = arg;

	weir_scope_open(&scope);
	for (; child->fn; child++)
		spawn_answer = weir_spawn(&scope, on, child->fn, child->arg);
	close_answer = weir_scope_close(&scope, close_deadline);
	say("!");
}

#define CHILDREN(...)        \
	(struct child[])     \
	{                    \
		__VA_ARGS__, \
		{            \
			NULL \
		}            \
	}

#define NS(n) ((void *)(uintptr_t)(n))

Test(scope, closes_after_its_tasks_have_ended)
{
	start(parent, CHILDREN({sleep_for, NS(100)}, {sleep_for, NS(300)}));
	settle();
	cr_assert_str_eq(said, "");
	ticks = 100;
	settle();
	cr_assert_str_eq(said, "s");
	ticks = 300;
	settle();
	cr_assert_str_eq(said, "ss!");
	cr_assert_eq(close_answer, 0);
}

Test(scope, one_without_tasks_closes_at_once)
{
	struct child none = {NULL};

	start(parent, &none);
	turn();
	cr_assert_str_eq(said, "!");
}

static void open_without_options(void *arg)
{
	struct weir_scope bare;

	weir_scope_open_with(&bare, NULL);
	cr_assert_eq(weir_scope_close(&bare, WEIR_NEVER), 0);
	say("!");
}

Test(scope, opens_without_options)
{
	start(open_without_options, NULL);
	turn();
	cr_assert_str_eq(said, "!");
}

Test(scope, close_answers_the_first_error_in_time)
{
	start(parent, CHILDREN({fail_after, (void *)-ENOSPC},
			      {fail_after, (void *)-EPERM}));
	for (ticks = 0; ticks < 10000; ticks += 50)
		turn();
	cr_assert_eq(close_answer, -EPERM);
}

Test(scope, close_cancels_at_the_deadline_and_still_waits)
{
	close_deadline = 1000;
	start(parent, CHILDREN({sleep_for, NS(5000)}, {sleep_for, NS(200)}));
	settle();
	ticks = 200;
	settle();
	ticks = 1000;
	settle();
	cr_assert_str_eq(said, "sc!");
	cr_assert_eq(close_answer, -ETIMEDOUT);
}

static void ignore_cancel(void *arg)
{
	for (int i = 0; i < 20; i++)
		weir_yield();
	say("i");
}

Test(scope, close_waits_for_a_task_that_takes_no_notice)
{
	close_deadline = 0;
	start(parent, CHILDREN({ignore_cancel, NULL}));
	settle();
	cr_assert_str_eq(said, "i!");
	cr_assert_eq(close_answer, -ETIMEDOUT);
}

static void cancel_parent(void *arg)
{
	struct weir_scope outer;

	weir_scope_open(&outer);
	cr_assert_eq(weir_spawn(&outer, NULL, parent, arg), 0);
	cr_assert_eq(weir_sleep(weir_in_ns(10)), 0);
	weir_scope_cancel(&outer);
	cr_assert_eq(weir_scope_close(&outer, WEIR_NEVER), 0);
	say("?");
}

Test(scope, cancel_reaches_the_children_of_who_closes)
{
	start(cancel_parent, CHILDREN({sleep_for, NS(5000)}));
	settle();
	ticks = 10;
	settle();
	cr_assert_str_eq(said, "c!?");
	cr_assert_eq(close_answer, -ECANCELED);
}

static int after_cancel = 1;

static void spawn_into_cancelled(void *arg)
{
	weir_scope_open(&scope);
	weir_scope_cancel(&scope);
	after_cancel = weir_spawn(&scope, NULL, sleep_for, NULL);
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
}

Test(scope, a_cancelled_scope_takes_no_more_tasks)
{
	start(spawn_into_cancelled, NULL);
	settle();
	cr_assert_eq(after_cancel, -ECANCELED);
	cr_assert_eq(close_answer, 0);
}

static unsigned taken;

static void spawn_all(void *arg)
{
	weir_scope_open(&scope);
	while (!(spawn_answer = weir_spawn(&scope, NULL, sleep_for, NS(5))))
		taken++;
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
}

Test(scope, spawn_answers_eagain_when_stacks_are_out)
{
	start(spawn_all, NULL);
	turn();
	cr_assert_eq(taken, STACKS - 1);
	cr_assert_eq(spawn_answer, -EAGAIN);
	turn();
	ticks = 5;
	settle();
	cr_assert_eq(close_answer, 0);
	cr_assert_eq(live(), 0);
}

static void nothing(void *arg)
{
}

static void spawn_and_join(void *arg)
{
	for (int i = 0; i < 10000; i++) {
		struct weir_scope s;

		weir_scope_open(&s);
		cr_assert_eq(weir_spawn(&s, NULL, nothing, NULL), 0);
		cr_assert_eq(weir_scope_close(&s, WEIR_NEVER), 0);
	}
}

Test(scope, ten_thousand_tasks_need_two_stacks)
{
	struct weir_executor *two = hand_executor(2);

	cr_assert_eq(weir_start(two, spawn_and_join, NULL, NULL, NULL), 0);
	while (weir_executor_turn(two))
		;
	cr_assert_eq(weir_executor_counts(two)->tasks, 0);
	weir_executor_destroy(two);
}

static void leave_open(void *arg)
{
	weir_scope_open(&scope);
}

Test(scope, a_task_that_ends_with_a_scope_open_is_named_in_an_abort,
	.signal = SIGABRT)
{
	start(leave_open, NULL);
	settle();
}

static void no_post(struct weir_executor *x, struct weir_post *post)
{
}

static void close_in_two_turns(void *arg)
{
	weir_scope_open(&scope);
	weir_yield();
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
}

Test(scope, stays_open_for_a_cancel_that_is_on_its_way)
{
	struct weir_post ahead[WEIR_TURN_POSTS];

	start(close_in_two_turns, NULL);
	turn();
	for (int i = 0; i < WEIR_TURN_POSTS; i++) {
		ahead[i].fn = no_post;
		weir_executor_post(executor, &ahead[i]);
	}
	weir_scope_cancel(&scope);
	weir_scope_cancel(&scope);
	turn();
	cr_assert_eq(close_answer, 1);
	settle();
	cr_assert_eq(close_answer, 0);
	cr_assert(scope.canceled);
}

// ---- over two executors, both turned here ----

static struct weir_executor *away;

static void turn_both(void)
{
	unsigned turns = 0;

	while (weir_executor_turn(executor) + weir_executor_turn(away))
		cr_assert_lt(++turns, 100000u, "it never settles");
}

static void open_both(void)
{
	open_executor();
	on = away = hand_executor(2);
}

static void close_both(void)
{
	weir_executor_destroy(executor);
	weir_executor_destroy(away);
}

TestSuite(abroad, .init = open_both, .fini = close_both);

static void say_where(void *arg)
{
	say(weir_executor_self() == away ? "away" : "home");
}

Test(abroad, a_task_runs_on_the_executor_it_was_spawned_on)
{
	start(parent, CHILDREN({say_where, NULL}));
	turn_both();
	cr_assert_str_eq(said, "away!");
	cr_assert_eq(close_answer, 0);
}

Test(abroad, its_error_is_the_scope_s)
{
	start(parent, CHILDREN({fail_after, (void *)-EPERM}));
	turn_both();
	ticks = 1000;
	turn_both();
	cr_assert_eq(close_answer, -EPERM);
}

Test(abroad, a_lack_of_stacks_there_is_the_scope_s_error)
{
	start(parent, CHILDREN({sleep_for, NS(10)}, {sleep_for, NS(10)},
			      {sleep_for, NS(10)}));
	turn_both();
	cr_assert_eq(spawn_answer, 0);
	ticks = 10;
	turn_both();
	cr_assert_eq(close_answer, -EAGAIN);
	cr_assert_str_eq(said, "ss!");
}

Test(abroad, the_deadline_cancels_it)
{
	close_deadline = 100;
	start(parent, CHILDREN({sleep_for, NS(1000000)}));
	turn_both();
	ticks = 100;
	turn_both();
	cr_assert_str_eq(said, "c!");
	cr_assert_eq(close_answer, -ETIMEDOUT);
}

Test(abroad, a_cancel_that_it_takes_no_notice_of_is_harmless)
{
	close_deadline = 100;
	start(parent, CHILDREN({ignore_cancel, NULL}));
	weir_executor_turn(executor);
	ticks = 100;
	turn_both();
	cr_assert_str_eq(said, "i!");
	cr_assert_eq(close_answer, -ETIMEDOUT);
}

static void cancel_own_scope(void *arg)
{
	weir_scope_cancel(&scope);
}

Test(abroad, a_child_may_cancel_its_scope)
{
	start(parent,
		CHILDREN({sleep_for, NS(1000000)}, {cancel_own_scope, NULL}));
	turn_both();
	cr_assert_str_eq(said, "c!");
	cr_assert_eq(close_answer, 0);
}

static void spawn_abroad(void *arg)
{
	weir_scope_open(&scope);
	while (!(spawn_answer = weir_spawn(&scope, away, nothing, NULL)))
		taken++;
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
}

Test(abroad, there_are_as_many_children_elsewhere_as_stacks_at_home)
{
	start(spawn_abroad, NULL);
	turn_both();
	cr_assert_eq(taken, STACKS);
	cr_assert_eq(spawn_answer, -EAGAIN);
	cr_assert_eq(close_answer, -EAGAIN); // two stacks there
}

// ---- the first error cancels the others ----

static struct weir_wait_queue never;
static int sibling_answers[3];

static void sibling(void *arg)
{
	int *answer = arg;

	*answer = weir_wait(&never, WEIR_NEVER, WEIR_WAIT_BACK);
	if (*answer)
		weir_task_fail(*answer);
}

static void fail_soon(void *arg)
{
	weir_yield();
	weir_task_fail(-EIO);
}

static void three_and_a_failure(void *arg)
{
	const struct weir_scope_options options = {.cancel_on_error = true};

	weir_wait_queue_init(&never);
	weir_scope_open_with(&scope, &options);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(weir_spawn(&scope, i == 1 ? arg : NULL, sibling,
				     &sibling_answers[i]),
			0);
	cr_assert_eq(weir_spawn(&scope, NULL, fail_soon, NULL), 0);
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
	say("!");
}

Test(scope, if_asked_the_first_error_cancels_the_others)
{
	start(three_and_a_failure, NULL);
	settle();
	cr_assert_str_eq(said, "!");
	cr_assert_eq(close_answer, -EIO);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(sibling_answers[i], -ECANCELED);
}

Test(abroad, the_first_error_cancels_a_sibling_elsewhere_too)
{
	start(three_and_a_failure, away);
	turn_both();
	cr_assert_str_eq(said, "!");
	cr_assert_eq(close_answer, -EIO);
	cr_assert_eq(sibling_answers[1], -ECANCELED);
}
