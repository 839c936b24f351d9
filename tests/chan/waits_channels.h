// SPDX-License-Identifier: BSD-3-Clause
//
// Waits on channels: both sides, permits, selects; and the oracle that all waits
// share. Part of waits.h.
#ifndef WEIR_TESTS_CHAN_WAITS_CHANNELS_H
#define WEIR_TESTS_CHAN_WAITS_CHANNELS_H

#include "chan/case.h"
#include "chan/channel.h"
#include "chan/permit.h"
#include "chan/segments.h"
#include "sync/crew.h"

#define WAITERS_MAX 7
#define IDS 64

enum reach { FIRST, ALL }; // whom one feed reaches

struct kind {
	const char *name;
	void (*open)(bool near_wrap);
	int (*do_)(struct one *one);
	void (*undo)(struct one *one);
	void (*feed)(void);
	void (*shut)(void); // the peer closes its end
	void (*close)(void);
	int fed_and_shut; // what the first answers when both have come
	enum reach reach;
	bool once;	      // there is one feed
	const char *never;    // why nobody waits here, or NULL
	const char *one_user; // why one waits at most, or NULL
	const char *no_peer;  // why no peer lives elsewhere, or NULL
	enum weir_channel_class class_;
	bool local, segments;
};

static const struct kind *opened; // set by open_channel's caller
static struct one waiters[WAITERS_MAX];
static unsigned fed;
static struct weir_wait_queue nothing_comes;

static unsigned number_of(const struct one *one)
{
	return (unsigned)(one - waiters);
}

static int plainly(enum weir_result result)
{
	return (int)result < 0 ? (int)result : 0;
}

// ---- a peer on an executor of its own, which goes with it ----

static void on_peer(void (*fn)(void))
{
	struct weir_executor *peer = crew_executor("peer", 2);

	cr_assert_eq(weir_start(peer, run_fn, &fn, NULL, NULL), 0);
	weir_executor_turn(peer);
	cr_assert_eq(weir_executor_counts(peer)->tasks, 0);
	weir_executor_destroy(peer);
}

// ---- the oracle: what was sent was taken once, what was not, never ----

static unsigned sent[IDS], taken[IDS], next_id;
static const char *fault;

static void oracle_open(void)
{
	memset(sent, 0, sizeof(sent));
	memset(taken, 0, sizeof(taken));
	next_id = fed = 0;
	fault = NULL;
	weir_wait_queue_init(&nothing_comes);
}

static void claim(bool holds, const char *else_)
{
	if (!holds && !fault)
		fault = else_;
}

static const char *oracle_fault(void)
{
	for (unsigned i = 0; i < IDS; i++) {
		claim(taken[i] >= sent[i], "a message is lost");
		claim(taken[i] <= sent[i], "a message came twice, or unsent");
	}
	return fault;
}

static void release(void *arg, void *message)
{
	taken[*(uint64_t *)message]++;
}

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

// ---- a select over channels ----

static int select_one(struct one *one, struct weir_case c)
{
	struct weir_case cases[] = {c, weir_case_queue(&nothing_comes)};
	int k = weir_select_until(cases, 2, one->deadline);

	return k < 0 ? k : cases[k].result;
}

static int select_recv_do(struct one *one)
{
	int answer = select_one(
		one, weir_case_recv(&rxs[number_of(one)], &one->seen));

	return took(one, (enum weir_result)answer);
}

static int select_send_do(struct one *one)
{
	int answer;

	one->seen = next_id++;
	answer = select_one(
		one, weir_case_send(&txs[number_of(one)], &one->seen));
	return gave(one, (enum weir_result)answer);
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
	for (unsigned i = 0; i < WAITERS_MAX; i++)
		weir_permits_drop(&held[i]);
}

static void permits_close(void)
{
	on_executor(drop_all);
	claim(weir_tx_reserved(&txs[0]) == 0, "a permit is still out");
	claim(weir_tx_room(&txs[0]) == WAITERS_MAX, "a credit is missing");
	channel_close();
}

#endif
