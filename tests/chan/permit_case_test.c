// SPDX-License-Identifier: BSD-3-Clause
//
// Reserving as a case: how much a branch gets, that one that loses keeps none, where
// it stands among those who wait, and permits that would be lost.
#include "chan/case.h"
#include "dies.h"
#include "permits.h"

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

Test(permit_case, a_branch_reserves_as_many_as_there_are_up_to_its_most)
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
Test(permit_case, a_branch_that_loses_has_reserved_nothing)
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

Test(permit_case, branches_stand_in_line_with_all_who_wait_for_room)
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
Test(permit_case, a_branch_does_not_pass_who_waits_for_many)
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

Test(permit_case, permits_that_would_be_lost_are_named)
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
