// SPDX-License-Identifier: BSD-3-Clause
//
// Where the time of posts, watches and timers goes.
#include "task/executor_inline.h"
#include "task/hand.h"

TestSuite(serve, .init = open_executor, .fini = close_executor);

static struct weir_watch watch;

static void wait_on_watch(void *arg)
{
	cr_assert_eq(weir_wait(&watch.queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
}

// Each takes as long as the test says.
static uint64_t taken;

static void take_in_post(struct weir_executor *x, struct weir_post *post)
{
	ticks += taken;
}

static void take_in_timer(struct weir_executor *x, struct weir_timer *timer)
{
	ticks += taken;
}

static unsigned take_in_watch(struct weir_watch *asked)
{
	ticks += taken;
	weir_watch_stop(asked);
	return 1;
}

// serve lets a turn serve one of each, and answers where the time went.
struct served {
	uint64_t over, steps, runtime;
};

static struct served serve_in(void (*begin_one)(void), uint64_t each)
{
	const struct weir_executor_counts *counts =
		weir_executor_counts(executor);
	const struct weir_histogram *steps = weir_executor_task_steps(executor);
	struct served before = {steps->over_count, weir_histogram_count(steps),
		counts->time[WEIR_TIME_RUNTIME]};

	taken = each;
	begin_one();
	turn();
	return (struct served){steps->over_count - before.over,
		weir_histogram_count(steps) - before.steps,
		counts->time[WEIR_TIME_RUNTIME] - before.runtime};
}

static void begin_post(void)
{
	static struct weir_post post = {.fn = take_in_post};

	weir_executor_post(executor, &post);
}

static void begin_timer(void)
{
	static struct weir_timer timer;

	weir_timer_init(&timer, take_in_timer);
	weir_timer_set(executor, &timer, ticks);
}

static void begin_watch(void)
{
	weir_watch_init(&watch, take_in_watch);
	start(wait_on_watch, NULL);
	turn();
	weir_watch_start(executor, &watch);
}

Test(serve, what_posts_watches_and_timers_take_too_long_is_a_step_of_no_class)
{
	void (*const begins[])(void) = {begin_post, begin_watch, begin_timer};
	struct weir_histogram *steps = weir_executor_task_steps(executor);

	turn();
	for (unsigned i = 0; i < 3; i++) {
		struct served without, at, beyond;
		struct weir_overrun overrun;

		weir_histogram_set_limit(steps, 0);
		without = serve_in(begins[i], 1000);
		cr_expect_eq(without.runtime, 1000, "%u", i);
		cr_expect_eq(without.over, 0);
		weir_histogram_set_limit(steps, 100);
		at = serve_in(begins[i], 100);
		cr_expect_eq(at.runtime, 100, "%u", i);
		cr_expect_eq(at.over, 0);
		cr_assert_not(weir_overruns_get(&executor->overruns, &overrun));
		beyond = serve_in(begins[i], 101);
		cr_expect_eq(beyond.runtime, 0, "in one place only: %u", i);
		cr_expect_eq(beyond.over, 1);
		cr_expect_geq(beyond.steps, 1);
		cr_assert(weir_overruns_get(&executor->overruns, &overrun));
		cr_expect_eq(overrun.steps, steps);
		cr_expect_str_eq(overrun.task, "");
		cr_expect_eq(overrun.end - overrun.begin, 101);
	}
}
