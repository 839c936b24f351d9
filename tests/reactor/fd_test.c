// SPDX-License-Identifier: BSD-3-Clause
//
// Descriptors that tasks wait for: what wakes them, what ends the wait, and what
// an operation answers then.
#include "ends.h"

static char got[64];

static void sleep_until_written(void *arg)
{
	struct later later;
	uint64_t before;

	open_pipe();
	begin_later(&later, write_hello, weir_fd_number(&out));
	before = weir_executor_counts(weir_executor_self())->turns;
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	cr_assert_eq(memcmp(got, "hello", 5), 0);
	// It slept: who spins turns many thousand times in 5 ms.
	cr_assert_lt(weir_executor_counts(weir_executor_self())->turns - before,
		100u);
	end_later(&later);
	close_ends();
}

Test(fd, a_reactor_sleeps_until_a_pipe_is_written)
{
	on_reactor(sleep_until_written);
}

static void wait_until_deadline(void *arg)
{
	uint64_t deadline;

	open_pipe();
	deadline = weir_in_ms(5);
	cr_assert_eq(weir_read(&in, got, sizeof(got), deadline), -ETIMEDOUT);
	cr_assert_geq((int64_t)(weir_ticks() - deadline), 0, "too early");
	// One that is past makes it a try.
	cr_assert_eq(
		weir_read(&in, got, sizeof(got), weir_ticks() - 1), -ETIMEDOUT);
	write_hello(weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, sizeof(got), weir_ticks() - 1), 5);
	close_ends();
}

Test(fd, a_deadline_ends_a_wait_and_past_it_makes_a_try)
{
	on_reactor(wait_until_deadline);
}

static void read_until_canceled(void *arg)
{
	ssize_t *answer = arg;

	*answer = weir_read(&in, got, sizeof(got), WEIR_NEVER);
	// Level-triggered, and also where there is something to read.
	write_hello(weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), -ECANCELED);
}

static void cancel_a_reader(void *arg)
{
	struct weir_scope scope;
	ssize_t answer = 0;

	open_pipe();
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, read_until_canceled, &answer), 0);
	cr_assert_eq(weir_scope_close(&scope, weir_in_ms(5)), -ETIMEDOUT);
	cr_assert_eq(answer, -ECANCELED);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	close_ends();
}

Test(fd, a_cancel_ends_a_wait_and_has_read_nothing)
{
	on_reactor(cancel_a_reader);
}
