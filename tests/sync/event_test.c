// SPDX-License-Identifier: BSD-3-Clause
#include "crew.h"
#include "misused.h"

static struct weir_event event;
static int got;

static void open_event(void)
{
	open_crew();
	weir_event_init(&event, executor);
}

static void close_event(void)
{
	weir_event_fini(&event);
	close_crew();
}

TestSuite(event, .init = open_event, .fini = close_event);

#define WAITER(...)                                               \
	{                                                         \
		.do_ = do_event_wait, .lock = &event, __VA_ARGS__ \
	}

static void signal_it(void)
{
	got = weir_event_signal(&event);
}

Test(event, a_signal_wakes_all_who_wait)
{
	struct one a = WAITER(), b = WAITER();

	hire(&a);
	hire(&b);
	settle();
	cr_assert(a.answer == NOT_YET && b.answer == NOT_YET);
	on_executor(signal_it);
	settle();
	cr_assert(a.answer == 0 && b.answer == 0);
	cr_assert_eq(a.turn, b.turn);
	cr_assert(a.seen == 1 && b.seen == 1);
}

Test(event, who_saw_an_older_state_does_not_wait)
{
	struct one a = WAITER();

	on_executor(signal_it);
	on_executor(signal_it);
	hire(&a);
	turns(1);
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(a.seen, 2);
}

Test(event, who_saw_the_present_state_waits_for_the_next)
{
	struct one a = WAITER();

	on_executor(signal_it);
	a.seen = weir_event_state(&event);
	hire(&a);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_step(signal_it);
	settle();
	cr_assert_eq(a.answer, 0);
}

static uint64_t seen;

static void try_it(void)
{
	got = weir_event_try_wait(&event, &seen);
}

Test(event, try_tells_whether_the_state_is_another_and_which)
{
	on_executor(try_it);
	cr_assert_eq(got, -EAGAIN);
	on_executor(signal_it);
	on_executor(try_it);
	cr_assert_eq(got, 0);
	cr_assert_eq(seen, 1);
}

Test(event, a_wait_that_times_out_leaves_what_was_seen)
{
	struct one a = WAITER(.deadline = UINT64_MAX / 2 + 5);

	hire(&a);
	settle();
	ticks += 5;
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
	cr_assert_eq(a.seen, 0);
}

Test(event, a_signal_from_elsewhere_is_refused, ABORTS)
{
	signal_it();
	cr_assert_eq(got, -EPERM);
	cr_assert_eq(weir_event_state(&event), 0);
}
