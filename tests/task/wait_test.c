// SPDX-License-Identifier: BSD-3-Clause
//
// Wait queues and watches.
// Before hand.h, whose names its functions use for their own.
#include "task/task_inline.h"

#include "task/hand.h"

static struct weir_wait_queue queue;

static void open_queue(void)
{
	open_executor();
	weir_wait_queue_init(&queue);
}

TestSuite(wait, .init = open_queue, .fini = close_executor);

// A waiter says its name and how its wait ended.
struct waiter {
	const char *name;
	uint64_t deadline;
	enum weir_wait_place place;
	int answer;
};

#define WAITER(n)                                   \
	{                                           \
		.name = (n), .deadline = WEIR_NEVER \
	}

static void wait_once(void *arg)
{
	struct waiter *w = arg;

	w->answer = 1;
	w->answer = weir_wait(&queue, w->deadline, w->place);
	say(w->name);
}

Test(wait, wake_takes_the_first_in_the_queue)
{
	struct waiter a = WAITER("a"), b = WAITER("b"), c = WAITER("c");

	start(wait_once, &a);
	start(wait_once, &b);
	start(wait_once, &c);
	settle();
	for (int i = 0; i < 3; i++) {
		cr_assert(weir_wake(&queue));
		settle();
	}
	cr_assert_str_eq(said, "abc");
	cr_assert_not(weir_wake(&queue));
}

Test(wait, who_comes_back_waits_at_the_front)
{
	struct waiter a = WAITER("a"), b = WAITER("b");

	b.place = WEIR_WAIT_FRONT;
	start(wait_once, &a);
	start(wait_once, &b);
	settle();
	cr_assert_eq(weir_wake_all(&queue), 2);
	settle();
	cr_assert_str_eq(said, "ba");
}

// Who stands in the line below: waits with the place that they say.
static struct weir_wait_node nodes[4];
static unsigned woken_node;

static void node_woken(struct weir_wait_node *node)
{
	woken_node = (unsigned)(node - nodes);
}

static void enlist_node(unsigned i, enum weir_wait_place place)
{
	nodes[i].woken = node_woken;
	weir_wait_enlist(executor, &queue, &nodes[i], place);
}

static unsigned wake_node(void)
{
	cr_assert(weir_wake(&queue));
	return woken_node;
}

Test(wait, who_comes_again_does_not_pass_one_that_came_back_to_the_front)
{
	for (unsigned i = 0; i < 3; i++)
		enlist_node(i, WEIR_WAIT_BACK);
	cr_assert_eq(wake_node(), 0);
	cr_assert_eq(wake_node(), 1);
	enlist_node(0, WEIR_WAIT_FRONT); // while 2, who came later, is first
	enlist_node(1, WEIR_WAIT_AGAIN);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(wake_node(), i);
}

Test(wait, who_gave_its_place_to_one_at_the_front_comes_again_behind_it)
{
	for (unsigned i = 0; i < 3; i++)
		enlist_node(i, WEIR_WAIT_BACK);
	cr_assert_eq(wake_node(), 0);
	enlist_node(3, WEIR_WAIT_BACK);
	weir_list_remove(&nodes[3].link);
	enlist_node(3, WEIR_WAIT_FRONT);
	weir_list_remove(&nodes[1].link);
	enlist_node(1, WEIR_WAIT_AGAIN);
	cr_assert_eq(wake_node(), 3);
	cr_assert_eq(wake_node(), 1);
	cr_assert_eq(wake_node(), 2);
}

Test(wait, the_deadline_ends_it_at_its_tick_and_not_before)
{
	struct waiter a = {.name = "a", .deadline = 1000};

	start(wait_once, &a);
	settle();
	ticks = 999;
	settle();
	cr_assert_eq(a.answer, 1);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
	cr_assert(weir_wait_queue_empty(&queue));
}

Test(wait, a_deadline_that_is_past_times_out)
{
	struct waiter a = {.name = "a", .deadline = 10};

	ticks = 500;
	start(wait_once, &a);
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
}

Test(wait, a_wakeup_before_the_deadline_in_the_same_turn_counts)
{
	struct waiter a = {.name = "a", .deadline = 1000};

	start(wait_once, &a);
	settle();
	ticks = 2000;
	weir_wake(&queue);
	settle();
	cr_assert_eq(a.answer, 0);
}

Test(wait, a_wakeup_leaves_no_timer_behind)
{
	struct waiter a = {.name = "a", .deadline = 1000};

	start(wait_once, &a);
	settle();
	weir_wake(&queue);
	settle();
	ticks = 5000;
	cr_assert_eq(turn(), 0);
}

// ---- cancellation ----

static struct waiter canceled = WAITER("w");
static struct weir_scope scope;
static int close_answer = 1;
static bool do_wake, do_cancel;

static void cancel_in_scope(void *arg)
{
	void (*fn)(void *) = (void (*)(void *))(uintptr_t)arg;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, fn, &canceled), 0);
	weir_yield();
	weir_yield();
	if (do_wake)
		weir_wake(&queue);
	if (do_cancel)
		weir_scope_cancel(&scope);
	close_answer = weir_scope_close(&scope, WEIR_NEVER);
}

static void run_canceled(void (*fn)(void *arg))
{
	start(cancel_in_scope, (void *)(uintptr_t)fn);
	settle();
}

Test(wait, cancel_ends_it)
{
	do_cancel = true;
	run_canceled(wait_once);
	cr_assert_eq(canceled.answer, -ECANCELED);
	cr_assert(weir_wait_queue_empty(&queue));
}

Test(wait, woken_and_cancelled_in_the_same_turn_keeps_the_wakeup)
{
	do_wake = do_cancel = true;
	run_canceled(wait_once);
	cr_assert_eq(canceled.answer, 0);
}

// It passes on what it was woken for and cannot use.
static void pass_on(void *arg)
{
	wait_once(arg);
	if (weir_task_canceled())
		weir_wake(&queue);
}

Test(wait, flume_104_the_only_wakeup_of_a_cancelled_task_reaches_the_next)
{
	struct waiter next = WAITER("n");

	do_wake = do_cancel = true;
	start(cancel_in_scope, (void *)(uintptr_t)pass_on);
	turn();
	turn();
	start(wait_once, &next);
	settle();
	cr_assert_str_eq(said, "wn");
	cr_assert_eq(next.answer, 0);
}

static int answers[3];

static void wait_thrice(void *arg)
{
	for (int i = 0; i < 3; i++)
		answers[i] = weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK);
}

Test(wait, a_cancelled_task_does_not_park_again)
{
	do_cancel = true;
	run_canceled(wait_thrice);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(answers[i], -ECANCELED);
	cr_assert_eq(live(), 0);
}

// ---- watches ----

static struct weir_watch watch;
static unsigned asked, there;

static unsigned look(struct weir_watch *w)
{
	asked++;
	return there;
}

static void wait_watched(void *arg)
{
	struct waiter *w = arg;

	weir_watch_start(executor, &watch);
	w->answer = weir_wait(&watch.queue, WEIR_NEVER, WEIR_WAIT_BACK);
	say(w->name);
}

Test(wait, a_watch_wakes_as_many_as_there_is_for)
{
	struct waiter a = WAITER("a"), b = WAITER("b"), c = WAITER("c");

	weir_watch_init(&watch, look);
	start(wait_watched, &a);
	start(wait_watched, &b);
	start(wait_watched, &c);
	turn();
	there = 2;
	turn();
	cr_assert_str_eq(said, "ab");
	turn();
	cr_assert_str_eq(said, "abc");
}

Test(wait, what_was_there_before_the_wait_is_seen)
{
	struct waiter a = WAITER("a");

	there = 1;
	weir_watch_init(&watch, look);
	start(wait_watched, &a);
	settle();
	cr_assert_str_eq(said, "a");
}

Test(wait, a_watch_that_nobody_waits_on_stops)
{
	struct waiter a = WAITER("a");

	there = 1;
	weir_watch_init(&watch, look);
	start(wait_watched, &a);
	settle();
	cr_assert(weir_list_empty(&watch.link));
	asked = 0;
	turn();
	cr_assert_eq(asked, 0);
}

Test(wait, a_hot_watch_is_asked_each_turn)
{
	struct waiter a = WAITER("a");

	weir_watch_init(&watch, look);
	start(wait_watched, &a);
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

Test(wait, a_turn_asks_at_most_32_cold_watches_and_all_in_rotation)
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

Test(wait, a_turn_asks_at_most_256_hot_watches_and_all_in_rotation)
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
Test(wait, a_pass_asks_each_once_and_256_at_most_at_a_time)
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

Test(wait, a_cold_watch_still_wakes_and_is_hot_again)
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

Test(wait, a_watch_that_was_stopped_is_not_asked)
{
	struct waiter a = WAITER("a");

	weir_watch_init(&watch, look);
	start(wait_watched, &a);
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
