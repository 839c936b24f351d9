// SPDX-License-Identifier: BSD-3-Clause
//
// Where an executor's time goes: every tick to one regime or one histogram.
#include "task/hand.h"

#include "count/count.h"

TestSuite(time, .init = open_executor, .fini = close_executor);

static void lap_twice(struct weir_executor *x, struct weir_step *step)
{
	ticks += 10;
	weir_executor_lap(x, weir_executor_task_steps(x));
	ticks += 5;
	weir_executor_lap_regime(x, WEIR_TIME_HELD_BACK);
}

Test(time, a_step_that_lapped_is_not_measured_again)
{
	struct weir_histogram *steps = weir_executor_task_steps(executor);
	struct weir_step step;

	weir_step_init(&step, lap_twice, steps);
	weir_step_ready(executor, &step);
	turn();
	cr_assert_eq(weir_histogram_count(steps), 1);
	cr_assert_eq(steps->sum, 10);
	cr_assert_eq(
		weir_executor_counts(executor)->time[WEIR_TIME_HELD_BACK], 5);
}

static void lap_at_the_end(struct weir_executor *x, struct weir_step *step)
{
	ticks += 10;
	weir_executor_lap(x, weir_executor_task_steps(x));
}

Test(time, a_step_that_lapped_at_its_end_is_one_stretch)
{
	struct weir_histogram *steps = weir_executor_task_steps(executor);
	struct weir_step step;

	weir_step_init(&step, lap_at_the_end, steps);
	weir_step_ready(executor, &step);
	turn();
	cr_assert_eq(weir_histogram_count(steps), 1);
	cr_assert_eq(steps->sum, 10);
}

static void lap_and_go_on(void *arg)
{
	ticks += 10;
	weir_executor_lap(executor, arg);
	ticks += 3;
}

Test(time, what_a_task_did_after_its_last_lap_is_its_own)
{
	struct weir_histogram *steps = weir_executor_task_steps(executor);
	struct weir_histogram other = {0};

	start(lap_and_go_on, &other);
	turn();
	cr_assert_eq(other.sum, 10);
	cr_assert_eq(steps->sum, 3);
}

Test(time, time_between_turns_was_waiting)
{
	turn();
	ticks += 1000;
	turn();
	cr_assert_eq(
		weir_executor_counts(executor)->time[WEIR_TIME_WAITING], 1000);
}

static void slow_post(struct weir_executor *x, struct weir_post *post)
{
	ticks += 77;
}

Test(time, time_for_posts_is_the_runtime_s)
{
	struct weir_post post = {.fn = slow_post};

	weir_executor_post(executor, &post);
	turn();
	cr_assert_eq(
		weir_executor_counts(executor)->time[WEIR_TIME_RUNTIME], 77);
}

Test(time, the_longest_turn_is_kept)
{
	struct speaker a = {.name = "", .takes = 30},
		       b = {.name = "", .takes = 12};

	ready(&a);
	ready(&b);
	turn();
	ready(&b);
	turn();
	cr_assert_eq(weir_executor_counts(executor)->turn_ticks_max, 42);
}

static void burn(void *arg)
{
	for (int i = 0; i < 7; i++) {
		ticks += (uintptr_t)arg;
		weir_yield();
	}
}

static uint64_t all_time(const struct weir_executor_counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < WEIR_TIME_REGIMES; i++)
		sum += counts->time[i];
	return sum;
}

Test(time, regimes_and_histograms_are_the_whole_time)
{
	const struct weir_executor_counts *counts =
		weir_executor_counts(executor);
	struct weir_histogram class_ = {0};
	struct weir_post posts[3] = {
		{.fn = slow_post}, {.fn = slow_post}, {.fn = slow_post}};
	struct speaker s = {.name = "", .repeats = 9, .takes = 4};
	struct weir_step laps;

	ticks = 5;
	weir_step_init(&s.step, speak, &class_);
	weir_step_ready(executor, &s.step);
	weir_step_init(&laps, lap_twice, NULL);
	for (uintptr_t i = 0; i < 3; i++) {
		start(burn, (void *)(i * 100 + 3));
		weir_executor_post(executor, &posts[i]);
		weir_step_ready(executor, &laps);
		turn();
		ticks += 11;
	}
	while (live() > 0)
		turn();
	cr_assert_eq(all_time(counts) + class_.sum +
			     weir_executor_task_steps(executor)->sum,
		counts->now - counts->started);
	cr_assert_eq(counts->started, 5);
	cr_assert_eq(counts->now, ticks);
}

Test(time, on_the_real_clock_too_nothing_of_the_time_is_missing)
{
	const struct weir_executor_options options = {.node = -1};
	const struct weir_executor_counts *counts;
	struct weir_executor *x;

	cr_assert_eq(weir_executor_create(&x, &options, NULL), 0);
	for (uintptr_t i = 0; i < 5; i++)
		cr_assert_eq(weir_start(x, burn, (void *)i, NULL, NULL), 0);
	counts = weir_executor_counts(x);
	do {
		weir_executor_turn(x);
	} while (counts->tasks > 0);
	cr_assert_eq(all_time(counts) + weir_executor_task_steps(x)->sum,
		counts->now - counts->started);
	weir_executor_destroy(x);
}

Test(time, the_field_table_names_every_counter)
{
	uint64_t seen = 0;

	for (int i = 0; i < WEIR_EXECUTOR_FIELDS; i++)
		seen |= UINT64_C(1) << (weir_executor_fields[i].offset / 8);
	cr_assert_eq(seen,
		(UINT64_C(1) << sizeof(struct weir_executor_counts) / 8) - 1);
}
