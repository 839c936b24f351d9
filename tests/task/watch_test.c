// SPDX-License-Identifier: BSD-3-Clause
//
// Watches: whom they wake, how often a turn asks them, what a pass asks before an
// executor sleeps.

// Before hand.h, whose names its functions use for their own.
#include "task/task_inline.h"

#include "task/hand.h"

TestSuite(watch, .init = open_executor, .fini = close_executor);

static struct weir_watch watch;
static unsigned asked, there;

static unsigned look(struct weir_watch *w)
{
	asked++;
	return there;
}

static void wait_watched(void *arg)
{
	weir_watch_start(executor, &watch);
	cr_assert_eq(weir_wait(&watch.queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say(arg);
}

Test(watch, a_watch_wakes_as_many_as_there_is_for)
{
	weir_watch_init(&watch, look);
	start(wait_watched, "a");
	start(wait_watched, "b");
	start(wait_watched, "c");
	turn();
	there = 2;
	turn();
	cr_assert_str_eq(said, "ab");
	turn();
	cr_assert_str_eq(said, "abc");
}

Test(watch, what_was_there_before_the_wait_is_seen)
{
	there = 1;
	weir_watch_init(&watch, look);
	start(wait_watched, "a");
	settle();
	cr_assert_str_eq(said, "a");
}

Test(watch, a_watch_that_nobody_waits_on_stops)
{
	there = 1;
	weir_watch_init(&watch, look);
	start(wait_watched, "a");
	settle();
	cr_assert(weir_list_empty(&watch.link));
	asked = 0;
	turn();
	cr_assert_eq(asked, 0);
}

Test(watch, a_hot_watch_is_asked_each_turn)
{
	weir_watch_init(&watch, look);
	start(wait_watched, "a");
	turn();
	for (unsigned i = 1; i < WEIR_WATCH_COLD; i++) {
		turn();
		cr_assert_eq(asked, i);
	}
	there = 1;
	settle();
}

#define WATCHES 100

static struct weir_watch watches[WATCHES];
static unsigned asked_of[WATCHES];
static int there_of = -1;

static unsigned look_at(struct weir_watch *w)
{
	asked_of[w - watches]++;
	return there_of == w - watches || there;
}

static void wait_at(void *arg)
{
	struct weir_watch *w = arg;

	weir_watch_start(weir_executor_self(), w);
	cr_assert_eq(weir_wait(&w->queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say("x");
}

static unsigned asked_in_turn(struct weir_executor *x)
{
	unsigned sum = 0;

	memset(asked_of, 0, sizeof(asked_of));
	weir_executor_turn(x);
	for (int i = 0; i < WATCHES; i++)
		sum += asked_of[i];
	return sum;
}

static struct weir_executor *with_cold_watches(void)
{
	struct weir_executor *x = hand_executor(WATCHES + 1);

	for (int i = 0; i < WATCHES; i++) {
		weir_watch_init(&watches[i], look_at);
		cr_assert_eq(
			weir_start(x, wait_at, &watches[i], NULL, NULL), 0);
	}
	weir_executor_turn(x);
	cr_assert_eq(asked_in_turn(x), WATCHES);
	for (int i = 0; i < WEIR_WATCH_COLD; i++)
		weir_executor_turn(x);
	return x;
}

static void end_watches(struct weir_executor *x)
{
	there = 1;
	while (weir_executor_counts(x)->tasks > 0)
		weir_executor_turn(x);
	weir_executor_destroy(x);
}

Test(watch, a_turn_asks_at_most_32_cold_watches_and_all_in_rotation)
{
	struct weir_executor *x = with_cold_watches();
	unsigned once[WATCHES] = {0};

	for (int t = 0; t < (WATCHES + WEIR_TURN_COLD - 1) / WEIR_TURN_COLD;
		t++) {
		cr_assert_eq(asked_in_turn(x), WEIR_TURN_COLD);
		for (int i = 0; i < WATCHES; i++)
			once[i] += asked_of[i];
	}
	for (int i = 0; i < WATCHES; i++)
		cr_assert_geq(once[i], 1);
	end_watches(x);
}

static unsigned asked_of_many[WEIR_TURN_HOT + 44], asked_many;
static struct weir_watch many[WEIR_TURN_HOT + 44];
static bool many_there;

static unsigned look_at_many(struct weir_watch *w)
{
	asked_of_many[w - many]++;
	asked_many++;
	return many_there;
}

Test(watch, a_turn_asks_at_most_256_hot_watches_and_all_in_rotation)
{
	const unsigned count = sizeof(many) / sizeof(many[0]);
	struct weir_executor *x = hand_executor(count);

	for (unsigned i = 0; i < count; i++) {
		weir_watch_init(&many[i], look_at_many);
		cr_assert_eq(weir_start(x, wait_at, &many[i], NULL, NULL), 0);
	}
	weir_executor_turn(x);
	for (unsigned t = 1; t <= 30; t++) {
		weir_executor_turn(x);
		cr_assert_eq(asked_many, t * WEIR_TURN_HOT);
		for (unsigned i = 0; i < count; i++) {
			unsigned fair = asked_many / count;

			cr_assert(asked_of_many[i] == fair ||
				  asked_of_many[i] == fair + 1);
		}
	}
	many_there = true;
	while (weir_executor_counts(x)->tasks > 0)
		weir_executor_turn(x);
	weir_executor_destroy(x);
}

// rest asks what a pass has left, and answers how many those were.
static unsigned rest(struct weir_executor *x, bool all)
{
	unsigned before = asked_many, woken;

	cr_assert_eq(weir_watches_ask_rest(x, &woken), all);
	cr_assert_eq(woken, many_there ? asked_many - before : 0);
	return asked_many - before;
}

// What an executor does before it sleeps, its bell armed: hot ones, then cold ones.
Test(watch, a_pass_asks_each_once_and_256_at_most_at_a_time)
{
	const unsigned count = sizeof(many) / sizeof(many[0]);
	struct weir_executor *x = hand_executor(count);

	for (unsigned i = 0; i < count; i++) {
		weir_watch_init(&many[i], look_at_many);
		cr_assert_eq(weir_start(x, wait_at, &many[i], NULL, NULL), 0);
	}
	weir_executor_turn(x);
	for (unsigned cold = 0; cold < 2; cold++) {
		memset(asked_of_many, 0, sizeof(asked_of_many));
		x->pass++;
		cr_assert_eq(rest(x, false), WEIR_TURN_HOT);
		cr_assert_eq(rest(x, true), count - WEIR_TURN_HOT);
		cr_assert_eq(rest(x, true), 0);
		for (unsigned i = 0; i < count; i++)
			cr_assert_eq(asked_of_many[i], 1);
		// What a turn asks counts as well.
		x->pass++;
		weir_executor_turn(x);
		if (cold)
			cr_assert_eq(rest(x, false), WEIR_TURN_HOT);
		cr_assert_eq(rest(x, true),
			cold ? count - WEIR_TURN_HOT - WEIR_TURN_COLD
			     : count - WEIR_TURN_HOT);
		for (unsigned t = 0; t < 2 * WEIR_WATCH_COLD && !cold; t++)
			weir_executor_turn(x);
	}
	many_there = true;
	x->pass++;
	cr_assert_eq(rest(x, false), WEIR_TURN_HOT);
	while (weir_executor_counts(x)->tasks > 0)
		weir_executor_turn(x);
	weir_executor_destroy(x);
}

#define CROWD 1000

static struct weir_watch crowd[CROWD];
static unsigned asked_at[CROWD], turn_of_crowd, longest_gap;
static bool crowd_there;

static unsigned look_at_crowd(struct weir_watch *w)
{
	unsigned *at = &asked_at[w - crowd];

	if (turn_of_crowd - *at > longest_gap)
		longest_gap = turn_of_crowd - *at;
	*at = turn_of_crowd;
	return crowd_there;
}

// idle_turns does what an executor does that has nothing to do, is rung for each
// time before it sleeps, and looks at all again.
static void idle_turns(struct weir_executor *x, unsigned count)
{
	unsigned woken;

	while (count-- > 0) {
		turn_of_crowd++;
		weir_executor_turn(x);
		x->pass += weir_watches_ask_rest(x, &woken);
	}
}

// docs/tasks.md says this: what has rung is seen so soon.
Test(watch, what_was_asked_before_a_sleep_is_asked_again_n_256ths_turns_later)
{
	const unsigned bound = (CROWD + WEIR_TURN_HOT - 1) / WEIR_TURN_HOT;
	struct weir_executor *x = hand_executor(CROWD);

	for (unsigned i = 0; i < CROWD; i++) {
		weir_watch_init(&crowd[i], look_at_crowd);
		cr_assert_eq(weir_start(x, wait_at, &crowd[i], NULL, NULL), 0);
	}
	idle_turns(x, 100);
	cr_expect_leq(longest_gap, bound, "hot: %u turns", longest_gap);
	idle_turns(x, WEIR_WATCH_COLD * bound);
	longest_gap = 0;
	idle_turns(x, 100);
	cr_expect_leq(longest_gap, bound, "cold: %u turns", longest_gap);
	crowd_there = true;
	while (weir_executor_counts(x)->tasks > 0)
		weir_executor_turn(x);
	weir_executor_destroy(x);
}

Test(watch, a_cold_watch_still_wakes_and_is_hot_again)
{
	struct weir_executor *x = with_cold_watches();

	cr_assert_eq(weir_start(x, wait_at, &watches[57], NULL, NULL), 0);
	weir_executor_turn(x);
	there_of = 57;
	while (said[0] == '\0')
		weir_executor_turn(x);
	cr_assert_str_eq(said, "x");
	there_of = -1;
	for (int t = 0; t < 10; t++) {
		asked_in_turn(x);
		cr_assert_eq(asked_of[57], 1);
	}
	end_watches(x);
}

Test(watch, a_watch_that_was_stopped_is_not_asked)
{
	weir_watch_init(&watch, look);
	start(wait_watched, "a");
	turn();
	turn();
	weir_watch_stop(&watch);
	asked = 0;
	turn();
	cr_assert_eq(asked, 0);
	weir_wake(&watch.queue);
	settle();
	cr_assert_eq(live(), 0);
}
