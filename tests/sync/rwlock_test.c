// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

static struct weir_rwlock lock;

static void open_lock(void)
{
	open_crew();
	weir_rwlock_init(&lock, executor);
}

static void close_lock(void)
{
	weir_rwlock_fini(&lock);
	close_crew();
}

TestSuite(rwlock, .init = open_lock, .fini = close_lock);

#define READER(...)                                               \
	{                                                         \
		.do_ = do_read, .undo = undo_hold, .lock = &lock, \
		.keep = true, __VA_ARGS__                         \
	}
#define WRITER(...)                                                \
	{                                                          \
		.do_ = do_write, .undo = undo_hold, .lock = &lock, \
		.keep = true, __VA_ARGS__                          \
	}

Test(rwlock, lets_many_readers_in)
{
	struct one a = READER(), b = READER();

	hire(&a);
	hire(&b);
	turns(1);
	cr_assert(a.answer == 0 && b.answer == 0);
	dismiss(&a);
	dismiss(&b);
}

Test(rwlock, lets_one_writer_in_and_nobody_else)
{
	struct one w = WRITER(), r = READER(), w2 = WRITER();

	hire(&w);
	hire(&r);
	hire(&w2);
	settle();
	cr_assert(w.answer == 0);
	cr_assert(r.answer == NOT_YET && w2.answer == NOT_YET);
	dismiss(&w);
	cr_assert(r.answer == 0 && w2.answer == NOT_YET);
	dismiss(&r);
	cr_assert(w2.answer == 0);
	dismiss(&w2);
}

Test(rwlock, a_reader_behind_a_writer_that_waits_waits_too)
{
	struct one a = READER(), w = WRITER(), b = READER();

	hire(&a);
	hire(&w);
	hire(&b);
	settle();
	cr_assert(w.answer == NOT_YET && b.answer == NOT_YET);
	dismiss(&a);
	cr_assert(w.answer == 0 && b.answer == NOT_YET);
	dismiss(&w);
	cr_assert_eq(b.answer, 0);
	dismiss(&b);
}

Test(rwlock, readers_that_stand_together_are_let_in_together)
{
	struct one w = WRITER(), a = READER(), b = READER(), w2 = WRITER(),
		   c = READER();
	struct one *all[] = {&w, &a, &b, &w2, &c};

	for (unsigned i = 0; i < 5; i++)
		hire(all[i]);
	settle();
	dismiss(&w);
	cr_assert(a.answer == 0 && b.answer == 0);
	cr_assert_eq(a.turn, b.turn);
	cr_assert(w2.answer == NOT_YET && c.answer == NOT_YET);
	for (unsigned i = 1; i < 5; i++) {
		dismiss(all[i]);
	}
	cr_assert(w2.answer == 0 && c.answer == 0);
	cr_assert_lt(w2.order, c.order);
}

static int tried_read, tried_write;

static void try_both(void)
{
	struct weir_rwlock_hold hold;

	tried_read = weir_rwlock_try_read(&lock, &hold);
	if (tried_read == 0)
		cr_assert_eq(weir_rwlock_release(&hold), 0);
	tried_write = weir_rwlock_try_write(&lock, &hold);
	if (tried_write == 0)
		cr_assert_eq(weir_rwlock_release(&hold), 0);
}

Test(rwlock, try_gets_what_nobody_waits_for_and_never_waits)
{
	struct one a = READER(), w = WRITER();

	on_executor(try_both);
	cr_assert(tried_read == 0 && tried_write == 0);
	hire(&a);
	turns(1);
	on_executor(try_both);
	cr_assert(tried_read == 0 && tried_write == -EBUSY);
	hire(&w);
	turns(1);
	on_executor(try_both);
	cr_assert_eq(tried_read, -EBUSY, "a writer waits");
	dismiss(&a);
	on_executor(try_both);
	cr_assert(tried_read == -EBUSY && tried_write == -EBUSY);
	dismiss(&w);
}

Test(rwlock, a_writer_that_gives_up_lets_in_the_readers_behind_it)
{
	struct one a = READER(), w = WRITER(.deadline = UINT64_MAX / 2 + 10),
		   b = READER(), c = READER();
	struct one *all[] = {&a, &w, &b, &c};

	for (unsigned i = 0; i < 4; i++)
		hire(all[i]);
	settle();
	ticks += 10;
	settle();
	cr_assert_eq(w.answer, -ETIMEDOUT);
	cr_assert(b.answer == 0 && c.answer == 0);
	for (unsigned i = 0; i < 4; i++)
		dismiss(all[i]);
}

// The holder goes in the very turn in which the first in line gave up.
Test(rwlock, who_gave_up_is_passed_by_when_others_are_let_in)
{
	struct one w = WRITER(), a = WRITER(), b = READER();

	hire(&w);
	hire(&a);
	hire(&b);
	settle();
	order_off(&w);
	weir_task_cancel(a.task); // runs behind w
	settle();
	cr_assert_eq(a.answer, -ECANCELED);
	cr_assert_eq(b.answer, 0);
	dismiss(&a);
	dismiss(&b);
}

static void read_twice(void)
{
	struct weir_rwlock_hold one, two;

	cr_assert_eq(weir_rwlock_read(&lock, &one), 0);
	cr_assert_eq(weir_rwlock_read(&lock, &two), 0);
	cr_assert_eq(weir_rwlock_release(&one), 0);
	cr_assert_eq(weir_rwlock_release(&two), 0);
}

Test(rwlock, a_task_may_read_twice_while_no_writer_waits)
{
	on_executor(read_twice);
}

// ---- misuse ----

static int got;

static void write_what_it_reads(void)
{
	struct weir_rwlock_hold one, two;

	cr_assert_eq(weir_rwlock_read(&lock, &one), 0);
	got = weir_rwlock_write(&lock, &two);
	cr_assert_eq(weir_rwlock_release(&one), 0);
}

Test(rwlock, a_reader_that_would_write_is_told, ABORTS)
{
	on_executor(write_what_it_reads);
	cr_assert_eq(got, -EDEADLK);
}

static void read_what_it_writes(void)
{
	struct weir_rwlock_hold one, two;

	cr_assert_eq(weir_rwlock_write(&lock, &one), 0);
	got = weir_rwlock_read(&lock, &two);
	cr_assert_eq(weir_rwlock_release(&one), 0);
}

Test(rwlock, a_writer_that_would_read_is_told, ABORTS)
{
	on_executor(read_what_it_writes);
	cr_assert_eq(got, -EDEADLK);
}

static void release_twice(void)
{
	struct weir_rwlock_hold one;

	cr_assert_eq(weir_rwlock_read(&lock, &one), 0);
	cr_assert_eq(weir_rwlock_release(&one), 0);
	got = weir_rwlock_release(&one);
}

Test(rwlock, a_second_release_is_found, ABORTS)
{
	on_executor(release_twice);
	cr_assert_eq(got, -EPERM);
}

static struct weir_rwlock_hold *of_another;

static void release_it(void)
{
	got = weir_rwlock_release(of_another);
}

Test(rwlock, a_release_of_another_tasks_hold_is_found, ABORTS)
{
	struct one a = READER();

	hire(&a);
	turns(1);
	of_another = &a.hold;
	on_executor(release_it);
	cr_assert_eq(got, -EPERM);
	dismiss(&a);
}

static void end_with_it(void)
{
	static struct weir_rwlock_hold hold;

	cr_assert_eq(weir_rwlock_read(&lock, &hold), 0);
}

Test(rwlock, held_over_the_end_of_its_task_is_found, .signal = SIGABRT)
{
	on_executor(end_with_it);
}
