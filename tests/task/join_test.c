// SPDX-License-Identifier: BSD-3-Clause
//
// Joining a child: its result, its error, from here and from elsewhere.
#include "task/join.h"
#include "task/hand.h"

static struct weir_executor *away;

static void open_both(void)
{
	open_executor();
	away = hand_executor(STACKS);
}

static void close_both(void)
{
	close_executor();
	weir_executor_destroy(away);
}

TestSuite(join, .init = open_both, .fini = close_both);

static void settle_both(void)
{
	uint64_t work;

	do {
		work = weir_executor_turn(executor);
		work += weir_executor_turn(away);
	} while (work);
}

static struct weir_wait_queue gate;
static struct weir_scope scope;
static struct weir_join join;
static int answers[4], number = 42;
static uint64_t deadline = WEIR_NEVER;

static void wait_at_gate(void *arg)
{
	if (weir_wait(&gate, WEIR_NEVER, WEIR_WAIT_BACK))
		say("x");
}

static void child(void *arg)
{
	wait_at_gate(NULL);
	weir_task_give(&number);
	weir_task_fail(-EIO);
	say("c");
}

static void child_away(void *arg)
{
	weir_yield();
	weir_task_give(&number);
	weir_task_fail(-EIO);
	say("c");
}

static int spawn(struct weir_executor *on, void (*fn)(void *arg))
{
	const struct weir_spawn_options options = {.join = &join};

	return weir_spawn_with(&scope, on, fn, NULL, &options);
}

static void parent(void *arg)
{
	weir_scope_open(&scope);
	cr_assert_eq(spawn(arg, arg ? child_away : child), 0);
	answers[0] = weir_join(&join, deadline);
	say("j");
	answers[1] = weir_join(&join, WEIR_NEVER);
	answers[2] = weir_scope_close(&scope, WEIR_NEVER);
}

static void check_result(void)
{
	cr_assert_eq(join.result, &number);
	cr_assert_eq(join.error, -EIO);
	cr_assert(join.ended);
	cr_assert_eq(answers[2], -EIO);
}

static void run(struct weir_executor *on)
{
	weir_wait_queue_init(&gate);
	start(parent, on);
	settle_both();
}

Test(join, it_waits_for_the_child_and_has_its_result)
{
	run(NULL);
	cr_assert_str_eq(said, "");
	weir_wake(&gate);
	settle();
	cr_assert_str_eq(said, "cj");
	cr_assert_eq(answers[0], 0);
	cr_assert_eq(answers[1], 0);
	check_result();
}

Test(join, a_child_on_another_executor_is_joined_too)
{
	run(away);
	cr_assert_str_eq(said, "cj");
	cr_assert_eq(answers[0], 0);
	check_result();
}

Test(join, at_the_deadline_the_child_runs_on)
{
	deadline = 1000;
	run(NULL);
	ticks = 1000;
	settle();
	cr_assert_str_eq(said, "j");
	cr_assert_eq(answers[0], -ETIMEDOUT);
	weir_wake(&gate);
	settle();
	cr_assert_eq(answers[1], 0);
	check_result();
}

static void cancelled_parent(void *arg)
{
	struct weir_scope outer;

	weir_scope_open(&outer);
	cr_assert_eq(weir_spawn(&outer, NULL, parent, NULL), 0);
	weir_yield();
	weir_yield();
	weir_scope_cancel(&outer);
	cr_assert_eq(weir_scope_close(&outer, WEIR_NEVER), 0);
}

Test(join, cancel_ends_the_wait_and_the_scope_still_ends_the_child)
{
	weir_wait_queue_init(&gate);
	start(cancelled_parent, NULL);
	settle();
	cr_assert_str_eq(said, "jxc");
	cr_assert_eq(answers[0], -ECANCELED);
	cr_assert_eq(answers[1], -ECANCELED);
	cr_assert_eq(join.result, &number);
}

static void nothing(void *arg)
{
}

static void too_many(void *arg)
{
	struct weir_join joins[STACKS];
	unsigned failed = 0;

	weir_scope_open(&scope);
	for (int i = 0; i < STACKS; i++) {
		const struct weir_spawn_options options = {.join = &joins[i]};
		int err = weir_spawn_with(&scope, arg, nothing, NULL, &options);

		failed += err != 0;
		cr_assert(err == 0 || joins[i].error == err);
	}
	for (int i = 0; i < STACKS; i++)
		cr_assert_eq(weir_join(&joins[i], WEIR_NEVER), 0);
	cr_assert_eq(failed, 1);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	say("done");
}

Test(join, a_child_that_could_not_be_started_has_ended)
{
	start(too_many, NULL);
	settle();
	cr_assert_str_eq(said, "done");
}

static void no_stack_away(void *arg)
{
	weir_scope_open(&scope);
	cr_assert_eq(spawn(away, nothing), 0);
	cr_assert_eq(weir_join(&join, WEIR_NEVER), 0);
	cr_assert_eq(join.error, -EAGAIN);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), -EAGAIN);
	say("done");
}

Test(join, a_lack_of_stacks_elsewhere_is_the_child_s_error)
{
	weir_wait_queue_init(&gate);
	for (int i = 0; i < STACKS; i++)
		cr_assert_eq(
			weir_start(away, wait_at_gate, NULL, NULL, NULL), 0);
	weir_executor_turn(away);
	start(no_stack_away, NULL);
	settle_both();
	cr_assert_str_eq(said, "done");
	weir_wake_all(&gate);
	settle_both();
}

static void select_joins(void *arg)
{
	struct weir_join quick;
	const struct weir_spawn_options options = {.join = &quick};
	struct weir_case cases[2];

	weir_scope_open(&scope);
	cr_assert_eq(spawn(NULL, child), 0);
	cr_assert_eq(weir_spawn_with(&scope, NULL, nothing, NULL, &options), 0);
	cases[0] = weir_case_join(&join);
	cases[1] = weir_case_join(&quick);
	cr_assert_eq(weir_select(cases, 2), 1);
	cr_assert_eq(cases[1].result, 0);
	weir_wake(&gate);
	cr_assert_eq(weir_select(cases, 2), 0);
	cr_assert_eq(cases[0].result, -EIO);
	cr_assert_eq(weir_select(cases, 2), -EPIPE);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), -EIO);
	say("done");
}

Test(join, a_child_is_a_case_and_served_once)
{
	weir_wait_queue_init(&gate);
	start(select_joins, NULL);
	settle();
	cr_assert_str_eq(said, "cdone");
}
