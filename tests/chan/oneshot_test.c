// SPDX-License-Identifier: BSD-3-Clause
#include "chan/case.h"
#include "dies.h"
#include "stepped.h"
#include "task/set.h"

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

// ---- the sender waits for its receiver to go ----

struct heed {
	uint64_t deadline;
	enum weir_result result;
	struct weir_task *task;
};

static void heed(void *arg)
{
	struct heed *heed = arg;

	heed->task = weir_task_self();
	heed->result = weir_oneshot_wait_closed(&tx, heed->deadline);
}

static void start_heed(struct heed *h, uint64_t deadline)
{
	*h = (struct heed){
		.deadline = deadline, .result = (enum weir_result)NOT_YET};
	cr_assert_eq(weir_start(on[0], heed, h, NULL, NULL), 0);
	turns(on[0], 2);
}

static void close_rx(void *arg)
{
	uint64_t got;

	cr_assert_eq(weir_oneshot_rx_close(&rx, &got), WEIR_CLOSED);
}

// do_where does fn in a task of either executor, or in no task.
static void do_where(unsigned where, void (*fn)(void *arg))
{
	if (where == 2) {
		fn(NULL);
		return;
	}
	cr_assert_eq(weir_start(on[where], fn, NULL, NULL, NULL), 0);
	turns(on[where], 1);
}

static void send_is_refused(void)
{
	uint64_t message = 3;

	cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_CLOSED);
	cr_assert_eq(message, 3, "it is still ours");
	cr_assert_eq(done_count, 1);
}

Test(oneshot, a_sender_learns_that_its_receiver_has_gone)
{
	for (unsigned where = 0; where < 3; where++) {
		struct heed h;

		executors(2);
		open_one(8);
		start_heed(&h, WEIR_NEVER);
		for (unsigned i = 0; i < 3; i++)
			cr_assert_eq(weir_executor_turn(on[0]), 0);
		cr_assert_eq(h.result, NOT_YET);
		do_where(where, close_rx);
		turns(on[0], 2);
		cr_assert_eq(h.result, WEIR_CLOSED);
		cr_assert_eq(done_count, 0, "it still has its end");
		cr_assert(weir_oneshot_closed(&tx));
		send_is_refused();
		start_heed(&h, WEIR_NEVER);
		cr_assert_eq(h.result, WEIR_CLOSED, "it is used up");
		executors_end(2);
	}
}

Test(oneshot, a_receiver_that_has_gone_is_not_waited_for)
{
	struct heed h;

	executors(1);
	open_one(8);
	close_rx(NULL);
	start_heed(&h, WEIR_NEVER);
	cr_assert_eq(h.result, WEIR_CLOSED);
	send_is_refused();
	executors_end(1);
}

Test(oneshot, a_sender_that_gives_up_waiting_sends_as_ever)
{
	executors(1);
	for (unsigned cancels = 0; cancels < 2; cancels++) {
		uint64_t message = 3, got;
		struct heed h;

		open_one(8);
		start_heed(&h, now_ticks + 100);
		if (cancels)
			weir_task_cancel(h.task);
		else
			now_ticks += 100;
		turns(on[0], 2);
		cr_assert_eq(
			h.result, cancels ? WEIR_CANCELED : WEIR_TIMED_OUT);
		cr_assert_eq(weir_oneshot_send(&tx, &message), WEIR_SENT);
		cr_assert_eq(weir_oneshot_try_recv(&rx, &got), WEIR_RECEIVED);
		cr_assert_eq(got, 3);
		cr_assert_eq(done_count, 1);
	}
	executors_end(1);
}

// Both at once; then the message, or the end, wakes the receiver alone.
Test(oneshot, both_may_wait_for_each_other)
{
	for (unsigned away = 0; away < 2; away++) {
		struct shot shot = {.deadline = UINT64_MAX / 2 + 100};
		struct heed h;

		executors(2);
		open_one(8);
		start_heed(&h, WEIR_NEVER);
		start_recv(on[away], &shot);
		turns(on[0], 2);
		cr_assert_eq(h.result, NOT_YET);
		cr_assert_eq(shot.result, NOT_YET);
		now_ticks += 100;
		turns(on[away], 2); // it gives up, and goes
		cr_assert_eq(shot.result, WEIR_TIMED_OUT);
		turns(on[0], 2);
		cr_assert_eq(h.result, NOT_YET, "to give up is not to go");
		do_where(away, close_rx);
		turns(on[0], 2);
		cr_assert_eq(h.result, WEIR_CLOSED);
		send_is_refused();
		executors_end(2);
	}
}

// Its deadline has come, and it has not run yet, when the receiver goes.
Test(oneshot, a_sender_that_gives_up_too_late_has_learnt_it)
{
	for (unsigned away = 0; away < 2; away++) {
		struct heed h;

		executors(2);
		open_one(8);
		start_heed(&h, WEIR_NEVER);
		weir_task_cancel(h.task);
		if (away)
			do_where(1, close_rx);
		else
			close_rx(NULL);
		turns(on[0], 3);
		cr_assert_eq(h.result, WEIR_CLOSED);
		send_is_refused();
		executors_end(2);
	}
}

static void wait_twice(void *arg)
{
	uint64_t message;

	(void)!weir_oneshot_recv(&rx, &message, WEIR_NEVER);
}

static void heed_twice(void *arg)
{
	(void)!weir_oneshot_wait_closed(&tx, WEIR_NEVER);
}

// In the set stands the case of one end, which is then used.
static void use_what_is_waited_on(void *arg)
{
	static struct weir_oneshot_waiter waiter;
	struct weir_member member, *served;
	unsigned use = *(unsigned *)arg;
	struct weir_set set;
	uint64_t message = 1;

	weir_set_open(&set);
	weir_set_add(&set, &member,
		use < 3 ? weir_case_oneshot_closed(&tx, &waiter)
			: weir_case_oneshot(&rx, &message));
	(void)!weir_set_wait(&set, &served, now_ticks - 1);
	switch (use) {
	case 0:
		(void)!weir_oneshot_send(&tx, &message);
		break;
	case 1:
		weir_oneshot_tx_close(&tx);
		break;
	case 2:
		heed_twice(NULL);
		break;
	case 3:
		wait_twice(NULL);
		break;
	case 4:
		(void)!weir_oneshot_rx_close(&rx, &message);
		break;
	}
}

static unsigned use;

static void use_it_in_a_task(void)
{
	executors(1);
	open_one(8);
	cr_assert_eq(
		weir_start(on[0], use_what_is_waited_on, &use, NULL, NULL), 0);
	turns(on[0], 2);
}

Test(oneshot, an_end_on_which_somebody_waits_is_not_used_otherwise)
{
	static const char *const calls[] = {
		"send", "tx_close", "wait_closed", "recv", "rx_close"};
	char said[1000], words[100];

	for (use = 0; use < 5; use++) {
		snprintf(words, sizeof(words),
			"task 'task' of executor 'executor' calls "
			"weir_oneshot_%s: somebody waits on this end",
			calls[use]);
		cr_assert(dies(use_it_in_a_task, said, sizeof(said)), "%s",
			words);
		cr_assert(strstr(said, words), "%s", said);
	}
}
