// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

#define PERMITS 4

static struct weir_semaphore semaphore;

static void open_semaphore(void)
{
	open_crew();
	weir_semaphore_init(&semaphore, executor, PERMITS);
}

static void close_semaphore(void)
{
	weir_semaphore_fini(&semaphore);
	close_crew();
}

TestSuite(semaphore, .init = open_semaphore, .fini = close_semaphore);

#define TAKER(n, ...)                                                        \
	{                                                                    \
		.do_ = do_acquire, .undo = undo_acquire, .lock = &semaphore, \
		.count = (n), .keep = true, __VA_ARGS__                      \
	}

Test(semaphore, lends_as_many_permits_as_there_are)
{
	struct one a = TAKER(3), b = TAKER(1), c = TAKER(1);

	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0 && c.answer == NOT_YET);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 0);
	dismiss(&b);
	cr_assert_eq(c.answer, 0);
	dismiss(&a);
	dismiss(&c);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), PERMITS);
}

Test(semaphore, small_requests_that_came_later_do_not_starve_a_large_one)
{
	struct one a = TAKER(1), large = TAKER(4), small[8];

	hire(&a);
	hire(&large);
	for (unsigned i = 0; i < 8; i++) {
		small[i] = (struct one)TAKER(1);
		hire(&small[i]);
	}
	settle();
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 3);
	for (unsigned i = 0; i < 8; i++)
		cr_assert_eq(small[i].answer, NOT_YET);
	dismiss(&a);
	cr_assert_eq(large.answer, 0);
	dismiss(&large);
	for (unsigned i = 0; i < 8; i++) {
		cr_assert_eq(small[i].answer, 0);
		dismiss(&small[i]);
	}
}

Test(semaphore, one_release_serves_as_many_as_it_reaches)
{
	struct one all = TAKER(4), a = TAKER(1), b = TAKER(2), c = TAKER(2);

	hire(&all);
	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	dismiss(&all);
	cr_assert(a.answer == 0 && b.answer == 0 && c.answer == NOT_YET);
	cr_assert_eq(a.turn, b.turn);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 1);
	dismiss(&a);
	dismiss(&b);
	dismiss(&c);
}

static uint32_t wants;
static int got;

static void try_it(void)
{
	got = weir_semaphore_try_acquire(&semaphore, wants);
	if (got == 0)
		cr_assert_eq(weir_semaphore_release(&semaphore, wants), 0);
}

Test(semaphore, try_takes_what_is_there_and_never_waits)
{
	struct one a = TAKER(2), large = TAKER(4);

	hire(&a);
	turns(1);
	wants = 2;
	on_executor(try_it);
	cr_assert_eq(got, 0);
	wants = 3;
	on_executor(try_it);
	cr_assert_eq(got, -EBUSY);
	hire(&large);
	turns(1);
	wants = 1;
	on_executor(try_it);
	cr_assert_eq(got, -EBUSY, "it would overtake");
	dismiss(&a);
	dismiss(&large);
}

static void ask_for_it(void)
{
	got = weir_semaphore_acquire(&semaphore, wants);
}

Test(semaphore, what_can_never_be_granted_is_refused)
{
	wants = PERMITS + 1;
	on_executor(ask_for_it);
	cr_assert_eq(got, -EINVAL);
	wants = 0;
	on_executor(ask_for_it);
	cr_assert_eq(got, -EINVAL);
}

static void release_one(void)
{
	got = weir_semaphore_release(&semaphore, 1);
}

static void take_one(void)
{
	cr_assert_eq(weir_semaphore_try_acquire(&semaphore, 1), 0);
}

Test(semaphore, whoever_runs_on_the_executor_gives_permits_back)
{
	struct one all = TAKER(4);

	on_executor(take_one);
	hire(&all);
	settle();
	cr_assert_eq(all.answer, NOT_YET);
	on_step(release_one); // as a timer or a post would
	settle();
	cr_assert_eq(all.answer, 0);
	dismiss(&all);
}

Test(semaphore, more_given_back_than_taken_is_found, ABORTS)
{
	on_executor(release_one);
	cr_assert_eq(got, -EOVERFLOW);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), PERMITS);
}

Test(semaphore, a_release_from_elsewhere_is_refused, ABORTS)
{
	on_executor(take_one);
	release_one();
	cr_assert_eq(got, -EPERM);
	on_executor(release_one);
}
