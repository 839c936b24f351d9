// SPDX-License-Identifier: BSD-3-Clause
#include "chan/weak.h"
#include "base/assert.h"
#include "chan/channel.h"

static int single(const struct weir_channel *channel, const char *end,
	struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"channel '%s' has one %s, which cannot have a weak handle "
		"beside it: open it as a class that allows more",
		channel->name, end);
}

int weir_tx_weak(const struct weir_tx *tx, struct weir_weak_tx *weak,
	struct weir_error *e)
{
	weir_user_check_open(tx->channel);
	if (!weir_class_many_tx(tx->channel->class_))
		return single(tx->channel, "sender", e);
	add_acq_rel(&tx->channel->handle_count, 1);
	weak->channel = tx->channel;
	return 0;
}

int weir_rx_weak(const struct weir_rx *rx, struct weir_weak_rx *weak,
	struct weir_error *e)
{
	weir_user_check_open(rx->channel);
	if (!weir_class_many_rx(rx->channel->class_))
		return single(rx->channel, "receiver", e);
	add_acq_rel(&rx->channel->handle_count, 1);
	weak->channel = rx->channel;
	return 0;
}

// join adds one to a count that is not 0: what has ended does not begin again.
static bool join(struct weir_channel *channel, uint32_t *count)
{
	uint32_t users = load_acquire(count);

	do {
		if (users == 0)
			return false;
	} while (!cas_acq_rel(count, &users, users + 1));
	add_acq_rel(&channel->handle_count, 1);
	return true;
}

bool weir_weak_tx_upgrade(const struct weir_weak_tx *weak, struct weir_tx *tx)
{
	struct weir_channel *channel = weak->channel;

	if (!channel || !join(channel, &channel->shared->tx_count))
		return false;
	tx->channel = channel;
	weir_ring_tx_init(
		&tx->end, &channel->shared->ring, channel->message_size);
	return true;
}

bool weir_weak_rx_upgrade(const struct weir_weak_rx *weak, struct weir_rx *rx)
{
	struct weir_channel *channel = weak->channel;

	if (!channel || !join(channel, &channel->shared->rx_count))
		return false;
	rx->channel = channel;
	weir_ring_rx_init(
		&rx->end, &channel->shared->ring, channel->message_size);
	return true;
}

void weir_weak_tx_drop(struct weir_weak_tx *weak)
{
	if (weak->channel)
		weir_channel_leave(weak->channel);
	weak->channel = NULL;
}

void weir_weak_rx_drop(struct weir_weak_rx *weak)
{
	if (weak->channel)
		weir_channel_leave(weak->channel);
	weak->channel = NULL;
}
