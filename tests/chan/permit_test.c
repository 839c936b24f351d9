// SPDX-License-Identifier: BSD-3-Clause
//
// Room that is reserved: counts that are exact, credits that come back, waiters
// that are woken by whatever brings them back.
#include "dies.h"
#include "permits.h"

static void send_permit(uint64_t message)
{
	cr_assert_eq(weir_permits_send(&permits, &message), WEIR_SENT);
}

static const enum weir_channel_class classes[] = {
	WEIR_MPMC, WEIR_SPSC, WEIR_MPSC, WEIR_SPMC};

Test(permit, a_send_on_a_permit_always_has_room)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t message = 9;

		open_permits(3, classes[i]);
		cr_assert_eq(
			weir_try_reserve(&tx, 2, 2, &permits), WEIR_RESERVED);
		put(&tx, 1);
		cr_assert_eq(weir_try_send(&tx, &message), WEIR_FULL);
		cr_assert_eq(weir_tx_room(&tx), 0);
		send_permit(2);
		send_permit(3);
		cr_assert_eq(permits.count, 0);
		for (uint64_t k = 1; k <= 3; k++)
			cr_assert_eq(get(&rx), k);
		cr_assert_eq(weir_tx_room(&tx), 3);
		close_permits();
	}
}

// tokio#8062, #6603: len counted what was only reserved.
Test(permit, tokio_8062_6603_len_with_permits_outstanding)
{
	open_permits(4, WEIR_MPMC);
	cr_assert_eq(weir_try_reserve(&tx, 1, 3, &permits), WEIR_RESERVED);
	cr_assert_eq(weir_tx_len(&tx), 0);
	cr_assert_eq(weir_tx_reserved(&tx), 3);
	cr_assert_eq(weir_tx_room(&tx), 1);
	send_permit(1);
	cr_assert_eq(weir_tx_len(&tx), 1);
	cr_assert_eq(weir_rx_len(&rx), 1);
	cr_assert_eq(weir_tx_reserved(&tx), 2);
	weir_permits_drop(&permits);
	weir_permits_drop(&permits);
	cr_assert_eq(weir_tx_reserved(&tx), 0);
	cr_assert_eq(weir_tx_room(&tx), 3);
	cr_assert_eq(get(&rx), 1);
	cr_assert_eq(weir_tx_room(&tx), 4);
	close_permits();
}

// tokio#8074: something was there and try_recv said that nothing was.
Test(permit, tokio_8074_what_was_sent_on_a_permit_is_there_at_once)
{
	open_permits(2, WEIR_SPSC);
	cr_assert_eq(weir_try_reserve(&tx, 2, 2, &permits), WEIR_RESERVED);
	send_permit(1);
	cr_assert_eq(get(&rx), 1);
	send_permit(2);
	cr_assert_eq(get(&rx), 2);
	close_permits();
}

Test(permit, between_min_and_max_as_many_as_there_are)
{
	struct weir_permits more = {0};

	open_permits(3, WEIR_MPMC);
	put(&tx, 1);
	cr_assert_eq(weir_try_reserve(&tx, 3, 5, &permits), WEIR_FULL);
	cr_assert_eq(permits.count, 0);
	cr_assert_eq(weir_tx_reserved(&tx), 0);
	cr_assert_eq(weir_try_reserve(&tx, 1, 5, &permits), WEIR_RESERVED);
	cr_assert_eq(permits.count, 2);
	cr_assert_eq(weir_try_reserve(&tx, 0, 5, &more), WEIR_RESERVED);
	cr_assert_eq(more.count, 0);
	weir_permits_drop(&permits);
	close_permits();
}

Test(permit, with_no_receiver_left_the_message_stays_the_senders)
{
	uint64_t message = 5;

	open_permits(2, WEIR_MPMC);
	cr_assert_eq(weir_try_reserve(&tx, 2, 2, &permits), WEIR_RESERVED);
	send_permit(1);
	weir_rx_close(&rx);
	cr_assert_eq(release_count, 1);
	cr_assert_eq(weir_permits_send(&permits, &message), WEIR_CLOSED);
	cr_assert_eq(message, 5);
	cr_assert_eq(permits.count, 0);
	cr_assert_eq(weir_tx_reserved(&tx), 0);
	cr_assert_eq(weir_try_reserve(&tx, 1, 1, &permits), WEIR_CLOSED);
	close_permits();
}

static void reserve_unasked(void)
{
	weir_channel_open(2, &tx, &rx);
	if (weir_try_reserve(&tx, 1, 1, &permits) == WEIR_RESERVED)
		_exit(1);
}

Test(permit, a_channel_without_permits_says_how_to_have_them)
{
	char said[400];

	cr_assert(dies(reserve_unasked, said, sizeof(said)));
	cr_assert(strstr(said, "set permits in its options"), "%s", said);
}

// ---- waiting ----

static void drop_permits(void *arg)
{
	weir_permits_drop(&permits);
}

static void close_rx(void *arg)
{
	weir_rx_close(&rx);
}

static void fail_on_permit(void *arg)
{
	uint64_t message = 1;

	weir_rx_close(&rx);
	cr_assert_eq(weir_permits_send(&permits, &message), WEIR_CLOSED);
}

static void put_and_reserve(void *arg)
{
	put(&tx, 1);
	cr_assert_eq(weir_try_reserve(&tx, 1, 1, &permits), WEIR_RESERVED);
}

// tokio#2854, #8075, #8260: a permit that was dropped gave its room back and woke
// nobody. tokio#7709: a cancelled one kept it. On one executor, where who acts
// wakes, and where the waiter looks itself.
Test(permit, tokio_2854_8075_7709_each_way_to_give_room_back_wakes_who_waits)
{
	void (*const ways[])(void *) = {
		drop_permits, recv_one, close_rx, fail_on_permit};

	for (unsigned i = 0; i < 8; i++) {
		unsigned way = i / 2;
		struct reservation r;

		open_permits(2, WEIR_MPMC);
		cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
		if (i % 2)
			put_and_reserve(NULL);
		else
			on_executor(put_and_reserve, NULL);
		start_reserve(&r, &tx2, 1, 1);
		turns(on[0], 2);
		cr_assert_eq(r.result, NOT_YET);
		on_executor(ways[way], NULL);
		turns(on[0], 2);
		cr_assert_eq(r.result, way < 2 ? WEIR_RESERVED : WEIR_CLOSED,
			"way %u", way);
		if (way < 2)
			weir_permits_drop(&r.permits);
		weir_permits_drop(&permits);
		weir_tx_close(&tx2);
		close_permits();
	}
}

Test(permit, who_wants_many_is_not_passed_by_who_wants_few)
{
	struct reservation large, small;

	open_permits(3, WEIR_MPMC);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx3), 0);
	for (uint64_t i = 0; i < 3; i++)
		put(&tx, i);
	start_reserve(&large, &tx2, 3, 3);
	start_reserve(&small, &tx3, 1, 1);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(large.result, NOT_YET);
		on_executor(recv_one, NULL);
		turns(on[0], 2);
		cr_assert_eq(small.result, NOT_YET);
	}
	cr_assert_eq(large.result, WEIR_RESERVED);
	weir_permits_drop(&large.permits);
	turns(on[0], 2);
	cr_assert_eq(small.result, WEIR_RESERVED);
	weir_permits_drop(&small.permits);
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
	close_permits();
}

Test(permit, who_gives_up_waiting_holds_nothing)
{
	struct reservation large, small;

	open_permits(2, WEIR_MPMC);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx3), 0);
	put(&tx, 1);
	start_reserve(&large, &tx2, 2, 2);
	turns(on[0], 3); // it has looked, and stands in front
	cr_assert_eq(weir_executor_turn(on[0]), 0, "not woken for too little");
	start_reserve(&small, &tx3, 1, 1);
	turns(on[0], 1);
	cr_assert_eq(small.result, NOT_YET);
	weir_task_cancel(large.task);
	turns(on[0], 2);
	cr_assert_eq(large.result, WEIR_CANCELED);
	cr_assert_eq(small.result, WEIR_RESERVED, "the next is let on");
	cr_assert_eq(weir_tx_reserved(&tx), 1);
	weir_permits_drop(&small.permits);
	start_reserve(&large, &tx2, 2, 2);
	now_ticks += 2000;
	turns(on[0], 2);
	cr_assert_eq(large.result, WEIR_TIMED_OUT);
	start_reserve(&large, &tx2, 3, 3);
	cr_assert_eq(large.result, WEIR_FULL, "that can never be");
	start_reserve(&large, &tx2, 2, 1);
	cr_assert_eq(large.result, WEIR_FULL, "nor can that");
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
	close_permits();
}

// ---- closed() ----

struct closed {
	enum weir_result result;
	uint64_t deadline;
};

static void await_closed(void *arg)
{
	struct closed *closed = arg;

	closed->result = weir_tx_wait_closed(&tx, closed->deadline);
}

Test(permit, a_sender_may_wait_for_the_end_of_its_receivers)
{
	struct closed a = {
		.result = (enum weir_result)NOT_YET, .deadline = WEIR_NEVER};
	struct closed b = {.deadline = UINT64_MAX / 2 + 5};

	open_permits(2, WEIR_MPMC);
	cr_assert_eq(weir_start(on[0], await_closed, &a, NULL, NULL), 0);
	cr_assert_eq(weir_start(on[0], await_closed, &b, NULL, NULL), 0);
	turns(on[0], 2);
	put(&tx, 1); // neither messages nor room end it
	get(&rx);
	now_ticks += 5;
	turns(on[0], 3);
	cr_assert_eq(a.result, NOT_YET);
	cr_assert_eq(b.result, WEIR_TIMED_OUT);
	on_executor(close_rx, NULL);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_CLOSED);
	close_permits();
}
