// SPDX-License-Identifier: BSD-3-Clause
#include "chan/permit.h"
#include "base/assert.h"
#include "chan/channel.h"
#include "task/task_inline.h"

static void check(const struct weir_channel *channel)
{
	weir_user_check_open(channel);
	if (!channel->permits)
		weir_user_bug("channel '%s' was opened without permits: set "
			      "permits in its options to reserve room",
			channel->name);
}

// must_hold_none is for builds with checks: what permits hold would be lost.
static void must_hold_none(
	const struct weir_channel *channel, const struct weir_permits *permits)
{
#ifdef WEIR_DEBUG
	if (permits->count > 0)
		weir_user_bug("permits of channel '%s' are reserved into those "
			      "that hold %u still, which would be lost: send "
			      "on them or drop them first, and begin with all "
			      "zero",
			channel->name, permits->count);
#endif
}

static enum weir_result reserve_now(struct weir_tx *tx, unsigned min,
	unsigned max, struct weir_permits *permits)
{
	struct weir_channel *channel = tx->channel;
	unsigned count = 0;

	weir_channel_enter(channel);
	if (load_acquire(&channel->shared->rx_count) == 0)
		return WEIR_CLOSED;
	if (!weir_credits_take(channel, min, max, &count))
		return WEIR_FULL;
	add_acq_rel(&channel->permits_out.count, count);
	weir_hold_by(&channel->permits_out, weir_executor_current());
	permits->tx = tx;
	permits->count = count;
	return WEIR_RESERVED;
}

enum weir_result weir_try_reserve(struct weir_tx *tx, unsigned min,
	unsigned max, struct weir_permits *permits)
{
	struct weir_channel *channel = tx->channel;
	enum weir_result result;

	check(channel);
	must_hold_none(channel, permits);
	weir_tx_enter(channel);
	result = reserve_now(tx, min, max, permits);
	weir_tx_leave(channel);
	return result;
}

static enum weir_result reserve_waiting(struct weir_tx *tx, unsigned min,
	unsigned max, struct weir_permits *permits, uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result = WEIR_FULL;

	if (!weir_waiter_init(&waiter, tx->channel, WEIR_SIDE_SEND, max > 1))
		result = reserve_now(tx, min, max, permits);
	waiter.need = min;
	while (result == WEIR_FULL) {
		int err = weir_waiter_wait(&waiter, deadline);

		result = err ? weir_waiter_result(err)
			     : reserve_now(tx, min, max, permits);
	}
	weir_waiter_end(&waiter);
	return result;
}

enum weir_result weir_reserve(struct weir_tx *tx, unsigned min, unsigned max,
	struct weir_permits *permits, uint64_t deadline)
{
	struct weir_channel *channel = tx->channel;
	enum weir_result result;

	check(channel);
	must_hold_none(channel, permits);
	weir_task_only("weir_reserve", NULL);
	if (!weir_task_begin())
		return WEIR_CANCELED;
	if (min > max || min > weir_tx_capacity(tx))
		return WEIR_FULL;
	weir_tx_enter(channel);
	result = reserve_waiting(tx, min, max, permits, deadline);
	weir_tx_leave(channel);
	return result;
}

// give_back is the way of permits that were not sent on.
static void give_back(struct weir_permits *permits, unsigned count)
{
	struct weir_channel *channel = permits->tx->channel;
	struct weir_place *place;

	weir_user_check_open(channel);
	place = weir_channel_enter(channel);
	permits->count -= count;
	sub_acq_rel(&channel->permits_out.count, count);
	weir_channel_room_made(channel, place, count);
}

enum weir_result weir_permits_send(struct weir_permits *permits, void *message)
{
	struct weir_tx *tx = permits->tx;
	struct weir_channel *channel;
	struct weir_place *place;
	unsigned done;

	if (unlikely(permits->count == 0))
		weir_misuse_end("weir_permits_send",
			"none of the permits is left, each is for one "
			"message: reserve first");
	channel = tx->channel;
	weir_user_check_open(channel);
	if (load_acquire(&channel->shared->rx_count) == 0) {
		give_back(permits, 1);
		return WEIR_CLOSED;
	}
	weir_tx_enter(channel);
	place = weir_channel_enter(channel);
	// First, so that nobody counts it twice: as a permit and as a message.
	sub_acq_rel(&channel->permits_out.count, 1);
	permits->count--;
	done = weir_channel_put(tx, message, 1);
	weir_channel_trace_sent(channel, done, 1);
	weir_tx_leave(channel);
	weir_assert(done == 1); // the room was there
	weir_channel_sent(channel, place);
	if (channel->pointers)
		*(void **)message = NULL;
	return WEIR_SENT;
}

void weir_permits_drop(struct weir_permits *permits)
{
	if (permits->count > 0)
		give_back(permits, permits->count);
}

unsigned weir_tx_reserved(const struct weir_tx *tx)
{
	unsigned capacity = weir_tx_capacity(tx);
	unsigned reserved = load_acquire(&tx->channel->permits_out.count);

	return reserved < capacity ? reserved : capacity;
}
