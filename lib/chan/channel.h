// SPDX-License-Identifier: BSD-3-Clause
//
// The inside of a channel, for the sources of this folder.
//
//	weir_tx ─┐                ┌─ shared: counts, rte_ring (no pointers)
//	weir_tx ─┼─▶ weir_channel ┤
//	weir_rx ─┘                └─ parking: who waits, who wakes them
#ifndef WEIR_CHAN_CHANNEL_H
#define WEIR_CHAN_CHANNEL_H

#include "base/error.h"
#include "chan/chain.h"
#include "chan/chan.h"
#include "chan/owner.h"
#include "chan/parking.h"
#include "chan/ring.h"
#include "chan/user.h"
#include "task/task_inline.h"

// What both ends share. It holds no pointers.
struct weir_channel_shared {
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t tx_count;
	uint32_t rx_count;
	uint32_t draining; // somebody takes what no receiver is left for
	alignas(WEIR_CACHE_LINE) struct rte_ring ring; // elements follow
};

// Whether words may be sent and received the shortest way: one user on each
// end, shared, receivers there, no trace. It may last a moment longer than its
// reasons, as any look at a count may.
enum { WEIR_EXPRESS_NOT_YET, WEIR_EXPRESS, WEIR_EXPRESS_OVER };

// How the users of one end treat the ring.
enum weir_way {
	WEIR_WAY_SINGLE, // one user, and one on the other end
	WEIR_WAY_MIXED,	 // one user, many on the other end
	WEIR_WAY_MANY,
	WEIR_WAY_LOCAL, // any number, on one executor
	WEIR_WAY_CHAIN, // no ring at all
};

struct weir_channel {
	struct weir_channel_shared *shared;
	enum weir_channel_class class_;
	enum weir_way tx_way, rx_way;
	bool words;    // one user on each end, messages of 8 bytes
	bool near;     // the same, or local: plain while on one executor
	bool pointers; // cleared when sent
	unsigned message_size;
	void (*release)(void *arg, void *message);
	void *release_arg;
	uint32_t express; // WEIR_EXPRESS, once it is and as long as it lasts
	unsigned capacity;
	unsigned owned_size;
	bool permits;
	bool chain_many_tx, chain_many_rx;
	unsigned high_water; // 0: none
	void (*on_high_water)(void *arg, unsigned len);
	void *high_water_arg;
	char name[32];
	struct weir_user tx_user, rx_user; // of ends with one user
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t handle_count;
	uint32_t high; // high_water was reached, and not half of it since
	// Any sender and receiver writes, where there are permits.
	alignas(WEIR_CACHE_LINE) uint32_t credits;
	struct weir_wait_hold permits_out;	     // those that are reserved
	struct weir_wait_handles senders, receivers; // for who looks
	struct weir_chain chain;
	struct weir_parking parking;
};

// weir_class_many tells whether a class allows many users at that end.
static inline bool weir_class_many_tx(enum weir_channel_class class_)
{
	return class_ == WEIR_MPMC || class_ == WEIR_MPSC;
}

static inline bool weir_class_many_rx(enum weir_channel_class class_)
{
	return class_ == WEIR_MPMC || class_ == WEIR_SPMC;
}

// weir_class_name answers MPMC, SPSC, MPSC or SPMC.
const char *weir_class_name(enum weir_channel_class class_);

// weir_channel_is_near tells whether all users so far are on the calling executor,
// and words go a short way there; not while a trace is taken.
static inline bool weir_channel_is_near(const struct weir_channel *channel)
{
	return likely(channel->near &&
		      load_relaxed(&channel->parking.owner) ==
			      (uintptr_t)weir_executor_current() &&
		      !weir_trace_is_on());
}

static inline bool weir_channel_is_express(const struct weir_channel *channel)
{
	weir_user_check_open(channel);
	return likely(load_acquire(&channel->express) == WEIR_EXPRESS) &&
	       !weir_trace_is_on();
}

// weir_channel_enter is weir_parking_enter of the channel.
static inline struct weir_place *weir_channel_enter(
	struct weir_channel *channel)
{
	return weir_parking_enter(&channel->parking);
}

// What is no ring, or is watched: apart, since it is not on the shortest way.
// put_chain keeps in the end why it put fewer, for weir_channel_refusal.
unsigned weir_channel_put_chain(
	struct weir_tx *tx, const void *messages, unsigned count);
unsigned weir_channel_take_chain(
	struct weir_channel *channel, void *messages, unsigned count);
unsigned weir_channel_put_owned(
	struct weir_tx *tx, const void *messages, unsigned count);
unsigned weir_channel_take_owned(
	struct weir_rx *rx, void *messages, unsigned count);

static inline __attribute__((always_inline)) unsigned channel_put(
	struct weir_tx *tx, const void *messages, unsigned count)
{
	switch (tx->channel->tx_way) {
	case WEIR_WAY_SINGLE:
		return weir_ring_send(&tx->end, messages, count);
	case WEIR_WAY_MIXED:
		return weir_ring_send_mixed(&tx->end, messages, count);
	case WEIR_WAY_MANY:
		return weir_ring_send_multi(&tx->end, messages, count);
	case WEIR_WAY_CHAIN:
		return weir_channel_put_chain(tx, messages, count);
	case WEIR_WAY_LOCAL:
		break;
	}
	// Another end may have sent meanwhile: what is kept is not of use.
	tx->end.limit = tx->end.ring->cons.tail + tx->end.ring->capacity;
	return weir_ring_send(&tx->end, messages, count);
}

static inline __attribute__((always_inline)) unsigned channel_take(
	struct weir_rx *rx, void *messages, unsigned count)
{
	switch (rx->channel->rx_way) {
	case WEIR_WAY_SINGLE:
		return weir_ring_recv(&rx->end, messages, count);
	case WEIR_WAY_MIXED:
		return weir_ring_recv_mixed(&rx->end, messages, count);
	case WEIR_WAY_MANY:
		return weir_ring_recv_multi(&rx->end, messages, count);
	case WEIR_WAY_CHAIN:
		return weir_channel_take_chain(rx->channel, messages, count);
	case WEIR_WAY_LOCAL:
		break;
	}
	rx->end.limit = rx->end.ring->prod.tail;
	return weir_ring_recv(&rx->end, messages, count);
}

// weir_channel_put and weir_channel_take move as many messages as there is room
// for, or as there are, and answer how many. The caller has entered.
static inline __attribute__((always_inline)) unsigned weir_channel_put(
	struct weir_tx *tx, const void *messages, unsigned count)
{
	if (WEIR_OWNERS && tx->channel->owned_size)
		return weir_channel_put_owned(tx, messages, count);
	return channel_put(tx, messages, count);
}

static inline __attribute__((always_inline)) unsigned weir_channel_take(
	struct weir_rx *rx, void *messages, unsigned count)
{
	if (WEIR_OWNERS && rx->channel->owned_size)
		return weir_channel_take_owned(rx, messages, count);
	return channel_take(rx, messages, count);
}

// weir_channel_refusal names why weir_channel_put put fewer than it was given.
static inline enum weir_result weir_channel_refusal(const struct weir_tx *tx)
{
	if (likely(tx->channel->tx_way != WEIR_WAY_CHAIN))
		return WEIR_FULL;
	return tx->end.limit ? WEIR_NO_SEGMENT : WEIR_AT_CAP;
}

// weir_channel_len answers how many messages are held.
static inline unsigned weir_channel_len(const struct weir_channel *channel)
{
	if (unlikely(channel->tx_way == WEIR_WAY_CHAIN))
		return weir_chain_len(&channel->chain);
	return weir_ring_len(&channel->shared->ring);
}

// weir_channel_is_empty and weir_channel_is_full tell whether a receive or a send
// could not go on now, not even to learn of the end: what a select asks of each
// of its channels.
static inline bool weir_channel_is_empty(const struct weir_channel *channel)
{
	const struct weir_channel_shared *shared = channel->shared;
	const struct weir_chain *chain = &channel->chain;
	bool none;

	// What was taken first: equal then means that nothing is there.
	if (unlikely(channel->tx_way == WEIR_WAY_CHAIN))
		none = load_acquire(&chain->taken.count) ==
		       load_acquire(&chain->put.count);
	else
		none = load_acquire(&shared->ring.cons.tail) ==
		       load_acquire(&shared->ring.prod.tail);
	return none && load_acquire(&shared->tx_count) > 0;
}

static inline bool weir_channel_is_full(const struct weir_channel *channel)
{
	const struct weir_channel_shared *shared = channel->shared;
	uint32_t put = load_acquire(&shared->ring.prod.tail);

	return put - load_acquire(&shared->ring.cons.tail) ==
		       channel->capacity &&
	       channel->tx_way != WEIR_WAY_CHAIN &&
	       load_acquire(&shared->rx_count) > 0;
}

// weir_channel_misuse_waits ends the program: a thread that runs no executor calls
// weir_send or weir_recv. weir_channel_must_wait does so unless a task calls, and
// weir_channel_may_wait in builds with checks, even if it need not wait.
static inline __attribute__((noreturn, cold)) void weir_channel_misuse_waits(
	enum weir_side_kind kind)
{
	if (kind == WEIR_SIDE_RECV)
		weir_misuse_waits("weir_recv", "weir_recv_blocking");
	weir_misuse_waits("weir_send", "weir_send_blocking");
}

static inline void weir_channel_must_wait(enum weir_side_kind kind)
{
	if (unlikely(!weir_task_current()))
		weir_channel_misuse_waits(kind);
}

#ifdef WEIR_DEBUG
#define weir_channel_may_wait(kind) weir_channel_must_wait(kind)
#else
#define weir_channel_may_wait(kind) ((void)0)
#endif

// weir_channel_behind tells whether others of the calling executor are served
// first.
static inline bool weir_channel_behind(
	struct weir_channel *channel, enum weir_side_kind kind)
{
	bool alone = kind == WEIR_SIDE_RECV
			     ? !weir_class_many_rx(channel->class_)
			     : !weir_class_many_tx(channel->class_);
	struct weir_place *place = weir_channel_enter(channel);
	const struct weir_side *side;

	// On one executor it is known; else the place must be looked for, but
	// where an end has one user nobody waits beside it.
	if (likely(place))
		side = &place->side[kind];
	else if (alone)
		return false;
	else if (unlikely(!weir_executor_current()))
		weir_channel_misuse_waits(kind);
	else
		side = weir_parking_side(&channel->parking, kind);
	return side && (side->granted > 0 ||
			       !weir_wait_queue_empty(&side->watch.queue));
}

// weir_channel_trace_sent and _received write down what came of an operation. A
// channel is known by its parking, as who parks there knows it.
static inline void weir_channel_trace_sent(
	struct weir_channel *channel, unsigned sent, unsigned wanted)
{
	if (!weir_trace_is_on())
		return;
	if (sent)
		weir_trace_chan_sent(
			0, &channel->parking, sent, weir_channel_len(channel));
	if (sent < wanted)
		weir_trace_chan_full(0, &channel->parking, wanted - sent);
}

static inline void weir_channel_trace_received(
	struct weir_channel *channel, unsigned received)
{
	if (weir_trace_is_on() && received)
		weir_trace_chan_received(0, &channel->parking, received,
			weir_channel_len(channel));
}

// weir_credits_take takes min..max credits of a channel with permits, *count of
// them; false: there are fewer, and none was taken.
bool weir_credits_take(struct weir_channel *channel, unsigned min, unsigned max,
	unsigned *count);

// weir_channel_room_made is the one way on which room comes back: a message that
// was received, a permit that was dropped. It returns the credits and wakes who
// waits for them.
static inline __attribute__((always_inline)) void weir_channel_room_made(
	struct weir_channel *channel, struct weir_place *place, unsigned count)
{
	if (unlikely(channel->permits))
		add_acq_rel(&channel->credits, count);
	weir_parking_wake(&channel->parking, place, WEIR_SIDE_SEND);
}

// weir_channel_look_after is the rest of weir_channel_acted.
__attribute__((cold)) void weir_channel_look_after(
	struct weir_channel *channel);

// weir_channel_acted and weir_channel_sent come behind each put: they ring for
// who sleeps, and hand to release what came too late for the last receiver.
// sent also wakes who waits on the calling executor.
// Ordering, "the last close": a sender writes the ring, then reads sleepy, then,
// behind a full fence, rx_count; the last receiver writes rx_count, makes sure
// that sleepy is known, which puts a fence into all senders that have not read
// it, then reads the ring. So one of the two sees the message.
static inline void weir_channel_acted(struct weir_channel *channel)
{
	if (weir_parking_is_sleepy(&channel->parking))
		weir_channel_look_after(channel);
}

static inline void weir_channel_sent(
	struct weir_channel *channel, struct weir_place *place)
{
	weir_parking_push(place, WEIR_SIDE_RECV);
	weir_channel_acted(channel);
}

// weir_tx_enter and weir_tx_leave stand around each operation of an end, as do
// those of weir_rx: see chan/user.h.
static inline void weir_tx_enter(struct weir_channel *channel)
{
	weir_user_check_open(channel);
	if (!weir_class_many_tx(channel->class_))
		weir_user_enter(&channel->tx_user, channel->name, "sender");
}

static inline void weir_tx_leave(struct weir_channel *channel)
{
	if (!weir_class_many_tx(channel->class_))
		weir_user_leave(&channel->tx_user);
}

static inline void weir_rx_enter(struct weir_channel *channel)
{
	weir_user_check_open(channel);
	if (!weir_class_many_rx(channel->class_))
		weir_user_enter(&channel->rx_user, channel->name, "receiver");
}

static inline void weir_rx_leave(struct weir_channel *channel)
{
	if (!weir_class_many_rx(channel->class_))
		weir_user_leave(&channel->rx_user);
}

// weir_waiter_init is weir_waiter_begin on a channel.
static inline bool weir_waiter_init(struct weir_waiter *waiter,
	struct weir_channel *channel, enum weir_side_kind kind, bool greedy)
{
	return weir_waiter_begin(waiter, &channel->parking, kind, greedy);
}

// weir_waiter_result names the answer of a wait that failed.
static inline enum weir_result weir_waiter_result(int err)
{
	return err == -ETIMEDOUT ? WEIR_TIMED_OUT : WEIR_CANCELED;
}

// weir_channel_available is the parking's available, weir_channel_shared_now its
// shared.
unsigned weir_channel_available(const struct weir_side *side);
void weir_channel_shared_now(struct weir_parking *parking);

// weir_channel_may_block is what weir_tx_may_block and weir_rx_may_block answer;
// weir_channel_must_block ends the program with what they say.
int weir_channel_may_block(const struct weir_channel *channel,
	enum weir_way way, const char *does, struct weir_error *e);
#define weir_channel_must_block(may_block, end)        \
	do {                                           \
		struct weir_error why;                 \
		why.code = 0;                          \
		if (may_block(end, &why))              \
			weir_user_bug("%s", why.text); \
	} while (0)

// weir_channel_debug_must_block does so in builds with checks, even if it need not
// block.
#ifdef WEIR_DEBUG
#define weir_channel_debug_must_block(may_block, end) \
	weir_channel_must_block(may_block, end)
#else
#define weir_channel_debug_must_block(may_block, end) ((void)0)
#endif

// weir_channel_leave gives up a handle, the last one frees all.
void weir_channel_leave(struct weir_channel *channel);

// weir_channel_drain hands what is in the ring to release: when no receiver is
// left.
void weir_channel_drain(struct weir_channel *channel);

#endif
