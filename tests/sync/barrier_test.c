// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"

static struct weir_barrier barrier;
static int got;

static void open_barrier(void)
{
	open_crew();
	weir_barrier_init(&barrier, executor, 3);
}

static void close_barrier(void)
{
	weir_barrier_fini(&barrier);
	close_crew();
}

TestSuite(barrier, .init = open_barrier, .fini = close_barrier);

#define PARTY(...)                                                    \
	{                                                             \
		.do_ = do_barrier_wait, .lock = &barrier, __VA_ARGS__ \
	}

Test(barrier, holds_the_group_until_all_have_arrived)
{
	struct one a = PARTY(), b = PARTY(), c = PARTY();

	hire(&a);
	hire(&b);
	settle();
	cr_assert(a.answer == NOT_YET && b.answer == NOT_YET);
	hire(&c);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0 && c.answer == 0);
}

#define ROUNDS 100

static unsigned arrived[3];

static int go_round(struct one *one)
{
	unsigned me = one->count;

	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < (i * 7 + me * 3) % 4; k++)
			weir_yield();
		arrived[me]++;
		cr_assert_eq(weir_barrier_wait(&barrier), 0);
		for (unsigned k = 0; k < 3; k++)
			cr_assert(arrived[k] == i + 1 || arrived[k] == i + 2);
	}
	return 0;
}

Test(barrier, serves_round_after_round)
{
	struct one ones[3];

	for (unsigned i = 0; i < 3; i++) {
		ones[i] = (struct one){.do_ = go_round, .count = i};
		hire(&ones[i]);
	}
	settle();
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(arrived[i], ROUNDS);
}

Test(barrier, one_that_is_cancelled_breaks_it_for_all)
{
	struct one a = PARTY(), b = PARTY(), c = PARTY();

	hire(&a);
	hire(&b);
	settle();
	weir_task_cancel(a.task);
	settle();
	cr_assert_eq(a.answer, -ECANCELED);
	cr_assert_eq(b.answer, -EPIPE);
	hire(&c);
	settle();
	cr_assert_eq(c.answer, -EPIPE, "it stays so");
	cr_assert(weir_barrier_broken(&barrier));
}

Test(barrier, one_that_was_cancelled_before_it_came_breaks_it)
{
	struct one a = PARTY(), b = PARTY(.canceled_before = true);

	hire(&a);
	hire(&b);
	settle();
	cr_assert_eq(b.answer, -ECANCELED);
	cr_assert_eq(a.answer, -EPIPE);
}

Test(barrier, one_whose_deadline_comes_breaks_it)
{
	struct one a = PARTY(.deadline = UINT64_MAX / 2 + 9), b = PARTY();

	hire(&a);
	hire(&b);
	settle();
	ticks += 9;
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
	cr_assert_eq(b.answer, -EPIPE);
}

// The last arrives in the turn in which the first was cancelled, before the
// first has run.
Test(barrier, all_have_arrived_before_the_cancelled_one_ran)
{
	struct one a = PARTY(), b = PARTY(), c = PARTY();

	hire(&a);
	hire(&b);
	settle();
	hire(&c);
	weir_task_cancel(a.task); // runs behind c
	settle();
	cr_assert(a.answer == 0 && b.answer == 0 && c.answer == 0);
	cr_assert_not(weir_barrier_broken(&barrier));
}

static void reset_it(void)
{
	got = weir_barrier_reset(&barrier);
}

static void break_it(void)
{
	got = weir_barrier_break(&barrier);
}

Test(barrier, a_reset_makes_it_whole)
{
	struct one a = PARTY(), group[3];

	hire(&a);
	settle();
	on_executor(break_it);
	on_executor(reset_it);
	cr_assert_eq(a.answer, -EPIPE);
	for (unsigned i = 0; i < 3; i++) {
		group[i] = (struct one)PARTY();
		hire(&group[i]);
	}
	settle();
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(group[i].answer, 0);
}

Test(barrier, a_reset_of_a_whole_one_breaks_who_waits)
{
	struct one a = PARTY();

	hire(&a);
	settle();
	on_executor(reset_it);
	settle();
	cr_assert_eq(a.answer, -EPIPE);
	cr_assert_not(weir_barrier_broken(&barrier));
}

// Broken, reset and used by others before who waited in it has run.
static void break_and_reset(void)
{
	break_it();
	reset_it();
	cr_assert_eq(weir_barrier_try_wait(&barrier), -EAGAIN);
}

Test(barrier, who_waited_learns_of_its_own_generation)
{
	struct one a = PARTY();

	hire(&a);
	settle();
	on_executor(break_and_reset);
	settle();
	cr_assert_eq(a.answer, -EPIPE);
}

static void try_it(void)
{
	got = weir_barrier_try_wait(&barrier);
}

Test(barrier, try_arrives_only_as_the_last)
{
	struct one a = PARTY(), b = PARTY();

	on_executor(try_it);
	cr_assert_eq(got, -EAGAIN);
	hire(&a);
	hire(&b);
	settle();
	on_executor(try_it);
	cr_assert_eq(got, 0);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0);
}
