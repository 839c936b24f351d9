// SPDX-License-Identifier: BSD-3-Clause
#include "chan/oneshot.h"
#include "stepped.h"

#include <errno.h>

static struct weir_oneshot_tx tx;
static struct weir_oneshot_rx rx;
static unsigned done_count;

static void done(struct weir_oneshot *oneshot)
{
	done_count++;
}

// In a line that the test sees: each is given back exactly once.
static void open_one(unsigned size)
{
	static struct weir_oneshot line;

	done_count = 0;
	cr_assert_eq(weir_oneshot_open_in(&line, size, done, &tx, &rx), 0);
}

// One wait in a task of its own.
struct shot {
	uint64_t message;
	uint64_t deadline;
	enum weir_result result;
	struct weir_task *task;
};

static void recv_shot(void *arg)
{
	struct shot *shot = arg;

	shot->task = weir_task_self();
	shot->result = weir_oneshot_recv(&rx, &shot->message, shot->deadline);
}

static void start_recv(struct weir_executor *executor, struct shot *shot)
{
	shot->result = (enum weir_result)NOT_YET;
	if (!shot->deadline)
		shot->deadline = WEIR_NEVER;
	cr_assert_eq(weir_start(executor, recv_shot, shot, NULL, NULL), 0);
	turns(executor, 1);
}

static void send_shot(void *arg)
{
	cr_assert_eq(weir_oneshot_send(&tx, arg), WEIR_SENT);
}

Test(oneshot, delivers_once)
{
	uint64_t message = 7, got = 0;

	open_one(8);
	cr_assert_eq(weir_oneshot_try_recv(&rx, &got), WEIR_EMPTY);
	cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_SENT);
	cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_CLOSED);
	cr_assert_eq(weir_oneshot_try_recv(&rx, &got), WEIR_RECEIVED);
	cr_assert_eq(got, 7);
	cr_assert_eq(weir_oneshot_try_recv(&rx, &got), WEIR_CLOSED);
	cr_assert_eq(done_count, 1);
}

Test(oneshot, a_pointer_is_cleared_when_it_was_sent_and_only_then)
{
	int thing;
	void *message = &thing, *got = NULL;

	open_one(0);
	cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_SENT);
	cr_assert_null(message);
	cr_assert_eq(weir_oneshot_rx_close(&rx, &got), WEIR_RECEIVED);
	cr_assert_eq(got, &thing, "who closes gets what had been sent");
	cr_assert_eq(done_count, 1);
	open_one(0);
	message = &thing;
	cr_assert_eq(weir_oneshot_rx_close(&rx, &got), WEIR_CLOSED);
	cr_assert(weir_oneshot_closed(&tx));
	cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_CLOSED);
	cr_assert_eq(message, &thing, "it is still ours");
	cr_assert_eq(done_count, 1);
}

Test(oneshot, each_learns_that_the_other_has_gone)
{
	uint64_t got;

	open_one(8);
	cr_assert_not(weir_oneshot_closed(&tx));
	weir_oneshot_tx_close(&tx);
	weir_oneshot_tx_close(&tx);
	cr_assert_eq(weir_oneshot_try_recv(&rx, &got), WEIR_CLOSED);
	cr_assert_eq(done_count, 1);
	open_one(8);
	cr_assert_eq(weir_oneshot_rx_close(&rx, &got), WEIR_CLOSED);
	cr_assert_eq(done_count, 0);
	weir_oneshot_tx_close(&tx);
	cr_assert_eq(done_count, 1);
}

Test(oneshot, takes_values_of_up_to_40_bytes)
{
	for (unsigned size = 4; size <= WEIR_ONESHOT_SIZE_MAX; size += 4) {
		unsigned char in[40], out[41] = {0};

		memset(in, (int)size, sizeof(in));
		cr_assert_eq(weir_oneshot_open(size, &tx, &rx), 0);
		cr_assert_eq(weir_oneshot_send(&tx, in), WEIR_SENT);
		cr_assert_eq(weir_oneshot_try_recv(&rx, out), WEIR_RECEIVED);
		cr_assert_eq(memcmp(in, out, size), 0);
		cr_assert_eq(out[size], 0);
	}
	cr_assert_eq(weir_oneshot_open(44, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_oneshot_open(6, &tx, &rx), -EINVAL);
}

Test(oneshot, wakes_who_waits_on_the_same_executor_on_another_and_from_a_thread)
{
	for (unsigned where = 0; where < 3; where++) {
		struct shot shot = {0};
		uint64_t message = 5 + where;

		executors(2);
		open_one(8);
		start_recv(on[0], &shot);
		turns(on[0], 3);
		cr_assert_eq(shot.result, NOT_YET);
		if (where < 2) {
			cr_assert_eq(weir_start(on[where], send_shot, &message,
					     NULL, NULL),
				0);
			turns(on[where], 1);
		} else {
			send_shot(&message);
		}
		turns(on[0], 1);
		cr_assert_eq(shot.result, WEIR_RECEIVED);
		cr_assert_eq(shot.message, 5 + where);
		cr_assert_eq(done_count, 1);
		executors_end(2);
	}
}

// flume#120, #124, tokio's oneshot: the end was seen in place of the value.
Test(oneshot, who_waits_learns_that_the_sender_has_gone)
{
	struct shot shot = {0};

	executors(1);
	open_one(8);
	start_recv(on[0], &shot);
	weir_oneshot_tx_close(&tx);
	turns(on[0], 1);
	cr_assert_eq(shot.result, WEIR_CLOSED);
	cr_assert_eq(done_count, 1);
	executors_end(1);
}

Test(oneshot, a_deadline_leaves_it_as_it_was)
{
	struct shot shot = {0};
	uint64_t message = 3;

	executors(1);
	open_one(8);
	shot.deadline = now_ticks + 100;
	start_recv(on[0], &shot);
	now_ticks += 100;
	turns(on[0], 2);
	cr_assert_eq(shot.result, WEIR_TIMED_OUT);
	start_recv(on[0], &(struct shot){0}); // it may wait again
	send_shot(&message);
	turns(on[0], 2);
	cr_assert_eq(done_count, 1);
	executors_end(1);
}

// tokio#7714: a value that came while the receiver gave up was lost.
Test(oneshot, tokio_7714_what_comes_while_the_wait_is_cancelled_is_not_lost)
{
	struct shot shot = {0};
	uint64_t message = 3;

	executors(1);
	open_one(8);
	start_recv(on[0], &shot);
	weir_task_cancel(shot.task); // it has not run yet when the value comes
	send_shot(&message);
	turns(on[0], 3);
	cr_assert_eq(shot.result, WEIR_RECEIVED);
	cr_assert_eq(shot.message, 3);
	open_one(8);
	start_recv(on[0], &shot);
	weir_task_cancel(shot.task);
	turns(on[0], 1);
	cr_assert_eq(shot.result, WEIR_CANCELED);
	send_shot(&message);
	cr_assert_eq(weir_oneshot_rx_close(&rx, &message), WEIR_RECEIVED);
	cr_assert_eq(done_count, 1);
	executors_end(1);
}

Test(oneshot, a_thread_blocks_until_its_deadline)
{
	uint64_t got;

	open_one(8);
	cr_assert_eq(weir_oneshot_recv_blocking(&rx, &got, weir_in_us(200)),
		WEIR_TIMED_OUT);
	cr_assert_eq(weir_oneshot_recv_blocking(&rx, &got, weir_ticks()),
		WEIR_TIMED_OUT);
	weir_oneshot_tx_close(&tx);
	cr_assert_eq(
		weir_oneshot_recv_blocking(&rx, &got, WEIR_NEVER), WEIR_CLOSED);
}
