// SPDX-License-Identifier: BSD-3-Clause
#include "chan/latest.h"
#include "stepped.h"

#include <errno.h>

static struct weir_latest_tx tx;
static struct weir_latest_rx rx;

struct wait {
	uint64_t seen, deadline;
	enum weir_result result;
	struct weir_task *task;
};

static void wait_changed(void *arg)
{
	struct wait *wait = arg;

	wait->task = weir_task_self();
	wait->result = weir_latest_changed(&rx, wait->seen, wait->deadline);
}

static void start_wait(
	struct weir_executor *executor, struct wait *wait, uint64_t seen)
{
	*wait = (struct wait){.seen = seen,
		.deadline = wait->deadline ? wait->deadline : WEIR_NEVER,
		.result = (enum weir_result)NOT_YET};
	cr_assert_eq(weir_start(executor, wait_changed, wait, NULL, NULL), 0);
	turns(executor, 1);
}

static void write_number(void *arg)
{
	weir_latest_write(&tx, arg);
}

static void open_numbers(void)
{
	cr_assert_eq(weir_latest_open(8, NULL, &tx, &rx), 0);
}

static void close_both(void)
{
	weir_latest_tx_close(&tx);
	weir_latest_tx_close(&tx);
	weir_latest_rx_close(&rx);
	weir_latest_rx_close(&rx);
}

Test(latest, a_reader_sees_what_was_written_last)
{
	uint64_t value = 5, got = 0;

	open_numbers();
	cr_assert_eq(weir_latest_read(&rx, &got), 0);
	cr_assert_eq(weir_latest_write(&tx, &value), 1);
	for (value = 6; value < 20; value++)
		weir_latest_write(&tx, &value);
	cr_assert_eq(weir_latest_read(&rx, &got), 15);
	cr_assert_eq(got, 19);
	cr_assert_eq(weir_latest_read(&rx, &got), 15, "and sees it again");
	close_both();
}

Test(latest, values_of_all_sizes_are_read_whole)
{
	for (unsigned size = 1; size <= WEIR_LATEST_SIZE_MAX; size++) {
		unsigned char in[256], out[257] = {0};

		memset(in, (int)(size | 1), sizeof(in));
		cr_assert_eq(weir_latest_open(size, in, &tx, &rx), 0);
		cr_assert_eq(weir_latest_read(&rx, out), 1);
		cr_assert_eq(memcmp(in, out, size), 0);
		cr_assert_eq(out[size], 0);
		close_both();
	}
	cr_assert_eq(weir_latest_open(0, NULL, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_latest_open(257, NULL, &tx, &rx), -EINVAL);
}

Test(latest, who_waits_is_woken_here_and_elsewhere)
{
	for (unsigned where = 0; where < 3; where++) {
		struct wait a = {0}, b = {0};
		uint64_t value = 1;

		executors(2);
		open_numbers();
		start_wait(on[0], &a, 0);
		start_wait(on[1], &b, 0);
		turns(on[0], 2);
		cr_assert_eq(a.result, NOT_YET);
		if (where < 2) {
			cr_assert_eq(weir_start(on[where], write_number, &value,
					     NULL, NULL),
				0);
			turns(on[where], 2);
		} else {
			write_number(&value);
		}
		turns(on[0], 2);
		turns(on[1], 2);
		cr_assert_eq(a.result, WEIR_RECEIVED);
		cr_assert_eq(b.result, WEIR_RECEIVED);
		close_both();
		executors_end(2);
	}
}

// tokio#7622, #2134: a change between the look and the wait was not seen.
Test(latest, tokio_7622_2134_what_changed_before_the_wait_needs_none)
{
	struct wait a = {0}, b = {0};
	uint64_t value = 1;

	executors(1);
	open_numbers();
	start_wait(on[0], &b, 0);
	write_number(&value);
	start_wait(on[0], &a, 0);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	start_wait(on[0], &a, 1);
	turns(on[0], 2);
	cr_assert_eq(a.result, NOT_YET);
	write_number(&value);
	start_wait(on[0], &b, 2); // while a is still to be woken
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, NOT_YET);
	write_number(&value);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	close_both();
	executors_end(1);
}

// A value comes after the watches were asked, and another waiter, who has seen
// it, parks beside the first.
Test(latest, who_waits_for_more_does_not_hide_who_waits_for_less)
{
	struct wait a = {0}, b = {.seen = 2, .deadline = WEIR_NEVER};
	uint64_t value = 1;

	executors(1);
	open_numbers();
	write_number(&value); // from here on all watch
	start_wait(on[0], &a, 1);
	b.result = (enum weir_result)NOT_YET;
	cr_assert_eq(weir_start(on[0], write_number, &value, NULL, NULL), 0);
	cr_assert_eq(weir_start(on[0], wait_changed, &b, NULL, NULL), 0);
	turns(on[0], 3);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, NOT_YET);
	write_number(&value);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	close_both();
	executors_end(1);
}

Test(latest, the_last_value_comes_before_the_end)
{
	struct wait a = {0};
	uint64_t value = 1;

	executors(1);
	open_numbers();
	start_wait(on[0], &a, 0);
	write_number(&value);
	weir_latest_tx_close(&tx);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	start_wait(on[0], &a, 1);
	cr_assert_eq(a.result, WEIR_CLOSED);
	cr_assert_eq(weir_latest_read(&rx, &value), 1, "it stays readable");
	close_both();
	executors_end(1);
}

Test(latest, deadlines_and_cancels_end_a_wait)
{
	struct wait a = {.deadline = UINT64_MAX / 2 + 5}, b = {0};

	executors(1);
	open_numbers();
	start_wait(on[0], &a, 0);
	start_wait(on[0], &b, 0);
	now_ticks += 5;
	weir_task_cancel(b.task);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_TIMED_OUT);
	cr_assert_eq(b.result, WEIR_CANCELED);
	close_both();
	executors_end(1);
}

Test(latest, the_writer_learns_that_nobody_reads)
{
	struct weir_latest_rx rx2;

	open_numbers();
	weir_latest_clone(&rx, &rx2);
	weir_latest_rx_close(&rx);
	cr_assert_not(weir_latest_unread(&tx));
	weir_latest_rx_close(&rx2);
	cr_assert(weir_latest_unread(&tx));
	close_both();
}
