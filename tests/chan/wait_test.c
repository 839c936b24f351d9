// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting on one executor: order, deadlines, cancelling, closing. One test for
// each class of lost wakeup and lost message that others had.
#include "three.h"

Test(wait, a_receiver_waits_until_there_is_something)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	turns(on[0], 3);
	cr_assert_eq(a.result, NOT_YET);
	on_executor(put_one, (void *)7);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(a.messages[0], 7);
	close_three();
}

Test(wait, a_sender_waits_until_there_is_room)
{
	open_three(1);
	put(&tx, 1);
	send_on(on[0], &a, &tx, 2);
	turns(on[0], 3);
	cr_assert_eq(a.result, NOT_YET);
	on_executor(get_one, NULL);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_SENT);
	cr_assert_eq(get(&rx), 2);
	close_three();
}

Test(wait, receivers_are_served_in_the_order_in_which_they_came)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(put_two, NULL);
	turns(on[0], 1);
	cr_assert_eq(a.messages[0], 1);
	cr_assert_eq(b.messages[0], 2);
	close_three();
}

Test(wait, senders_are_served_in_the_order_in_which_they_came)
{
	open_three(1);
	put(&tx, 1);
	send_on(on[0], &a, &tx, 2);
	send_on(on[0], &b, &tx2, 3);
	turns(on[0], 1);
	on_executor(get_one, NULL);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_SENT);
	cr_assert_eq(b.result, NOT_YET);
	on_executor(get_one, NULL);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_SENT);
	close_three();
}

static void put_then_recv(void *arg)
{
	struct op *op = arg;

	put(&tx3, 1);
	op_recv(op);
}

// async-channel#6: receivers that came later overtook one that waited, always.
Test(wait, async_channel_6_who_comes_later_waits_behind_who_was_woken)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	b = (struct op){.rx = &rx2,
		.deadline = WEIR_NEVER,
		.result = (enum weir_result)NOT_YET};
	cr_assert_eq(weir_start(on[0], put_then_recv, &b, NULL, NULL), 0);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, NOT_YET);
	on_executor(put_one, (void *)2);
	turns(on[0], 1);
	cr_assert_eq(b.messages[0], 2);
	close_three();
}

// embassy#1922, #3807: a second waiter took the first one's place.
Test(wait, embassy_1922_3807_a_second_waiter_leaves_the_first_its_place)
{
	open_three(1);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)1);
	turns(on[0], 1);
	on_executor(put_one, (void *)2);
	turns(on[0], 1);
	cr_assert_eq(a.messages[0], 1);
	cr_assert_eq(b.messages[0], 2);
	close_three();
}

Test(wait, a_deadline_ends_the_wait_and_nothing_else_happened)
{
	open_three(1);
	put(&tx, 1);
	a.deadline = now_ticks + 1000;
	b.deadline = now_ticks + 1000;
	send_on(on[0], &a, &tx, 2);
	turns(on[0], 2);
	cr_assert_eq(a.result, NOT_YET);
	now_ticks += 999;
	turns(on[0], 2);
	cr_assert_eq(a.result, NOT_YET, "never early");
	now_ticks += 4000;
	turns(on[0], 3);
	cr_assert_eq(a.result, WEIR_TIMED_OUT);
	cr_assert_eq(get(&rx), 1);
	recv_on(on[0], &b, &rx);
	turns(on[0], 4);
	cr_assert_eq(b.result, WEIR_TIMED_OUT);
	close_three();
}

Test(wait, what_is_there_is_received_even_when_the_deadline_is_past)
{
	open_three(1);
	put(&tx, 1);
	a.deadline = now_ticks - 1;
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	close_three();
}

// kanal#24, async-channel#87: a cancelled send dropped its value.
Test(wait, kanal_24_async_channel_87_a_cancelled_send_keeps_its_message)
{
	int thing;

	executors(1);
	cr_assert_eq(weir_channel_open(1, &tx, &rx), 0);
	put(&tx, 1);
	send_on(on[0], &a, &tx, (uintptr_t)&thing);
	turns(on[0], 1);
	weir_task_cancel(a.task);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_CANCELED);
	cr_assert_eq(a.messages[0], (uintptr_t)&thing);
	cr_assert_eq(get(&rx), 1);
	cr_assert_eq(weir_rx_len(&rx), 0);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(1);
}

// flume#104: the waiter that had got the only wakeup was cancelled.
Test(wait, flume_104_a_woken_receiver_that_is_cancelled_loses_no_message)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)1);
	weir_task_cancel(a.task);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED, "it uses what it was woken for");
	cr_assert_eq(b.result, NOT_YET);
	on_executor(put_one, (void *)2);
	turns(on[0], 1);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	close_three();
}

Test(wait, flume_104_a_receiver_cancelled_before_the_wakeup_gets_none)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	recv_on(on[0], &c, &rx3);
	turns(on[0], 1);
	weir_task_cancel(a.task); // it has not run yet when the messages come
	put_two(NULL);
	turns(on[0], 4);
	cr_assert_eq(a.result, WEIR_CANCELED);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	cr_assert_eq(c.result, WEIR_RECEIVED);
	close_three();
}

// The same from a step of the same executor, where the waker itself pushes.
static void cancel_and_put_two(void *arg)
{
	weir_task_cancel(a.task);
	put_two(NULL);
}

Test(wait, flume_104_a_push_skips_who_was_cancelled)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(cancel_and_put_two, NULL);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_CANCELED);
	cr_assert_eq(b.messages[0], 1);
	recv_on(on[0], &c, &rx3);
	turns(on[0], 1);
	cr_assert_eq(c.messages[0], 2, "no wakeup is still owed");
	close_three();
}

static void cancel_b_and_put(void *arg)
{
	put(&tx3, 1); // wakes a
	weir_task_cancel(a.task);
	weir_task_cancel(b.task);
}

Test(wait, flume_104_nobody_waits_behind_a_wakeup_that_came_to_nothing)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(cancel_b_and_put, NULL);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, WEIR_CANCELED);
	on_executor(put_one, (void *)2);
	recv_on(on[0], &c, &rx3);
	turns(on[0], 1);
	cr_assert_eq(c.result, WEIR_RECEIVED);
	close_three();
}

static void recv_after_cancel(void *arg)
{
	weir_task_cancel(weir_task_self());
	op_recv(&a);
	a.done = weir_try_recv(&rx, &a.messages[1]) == WEIR_RECEIVED;
}

Test(wait, a_cancelled_task_may_not_wait_but_it_may_try)
{
	open_three(2);
	put(&tx, 5);
	a = (struct op){.rx = &rx, .deadline = WEIR_NEVER};
	on_executor(recv_after_cancel, NULL);
	cr_assert_eq(a.result, WEIR_CANCELED);
	cr_assert_eq(a.done, 1);
	cr_assert_eq(a.messages[1], 5);
	close_three();
}

static void close_senders(void *arg)
{
	weir_tx_close(&tx);
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
}

static void put_and_close(void *arg)
{
	put(&tx3, 1);
	close_senders(NULL);
}

// flume#120, #124: the end was seen before the last value.
Test(wait, flume_120_124_the_last_message_comes_before_the_end)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	on_executor(put_and_close, NULL);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_CLOSED);
	close_three();
}

Test(wait, all_receivers_learn_that_the_last_sender_has_closed)
{
	open_three(2);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	recv_on(on[0], &c, &rx3);
	turns(on[0], 1);
	on_executor(put_and_close, NULL);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, WEIR_CLOSED);
	cr_assert_eq(c.result, WEIR_CLOSED);
	close_three();
}

static void close_receivers(void *arg)
{
	weir_rx_close(&rx);
	weir_rx_close(&rx2);
	weir_rx_close(&rx3);
}

// firedancer#9347: the end was stuck behind backpressure; disruptor#506: there
// was no way to empty a full ring and free its producers.
static void closing_frees_senders(void)
{
	send_on(on[0], &a, &tx, 2);
	send_on(on[0], &b, &tx2, 3);
	turns(on[0], 1);
	release_count = 0;
	on_executor(close_receivers, NULL);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_CLOSED);
	cr_assert_eq(b.result, WEIR_CLOSED);
	cr_assert_eq(release_count, 1, "what was sent, and nothing else");
	close_three();
}

Test(wait, firedancer_9347_disruptor_506_closing_frees_senders_of_a_full_ring)
{
	open_three(1);
	on_executor(put_one, (void *)1);
	closing_frees_senders();
	open_three(1);
	put(&tx, 1); // by no executor: it is watched, nobody is woken
	closing_frees_senders();
}

static void get_burst(void *arg)
{
	uint64_t got[2];
	unsigned done;

	cr_assert_eq(weir_try_recv_burst(&rx3, got, 2, &done), WEIR_RECEIVED);
	cr_assert_eq(done, 2);
}

// tokio#2854, #8075, #8260: a path gave a slot back and woke nobody.
Test(wait, tokio_2854_8075_8260_each_way_to_make_room_wakes_who_waits_for_it)
{
	void (*const ways[])(void *) = {get_one, get_burst, close_receivers};

	for (unsigned i = 0; i < 3; i++) {
		a = b = (struct op){0};
		open_three(2);
		put(&tx, 1);
		put(&tx, 2);
		send_on(on[0], &a, &tx, 3);
		turns(on[0], 1);
		on_executor(ways[i], NULL);
		turns(on[0], 2);
		cr_assert_neq(a.result, NOT_YET, "way %u", i);
		close_three();
	}
}

Test(wait, tokio_8260_a_receiver_that_waits_wakes_who_waits_for_room)
{
	open_three(1);
	recv_on(on[0], &a, &rx);
	send_on(on[0], &b, &tx, 1);
	send_on(on[0], &c, &tx2, 2);
	send_on(on[0], &d, &tx3, 3);
	turns(on[0], 3);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(c.result, WEIR_SENT);
	recv_on(on[0], &a, &rx);
	turns(on[0], 3);
	cr_assert_eq(a.messages[0], 2);
	cr_assert_eq(d.result, WEIR_SENT);
	close_three();
}

static void talk(void *arg)
{
	const char *hello = "Hello", *got = NULL;
	struct weir_tx mine;
	struct weir_rx yours;

	cr_assert_eq(weir_channel_open(32, &mine, &yours), 0);
	cr_assert_eq(weir_send(&mine, &hello), WEIR_SENT);
	cr_assert_null(hello);
	cr_assert_eq(weir_recv(&yours, &got), WEIR_RECEIVED);
	cr_assert_str_eq(got, "Hello");
	weir_tx_close(&mine);
	weir_rx_close(&yours);
}

Test(wait, the_first_example_of_the_book_works)
{
	cr_assert_eq(weir_run(talk, NULL), 0);
}

// It asks each turn, and so looks at the clock itself.
Test(wait, of_a_seventeenth_executor_waits_over_the_wrap_of_the_clock)
{
	const struct weir_channel_options options = {.message_size = 8};
	static struct op ops[17];
	struct weir_rx rxs[17];

	executors(17);
	now_ticks = UINT64_MAX - 10;
	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rxs[0]), 0);
	for (unsigned i = 0; i < 17; i++) {
		if (i > 0)
			cr_assert_eq(weir_rx_clone(&rxs[0], &rxs[i]), 0);
		ops[i].deadline = now_ticks + 100;
		recv_on(on[i], &ops[i], &rxs[i]);
		turns(on[i], 3);
		cr_assert_eq((int)ops[i].result, NOT_YET, "%u", i);
	}
	now_ticks += 100;
	for (unsigned i = 0; i < 17; i++) {
		turns(on[i], 5);
		cr_assert_eq(ops[i].result, WEIR_TIMED_OUT, "%u", i);
		weir_rx_close(&rxs[i]);
	}
	weir_tx_close(&tx);
	executors_end(17);
}
