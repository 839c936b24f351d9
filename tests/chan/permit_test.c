// SPDX-License-Identifier: BSD-3-Clause
//
// Room that is reserved: counts that are exact, credits that come back, waiters
// that are woken by whatever brings them back.
#include "chan/case.h"
#include "dies.h"
#include "stepped.h"

static struct weir_tx tx, tx2, tx3;
static struct weir_rx rx;
static unsigned release_count;

static void release(void *arg, void *message)
{
	release_count++;
}

static void on_executor(void (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weir_start(on[0], fn, arg, NULL, NULL), 0);
	turns(on[0], 1);
}

static struct weir_permits permits, more;

static void open_permits(unsigned capacity, enum weir_channel_class class_)
{
	const struct weir_channel_options options = {.class_ = class_,
		.message_size = 8,
		.permits = true,
		.release = release};

	executors(1);
	release_count = 0;
	permits = more = (struct weir_permits){0};
	cr_assert_eq(weir_channel_open_with(capacity, &options, &tx, &rx), 0);
}

static void close_permits(void)
{
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(1);
}

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

struct reservation {
	struct weir_tx *tx;
	unsigned min, max;
	struct weir_permits permits;
	enum weir_result result;
	struct weir_task *task;
};

static void do_reserve(void *arg)
{
	struct reservation *r = arg;

	r->task = weir_task_self();
	r->result = weir_reserve(
		r->tx, r->min, r->max, &r->permits, now_ticks + 1000);
}

static void start_reserve(
	struct reservation *r, struct weir_tx *of, unsigned min, unsigned max)
{
	*r = (struct reservation){.tx = of,
		.min = min,
		.max = max,
		.result = (enum weir_result)NOT_YET};
	cr_assert_eq(weir_start(on[0], do_reserve, r, NULL, NULL), 0);
	turns(on[0], 1);
}

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

static void recv_one(void *arg)
{
	get(&rx);
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

// ---- reserving as a case ----

struct branch {
	struct weir_tx *tx;
	unsigned max;
	struct weir_permits permits;
	uint64_t message; // of its second case
	int answer, result;
};

static struct weir_tx other_tx;
static struct weir_rx other_rx;

static void select_room(void *arg)
{
	struct branch *b = arg;
	struct weir_case cases[] = {
		weir_case_reserve(b->tx, b->max, &b->permits),
		weir_case_recv(&other_rx, &b->message)};

	cases[0].next = 1; // where it looks first
	b->answer = weir_select(cases, 2);
	b->result = cases[0].result;
}

static void start_branch(struct branch *b, struct weir_tx *of, unsigned max)
{
	*b = (struct branch){.tx = of, .max = max, .answer = NOT_YET};
	cr_assert_eq(weir_start(on[0], select_room, b, NULL, NULL), 0);
	turns(on[0], 1);
}

static void open_three(unsigned capacity)
{
	const struct weir_channel_options options = {.message_size = 8};

	open_permits(capacity, WEIR_MPMC);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx3), 0);
	cr_assert_eq(
		weir_channel_open_with(1, &options, &other_tx, &other_rx), 0);
}

static void close_three(void)
{
	weir_tx_close(&other_tx);
	weir_rx_close(&other_rx);
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
	close_permits();
}

Test(permit, a_branch_reserves_as_many_as_there_are_up_to_its_most)
{
	struct branch b;

	open_three(4);
	put(&tx, 1);
	start_branch(&b, &tx2, 2);
	cr_assert_eq(b.answer, 0);
	cr_assert_eq(b.result, WEIR_RESERVED);
	cr_assert_eq(b.permits.count, 2);
	weir_permits_drop(&b.permits);
	start_branch(&b, &tx2, 9);
	cr_assert_eq(b.permits.count, 3);
	weir_permits_drop(&b.permits);
	close_three();
}

static void put_other(void *arg)
{
	put(&other_tx, 1);
}

static void put_and_recv(void *arg)
{
	put_other(NULL);
	get(&rx);
}

static void recv_and_put(void *arg)
{
	get(&rx);
	put_other(NULL);
}

static void put_two(void *arg)
{
	put(&tx, 1);
	put(&tx, 2);
}

// The room comes after the other branch has won, with it, or before it: what the
// loser was woken for goes to the next in line. On one executor, where nobody else
// would wake that one, and where it looks itself.
Test(permit, a_branch_that_loses_has_reserved_nothing)
{
	void (*const orders[])(void *) = {
		put_other, put_and_recv, recv_and_put};

	for (unsigned i = 0; i < 6; i++) {
		struct reservation next;
		struct branch b;

		open_three(2);
		if (i < 3)
			on_executor(put_two, NULL);
		else
			put_two(NULL);
		start_branch(&b, &tx2, 2);
		start_reserve(&next, &tx3, 1, 2);
		turns(on[0], 1);
		cr_assert_eq(b.answer, NOT_YET);
		on_executor(orders[i % 3], NULL);
		turns(on[0], 2);
		cr_assert_eq(b.answer, 1);
		cr_assert_eq(b.permits.count, 0);
		if (i % 3 == 0) {
			cr_assert_eq(next.result, NOT_YET);
			on_executor(recv_one, NULL);
			turns(on[0], 2);
		}
		cr_assert_eq(next.result, WEIR_RESERVED);
		cr_assert_eq(next.permits.count, 1);
		cr_assert_eq(weir_tx_reserved(&tx), 1);
		weir_permits_drop(&next.permits);
		cr_assert_eq(weir_tx_room(&tx), 1);
		close_three();
	}
}

Test(permit, branches_stand_in_line_with_all_who_wait_for_room)
{
	struct reservation plain;
	struct branch first, last;

	open_three(1);
	put(&tx, 1);
	start_branch(&first, &tx, 1);
	start_reserve(&plain, &tx2, 1, 1);
	start_branch(&last, &tx3, 1);
	on_executor(recv_one, NULL);
	turns(on[0], 2);
	cr_assert_eq(first.answer, 0);
	cr_assert_eq(plain.result, NOT_YET);
	weir_permits_drop(&first.permits);
	turns(on[0], 2);
	cr_assert_eq(plain.result, WEIR_RESERVED);
	cr_assert_eq(last.answer, NOT_YET);
	weir_permits_drop(&plain.permits);
	turns(on[0], 2);
	cr_assert_eq(last.answer, 0);
	weir_permits_drop(&last.permits);
	close_three();
}

// One who waits for more, with weir_reserve, keeps its place in front of a branch.
Test(permit, a_branch_does_not_pass_who_waits_for_many)
{
	struct reservation large;
	struct branch b;

	open_three(2);
	put(&tx, 1);
	put(&tx, 2);
	start_reserve(&large, &tx2, 2, 2);
	start_branch(&b, &tx3, 1);
	on_executor(recv_one, NULL);
	turns(on[0], 3);
	cr_assert_eq(large.result, NOT_YET);
	cr_assert_eq(b.answer, NOT_YET);
	on_executor(recv_one, NULL);
	turns(on[0], 3);
	cr_assert_eq(large.result, WEIR_RESERVED);
	cr_assert_eq(b.answer, NOT_YET);
	weir_permits_drop(&large.permits);
	turns(on[0], 2);
	cr_assert_eq(b.answer, 0);
	weir_permits_drop(&b.permits);
	close_three();
}

static void select_twice(void *clear)
{
	struct weir_case c = weir_case_reserve(&tx, 1, &permits);

	for (unsigned i = 0; i < 2; i++) {
		if (clear)
			permits = (struct weir_permits){0};
		(void)!weir_select(&c, 1);
	}
}

static void select_while_they_hold(void)
{
	open_permits(4, WEIR_MPMC);
	on_executor(select_twice, NULL);
}

static void select_with_them_cleared(void)
{
	open_permits(4, WEIR_MPMC);
	on_executor(select_twice, &permits);
}

static void want_none(void)
{
	open_permits(4, WEIR_MPMC);
	weir_case_reserve(&tx, 0, &permits);
}

static void send_on_none(void)
{
	uint64_t message = 1;

	open_permits(4, WEIR_MPMC);
	permits.tx = &tx;
	(void)!weir_permits_send(&permits, &message);
}

static void reserve_over_some(void)
{
	open_permits(4, WEIR_MPMC);
	for (unsigned i = 0; i < 2; i++)
		(void)!weir_try_reserve(&tx, 1, 1, &permits);
}

Test(permit, permits_that_would_be_lost_are_named)
{
	static const struct {
		void (*do_)(void);
		const char *words;
		bool checked; // in builds with checks only
	} table[] = {
		{select_while_they_hold,
			"channel 'channel' into those that hold 1 still",
			false},
		{select_with_them_cleared,
			"the permits of a case of channel 'channel' were "
			"overwritten",
			false},
		{want_none, "calls weir_case_reserve: it would never", false},
		{send_on_none, "calls weir_permits_send: none of the permits",
			false},
		{reserve_over_some, "into those that hold 1 still", true},
	};
	char said[1000];

	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++) {
#ifndef WEIR_DEBUG
		if (table[i].checked)
			continue;
#endif
		cr_assert(dies(table[i].do_, said, sizeof(said)), "%u", i);
		cr_assert(strstr(said, table[i].words), "%s", said);
	}
}
