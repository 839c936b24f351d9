// SPDX-License-Identifier: BSD-3-Clause
#include "chan/channel.h"
#include "task/task_inline.h"

// send_now sends as many as fit and wakes who waits for them.
static inline __attribute__((always_inline)) enum weir_result send_now(
	struct weir_tx *tx, const void *messages, unsigned count,
	unsigned *done)
{
	struct weir_channel *channel = tx->channel;
	struct weir_place *place = weir_channel_enter(channel);
	unsigned fits = count;

	*done = 0;
	if (unlikely(load_acquire(&channel->shared->rx_count) == 0))
		return WEIR_CLOSED;
	if (unlikely(channel->permits))
		weir_credits_take(channel, 0, count, &fits);
	*done = weir_channel_put(tx, messages, fits);
	weir_channel_trace_sent(channel, *done, count);
	weir_channel_sent(channel, place);
	return *done == count ? WEIR_SENT : weir_channel_refusal(tx);
}

static inline void clear(struct weir_tx *tx, void *message)
{
	if (likely(tx->channel->pointers))
		*(void **)message = NULL;
}

static __attribute__((noinline)) enum weir_result try_send_any(
	struct weir_tx *tx, void *message)
{
	struct weir_channel *channel = tx->channel;
	enum weir_result result;
	unsigned done;

	weir_tx_enter(channel);
	result = send_now(tx, message, 1, &done);
	weir_tx_leave(channel);
	if (likely(result == WEIR_SENT))
		clear(tx, message);
	return result;
}

static __attribute__((cold, noinline)) enum weir_result sent_near(
	struct weir_tx *tx, void *message)
{
	struct weir_channel *channel = tx->channel;

	weir_channel_sent(channel, &channel->parking.places[0]);
	clear(tx, message);
	return WEIR_SENT;
}

// try_send_near is the short way on one executor.
static __attribute__((noinline)) enum weir_result try_send_near(
	struct weir_tx *tx, void *message)
{
	struct weir_channel *channel = tx->channel;
	const struct weir_side *side =
		&channel->parking.places[0].side[WEIR_SIDE_RECV];
	unsigned done;

	if (!weir_channel_is_near(channel) ||
		load_acquire(&channel->shared->rx_count) == 0)
		return try_send_any(tx, message);
	weir_tx_enter(channel);
	// What is kept is of no use: another end may have sent meanwhile.
	tx->end.limit =
		load_acquire(&tx->end.ring->cons.tail) + tx->end.ring->capacity;
	done = weir_ring_send_one(&tx->end, message, 8);
	weir_tx_leave(channel);
	if (unlikely(!done))
		return WEIR_FULL;
	if (unlikely(!weir_wait_queue_empty(&side->watch.queue)) ||
		weir_parking_is_sleepy(&channel->parking))
		return sent_near(tx, message);
	clear(tx, message);
	return WEIR_SENT;
}

// The shortest way makes no call, so that no register need be saved.
enum weir_result weir_try_send(struct weir_tx *tx, void *message)
{
	struct weir_channel *channel = tx->channel;
	unsigned done;

	if (!weir_channel_is_express(channel))
		return try_send_near(tx, message);
	weir_tx_enter(channel);
	done = weir_ring_send_one(&tx->end, message, 8);
	weir_tx_leave(channel);
	if (unlikely(!done))
		return WEIR_FULL;
	weir_channel_acted(channel);
	clear(tx, message);
	return WEIR_SENT;
}

static __attribute__((noinline)) enum weir_result try_send_burst_any(
	struct weir_tx *tx, const void *messages, unsigned count,
	unsigned *done)
{
	struct weir_channel *channel = tx->channel;
	enum weir_result result;

	weir_tx_enter(channel);
	result = send_now(tx, messages, count, done);
	weir_tx_leave(channel);
	return result;
}

static inline bool send_express(
	struct weir_tx *tx, const void *messages, unsigned count)
{
	struct weir_channel *channel = tx->channel;
	bool sent;

	if (!weir_channel_is_express(channel))
		return false;
	weir_tx_enter(channel);
	sent = weir_ring_send_plainly(&tx->end, messages, count, 8);
	weir_tx_leave(channel);
	return likely(sent);
}

enum weir_result weir_try_send_burst(struct weir_tx *tx, const void *messages,
	unsigned count, unsigned *done)
{
	if (!send_express(tx, messages, count))
		return try_send_burst_any(tx, messages, count, done);
	weir_channel_acted(tx->channel);
	*done = count;
	return WEIR_SENT;
}

// send_rest sends what is left of a burst of which *done were sent.
static enum weir_result send_rest(struct weir_tx *tx, const void *messages,
	unsigned count, unsigned *done)
{
	const char *rest =
		(const char *)messages + (size_t)*done * tx->end.message_size;
	unsigned n;
	enum weir_result result = send_now(tx, rest, count - *done, &n);

	*done += n;
	return result;
}

// send_waiting sends what is left when others are served first, or there was no
// room.
static __attribute__((noinline)) enum weir_result send_waiting(
	struct weir_tx *tx, const void *messages, unsigned count,
	unsigned *done, uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result;

	weir_channel_must_wait(WEIR_SIDE_SEND);
	weir_waiter_init(&waiter, tx->channel, WEIR_SIDE_SEND, count > 1);
	do {
		int err = weir_waiter_wait(&waiter, deadline);

		result = err ? weir_waiter_result(err)
			     : send_rest(tx, messages, count, done);
	} while (result == WEIR_FULL);
	weir_waiter_end(&waiter);
	return result;
}

static inline __attribute__((always_inline)) enum weir_result send_or_wait(
	struct weir_tx *tx, const void *messages, unsigned count,
	unsigned *done, uint64_t deadline)
{
	enum weir_result result = WEIR_FULL;

	*done = 0;
	weir_channel_may_wait(WEIR_SIDE_SEND);
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_tx_enter(tx->channel);
	// Room in segments comes back where nobody here would learn of it.
	if (!weir_channel_behind(tx->channel, WEIR_SIDE_SEND) || count == 0 ||
		tx->channel->tx_way == WEIR_WAY_CHAIN)
		result = send_now(tx, messages, count, done);
	if (unlikely(result == WEIR_FULL))
		result = send_waiting(tx, messages, count, done, deadline);
	weir_tx_leave(tx->channel);
	return result;
}

enum weir_result weir_send_burst(struct weir_tx *tx, const void *messages,
	unsigned count, unsigned *done, uint64_t deadline)
{
	return send_or_wait(tx, messages, count, done, deadline);
}

enum weir_result weir_send_until(
	struct weir_tx *tx, void *message, uint64_t deadline)
{
	unsigned done;
	enum weir_result result = send_or_wait(tx, message, 1, &done, deadline);

	if (likely(result == WEIR_SENT))
		clear(tx, message);
	return result;
}

enum weir_result weir_send(struct weir_tx *tx, void *message)
{
	return weir_send_until(tx, message, WEIR_NEVER);
}

enum weir_result weir_tx_wait_closed(struct weir_tx *tx, uint64_t deadline)
{
	struct weir_waiter waiter;
	int err = 0;

	weir_user_check_open(tx->channel);
	weir_task_only("weir_tx_wait_closed", NULL);
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_waiter_init(&waiter, tx->channel, WEIR_SIDE_CLOSED, false);
	while (!weir_tx_closed(tx) && !err)
		err = weir_waiter_wait(&waiter, deadline);
	weir_waiter_end(&waiter);
	return err ? weir_waiter_result(err) : WEIR_CLOSED;
}

// ---- a thread that blocks ----

int weir_tx_may_block(const struct weir_tx *tx, struct weir_error *e)
{
	weir_user_check_open(tx->channel);
	return weir_channel_may_block(
		tx->channel, tx->channel->tx_way, "sends on", e);
}

enum weir_result weir_send_blocking(
	struct weir_tx *tx, void *message, uint64_t deadline)
{
	struct weir_blocker blocker;
	enum weir_result result;

	weir_channel_debug_must_block(weir_tx_may_block, tx);
	result = weir_try_send(tx, message);
	if (result == WEIR_SENT || result == WEIR_CLOSED)
		return result;
	weir_channel_must_block(weir_tx_may_block, tx);
	weir_blocker_begin(&blocker, &tx->channel->parking);
	do {
		if (!weir_blocker_wait(&blocker, deadline)) {
			result = WEIR_TIMED_OUT;
			break;
		}
		result = weir_try_send(tx, message);
	} while (result == WEIR_FULL);
	weir_blocker_end(&blocker);
	return result;
}
