// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

static struct weir_gate gate;
static int got;

static void open_gate(void)
{
	open_crew();
	weir_gate_init(&gate, executor);
}

static void close_gate(void)
{
	weir_gate_fini(&gate);
	close_crew();
}

TestSuite(gate, .init = open_gate, .fini = close_gate);

#define WAITER(...)                                             \
	{                                                       \
		.do_ = do_gate_wait, .lock = &gate, __VA_ARGS__ \
	}

static void enter_it(void)
{
	got = weir_gate_enter(&gate);
}

static void leave_it(void)
{
	got = weir_gate_leave(&gate);
}

static void close_it(void)
{
	got = weir_gate_close(&gate);
}

Test(gate, who_closed_it_waits_until_all_have_left)
{
	struct one a = WAITER();

	on_executor(enter_it);
	on_executor(enter_it);
	on_executor(close_it);
	hire(&a);
	settle();
	on_executor(leave_it);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_step(leave_it);
	settle();
	cr_assert_eq(a.answer, 0);
}

Test(gate, nobody_enters_after_it_was_closed)
{
	on_executor(close_it);
	on_executor(enter_it);
	cr_assert_eq(got, -ESHUTDOWN);
}

Test(gate, a_wait_closes_nothing_and_an_empty_open_gate_is_not_over)
{
	struct one a = WAITER();

	hire(&a);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_executor(enter_it);
	cr_assert_eq(got, 0);
	on_executor(leave_it);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_executor(close_it);
	settle();
	cr_assert_eq(a.answer, 0);
}

Test(gate, all_who_wait_learn_that_it_is_over)
{
	struct one a = WAITER(), b = WAITER();

	on_executor(enter_it);
	hire(&a);
	hire(&b);
	settle();
	on_executor(close_it);
	on_executor(leave_it);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0);
}

static void try_it(void)
{
	got = weir_gate_try_wait(&gate);
}

Test(gate, try_tells_whether_it_is_over)
{
	on_executor(try_it);
	cr_assert_eq(got, -EAGAIN);
	on_executor(close_it);
	on_executor(try_it);
	cr_assert_eq(got, 0);
}

static int enter_cancelled(struct one *one)
{
	int err = weir_gate_enter(&gate);

	return err ? err : weir_gate_leave(&gate);
}

Test(gate, a_cancelled_task_enters_and_leaves)
{
	struct one a = {.do_ = enter_cancelled, .canceled_before = true};

	hire(&a);
	settle();
	cr_assert_eq(a.answer, 0);
}

Test(gate, who_leaves_without_having_entered_is_found, ABORTS)
{
	on_executor(leave_it);
	cr_assert_eq(got, -EPERM);
}

Test(gate, entering_from_elsewhere_is_refused, ABORTS)
{
	enter_it();
	cr_assert_eq(got, -EPERM);
}
