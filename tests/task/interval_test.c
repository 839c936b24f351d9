// SPDX-License-Identifier: BSD-3-Clause
//
// Intervals: never early, and what becomes of periods that were missed.
#include "task/hand.h"
#include "task/interval.h"

TestSuite(interval, .init = open_executor, .fini = close_executor);

static struct weir_interval interval;
static enum weir_missed policy;
static uint64_t first = 10;
static uint64_t away_until; // once, after the first one
static char served_at[256];

static void note(int count)
{
	char text[32];

	snprintf(text, sizeof(text), count == 1 ? " %llu" : " %llu(%d)",
		(unsigned long long)ticks, count);
	strncat(served_at, text, sizeof(served_at) - strlen(served_at) - 1);
}

static void serve_six(void *arg)
{
	weir_interval_init(&interval, first, 10, policy);
	for (int i = 0; i < 6; i++) {
		note(weir_interval_wait(&interval));
		if (i == 0 && away_until) {
			ticks = away_until; // a step that takes very long
			weir_yield();
		}
	}
}

// run lets time pass a tick at a time.
static const char *run(enum weir_missed missed, uint64_t away)
{
	policy = missed;
	away_until = away;
	served_at[0] = '\0';
	start(serve_six, NULL);
	while (live() > 0) {
		settle();
		ticks++;
	}
	return served_at;
}

Test(interval, it_is_due_each_period_and_never_early)
{
	cr_assert_str_eq(run(WEIR_MISSED_SKIP, 0), " 10 20 30 40 50 60");
}

Test(interval, burst_serves_each_that_was_missed)
{
	cr_assert_str_eq(run(WEIR_MISSED_BURST, 37), " 10 37 37 40 50 60");
}

Test(interval, delay_counts_anew_from_when_it_was_served)
{
	cr_assert_str_eq(run(WEIR_MISSED_DELAY, 37), " 10 37 47 57 67 77");
}

Test(interval, skip_serves_those_that_were_missed_as_one)
{
	cr_assert_str_eq(run(WEIR_MISSED_SKIP, 37), " 10 37(2) 40 50 60 70");
}

Test(interval, a_first_tick_that_is_past_is_due_at_once)
{
	ticks = 34;
	cr_assert_str_eq(run(WEIR_MISSED_SKIP, 0), " 34(3) 40 50 60 70 80");
}

Test(interval, it_goes_on_beyond_the_wrap_of_the_clock)
{
	ticks = UINT64_MAX - 24;
	first = UINT64_MAX - 20;
	cr_assert_str_eq(run(WEIR_MISSED_SKIP, 0),
		" 18446744073709551595 18446744073709551605 "
		"0 9 19 29");
}

// The tick that is all ones is "never" to a timer: it comes a tick later.
Test(interval, the_tick_that_means_never_is_not_never)
{
	ticks = UINT64_MAX - 5;
	first = UINT64_MAX;
	run(WEIR_MISSED_SKIP, 0);
	cr_assert_str_eq(served_at, " 0 9 19 29 39 49");
}

static unsigned runs;

static void count_runs(void *arg)
{
	while (runs < 1000 && live() > 1) {
		runs++;
		weir_yield();
	}
}

static void burst_of_many(void *arg)
{
	weir_interval_init(&interval, 0, 1, WEIR_MISSED_BURST);
	for (int i = 0; i < 10 * WEIR_STEP_BUDGET; i++)
		cr_assert_eq(weir_interval_wait(&interval), 1);
}

Test(interval, a_burst_of_missed_periods_does_not_starve_the_neighbours)
{
	ticks = 100000;
	start(burst_of_many, NULL);
	start(count_runs, NULL);
	settle();
	cr_assert_geq(runs, 9);
}

// ---- as a case ----

static void tick_and_after(void *arg)
{
	struct weir_case cases[2];

	weir_interval_init(&interval, 10, 10, WEIR_MISSED_SKIP);
	cases[0] = weir_case_tick(&interval);
	cases[1] = weir_case_after(25);
	for (int i = 0; i < 4; i++) {
		say(weir_select(cases, 2) == 0 ? "t" : "a");
		note(cases[0].result);
	}
}

Test(interval, a_tick_is_a_case_with_the_count_as_its_result)
{
	start(tick_and_after, NULL);
	settle();
	for (int i = 0; i < 21; i++, ticks++)
		settle();
	ticks = 47;
	settle();
	cr_assert_str_eq(said, "ttat");
	cr_assert_str_eq(served_at, " 10 20 47 47(2)");
}

static int answer;

static void wait_for_it(void *arg)
{
	weir_interval_init(&interval, 1000, 10, WEIR_MISSED_SKIP);
	answer = weir_interval_wait(&interval);
}

static void cancel_it(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, wait_for_it, NULL), 0);
	weir_yield();
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(interval, cancel_ends_the_wait_and_takes_nothing)
{
	start(cancel_it, NULL);
	settle();
	cr_assert_eq(answer, -ECANCELED);
	cr_assert_eq(interval.next, 1000);
}

// ---- beyond every wrap of the wheel ----

static uint64_t came_at[4];

static void sleep_over(void *arg)
{
	cr_assert_eq(weir_sleep(*(uint64_t *)arg), 0);
	came_at[0] = ticks;
}

static void wait_over(void *arg)
{
	struct weir_wait_queue queue;

	weir_wait_queue_init(&queue);
	cr_assert_eq(weir_wait(&queue, *(uint64_t *)arg, WEIR_WAIT_BACK),
		-ETIMEDOUT);
	came_at[1] = ticks;
}

static void after_over(void *arg)
{
	struct weir_case c = weir_case_after(*(uint64_t *)arg);

	cr_assert_eq(weir_select(&c, 1), 0);
	came_at[2] = ticks;
}

static void interval_over(void *arg)
{
	struct weir_interval beat;

	weir_interval_init(&beat, *(uint64_t *)arg, 5, WEIR_MISSED_DELAY);
	cr_assert_eq(weir_interval_wait(&beat), 1);
	cr_assert_eq(weir_interval_wait(&beat), 1);
	came_at[3] = ticks - 5;
}

static void over_the_wrap(uint64_t begin, uint64_t due)
{
	void (*const all[])(void *) = {
		sleep_over, wait_over, after_over, interval_over};

	ticks = begin;
	executor = hand_executor(STACKS);
	memset(came_at, 0xff, sizeof(came_at));
	for (int i = 0; i < 4; i++)
		cr_assert_eq(weir_start(executor, all[i], &due, NULL, NULL), 0);
	for (; ticks != due + 10; ticks++)
		settle();
	for (int i = 0; i < 4; i++)
		cr_assert_eq(came_at[i], due, "wait %d, begun at %llx", i,
			(unsigned long long)begin);
	cr_assert_eq(live(), 0);
	weir_executor_destroy(executor);
}

// tokio#8334: a wheel that broke after days. Of each level, and of the clock.
Test(waits_at_wraps, tokio_8334_each_wait_begun_before_a_wrap_ends_after_it)
{
	for (int bits = 6; bits <= 66; bits += 6) {
		uint64_t wrap = bits < 64 ? UINT64_C(1) << bits : 0;

		for (uint64_t before = 1; before < 40; before += 13)
			for (uint64_t after = 0; after < 40; after += 13)
				over_the_wrap(wrap - before, wrap + after);
	}
}
