// SPDX-License-Identifier: BSD-3-Clause
//
// What a channel keeps beside a plain ring, or instead of one: segments, credits,
// tags of owners.
#include "chan/channel.h"

unsigned weir_channel_put_chain(
	struct weir_tx *tx, const void *messages, unsigned count)
{
	struct weir_channel *channel = tx->channel;
	bool no_segment;
	unsigned done = weir_chain_put(&channel->chain, messages, count,
		channel->chain_many_tx, &no_segment);
	unsigned len;

	tx->end.limit = no_segment; // a chain has no other use for it
	if (!channel->high_water || load_relaxed(&channel->high))
		return done;
	len = weir_chain_len(&channel->chain);
	if (len >= channel->high_water && !exchange_acq_rel(&channel->high, 1))
		channel->on_high_water(channel->high_water_arg, len);
	return done;
}

unsigned weir_channel_take_chain(
	struct weir_channel *channel, void *messages, unsigned count)
{
	unsigned done = weir_chain_take(
		&channel->chain, messages, count, channel->chain_many_rx);

	if (load_relaxed(&channel->high) &&
		weir_chain_len(&channel->chain) < (channel->high_water + 1) / 2)
		store_relaxed(&channel->high, 0);
	return done;
}

unsigned weir_channel_put_owned(
	struct weir_tx *tx, const void *messages, unsigned count)
{
	struct weir_channel *channel = tx->channel;
	void *const *pointers = messages;
	unsigned done;

	// Before they can be received.
	for (unsigned i = 0; i < count; i++)
		weir_owner_send(
			channel->name, pointers[i], channel->owned_size);
	done = channel_put(tx, messages, count);
	for (unsigned i = done; i < count; i++)
		weir_owner_keep(pointers[i]);
	return done;
}

unsigned weir_channel_take_owned(
	struct weir_rx *rx, void *messages, unsigned count)
{
	unsigned done = channel_take(rx, messages, count);
	void **pointers = messages;

	for (unsigned i = 0; i < done; i++)
		weir_owner_receive(rx->channel->name, pointers[i]);
	return done;
}

bool weir_credits_take(struct weir_channel *channel, unsigned min, unsigned max,
	unsigned *count)
{
	uint32_t have = load_acquire(&channel->credits), n;

	do {
		n = have < max ? have : max;
		if (n < min)
			return false;
	} while (n && !cas_acq_rel(&channel->credits, &have, have - n));
	*count = n;
	return true;
}
