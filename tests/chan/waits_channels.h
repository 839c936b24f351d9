// SPDX-License-Identifier: BSD-3-Clause
//
// Waits on channels: both sides, their end, permits, selects, sets. Part of
// waits.h.
#ifndef WEIR_TESTS_CHAN_WAITS_CHANNELS_H
#define WEIR_TESTS_CHAN_WAITS_CHANNELS_H

#include "chan/case.h"
#include "chan/channel.h"
#include "chan/permit.h"
#include "chan/segments.h"
#include "waits_kind.h"

// ---- a channel, of either side of which some wait ----

static struct weir_tx txs[WAITERS_MAX];
static struct weir_rx rxs[WAITERS_MAX];
static struct weir_segments *pool;

static void near_the_wrap(void)
{
	struct weir_channel *channel = txs[0].channel;
	struct rte_ring *ring = &channel->shared->ring;

	channel->chain.put.count = channel->chain.taken.count = UINT32_MAX - 2;
	ring->prod.head = ring->prod.tail = UINT32_MAX - 2;
	ring->cons.head = ring->cons.tail = UINT32_MAX - 2;
	weir_ring_tx_init(&txs[0].end, ring, 8);
	weir_ring_rx_init(&rxs[0].end, ring, 8);
}

static void open_channel(bool near_wrap, bool permits)
{
	struct weir_channel_options options = {.class_ = opened->class_,
		.place = opened->local ? WEIR_LOCAL : WEIR_ANYWHERE,
		.message_size = 8,
		.permits = permits,
		.release = release};

	if (opened->segments)
		cr_assert_eq(weir_segments_open(&pool, 8, 2, 8), 0);
	options.segments = opened->segments ? pool : NULL;
	cr_assert_eq(
		weir_channel_open_with(WAITERS_MAX, &options, &txs[0], &rxs[0]),
		0);
	if (near_wrap)
		near_the_wrap();
}

static void send_one(void)
{
	uint64_t message = next_id++;

	sent[message] = 1;
	cr_assert_eq(weir_try_send(&txs[0], &message), WEIR_SENT);
}

static void recv_one(void)
{
	uint64_t message;

	cr_assert_eq(weir_try_recv(&rxs[0], &message), WEIR_RECEIVED);
	taken[message]++;
}

static void shut_tx(void)
{
	weir_tx_close(&txs[0]);
}

static void shut_rx(void)
{
	weir_rx_close(&rxs[0]);
}

static void channel_close(void)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++) {
		weir_tx_close(&txs[i]);
		weir_rx_close(&rxs[i]);
	}
	if (pool)
		cr_assert_eq(weir_segments_close(pool), 0);
	pool = NULL;
}

static void recv_open(bool near_wrap)
{
	open_channel(near_wrap, false);
	for (unsigned i = 1; i < WAITERS_MAX && !opened->one_user; i++)
		cr_assert_eq(weir_rx_clone(&rxs[0], &rxs[i]), 0);
}

static int took(struct one *one, enum weir_result result)
{
	if (result == WEIR_RECEIVED)
		taken[one->seen]++;
	return plainly(result);
}

static int recv_do(struct one *one)
{
	return took(one, weir_recv_until(&rxs[number_of(one)], &one->seen,
				 one->deadline));
}

static void fill(void)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++)
		send_one();
}

static void clone_txs(void)
{
	for (unsigned i = 1; i < WAITERS_MAX && !opened->one_user; i++)
		cr_assert_eq(weir_tx_clone(&txs[0], &txs[i]), 0);
}

static void send_open(bool near_wrap)
{
	open_channel(near_wrap, false);
	clone_txs();
	on_executor(fill);
}

static int gave(struct one *one, enum weir_result result)
{
	if (result == WEIR_SENT)
		sent[one->seen] = 1;
	return plainly(result);
}

static int send_do(struct one *one)
{
	one->seen = next_id++;
	return gave(one, weir_send_until(&txs[number_of(one)], &one->seen,
				 one->deadline));
}

// ---- the end of the receivers ----

static void ends_open(bool near_wrap)
{
	open_channel(near_wrap, false);
	clone_txs();
}

static int ends_do(struct one *one)
{
	return plainly(
		weir_tx_wait_closed(&txs[number_of(one)], one->deadline));
}

// ---- as cases ----

static struct weir_case recv_case(struct one *one)
{
	return weir_case_recv(&rxs[number_of(one)], &one->seen);
}

static struct weir_case send_case(struct one *one)
{
	one->seen = next_id++;
	return weir_case_send(&txs[number_of(one)], &one->seen);
}

static struct weir_case ends_case(struct one *one)
{
	return weir_case_closed(&txs[number_of(one)]);
}

// ---- permits: all are out at first ----

static struct weir_permits held[WAITERS_MAX], got[WAITERS_MAX];

static void reserve_all(void)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++) {
		held[i] = got[i] = (struct weir_permits){0};
		cr_assert_eq(weir_try_reserve(&txs[0], 1, 1, &held[i]),
			WEIR_RESERVED);
	}
}

static void permits_open(bool near_wrap)
{
	open_channel(near_wrap, true);
	clone_txs();
	on_executor(reserve_all);
}

static int reserve_do(struct one *one)
{
	unsigned i = number_of(one);

	return plainly(weir_reserve(&txs[i], 1, 1, &got[i], one->deadline));
}

// It keeps what it reserved: one that is late looks once more.
static struct weir_case reserve_case(struct one *one)
{
	unsigned i = number_of(one);

	weir_permits_drop(&got[i]);
	return weir_case_reserve(&txs[i], 1, &got[i]);
}

static void reserve_undo(struct one *one)
{
	weir_permits_drop(&got[number_of(one)]);
}

static void drop_one(void)
{
	weir_permits_drop(&held[fed]);
}

static void drop_all(void)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++) {
		weir_permits_drop(&held[i]);
		weir_permits_drop(&got[i]);
	}
}

static void permits_close(void)
{
	on_executor(drop_all);
	claim(weir_tx_reserved(&txs[0]) == 0, "a permit is still out");
	claim(weir_tx_room(&txs[0]) == WAITERS_MAX, "a credit is missing");
	channel_close();
}

#endif
