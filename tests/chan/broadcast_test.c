// SPDX-License-Identifier: BSD-3-Clause
#include "chan/broadcast.h"
#include "stepped.h"

#include <errno.h>

static struct weir_broadcast_tx tx;
static struct weir_broadcast_rx all, some;

static enum weir_result try_send(uint64_t value)
{
	return weir_broadcast_try_send(&tx, &value);
}

static void send(uint64_t value)
{
	cr_assert_eq(try_send(value), WEIR_SENT);
}

static void expect(
	struct weir_broadcast_rx *rx, uint64_t value, uint64_t missed)
{
	uint64_t got = 0, lost = 99;

	cr_assert_eq(weir_broadcast_try_recv(rx, &got, &lost), WEIR_RECEIVED);
	cr_assert_eq(got, value);
	cr_assert_eq(lost, missed);
}

static enum weir_result try_recv(struct weir_broadcast_rx *rx)
{
	uint64_t got;

	return weir_broadcast_try_recv(rx, &got, NULL);
}

static void open_both(unsigned capacity)
{
	cr_assert_eq(weir_broadcast_open(capacity, 8, &tx), 0);
	cr_assert_eq(weir_broadcast_subscribe(&tx, WEIR_LOSSLESS, &all), 0);
	cr_assert_eq(weir_broadcast_subscribe(&tx, WEIR_LOSSY, &some), 0);
}

static void close_both(void)
{
	weir_broadcast_tx_close(&tx);
	weir_broadcast_rx_close(&all);
	weir_broadcast_rx_close(&some);
	weir_broadcast_rx_close(&some);
}

Test(broadcast, every_receiver_sees_every_value)
{
	for (unsigned capacity = 1; capacity <= 4; capacity++) {
		open_both(capacity);
		for (uint64_t i = 0; i < 20; i++) {
			send(i);
			expect(&all, i, 0);
			if (capacity > 1)
				expect(&some, i, 0);
		}
		cr_assert_eq(try_recv(&all), WEIR_EMPTY);
		close_both();
	}
}

// firedancer#4388: one slow receiver held back others that it had nothing to do
// with. Here it holds the sender back only where that was asked for.
Test(broadcast, firedancer_4388_a_lossless_receiver_holds_the_sender_back)
{
	open_both(2);
	send(1);
	send(2);
	cr_assert_eq(try_send(3), WEIR_FULL);
	expect(&all, 1, 0);
	send(3);
	cr_assert_eq(try_send(4), WEIR_FULL);
	weir_broadcast_rx_close(&all);
	for (uint64_t i = 4; i < 10; i++)
		send(i);
	close_both();
}

Test(broadcast, a_lossy_receiver_is_told_exactly_how_many_it_missed)
{
	open_both(4);
	weir_broadcast_rx_close(&all);
	for (uint64_t i = 0; i < 10; i++)
		send(i);
	expect(&some, 6, 6);
	expect(&some, 7, 0);
	expect(&some, 8, 0);
	expect(&some, 9, 0);
	cr_assert_eq(try_recv(&some), WEIR_EMPTY);
	close_both();
}

Test(broadcast, one_that_keeps_one_value_gives_it_to_who_was_overtaken)
{
	uint64_t got, missed = 99;

	cr_assert_eq(weir_broadcast_open(1, 8, &tx), 0);
	cr_assert_eq(weir_broadcast_subscribe(&tx, WEIR_LOSSY, &some), 0);
	send(1);
	send(2);
	expect(&some, 2, 1);
	send(3);
	send(4);
	send(5);
	weir_broadcast_tx_close(&tx);
	expect(&some, 5, 2);
	cr_assert_eq(
		weir_broadcast_try_recv(&some, &got, &missed), WEIR_CLOSED);
	cr_assert_eq(missed, 0);
	weir_broadcast_rx_close(&some);
}

Test(broadcast, a_receiver_gets_what_is_sent_after_it_came)
{
	struct weir_broadcast_rx late;

	open_both(4);
	send(1);
	cr_assert_eq(weir_broadcast_clone(&some, WEIR_LOSSLESS, &late), 0);
	send(2);
	expect(&late, 2, 0);
	expect(&all, 1, 0);
	expect(&some, 1, 0);
	weir_broadcast_rx_close(&late);
	close_both();
}

Test(broadcast, with_nobody_there_a_send_says_so)
{
	cr_assert_eq(weir_broadcast_open(4, 8, &tx), 0);
	cr_assert_eq(try_send(1), WEIR_CLOSED);
	cr_assert_eq(weir_broadcast_subscribe(&tx, WEIR_LOSSLESS, &all), 0);
	send(2);
	expect(&all, 2, 0);
	close_both();
}

Test(broadcast, closing_drains_then_says_so)
{
	open_both(4);
	send(1);
	send(2);
	weir_broadcast_tx_close(&tx);
	expect(&all, 1, 0);
	expect(&all, 2, 0);
	cr_assert_eq(try_recv(&all), WEIR_CLOSED);
	close_both();
}

Test(broadcast, what_cannot_be_is_refused)
{
	struct weir_broadcast_rx rx[WEIR_BROADCAST_RECEIVERS + 1];

	cr_assert_eq(weir_broadcast_open(0, 8, &tx), -EINVAL);
	cr_assert_eq(weir_broadcast_open(4, 0, &tx), -EINVAL);
	cr_assert_eq(weir_broadcast_open(4, 257, &tx), -EINVAL);
	cr_assert_eq(weir_broadcast_open(4, 256, &tx), 0);
	for (unsigned i = 0; i < WEIR_BROADCAST_RECEIVERS; i++)
		cr_assert_eq(
			weir_broadcast_subscribe(&tx, WEIR_LOSSY, &rx[i]), 0);
	cr_assert_eq(
		weir_broadcast_subscribe(&tx, WEIR_LOSSY, &rx[64]), -EAGAIN);
	weir_broadcast_rx_close(&rx[7]);
	cr_assert_eq(weir_broadcast_subscribe(&tx, WEIR_LOSSY, &rx[64]), 0);
}

// ---- waiting ----

struct wait {
	struct weir_broadcast_rx *rx; // NULL: it sends
	uint64_t value, deadline;
	enum weir_result result;
	struct weir_task *task;
};

static void do_wait(void *arg)
{
	struct wait *wait = arg;

	wait->task = weir_task_self();
	wait->result = wait->rx ? weir_broadcast_recv(wait->rx, &wait->value,
					  NULL, wait->deadline)
				: weir_broadcast_send(
					  &tx, &wait->value, wait->deadline);
}

static void start_wait(struct weir_executor *executor, struct wait *wait,
	struct weir_broadcast_rx *rx)
{
	wait->rx = rx;
	wait->result = (enum weir_result)NOT_YET;
	if (!wait->deadline)
		wait->deadline = WEIR_NEVER;
	cr_assert_eq(weir_start(executor, do_wait, wait, NULL, NULL), 0);
	turns(executor, 1);
}

Test(broadcast, all_who_wait_are_woken_wherever_they_are)
{
	for (unsigned where = 0; where < 2; where++) {
		struct wait a = {0}, b = {0}, c = {.value = 7};

		executors(2);
		open_both(2);
		start_wait(on[0], &a, &all);
		start_wait(on[1], &b, &some);
		turns(on[0], 2);
		turns(on[1], 2);
		cr_assert_eq(a.result, NOT_YET);
		start_wait(on[where], &c, NULL);
		turns(on[0], 2);
		turns(on[1], 2);
		cr_assert_eq(c.result, WEIR_SENT);
		cr_assert_eq(a.value, 7);
		cr_assert_eq(b.value, 7);
		close_both();
		executors_end(2);
	}
}

// tokio#2854, #8075, #8260: a path gave room back and woke nobody.
Test(broadcast, tokio_2854_8260_each_way_to_make_room_wakes_the_sender)
{
	for (unsigned way = 0; way < 3; way++) {
		struct wait a = {.value = 3}, b = {0};

		executors(1);
		open_both(2);
		send(1);
		send(2);
		start_wait(on[0], &a, NULL);
		turns(on[0], 2);
		cr_assert_eq(a.result, NOT_YET);
		if (way == 0)
			expect(&all, 1, 0);
		else if (way == 1)
			weir_broadcast_rx_close(&all);
		else
			start_wait(on[0], &b, &all); // on its own executor
		turns(on[0], 3);
		cr_assert_eq(a.result, WEIR_SENT, "way %u", way);
		close_both();
		executors_end(1);
	}
}

// kanal#24, async-channel#87: a cancelled send dropped its value, or sent it.
Test(broadcast, kanal_24_a_cancelled_send_has_sent_nothing)
{
	struct wait a = {.value = 3}, b = {.deadline = UINT64_MAX / 2 + 5};

	executors(1);
	open_both(1);
	send(1);
	start_wait(on[0], &a, NULL);
	weir_task_cancel(a.task);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_CANCELED);
	expect(&all, 1, 0);
	cr_assert_eq(try_recv(&all), WEIR_EMPTY);
	start_wait(on[0], &b, &all);
	now_ticks += 5;
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_TIMED_OUT);
	close_both();
	executors_end(1);
}

Test(broadcast, who_waits_learns_of_the_end)
{
	struct wait a = {0};

	executors(1);
	open_both(1);
	start_wait(on[0], &a, &all);
	weir_broadcast_tx_close(&tx);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_CLOSED);
	close_both();
	executors_end(1);
}
