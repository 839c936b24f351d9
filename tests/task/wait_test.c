// SPDX-License-Identifier: BSD-3-Clause
//
// Wait queues.
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
