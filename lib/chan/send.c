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

	*done = 0;
	if (unlikely(load_acquire(&channel->shared->rx_count) == 0)) {
		// What slipped in while the last receiver closed.
		weir_channel_drain(channel);
		return WEIR_CLOSED;
	}
	*done = channel->multi ? weir_ring_send_multi(&tx->end, messages, count)
			       : weir_ring_send(&tx->end, messages, count);
	weir_channel_wake(place, WEIR_SIDE_RECV);
	return *done == count ? WEIR_SENT : WEIR_FULL;
}

static inline void clear(struct weir_tx *tx, void *message)
{
	if (likely(tx->channel->pointers))
		*(void **)message = NULL;
}

static __attribute__((noinline)) enum weir_result try_send_any(
	struct weir_tx *tx, void *message)
{
	unsigned done;
	enum weir_result result = send_now(tx, message, 1, &done);

	if (likely(result == WEIR_SENT))
		clear(tx, message);
	return result;
}

// The shortest way makes no call, so that no register need be saved.
enum weir_result weir_try_send(struct weir_tx *tx, void *message)
{
	if (!weir_channel_is_express(tx->channel))
		return try_send_any(tx, message);
	if (unlikely(!weir_ring_send_one(&tx->end, message, 8)))
		return WEIR_FULL;
	clear(tx, message);
	return WEIR_SENT;
}

static __attribute__((noinline)) enum weir_result try_send_burst_any(
	struct weir_tx *tx, const void *messages, unsigned count,
	unsigned *done)
{
	return send_now(tx, messages, count, done);
}

enum weir_result weir_try_send_burst(struct weir_tx *tx, const void *messages,
	unsigned count, unsigned *done)
{
	if (unlikely(!weir_channel_is_express(tx->channel) ||
		     !weir_ring_send_plainly(&tx->end, messages, count, 8)))
		return try_send_burst_any(tx, messages, count, done);
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

enum weir_result weir_send_burst(struct weir_tx *tx, const void *messages,
	unsigned count, unsigned *done, uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result;
	bool behind;

	*done = 0;
	if (!weir_task_begin())
		return WEIR_CANCELED;
	behind = weir_waiter_init(
		&waiter, tx->channel, WEIR_SIDE_SEND, count > 1);
	if (!behind || count == 0)
		result = send_rest(tx, messages, count, done);
	else
		result = WEIR_FULL;
	while (result == WEIR_FULL) {
		int err = weir_waiter_wait(&waiter, deadline);

		result = err ? weir_waiter_result(err)
			     : send_rest(tx, messages, count, done);
	}
	weir_waiter_end(&waiter);
	return result;
}

enum weir_result weir_send_until(
	struct weir_tx *tx, void *message, uint64_t deadline)
{
	unsigned done;
	enum weir_result result =
		weir_send_burst(tx, message, 1, &done, deadline);

	if (likely(result == WEIR_SENT))
		clear(tx, message);
	return result;
}

enum weir_result weir_send(struct weir_tx *tx, void *message)
{
	return weir_send_until(tx, message, WEIR_NEVER);
}
