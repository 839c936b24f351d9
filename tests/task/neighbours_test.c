// SPDX-License-Identifier: BSD-3-Clause
//
// What went wrong with tasks, scopes and timers elsewhere, each as a test of its
// own. docs/neighbours.md lists them all, with those that lie in other files.
#include "task/hand.h"

#include <inttypes.h>

TestSuite(neighbours, .init = open_executor, .fini = close_executor);

// ---- who runs next ----

static struct weir_wait_queue queues[3];
static bool ended;

static void wait_for_wakeups(void *arg)
{
	const char *name = arg;

	while (!weir_wait(&queues[*name - 'a'], WEIR_NEVER, WEIR_WAIT_BACK) &&
		!ended)
		say(name);
}

static void speak_once(void *arg)
{
	say(arg);
}

// wake_some makes a, then b runnable, behind a task that was there before.
static void wake_some(void *arg)
{
	start(speak_once, "!");
	weir_wake(&queues[0]);
	weir_wake(&queues[1]);
	weir_wake(&queues[2]);
	weir_yield();
	say(".");
}

// tokio#4941: the task that was woken last got a place of its own, next to run
// and out of everybody's reach: behind a long step it waited alone, and before
// those that had waited longer. Here there is one queue.
Test(neighbours, tokio_4941_who_was_woken_last_has_no_place_of_its_own)
{
	for (int i = 0; i < 3; i++)
		weir_wait_queue_init(&queues[i]);
	start(wait_for_wakeups, "a");
	start(wait_for_wakeups, "b");
	start(wait_for_wakeups, "c");
	turn();
	start(wake_some, NULL);
	turn();
	cr_assert_str_eq(said, "", "they run in the turn that follows");
	turn();
	cr_assert_str_eq(said, "!abc.");
	ended = true;
	for (int i = 0; i < 3; i++)
		weir_wake(&queues[i]);
	settle();
}

struct player {
	struct weir_wait_queue *mine, *other;
};

static unsigned passes;

static void play(void *arg)
{
	const struct player *player = arg;

	while (!ended) {
		passes++;
		weir_wake(player->other);
		if (weir_wait(player->mine, WEIR_NEVER, WEIR_WAIT_BACK))
			break;
	}
	weir_wake(player->other);
}

static uint64_t turn_now, started_in;
static unsigned passes_then;

static void note_turn(void *arg)
{
	(void)arg;
	started_in = turn_now;
	passes_then = passes;
}

// tokio#5712: two tasks that woke each other took turns in the place of who was
// woken last, and work that came from outside waited for as long as they had a
// budget. Here what is runnable starts in the next turn, behind one step of each
// of them at most.
Test(neighbours, tokio_5712_work_from_outside_passes_two_that_wake_each_other)
{
	const struct player players[] = {
		{&queues[0], &queues[1]}, {&queues[1], &queues[0]}};

	for (int i = 0; i < 2; i++) {
		weir_wait_queue_init(&queues[i]);
		start(play, (void *)&players[i]);
	}
	for (turn_now = 1; turn_now <= 1000; turn_now++) {
		uint64_t came = turn_now;
		unsigned before = passes;

		start(note_turn, NULL);
		turn();
		cr_assert_eq(started_in, came);
		cr_assert_leq(passes_then - before, 2);
	}
	cr_assert_geq(passes, 999, "the players go on, too");
	ended = true;
	settle();
	cr_assert_eq(live(), 0);
}

// ---- a tree that is cancelled ----

static struct weir_scope outer;
static unsigned cancelled;

static void leaf(void *arg)
{
	// It cancels the tree that it stands in, from the inside.
	if (arg)
		weir_scope_cancel(&outer);
	cancelled += weir_sleep(WEIR_NEVER) == -ECANCELED;
}

static void branch(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, leaf, NULL), 0);
	cr_assert_eq(weir_spawn(&scope, NULL, leaf, arg), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), -ECANCELED);
	cancelled++;
}

static void tree(void *arg)
{
	weir_scope_open(&outer);
	cr_assert_eq(weir_spawn(&outer, NULL, branch, arg), 0);
	cr_assert_eq(weir_spawn(&outer, NULL, branch, NULL), 0);
	cr_assert_eq(weir_scope_close(&outer, WEIR_NEVER), 0);
	say("!");
}

// tokio#4639: in a tree of things to cancel, one that was made below another was
// kept for ever, and parts of it that were cancelled at a time could lock each
// other. Here a tree is cancelled from the inside, from the outside and from
// both, and each time nothing is left: there are but eight stacks.
Test(neighbours, tokio_4639_a_tree_that_is_cancelled_anywhere_leaves_nothing)
{
	for (unsigned round = 0; round < 300; round++) {
		void *from_inside = round % 3 == 1 ? NULL : &outer;

		cancelled = 0;
		said[0] = '\0';
		start(tree, from_inside);
		turn();
		turn();
		if (round % 3)
			weir_scope_cancel(&outer);
		settle();
		// Leaves that were never cancelled would sleep on.
		cr_assert_eq(live(), 0, "round %u", round);
		cr_assert_str_eq(said, "!");
		cr_assert_eq(cancelled, 6, "%u in round %u", cancelled, round);
	}
}

// ---- timers of two executors ----

static struct weir_executor *away;
static int close_answer = 1;
static uint64_t woke_at;

static void sleep_until_100(void *arg)
{
	if (weir_sleep(100) == 0)
		woke_at = ticks;
	if (weir_sleep(1000) == -ECANCELED)
		say("c");
}

static void close_at_500(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, away, sleep_until_100, NULL), 0);
	close_answer = weir_scope_close(&scope, 500);
}

// tokio#6683: the timers were spread over several wheels, and what was set in one
// while all of them were being looked at could be missed. Here a timer is the
// executor's on which its task waits, and fires though another stands still; and
// a deadline there reaches the task here.
Test(neighbours, tokio_6683_each_waits_by_the_timers_of_its_own_executor)
{
	away = hand_executor(2);
	start(close_at_500, NULL);
	turn();
	weir_executor_turn(away);
	weir_executor_turn(away);
	ticks = 100;
	while (weir_executor_turn(away))
		;
	cr_assert_eq(woke_at, 100, "nobody turned the one at home");
	ticks = 500;
	settle();
	cr_assert_str_eq(said, "", "nor, here, the one that is away");
	cr_assert_eq(close_answer, 1);
	while (weir_executor_turn(away) + turn())
		;
	cr_assert_str_eq(said, "c");
	cr_assert_eq(close_answer, -ETIMEDOUT);
	weir_executor_destroy(away);
}

// ---- idle ----

static struct weir_executor *sleeper;

static void sleep_a_while(void *arg)
{
	cr_assert_eq(weir_sleep(weir_in_ms(100)), 0);
	weir_executor_stop(sleeper);
}

// f-stack#533, firedancer#1360: a core was at 100 % though nothing was to be
// done. Here an executor that may sleep makes a turn when there is a reason,
// and not a million of them while its task waits.
Test(neighbours, f_stack_533_firedancer_1360_who_has_nothing_to_do_sleeps)
{
	const struct weir_executor_options options = {
		.sleeps = true, .node = -1};

	cr_assert_eq(weir_executor_create(&sleeper, &options, NULL), 0);
	cr_assert_eq(weir_start(sleeper, sleep_a_while, NULL, NULL, NULL), 0);
	weir_executor_run(sleeper);
	cr_assert_leq(weir_executor_counts(sleeper)->turns, 100,
		"%" PRIu64 " turns", weir_executor_counts(sleeper)->turns);
	weir_executor_destroy(sleeper);
}
