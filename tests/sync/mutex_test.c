// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

static struct weir_mutex mutex;

static void open_mutex(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
}

static void close_mutex(void)
{
	weir_mutex_fini(&mutex);
	close_crew();
}

TestSuite(mutex, .init = open_mutex, .fini = close_mutex);

#define LOCKER(...)                                                \
	{                                                          \
		.do_ = do_lock, .undo = undo_lock, .lock = &mutex, \
		.keep = true, __VA_ARGS__                          \
	}

Test(mutex, lets_one_in_at_a_time_in_the_order_in_which_they_came)
{
	struct one a = LOCKER(), b = LOCKER(), c = LOCKER();

	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(b.answer, NOT_YET);
	dismiss(&a);
	cr_assert_eq(b.answer, 0);
	cr_assert_eq(c.answer, NOT_YET);
	dismiss(&b);
	cr_assert_eq(c.answer, 0);
	dismiss(&c);
}

static int try_result;

static void try_it(void)
{
	try_result = weir_mutex_try_lock(&mutex);
	if (try_result == 0)
		cr_assert_eq(weir_mutex_unlock(&mutex), 0);
}

Test(mutex, try_takes_what_is_free_and_never_waits)
{
	struct one a = LOCKER();

	on_executor(try_it);
	cr_assert_eq(try_result, 0);
	hire(&a);
	settle();
	on_executor(try_it);
	cr_assert_eq(try_result, -EBUSY);
	dismiss(&a);
}

static void unlock_then_try(void)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	weir_yield(); // another waits by now
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
	try_result = weir_mutex_try_lock(&mutex);
}

Test(mutex, nobody_gets_in_between_a_release_and_who_is_handed_it)
{
	struct one a = LOCKER();
	void (*fn)(void) = unlock_then_try;

	cr_assert_eq(weir_start(executor, run_fn, &fn, NULL, NULL), 0);
	hire(&a);
	settle();
	cr_assert_eq(try_result, -EBUSY);
	cr_assert_eq(a.answer, 0);
	dismiss(&a);
}

Test(mutex, the_deadline_ends_the_wait_at_its_tick_and_not_before)
{
	struct one a = LOCKER(), b = LOCKER(.deadline = UINT64_MAX / 2 + 1000);

	hire(&a);
	hire(&b);
	settle();
	ticks += 999;
	settle();
	cr_assert_eq(b.answer, NOT_YET);
	ticks += 1;
	settle();
	cr_assert_eq(b.answer, -ETIMEDOUT);
	dismiss(&a);
	dismiss(&b);
}

Test(mutex, what_is_free_is_had_though_the_deadline_is_past)
{
	struct one a = LOCKER(.deadline = 5);

	hire(&a);
	turns(1);
	cr_assert_eq(a.answer, 0);
	dismiss(&a);
}

Test(mutex, a_cancelled_task_is_refused_but_it_may_try)
{
	struct one a = LOCKER(.canceled_before = true);

	hire(&a);
	settle();
	cr_assert_eq(a.answer, -ECANCELED);
	weir_task_cancel(a.task);
	dismiss(&a);
	on_executor(try_it);
	cr_assert_eq(try_result, 0);
}

static bool held_before, held_inside, held_after;

static void look_who_holds(void)
{
	held_before = weir_mutex_held(&mutex);
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	held_inside = weir_mutex_held(&mutex);
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
	held_after = weir_mutex_held(&mutex);
}

Test(mutex, held_is_true_for_the_holder_while_it_holds)
{
	on_executor(look_who_holds);
	cr_assert(!held_before && held_inside && !held_after);
	cr_assert_not(weir_mutex_held(&mutex));
}

static struct weir_mutex made;

static void make_one(void)
{
	weir_mutex_init(&made, NULL);
	cr_assert_eq(weir_mutex_lock(&made), 0);
	cr_assert_eq(weir_mutex_unlock(&made), 0);
	weir_mutex_fini(&made);
}

Test(mutex, belongs_to_the_executor_of_the_task_that_makes_it)
{
	on_executor(make_one);
}

// ---- misuse: words and an abort in checked builds, else an answer ----

static int wrong, twice;

static void lock_twice(void)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	twice = weir_mutex_lock(&mutex);
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
}

Test(mutex, who_holds_it_and_locks_again_is_told, ABORTS)
{
	on_executor(lock_twice);
	cr_assert_eq(twice, -EDEADLK);
}

static void unlock_it(void)
{
	wrong = weir_mutex_unlock(&mutex);
}

Test(mutex, an_unlock_by_who_does_not_hold_it_is_found, ABORTS)
{
	struct one a = LOCKER();

	hire(&a);
	settle();
	on_executor(unlock_it);
	cr_assert_eq(wrong, -EPERM);
	on_executor(try_it);
	cr_assert_eq(try_result, -EBUSY, "and changes nothing");
	dismiss(&a);
}

Test(mutex, an_unlock_of_a_free_one_is_found, ABORTS)
{
	on_executor(unlock_it);
	cr_assert_eq(wrong, -EPERM);
}

static void abroad(void *arg)
{
	*(int *)arg = weir_mutex_lock(&mutex);
}

Test(mutex, a_task_of_another_executor_is_refused, ABORTS)
{
	struct weir_executor *other = crew_executor("abroad", 2);

	cr_assert_eq(weir_start(other, abroad, &wrong, NULL, NULL), 0);
	weir_executor_turn(other);
	cr_assert_eq(wrong, -EPERM);
	weir_executor_destroy(other);
	on_executor(try_it);
	cr_assert_eq(try_result, 0);
}

Test(mutex, what_is_no_task_is_refused, ABORTS)
{
	on_step(try_it);
	cr_assert_eq(try_result, -EPERM);
}

static void end_with_it(void)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
}

Test(mutex, held_over_the_end_of_its_task_is_found, .signal = SIGABRT)
{
	on_executor(end_with_it);
}

Test(mutex, fini_with_a_holder_is_found, .signal = SIGABRT)
{
	struct one a = LOCKER();

	hire(&a);
	settle();
	weir_mutex_fini(&mutex);
}
