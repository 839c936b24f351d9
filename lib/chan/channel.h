// SPDX-License-Identifier: BSD-3-Clause
//
// The inside of a channel, for the sources of this folder.
//
//	weir_tx ─┐                ┌─ shared: counts, rte_ring (no pointers)
//	weir_tx ─┼─▶ weir_channel ┤
//	weir_rx ─┘                └─ places: one for each executor that waits
//
// Who wakes.  owner says who has used the channel so far:
//
//	nobody ──▶ one executor ──▶ sharing ──▶ shared
//	    └────────────────────────────────────▲
//
// It only goes forward, and each user makes itself known there before it first
// touches the ring. While there is one executor, whoever makes room or sends
// something wakes those that wait for it, and nobody watches. Once shared, each
// executor with waiters watches the ring itself.
//
// The change.  The second user takes owner to sharing. If the first has
// waiters, it posts to it: the first then starts its watches and only there
// takes owner to shared. A waiter does not leave before that, so that the first
// executor and the channel live as long as the post does.
// Ordering, "the change": the first writes parked, then reads owner; the second
// writes owner, then reads parked; a full fence between the two on both sides.
// So either the first sees the change and watches by itself, or the second sees
// the waiter and posts.
#ifndef WEIR_CHAN_CHANNEL_H
#define WEIR_CHAN_CHANNEL_H

#include "chan/chan.h"
#include "chan/ring.h"
#include "task/executor_inline.h"
#include "task/wait.h"

#include <errno.h>
#include <stdalign.h>

// The executors that can park on one channel. A task of one more looks again
// each turn instead.
#define WEIR_CHANNEL_PLACES 16

// What one waits for: messages, or room for them.
enum weir_side_kind { WEIR_SIDE_RECV, WEIR_SIDE_SEND, WEIR_SIDES };

// Those who wait for one thing on one executor; its thread alone touches it.
struct weir_side {
	struct weir_watch watch;
	struct weir_place *place;
	unsigned granted; // woken, and have not run yet
	unsigned greedy;  // parked or granted, and can take more than one
};

struct weir_place {
	// Written once, by its executor.
	alignas(WEIR_CACHE_LINE) struct weir_executor *executor;
	struct weir_channel *channel;
	// The executor's thread writes.
	uint32_t parked; // parked or granted, of both sides; read by others
	struct weir_side side[WEIR_SIDES];
	// Who takes owner to sharing writes.
	struct weir_post post;
};

// What both ends share. It holds no pointers.
struct weir_channel_shared {
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t tx_count;
	uint32_t rx_count;
	uint32_t draining; // somebody takes what no receiver is left for
	alignas(WEIR_CACHE_LINE) struct rte_ring ring; // elements follow
};

enum {
	WEIR_OWNER_NOBODY = 1, // no executor lies here
	WEIR_OWNER_SHARING,
	WEIR_OWNER_SHARED,
};

// Whether words may be sent and received the shortest way: one user on each
// end, shared, receivers there. It may last a moment longer than its reasons,
// as any look at a count may.
enum { WEIR_EXPRESS_NOT_YET, WEIR_EXPRESS, WEIR_EXPRESS_OVER };

struct weir_channel {
	uintptr_t owner; // see "Who wakes"
	struct weir_channel_shared *shared;
	bool multi;    // many users on each end
	bool words;    // one user on each end, messages of 8 bytes
	bool pointers; // cleared when sent
	unsigned message_size;
	void (*release)(void *arg, void *message);
	void *release_arg;
	uint32_t express; // WEIR_EXPRESS, once it is and as long as it lasts
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t handle_count;
	// The first is the owner's, the others belong to who claims them.
	struct weir_place places[WEIR_CHANNEL_PLACES];
};

static inline bool weir_channel_is_express(const struct weir_channel *channel)
{
	return likely(load_acquire(&channel->express) == WEIR_EXPRESS);
}

// weir_channel_meet is the rest of weir_channel_enter.
struct weir_place *weir_channel_meet(struct weir_channel *channel);

// weir_channel_enter makes the caller known as a user, which each operation
// does first. Answers the place whose waiters the caller must wake, or NULL.
static inline struct weir_place *weir_channel_enter(
	struct weir_channel *channel)
{
	uintptr_t owner = load_relaxed(&channel->owner);

	if (likely(owner == WEIR_OWNER_SHARED))
		return NULL;
	if (likely(owner == (uintptr_t)weir_executor_current()))
		return &channel->places[0];
	return weir_channel_meet(channel);
}

// weir_side_push wakes those that can go on now.
void weir_side_push(struct weir_side *side);

// weir_channel_wake wakes the waiters of one side at place, the answer of
// weir_channel_enter, after something was done for them.
static inline void weir_channel_wake(
	struct weir_place *place, enum weir_side_kind kind)
{
	if (place && !weir_wait_queue_empty(&place->side[kind].watch.queue))
		weir_side_push(&place->side[kind]);
}

// weir_place_init prepares a place that nobody has yet.
void weir_place_init(struct weir_place *place, struct weir_channel *channel);

// A wait of the calling task on one side, as often as it takes.
struct weir_waiter {
	struct weir_side *side; // NULL: no place is left
	bool greedy;		// it can take more than one
	bool waited;
};

// weir_waiter_init prepares a wait; answers whether others wait already, so
// that the caller must not try first.
bool weir_waiter_init(struct weir_waiter *waiter, struct weir_channel *channel,
	enum weir_side_kind kind, bool greedy);

// weir_waiter_wait parks until it is worth while to try again. Answers 0,
// -ETIMEDOUT or -ECANCELED.
int weir_waiter_wait(struct weir_waiter *waiter, uint64_t deadline);

// weir_waiter_result names the answer of a wait that failed.
static inline enum weir_result weir_waiter_result(int err)
{
	return err == -ETIMEDOUT ? WEIR_TIMED_OUT : WEIR_CANCELED;
}

// weir_waiter_end passes on what the caller left for those behind it.
void weir_waiter_end(struct weir_waiter *waiter);

// weir_side_of answers the side that the calling executor waits on; NULL when no
// place is left.
struct weir_side *weir_side_of(
	struct weir_channel *channel, enum weir_side_kind kind);

// weir_side_park makes known that a waiter comes, before it enters the queue.
// weir_side_unpark is its counterpart, after it left; false when the waiter must
// stay a little longer: again in a later step.
void weir_side_park(struct weir_side *side, bool greedy);
bool weir_side_unpark(struct weir_side *side, bool greedy, bool woken);

// weir_channel_drain hands what is in the ring to release: when no receiver is
// left.
void weir_channel_drain(struct weir_channel *channel);

#endif
