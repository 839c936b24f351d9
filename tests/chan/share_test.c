// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting on one executor for what is done on another or on a plain thread:
// here all in one thread, one step at a time, so that each order of events is
// tried on purpose.
#include "chan/channel.h"
#include "stepped.h"

static struct weir_tx tx, tx2;
static struct weir_rx rx, rx2;
static struct op a, b, c, d;

static void open_two(unsigned capacity)
{
	struct weir_channel_options options = {.message_size = 8};

	executors(3);
	cr_assert_eq(weir_channel_open_with(capacity, &options, &tx, &rx), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_rx_clone(&rx, &rx2), 0);
}

static void close_two(void)
{
	weir_tx_close(&tx);
	weir_tx_close(&tx2);
	weir_rx_close(&rx);
	weir_rx_close(&rx2);
	executors_end(3);
}

static uintptr_t owner(void)
{
	return rx.channel->parking.owner;
}

Test(share, one_executor_alone_watches_nothing)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	cr_assert_eq(owner(), (uintptr_t)on[0]);
	cr_assert(weir_list_empty(&on[0]->hot));
	send_on(on[0], &b, &tx, 1);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(owner(), (uintptr_t)on[0]);
	close_two();
}

// glommio#261, #269: a wake of what is local from another thread.
Test(share, glommio_261_269_a_plain_thread_wakes_who_waits_on_an_executor)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	put(&tx, 1);
	cr_assert_eq(owner(), WEIR_OWNER_SHARING);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(owner(), WEIR_OWNER_SHARED);
	cr_assert(weir_list_empty(&on[0]->hot), "it watches no longer");
	close_two();
}

Test(share, a_second_executor_wakes_a_receiver_on_the_first)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	send_on(on[1], &b, &tx, 1);
	turns(on[1], 1);
	cr_assert_eq(b.result, WEIR_SENT);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	close_two();
}

Test(share, a_second_executor_wakes_a_sender_on_the_first)
{
	open_two(1);
	send_on(on[0], &b, &tx, 1);
	turns(on[0], 1);
	send_on(on[0], &b, &tx, 2);
	turns(on[0], 1);
	recv_on(on[1], &a, &rx);
	turns(on[1], 1);
	cr_assert_eq(a.messages[0], 1);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_SENT);
	close_two();
}

Test(share, both_may_wait_before_either_acts)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	recv_on(on[1], &b, &rx2);
	turns(on[0], 1);
	turns(on[1], 1);
	put(&tx, 1);
	turns(on[1], 2);
	cr_assert_eq(b.messages[0], 1);
	put(&tx, 2);
	turns(on[0], 2);
	cr_assert_eq(a.messages[0], 2);
	close_two();
}

// tokio#7622, #2134: the second look after registering was missing.
Test(share, tokio_7622_2134_what_comes_while_the_change_is_under_way_is_seen)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	recv_on(on[1], &b, &rx2);
	turns(on[1], 1); // owner is sharing, the post under way
	send_on(on[1], &c, &tx, 1);
	turns(on[1], 1);
	send_on(on[0], &d, &tx2, 2); // joins the change, and does not push
	turns(on[0], 3);
	turns(on[1], 3);
	cr_assert_eq(a.messages[0], 1);
	cr_assert_eq(b.messages[0], 2);
	close_two();
}

Test(share, the_first_executor_may_go_on_alone_until_it_hears_of_the_change)
{
	open_two(2);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	put(&tx2, 1);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 3);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(b.result, NOT_YET);
	put(&tx2, 2);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	close_two();
}

Test(share, a_waiter_does_not_leave_before_the_post_has_come)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	put(&tx, 1);
	weir_task_cancel(a.task);
	cr_assert_eq(owner(), WEIR_OWNER_SHARING);
	turns(on[0], 1);
	cr_assert_eq(owner(), WEIR_OWNER_SHARED);
	turns(on[0], 1);
	cr_assert_neq(a.result, NOT_YET);
	close_two();
}

Test(share, an_end_closed_elsewhere_is_learnt_of)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	recv_on(on[1], &b, &rx2);
	turns(on[0], 1);
	turns(on[1], 1);
	weir_tx_close(&tx);
	weir_tx_close(&tx2);
	turns(on[0], 2);
	turns(on[1], 2);
	cr_assert_eq(a.result, WEIR_CLOSED);
	cr_assert_eq(b.result, WEIR_CLOSED);
	close_two();
}

Test(share, receivers_closed_elsewhere_free_a_sender)
{
	open_two(1);
	put(&tx, 1);
	send_on(on[0], &a, &tx, 2);
	turns(on[0], 1);
	weir_rx_close(&rx);
	weir_rx_close(&rx2);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_CLOSED);
	close_two();
}

Test(share, a_channel_used_by_a_thread_first_is_watched_from_the_start)
{
	open_two(1);
	put(&tx, 1);
	cr_assert_eq(owner(), WEIR_OWNER_SHARED);
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	put(&tx, 2);
	turns(on[0], 2);
	cr_assert_eq(b.result, WEIR_RECEIVED);
	close_two();
}

Test(share, a_shared_channel_serves_its_own_executor_as_well)
{
	open_two(1);
	put(&tx, 1);
	get(&rx);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	send_on(on[0], &b, &tx, 3);
	turns(on[0], 3);
	cr_assert_eq(a.messages[0], 3);
	close_two();
}

Test(share, a_cold_watch_is_still_asked)
{
	open_two(1);
	put(&tx, 1);
	get(&rx);
	recv_on(on[0], &a, &rx);
	turns(on[0], WEIR_WATCH_COLD + 10);
	cr_assert(weir_list_empty(&on[0]->hot));
	put(&tx, 2);
	turns(on[0], 2);
	cr_assert_eq(a.messages[0], 2);
	close_two();
}

Test(share, an_executor_may_go_before_the_channel)
{
	open_two(1);
	recv_on(on[0], &a, &rx);
	send_on(on[0], &b, &tx, 1);
	turns(on[0], 3);
	weir_executor_destroy(on[0]);
	on[0] = NULL;
	put(&tx, 2);
	recv_on(on[1], &a, &rx);
	turns(on[1], 2);
	cr_assert_eq(a.messages[0], 2);
	close_two();
}

Test(share, more_executors_than_places_still_get_their_messages)
{
	struct weir_rx ends[EXECUTORS_MAX];
	struct op ops[EXECUTORS_MAX] = {0};
	struct weir_channel_options options = {.message_size = 8};

	executors(EXECUTORS_MAX);
	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
	for (unsigned i = 0; i < EXECUTORS_MAX; i++) {
		weir_rx_clone(&rx, &ends[i]);
		ops[i].deadline = i == 19 ? now_ticks + 5 : 0;
		recv_on(on[i], &ops[i], &ends[i]);
		turns(on[i], 1);
	}
	now_ticks += 10;
	turns(on[19], 1);
	cr_assert_eq(ops[19].result, WEIR_TIMED_OUT);
	weir_task_cancel(ops[18].task);
	turns(on[18], 1);
	cr_assert_eq(ops[18].result, WEIR_CANCELED);
	for (unsigned i = 0; i < 18; i++) {
		put(&tx, i);
		turns(on[i], 2);
		cr_assert_eq(ops[i].result, WEIR_RECEIVED);
		cr_assert_eq(ops[i].messages[0], i);
	}
	for (unsigned i = 0; i < EXECUTORS_MAX; i++)
		weir_rx_close(&ends[i]);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(EXECUTORS_MAX);
}

static void turn_each(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		turns(on[i], 1);
}

// A tick is modulo 2^64: a deadline beyond its end is not past.
Test(share, without_a_place_a_deadline_may_lie_beyond_the_last_tick)
{
	struct op ops[WEIR_CHANNEL_PLACES + 2] = {0};
	struct weir_rx ends[WEIR_CHANNEL_PLACES + 2];
	struct weir_channel_options options = {.message_size = 8};
	const unsigned count = WEIR_CHANNEL_PLACES + 2;

	executors(count);
	now_ticks = UINT64_MAX - 5;
	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
	for (unsigned i = 0; i < count; i++) {
		weir_rx_clone(&rx, &ends[i]);
		ops[i].deadline = 10;
		recv_on(on[i], &ops[i], &ends[i]);
	}
	turn_each(count);
	turn_each(count);
	cr_assert_eq(ops[count - 1].result, NOT_YET);
	now_ticks = 11;
	turn_each(count);
	turn_each(count);
	cr_assert_eq(ops[count - 1].result, WEIR_TIMED_OUT);
	for (unsigned i = 0; i < count; i++)
		weir_rx_close(&ends[i]);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(count);
}

Test(share, an_owner_that_sleeps_is_looked_for_once_others_have_come)
{
	const struct weir_executor_options options = {
		.clock = &test_clock, .node = WEIR_NODE_ANY, .sleeps = true};
	struct weir_executor *sleeper;

	open_two(1);
	cr_assert_eq(weir_executor_create(&sleeper, &options, NULL), 0);
	recv_on(sleeper, &a, &rx);
	turns(sleeper, 1);
	cr_assert_eq(rx.channel->parking.sleepy, WEIR_SLEEPY_NOBODY);
	put(&tx, 1);
	turns(sleeper, 2);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	cr_assert_eq(rx.channel->parking.sleepy, WEIR_SLEEPY_KNOWN);
	weir_executor_destroy(sleeper);
	close_two();
}
