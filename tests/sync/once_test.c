// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

static struct weir_once once;
static unsigned runs;
static int fails; // so many times
static bool slow; // waits for the order
static struct weir_wait_queue order;

static void open_once(void)
{
	open_crew();
	weir_once_init(&once, executor);
	weir_wait_queue_init(&order);
}

static void close_once(void)
{
	weir_once_fini(&once);
	close_crew();
}

TestSuite(once, .init = open_once, .fini = close_once);

static int make(void *arg)
{
	runs++;
	if (slow) {
		int err = weir_wait(&order, WEIR_NEVER, WEIR_WAIT_BACK);

		if (err)
			return err;
	}
	return fails-- > 0 ? -EIO : 0;
}

static int do_once(struct one *one)
{
	return weir_once_run_until(&once, make, NULL, one->deadline);
}

#define RUNNER(...)                         \
	{                                   \
		.do_ = do_once, __VA_ARGS__ \
	}

Test(once, runs_once_and_the_others_wait_for_it)
{
	struct one a = RUNNER(), b = RUNNER(), c = RUNNER();

	slow = true;
	hire(&a);
	hire(&b);
	settle();
	cr_assert(a.answer == NOT_YET && b.answer == NOT_YET);
	weir_wake(&order);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0);
	hire(&c);
	settle();
	cr_assert_eq(c.answer, 0);
	cr_assert_eq(runs, 1);
	cr_assert(weir_once_done(&once));
}

Test(once, a_failure_is_told_to_who_ran_it_and_the_next_tries)
{
	struct one a = RUNNER(), b = RUNNER(), c = RUNNER();

	slow = true;
	fails = 1;
	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	weir_wake(&order);
	settle();
	cr_assert_eq(a.answer, -EIO);
	cr_assert(b.answer == NOT_YET && c.answer == NOT_YET);
	cr_assert_eq(runs, 2);
	weir_wake(&order);
	settle();
	cr_assert(b.answer == 0 && c.answer == 0);
	cr_assert_eq(runs, 2);
}

Test(once, a_failure_with_nobody_waiting_leaves_it_to_who_comes)
{
	struct one a = RUNNER(), b = RUNNER();

	fails = 1;
	hire(&a);
	settle();
	cr_assert_eq(a.answer, -EIO);
	hire(&b);
	settle();
	cr_assert_eq(b.answer, 0);
	cr_assert_eq(runs, 2);
}

Test(once, a_cancelled_runner_fails_and_the_next_tries)
{
	struct one a = RUNNER(), b = RUNNER();

	slow = true;
	hire(&a);
	hire(&b);
	settle();
	weir_task_cancel(a.task);
	settle();
	cr_assert_eq(a.answer, -ECANCELED);
	weir_wake(&order);
	settle();
	cr_assert_eq(b.answer, 0);
}

Test(once, who_is_handed_the_turn_and_cancelled_runs_and_passes_it_on)
{
	struct one a = RUNNER(), b = RUNNER(), c = RUNNER();

	slow = true;
	fails = 1;
	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	weir_wake(&order);
	turns(1); // b has the turn
	weir_task_cancel(b.task);
	settle();
	cr_assert_eq(b.answer, -ECANCELED);
	cr_assert_eq(runs, 3);
	weir_wake(&order);
	settle();
	cr_assert_eq(c.answer, 0);
}

static int tried;

static void try_it(void)
{
	tried = weir_once_try_run(&once, make, NULL);
}

Test(once, try_does_not_wait_for_another)
{
	struct one a = RUNNER();

	slow = true;
	hire(&a);
	settle();
	on_executor(try_it);
	cr_assert_eq(tried, -EBUSY);
	weir_wake(&order);
	settle();
	on_executor(try_it);
	cr_assert_eq(tried, 0);
	cr_assert_eq(runs, 1);
}

static int again(void *arg)
{
	tried = weir_once_run(&once, make, NULL);
	return 0;
}

static void run_in_itself(void)
{
	cr_assert_eq(weir_once_run(&once, again, NULL), 0);
}

Test(once, the_function_that_calls_it_is_told, ABORTS)
{
	on_executor(run_in_itself);
	cr_assert_eq(tried, -EDEADLK);
}
