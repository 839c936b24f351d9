// SPDX-License-Identifier: BSD-3-Clause
#include "chan/channel.h"
#include "task/task_inline.h"

// recv_last is for a channel that seems empty: it is closed only if it still is
// when no sender is left, for the last one may have sent between two looks.
static __attribute__((noinline)) enum weir_result recv_last(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done)
{
	*done = weir_channel_take(rx, messages, count);
	return *done || !count ? WEIR_RECEIVED : WEIR_CLOSED;
}

// recv_now receives what is there and wakes who waits for the room.
static inline __attribute__((always_inline)) enum weir_result recv_now(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done)
{
	struct weir_channel *channel = rx->channel;
	struct weir_place *place = weir_channel_enter(channel);
	enum weir_result result = WEIR_RECEIVED;

	*done = weir_channel_take(rx, messages, count);
	if (unlikely(*done == 0)) {
		if (count && load_acquire(&channel->shared->tx_count))
			return WEIR_EMPTY;
		result = recv_last(rx, messages, count, done);
	}
	weir_channel_trace_received(channel, *done);
	weir_channel_room_made(channel, place, *done);
	return result;
}

static __attribute__((noinline)) enum weir_result try_recv_any(
	struct weir_rx *rx, void *message)
{
	struct weir_channel *channel = rx->channel;
	enum weir_result result;
	unsigned done;

	weir_rx_enter(channel);
	result = recv_now(rx, message, 1, &done);
	weir_rx_leave(channel);
	return result;
}

static __attribute__((cold, noinline)) enum weir_result received_near(
	struct weir_channel *channel)
{
	weir_channel_room_made(channel, &channel->parking.places[0], 1);
	return WEIR_RECEIVED;
}

// try_recv_near is the short way on one executor.
static __attribute__((noinline)) enum weir_result try_recv_near(
	struct weir_rx *rx, void *message)
{
	struct weir_channel *channel = rx->channel;
	const struct weir_side *side =
		&channel->parking.places[0].side[WEIR_SIDE_SEND];
	unsigned done = 0;

	if (weir_channel_is_near(channel)) {
		weir_rx_enter(channel);
		// What is kept is of no use: another end may have received
		// meanwhile.
		rx->end.limit = load_acquire(&rx->end.ring->prod.tail);
		done = weir_ring_recv_one(&rx->end, message, 8);
		weir_rx_leave(channel);
	}
	if (!done)
		return try_recv_any(rx, message);
	if (unlikely(!weir_wait_queue_empty(&side->watch.queue)) ||
		weir_parking_is_sleepy(&channel->parking))
		return received_near(channel);
	return WEIR_RECEIVED;
}

// The shortest way makes no call, so that no register need be saved. What seems
// empty goes the other way, where the end is looked for.
enum weir_result weir_try_recv(struct weir_rx *rx, void *message)
{
	struct weir_channel *channel = rx->channel;
	unsigned done = 0;

	if (weir_channel_is_express(channel)) {
		weir_rx_enter(channel);
		done = weir_ring_recv_one(&rx->end, message, 8);
		weir_rx_leave(channel);
	}
	if (!done)
		return try_recv_near(rx, message);
	weir_parking_acted(&channel->parking);
	return WEIR_RECEIVED;
}

static __attribute__((noinline)) enum weir_result try_recv_burst_any(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done)
{
	struct weir_channel *channel = rx->channel;
	enum weir_result result;

	weir_rx_enter(channel);
	result = recv_now(rx, messages, count, done);
	weir_rx_leave(channel);
	return result;
}

enum weir_result weir_try_recv_burst(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done)
{
	struct weir_channel *channel = rx->channel;
	unsigned n = 0;

	if (weir_channel_is_express(channel)) {
		weir_rx_enter(channel);
		n = weir_ring_recv_plainly(&rx->end, messages, count, 8);
		weir_rx_leave(channel);
	}
	if (unlikely(n == 0))
		return try_recv_burst_any(rx, messages, count, done);
	weir_parking_acted(&channel->parking);
	*done = n;
	return WEIR_RECEIVED;
}

// recv_waiting receives when others are served first, or nothing was there.
static __attribute__((noinline)) enum weir_result recv_waiting(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done,
	uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result;

	weir_channel_must_wait(WEIR_SIDE_RECV);
	weir_waiter_init(&waiter, rx->channel, WEIR_SIDE_RECV, count > 1);
	do {
		int err = weir_waiter_wait(&waiter, deadline);

		result = err ? weir_waiter_result(err)
			     : recv_now(rx, messages, count, done);
	} while (result == WEIR_EMPTY);
	weir_waiter_end(&waiter);
	return result;
}

static inline __attribute__((always_inline)) enum weir_result recv_or_wait(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done,
	uint64_t deadline)
{
	enum weir_result result = WEIR_EMPTY;

	*done = 0;
	weir_channel_may_wait(WEIR_SIDE_RECV);
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_rx_enter(rx->channel);
	if (!weir_channel_behind(rx->channel, WEIR_SIDE_RECV) || count == 0)
		result = recv_now(rx, messages, count, done);
	if (unlikely(result == WEIR_EMPTY))
		result = recv_waiting(rx, messages, count, done, deadline);
	weir_rx_leave(rx->channel);
	return result;
}

enum weir_result weir_recv_burst(struct weir_rx *rx, void *messages,
	unsigned count, unsigned *done, uint64_t deadline)
{
	return recv_or_wait(rx, messages, count, done, deadline);
}

enum weir_result weir_recv_until(
	struct weir_rx *rx, void *message, uint64_t deadline)
{
	unsigned done;

	return recv_or_wait(rx, message, 1, &done, deadline);
}

enum weir_result weir_recv(struct weir_rx *rx, void *message)
{
	return weir_recv_until(rx, message, WEIR_NEVER);
}

// ---- a thread that blocks ----

int weir_rx_may_block(const struct weir_rx *rx, struct weir_error *e)
{
	weir_user_check_open(rx->channel);
	return weir_channel_may_block(
		rx->channel, rx->channel->rx_way, "receives from", e);
}

enum weir_result weir_recv_blocking(
	struct weir_rx *rx, void *message, uint64_t deadline)
{
	struct weir_blocker blocker;
	enum weir_result result;

	weir_channel_debug_must_block(weir_rx_may_block, rx);
	result = weir_try_recv(rx, message);
	if (result != WEIR_EMPTY)
		return result;
	weir_channel_must_block(weir_rx_may_block, rx);
	weir_blocker_begin(&blocker, &rx->channel->parking);
	do {
		if (!weir_blocker_wait(&blocker, deadline)) {
			result = WEIR_TIMED_OUT;
			break;
		}
		result = weir_try_recv(rx, message);
	} while (result == WEIR_EMPTY);
	weir_blocker_end(&blocker);
	return result;
}
