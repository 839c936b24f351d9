// SPDX-License-Identifier: BSD-3-Clause
//
// What an executor writes down of stretches that took too long, and what it says
// of the present one.
#include "task/executor_inline.h"
#include "task/hand.h"
#include "task/roster.h"

TestSuite(overrun, .init = open_executor, .fini = close_executor);

static struct weir_histogram class_;

static void work(void *arg)
{
	for (uint64_t i = 1; i <= 3; i++) {
		cr_assert_eq(executor->running, &class_);
		ticks += i * 100;
		weir_yield();
	}
}

static void start_worker(void)
{
	const struct weir_spawn_options options = {
		.name = "worker", .steps = &class_};

	weir_histogram_set_limit(&class_, 200);
	cr_assert_eq(weir_start(executor, work, NULL, &options, NULL), 0);
}

Test(overrun, a_step_beyond_the_limit_of_its_class_is_written_down)
{
	struct weir_overrun overrun;

	start_worker();
	for (int i = 0; i < 5; i++)
		turn();
	cr_assert(weir_overruns_get(&executor->overruns, &overrun));
	cr_expect_eq(overrun.steps, &class_);
	cr_expect_eq(overrun.end - overrun.begin, 300);
	cr_expect_str_eq(overrun.task, "worker");
	cr_expect_not(weir_overruns_get(&executor->overruns, &overrun));
	cr_expect_eq(class_.over_count, 1);
	cr_expect_null(executor->running);
}

static void overrun_once(struct weir_executor *x, struct weir_step *step)
{
	ticks += 1000;
}

Test(overrun, that_of_a_function_has_no_task)
{
	struct weir_overrun overrun;
	struct weir_step step;

	weir_histogram_set_limit(&class_, 200);
	weir_step_init(&step, overrun_once, &class_);
	weir_step_ready(executor, &step);
	turn();
	cr_assert(weir_overruns_get(&executor->overruns, &overrun));
	cr_expect_str_eq(overrun.task, "");
}

Test(overrun, what_finds_no_room_is_counted)
{
	struct weir_overrun overrun = {.steps = &class_};
	unsigned got = 0;

	for (unsigned i = 0; i < WEIR_OVERRUNS + 3; i++) {
		overrun.end = i;
		weir_overruns_put(&executor->overruns, &overrun);
	}
	for (; weir_overruns_get(&executor->overruns, &overrun); got++)
		cr_expect_eq(overrun.end, got, "the oldest first");
	cr_expect_eq(got, WEIR_OVERRUNS);
	cr_expect_eq(executor->overruns.lost, 3);
}

static void note(struct weir_executor *x, void *arg)
{
	say(weir_executor_name(x));
}

Test(overrun, the_roster_holds_the_executors_that_there_are)
{
	struct weir_executor *other = hand_executor(1);

	weir_roster_each(note, NULL);
	cr_expect_str_eq(said, "executorexecutor");
	weir_executor_destroy(other);
	weir_roster_each(note, NULL);
	cr_expect_str_eq(said, "executorexecutorexecutor");
}
