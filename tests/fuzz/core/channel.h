// SPDX-License-Identifier: BSD-3-Clause
//
// The plainest model of a channel: how many each sender sent, how many of these
// came out, how many permits are out.
#ifndef TESTS_FUZZ_CORE_CHANNEL_H
#define TESTS_FUZZ_CORE_CHANNEL_H

#include "core.h"

#include "chan/permit.h"
#include "chan/weak.h"

#define CHANNELS 3
#define ENDS 4 // of each kind, of a channel
#define BURST 4

struct channel {
	unsigned capacity; // 0: not open
	bool many_tx, many_rx, permits, segments;
	struct weir_tx tx[ENDS];
	struct weir_rx rx[ENDS];
	bool tx_open[ENDS], rx_open[ENDS];
	bool tx_busy[ENDS], rx_busy[ENDS]; // an op has it
	unsigned senders, receivers;
	struct weir_weak_tx weak_tx;
	struct weir_weak_rx weak_rx;
	bool weakly_tx, weakly_rx; // that is held
	uint32_t sent[ENDS];	   // of each sender, and what came out of it
	uint32_t came[ENDS];
	struct weir_permits in_hand[ENDS];
	unsigned reserved;
	unsigned bursts; // sends of more than one that are under way
};

extern struct channel fuzz_channel[CHANNELS];

static inline struct channel *channel_of(uint8_t a)
{
	return &fuzz_channel[a % CHANNELS];
}

static inline unsigned end_of(uint8_t a)
{
	return a / CHANNELS % ENDS;
}

// A message says who sent it and as which.
static inline uint64_t message(unsigned end, uint32_t number)
{
	return (uint64_t)end << 32 | number;
}

// length is what the channel holds; not when a burst is under way.
static inline unsigned length(const struct channel *channel)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ENDS; i++)
		n += channel->sent[i] - channel->came[i];
	return n;
}

static inline bool is_full(const struct channel *channel)
{
	return channel->bursts ||
	       length(channel) + channel->reserved == channel->capacity;
}

static inline bool is_empty(const struct channel *channel)
{
	return channel->bursts || length(channel) == 0;
}

void came_out(struct channel *channel, uint64_t m);
void sent(struct channel *channel, unsigned end, unsigned count, unsigned done,
	enum weir_result result);
void received(struct channel *channel, const uint64_t *messages, unsigned count,
	unsigned done, enum weir_result result);

// fuzz_drop_permits gives back what an end holds.
void fuzz_drop_permits(struct channel *channel, unsigned end);

// take_tx and take_rx make an end busy for op; false: it is not to be had.
bool take_tx(struct op *op);
bool take_rx(struct op *op);

#endif
