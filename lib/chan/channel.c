// SPDX-License-Identifier: BSD-3-Clause
#include "chan/channel.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/text.h"
#include "mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t footprint(size_t ring_size)
{
	return sizeof(struct weir_channel) +
	       offsetof(struct weir_channel_shared, ring) + ring_size;
}

// why_not answers what is wrong with options, NULL: nothing.
static const char *why_not(
	unsigned capacity, const struct weir_channel_options *options)
{
	if (capacity == 0 || capacity > WEIR_RING_CAPACITY_MAX)
		return "it can hold 1..1073741823 messages";
	if (options->message_size > WEIR_MESSAGE_SIZE_MAX ||
		options->message_size % 4)
		return "a message has up to 1024 bytes, a multiple of 4";
	if (options->class_ > WEIR_SPMC || options->place > WEIR_LOCAL)
		return "there is no such class or place";
	if (options->segments && options->permits)
		return "room in segments cannot be reserved: others take it";
	if (options->high_water && !options->segments)
		return "only a channel in segments has a high water";
	if (options->high_water && !options->on_high_water)
		return "there is nobody to be told of its high water: set "
		       "on_high_water";
	if (options->owned_size && options->message_size)
		return "only pointers have an owner to be watched";
	return NULL;
}

static enum weir_way way_of(
	const struct weir_channel_options *options, bool many, bool others)
{
	if (options->segments)
		return WEIR_WAY_CHAIN;
	if (options->place == WEIR_LOCAL)
		return WEIR_WAY_LOCAL;
	if (many)
		return WEIR_WAY_MANY;
	return others ? WEIR_WAY_MIXED : WEIR_WAY_SINGLE;
}

// name_it gives a new channel its name, and its ends the name of who opened it.
static void name_it(struct weir_channel *channel,
	const struct weir_channel_options *options)
{
	weir_text_copy(channel->name, sizeof(channel->name),
		options->name ? options->name : "channel");
	weir_user_name(channel->tx_user.name);
	weir_user_name(channel->rx_user.name);
}

static void init_class(struct weir_channel *channel,
	const struct weir_channel_options *options)
{
	bool many_tx = weir_class_many_tx(options->class_);
	bool many_rx = weir_class_many_rx(options->class_);

	channel->class_ = options->class_;
	channel->tx_way = way_of(options, many_tx, many_rx);
	channel->rx_way = way_of(options, many_rx, many_tx);
	channel->words = channel->tx_way == WEIR_WAY_SINGLE &&
			 channel->message_size == 8 && !options->permits &&
			 !(WEIR_OWNERS && options->owned_size);
	channel->near =
		channel->words ||
		(channel->tx_way == WEIR_WAY_LOCAL &&
			channel->message_size == 8 && !options->permits &&
			!(WEIR_OWNERS && options->owned_size));
	channel->chain_many_tx = many_tx && options->place != WEIR_LOCAL;
	channel->chain_many_rx = many_rx && options->place != WEIR_LOCAL;
	channel->parking.local = options->place == WEIR_LOCAL;
}

static const char *const kinds[WEIR_SIDES] = {
	[WEIR_SIDE_RECV] = "a message from channel",
	[WEIR_SIDE_SEND] = "room in channel",
	[WEIR_SIDE_CLOSED] = "the last receiver to leave channel",
};

static struct weir_wait_handles handles_of(
	const struct weir_channel *channel, uint64_t mark)
{
	struct weir_channel_shared *shared = channel->shared;

	return (struct weir_wait_handles){.first = channel,
		.second = &shared->ring,
		.mark = mark,
		.all = &channel->handle_count,
		.these = &shared->tx_count,
		.those = &shared->rx_count};
}

// say_handles says who can end a wait: but room that is reserved, and that in
// segments, comes back from others, too.
static void say_handles(struct weir_channel *channel)
{
	struct weir_wait_what *what = channel->parking.what;

	channel->senders = handles_of(channel, WEIR_END_TX);
	channel->receivers = handles_of(channel, WEIR_END_RX);
	what[WEIR_SIDE_RECV].handles = &channel->senders;
	what[WEIR_SIDE_CLOSED].handles = &channel->receivers;
	if (!channel->permits && channel->tx_way != WEIR_WAY_CHAIN)
		what[WEIR_SIDE_SEND].handles = &channel->receivers;
}

static struct weir_channel *create(unsigned capacity, unsigned message_size,
	size_t ring_size, const struct weir_channel_options *options)
{
	struct weir_channel *channel = weir_mem_create(footprint(ring_size),
		options->node ? options->node - 1 : WEIR_NODE_ANY);

	if (!channel)
		return NULL;
	weir_parking_init(&channel->parking, weir_channel_available, kinds,
		channel->name);
	channel->parking.shared = weir_channel_shared_now;
	channel->pointers = options->message_size == 0;
	channel->message_size = message_size;
	channel->capacity = capacity;
	channel->owned_size = options->owned_size;
	channel->permits = options->permits;
	if (channel->permits)
		channel->parking.what[WEIR_SIDE_SEND].hold =
			&channel->permits_out;
	channel->credits = capacity;
	channel->high_water = options->high_water;
	channel->on_high_water = options->on_high_water;
	channel->high_water_arg = options->high_water_arg;
	init_class(channel, options);
	name_it(channel, options);
	channel->release = options->release;
	channel->release_arg = options->release_arg;
	channel->handle_count = 2;
	channel->shared = (struct weir_channel_shared *)(void *)&channel[1];
	channel->shared->tx_count = 1;
	channel->shared->rx_count = 1;
	say_handles(channel);
	weir_ring_init_ends(&channel->shared->ring, channel->name,
		options->segments ? 1 : capacity,
		channel->tx_way == WEIR_WAY_MANY,
		channel->rx_way == WEIR_WAY_MANY);
	return channel;
}

static int refuse_open(
	const struct weir_channel_options *options, int error, const char *why)
{
	return weir_error_set(options->error, error,
		"channel '%s' cannot be opened: %s",
		options->name ? options->name : "channel", why);
}

static int init_chain(struct weir_channel *channel,
	const struct weir_channel_options *options)
{
	int err;

	if (!options->segments)
		return 0;
	err = weir_chain_init(&channel->chain, options->segments,
		channel->capacity, channel->message_size);
	if (err)
		refuse_open(options, err,
			err == -ENOMEM ? "the pool has no segment left"
				       : "the pool's messages have another "
					 "size");
	return err;
}

int weir_channel_open_with(unsigned capacity,
	const struct weir_channel_options *options, struct weir_tx *tx,
	struct weir_rx *rx)
{
	const char *why = why_not(capacity, options);
	unsigned message_size =
		options->message_size ? options->message_size : sizeof(void *);
	struct weir_channel *channel;
	int err;

	if (why)
		return refuse_open(options, -EINVAL, why);
	channel = create(capacity, message_size,
		weir_ring_memory_size(
			options->segments ? 1 : capacity, message_size),
		options);
	if (!channel)
		return refuse_open(options, -ENOMEM, "no memory");
	err = init_chain(channel, options);
	if (err) {
		weir_mem_destroy(channel);
		return err;
	}
	tx->channel = channel;
	rx->channel = channel;
	weir_ring_tx_init(&tx->end, &channel->shared->ring, message_size);
	weir_ring_rx_init(&rx->end, &channel->shared->ring, message_size);
	WEIR_TRACE(chan_opened, &channel->parking, channel->name, capacity);
	return 0;
}

int weir_channel_open(unsigned capacity, struct weir_tx *tx, struct weir_rx *rx)
{
	return weir_channel_open_with(
		capacity, &(struct weir_channel_options){0}, tx, rx);
}

const char *weir_class_name(enum weir_channel_class class_)
{
	static const char *const names[] = {"MPMC", "SPSC", "MPSC", "SPMC"};

	return names[class_];
}

static int refuse(const struct weir_channel *channel,
	const struct weir_user *user, const char *end, struct weir_error *e)
{
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	return weir_error_set(e, -EINVAL,
		"channel '%s' is %s and its one %s is %s's: %s cannot have a "
		"second; open it as a class that allows more",
		channel->name, weir_class_name(channel->class_), end,
		user->name, name);
}

int weir_tx_clone_with(
	const struct weir_tx *tx, struct weir_tx *clone, struct weir_error *e)
{
	struct weir_channel *channel = tx->channel;

	weir_user_check_open(channel);
	if (!weir_class_many_tx(channel->class_))
		return refuse(channel, &channel->tx_user, "sender", e);
	add_acq_rel(&channel->handle_count, 1);
	add_acq_rel(&channel->shared->tx_count, 1);
	*clone = *tx;
	return 0;
}

int weir_tx_clone(const struct weir_tx *tx, struct weir_tx *clone)
{
	return weir_tx_clone_with(tx, clone, NULL);
}

int weir_rx_clone_with(
	const struct weir_rx *rx, struct weir_rx *clone, struct weir_error *e)
{
	struct weir_channel *channel = rx->channel;

	weir_user_check_open(channel);
	if (!weir_class_many_rx(channel->class_))
		return refuse(channel, &channel->rx_user, "receiver", e);
	add_acq_rel(&channel->handle_count, 1);
	add_acq_rel(&channel->shared->rx_count, 1);
	*clone = *rx;
	return 0;
}

int weir_rx_clone(const struct weir_rx *rx, struct weir_rx *clone)
{
	return weir_rx_clone_with(rx, clone, NULL);
}

static bool take_one(struct weir_channel *channel, void *message)
{
	struct weir_rx rx = {.channel = channel};

	// Its own end, used once: what the last receiver knew is gone.
	// It looks at the other side by itself, in its own way.
	weir_ring_rx_init(
		&rx.end, &channel->shared->ring, channel->message_size);
	rx.end.limit = load_relaxed(&channel->shared->ring.cons.head);
	return channel_take(&rx, message, 1);
}

static void release(struct weir_channel *channel, void *message)
{
	if (!channel->release) {
		if (WEIR_OWNERS && channel->owned_size)
			weir_owner_leak(channel->name, *(void **)message);
		return;
	}
	if (WEIR_OWNERS && channel->owned_size)
		weir_owner_receive(channel->name, *(void **)message);
	channel->release(channel->release_arg,
		channel->pointers ? *(void **)message : message);
}

void weir_channel_drain(struct weir_channel *channel)
{
	alignas(16) char message[WEIR_MESSAGE_SIZE_MAX];
	struct weir_channel_shared *shared = channel->shared;

	// Who finds it busy leaves: the one inside looks once more after it
	// has said that it is done.
	while (weir_channel_len(channel) > 0 &&
		!exchange_acq_rel(&shared->draining, 1)) {
		while (take_one(channel, message))
			release(channel, message);
		exchange_acq_rel(&shared->draining, 0);
		fence_full(); // draining is written, the ring's tail read
	}
}

void weir_channel_look_after(struct weir_channel *channel)
{
	weir_parking_ring(&channel->parking); // a full fence: "the last close"
	if (unlikely(load_acquire(&channel->shared->rx_count) == 0))
		weir_channel_drain(channel);
}

void weir_channel_leave(struct weir_channel *channel)
{
	if (sub_acq_rel(&channel->handle_count, 1) > 1)
		return;
	// Nothing, unless the system refused a fence that it had promised.
	weir_channel_drain(channel);
	if (channel->chain.segments)
		weir_chain_fini(&channel->chain);
	weir_mem_destroy(channel);
}

// enter_to_close is weir_channel_enter, but a local channel may be closed from
// elsewhere: when its executor stands still, or has gone.
static struct weir_place *enter_to_close(struct weir_channel *channel)
{
	struct weir_parking *parking = &channel->parking;

	if (parking->local && load_relaxed(&parking->owner) !=
				      (uintptr_t)weir_executor_current())
		return NULL;
	return weir_channel_enter(channel);
}

void weir_tx_close(struct weir_tx *tx)
{
	struct weir_channel *channel = tx->channel;
	struct weir_place *place;

	if (!channel)
		return;
	place = enter_to_close(channel);
	*tx = (struct weir_tx){0};
	if (sub_acq_rel(&channel->shared->tx_count, 1) == 1) {
		WEIR_TRACE(chan_closed, &channel->parking, 1);
		weir_parking_wake(&channel->parking, place, WEIR_SIDE_RECV);
	}
	weir_channel_leave(channel);
}

// stop_senders sees to it that what is sent from now on, or has been, is drained
// by its sender or by the caller, which looks at the ring afterwards.
static void stop_senders(struct weir_channel *channel)
{
	struct weir_parking *parking = &channel->parking;

	store_release(&channel->express, WEIR_EXPRESS_OVER);
	fence_full(); // rx_count is written, owner and the ring's tail read
	// All senders so far are gone, or were here; who comes sees rx_count.
	if (load_acquire(&channel->shared->tx_count) == 0 || parking->local ||
		load_acquire(&parking->owner) ==
			(uintptr_t)weir_executor_current())
		return;
	weir_parking_sleepy(parking); // "the last close"
}

void weir_rx_close(struct weir_rx *rx)
{
	struct weir_channel *channel = rx->channel;
	struct weir_place *place;

	if (!channel)
		return;
	place = enter_to_close(channel);
	*rx = (struct weir_rx){0};
	if (sub_acq_rel(&channel->shared->rx_count, 1) == 1) {
		WEIR_TRACE(chan_closed, &channel->parking, 0);
		stop_senders(channel);
		weir_channel_drain(channel);
		weir_parking_wake(&channel->parking, place, WEIR_SIDE_SEND);
		weir_parking_wake(&channel->parking, place, WEIR_SIDE_CLOSED);
	}
	weir_channel_leave(channel);
}

unsigned weir_channel_available(const struct weir_side *side)
{
	const struct weir_channel *channel = weir_container(
		side->place->parking, struct weir_channel, parking);
	const struct weir_channel_shared *shared = channel->shared;
	enum weir_side_kind kind = weir_side_kind_of(side);
	bool recv = kind == WEIR_SIDE_RECV;
	unsigned len;

	// The count first: what the last sender sent is there by then.
	if (load_acquire(recv ? &shared->tx_count : &shared->rx_count) == 0)
		return WEIR_AVAILABLE_ALL;
	if (kind == WEIR_SIDE_CLOSED)
		return 0;
	if (!recv && channel->permits)
		return load_acquire(&channel->credits);
	len = weir_channel_len(channel);
	return recv ? len : channel->capacity - len;
}

void weir_channel_shared_now(struct weir_parking *parking)
{
	struct weir_channel *channel =
		weir_container(parking, struct weir_channel, parking);
	uint32_t not_yet = WEIR_EXPRESS_NOT_YET;

	if (channel->words)
		cas_acq_rel(&channel->express, &not_yet, WEIR_EXPRESS);
}

unsigned weir_tx_len(const struct weir_tx *tx)
{
	weir_user_check_open(tx->channel);
	return weir_channel_len(tx->channel);
}

unsigned weir_rx_len(const struct weir_rx *rx)
{
	weir_user_check_open(rx->channel);
	return weir_channel_len(rx->channel);
}

unsigned weir_tx_capacity(const struct weir_tx *tx)
{
	weir_user_check_open(tx->channel);
	return tx->channel->capacity;
}

unsigned weir_rx_capacity(const struct weir_rx *rx)
{
	weir_user_check_open(rx->channel);
	return rx->channel->capacity;
}

unsigned weir_tx_room(struct weir_tx *tx)
{
	const struct weir_channel *channel = tx->channel;

	weir_user_check_open(channel);
	if (channel->permits)
		return load_acquire(&channel->credits);
	return channel->capacity - weir_channel_len(channel);
}

unsigned weir_tx_credit(struct weir_tx *tx, unsigned wanted)
{
	const struct weir_channel *channel = tx->channel;
	unsigned room;

	weir_user_check_open(channel);
	room = channel->tx_way == WEIR_WAY_SINGLE && !channel->permits
		       ? weir_ring_tx_room(&tx->end, wanted)
		       : weir_tx_room(tx);
	return room < wanted ? room : wanted;
}

bool weir_tx_closed(struct weir_tx *tx)
{
	weir_user_check_open(tx->channel);
	return load_acquire(&tx->channel->shared->rx_count) == 0;
}

bool weir_rx_closed(struct weir_rx *rx)
{
	weir_user_check_open(rx->channel);
	// The count first: what the last sender sent is there by then.
	return load_acquire(&rx->channel->shared->tx_count) == 0 &&
	       weir_channel_len(rx->channel) == 0;
}
