// SPDX-License-Identifier: BSD-3-Clause
#include "chan/channel.h"
#include "base/assert.h"
#include "mem/mem.h"

#include <errno.h>
#include <string.h>

static size_t footprint(size_t ring_size)
{
	return sizeof(struct weir_channel) +
	       offsetof(struct weir_channel_shared, ring) + ring_size;
}

static bool is_valid(const struct weir_channel_options *options)
{
	return options->message_size <= WEIR_MESSAGE_SIZE_MAX &&
	       (options->class_ == WEIR_MPMC || options->class_ == WEIR_SPSC);
}

static struct weir_channel *create(unsigned capacity, unsigned message_size,
	size_t ring_size, const struct weir_channel_options *options)
{
	struct weir_channel *channel = weir_mem_create(footprint(ring_size),
		options->node ? options->node - 1 : WEIR_NODE_ANY);

	if (!channel)
		return NULL;
	channel->owner = WEIR_OWNER_NOBODY;
	channel->multi = options->class_ == WEIR_MPMC;
	channel->words = !channel->multi && message_size == 8;
	channel->pointers = options->message_size == 0;
	channel->message_size = message_size;
	channel->release = options->release;
	channel->release_arg = options->release_arg;
	channel->handle_count = 2;
	for (unsigned i = 0; i < WEIR_CHANNEL_PLACES; i++)
		weir_place_init(&channel->places[i], channel);
	channel->shared = (struct weir_channel_shared *)(void *)&channel[1];
	channel->shared->tx_count = 1;
	channel->shared->rx_count = 1;
	weir_ring_init(&channel->shared->ring,
		options->name ? options->name : "channel", capacity,
		channel->multi);
	return channel;
}

int weir_channel_open_with(unsigned capacity,
	const struct weir_channel_options *options, struct weir_tx *tx,
	struct weir_rx *rx)
{
	unsigned message_size =
		options->message_size ? options->message_size : sizeof(void *);
	size_t ring_size = weir_ring_memory_size(capacity, message_size);
	struct weir_channel *channel;

	if (!ring_size || !is_valid(options))
		return -EINVAL;
	channel = create(capacity, message_size, ring_size, options);
	if (!channel)
		return -ENOMEM;
	tx->channel = channel;
	rx->channel = channel;
	weir_ring_tx_init(&tx->end, &channel->shared->ring, message_size);
	weir_ring_rx_init(&rx->end, &channel->shared->ring, message_size);
	return 0;
}

int weir_channel_open(unsigned capacity, struct weir_tx *tx, struct weir_rx *rx)
{
	return weir_channel_open_with(
		capacity, &(struct weir_channel_options){0}, tx, rx);
}

int weir_tx_clone(const struct weir_tx *tx, struct weir_tx *clone)
{
	struct weir_channel *channel = tx->channel;

	if (!channel->multi)
		return -EINVAL;
	add_acq_rel(&channel->handle_count, 1);
	add_acq_rel(&channel->shared->tx_count, 1);
	*clone = *tx;
	return 0;
}

int weir_rx_clone(const struct weir_rx *rx, struct weir_rx *clone)
{
	struct weir_channel *channel = rx->channel;

	if (!channel->multi)
		return -EINVAL;
	add_acq_rel(&channel->handle_count, 1);
	add_acq_rel(&channel->shared->rx_count, 1);
	*clone = *rx;
	return 0;
}

static bool take_one(struct weir_channel *channel, void *message)
{
	struct weir_ring_rx end;

	// Its own end, used once: what the last receiver knew is gone.
	weir_ring_rx_init(&end, &channel->shared->ring, channel->message_size);
	return channel->multi ? weir_ring_recv_multi(&end, message, 1)
			      : weir_ring_recv(&end, message, 1);
}

static void release(struct weir_channel *channel, void *message)
{
	if (!channel->release)
		return;
	channel->release(channel->release_arg,
		channel->pointers ? *(void **)message : message);
}

void weir_channel_drain(struct weir_channel *channel)
{
	alignas(16) char message[WEIR_MESSAGE_SIZE_MAX];
	struct weir_channel_shared *shared = channel->shared;

	// Who finds it busy leaves: the one inside looks once more after it
	// has said that it is done.
	while (weir_ring_len(&shared->ring) > 0 &&
		!exchange_acq_rel(&shared->draining, 1)) {
		while (take_one(channel, message))
			release(channel, message);
		exchange_acq_rel(&shared->draining, 0);
		fence_full(); // draining is written, the ring's tail read
	}
}

static void leave(struct weir_channel *channel)
{
	if (sub_acq_rel(&channel->handle_count, 1) > 1)
		return;
	weir_channel_drain(channel); // what was sent while receivers closed
	weir_mem_destroy(channel);
}

void weir_tx_close(struct weir_tx *tx)
{
	struct weir_channel *channel = tx->channel;
	struct weir_place *place;

	if (!channel)
		return;
	place = weir_channel_enter(channel);
	*tx = (struct weir_tx){0};
	if (sub_acq_rel(&channel->shared->tx_count, 1) == 1)
		weir_channel_wake(place, WEIR_SIDE_RECV);
	leave(channel);
}

void weir_rx_close(struct weir_rx *rx)
{
	struct weir_channel *channel = rx->channel;
	struct weir_place *place;

	if (!channel)
		return;
	place = weir_channel_enter(channel);
	*rx = (struct weir_rx){0};
	if (sub_acq_rel(&channel->shared->rx_count, 1) == 1) {
		store_release(&channel->express, WEIR_EXPRESS_OVER);
		weir_channel_drain(channel);
		weir_channel_wake(place, WEIR_SIDE_SEND);
	}
	leave(channel);
}

unsigned weir_tx_len(const struct weir_tx *tx)
{
	return weir_ring_len(tx->end.ring);
}

unsigned weir_rx_len(const struct weir_rx *rx)
{
	return weir_ring_len(rx->end.ring);
}

unsigned weir_tx_capacity(const struct weir_tx *tx)
{
	return tx->end.ring->capacity;
}

unsigned weir_rx_capacity(const struct weir_rx *rx)
{
	return rx->end.ring->capacity;
}

unsigned weir_tx_room(struct weir_tx *tx)
{
	return tx->end.ring->capacity - weir_ring_len(tx->end.ring);
}

unsigned weir_tx_credit(struct weir_tx *tx, unsigned wanted)
{
	unsigned room = tx->channel->multi
				? weir_tx_room(tx)
				: weir_ring_tx_room(&tx->end, wanted);

	return room < wanted ? room : wanted;
}

bool weir_tx_closed(struct weir_tx *tx)
{
	return load_acquire(&tx->channel->shared->rx_count) == 0;
}

bool weir_rx_closed(struct weir_rx *rx)
{
	// The count first: what the last sender sent is there by then.
	return load_acquire(&rx->channel->shared->tx_count) == 0 &&
	       weir_ring_len(rx->end.ring) == 0;
}
