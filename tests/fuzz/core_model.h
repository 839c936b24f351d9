// SPDX-License-Identifier: BSD-3-Clause
//
// The plainest model of a channel, for tests/fuzz/core_fuzz.c: how many each
// sender sent, and how many of these came out.
#ifndef TESTS_FUZZ_CORE_MODEL_H
#define TESTS_FUZZ_CORE_MODEL_H

#include "chan/chan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDS 4 // of each kind, of a channel

// claim is an assert that stays, and may look at what only it needs.
#define claim(x) ((x) ? (void)0 : fail(#x, __LINE__))

static _Noreturn void fail(const char *what, int line)
{
	fprintf(stderr, "core_fuzz: line %d: not so: %s\n", line, what);
	abort();
}

struct channel {
	unsigned capacity; // 0: not open
	struct weir_tx tx[ENDS];
	struct weir_rx rx[ENDS];
	bool tx_open[ENDS], rx_open[ENDS];
	bool tx_busy[ENDS], rx_busy[ENDS]; // an operation has it
	unsigned senders, receivers;
	uint32_t sent[ENDS]; // of each sender, and what came out of it
	uint32_t came[ENDS];
	unsigned bursts; // sends of more than one that are under way
};

// A message says who sent it and as which.
static inline uint64_t message(unsigned end, uint32_t number)
{
	return (uint64_t)end << 32 | number;
}

static inline void came_out(struct channel *channel, uint64_t m)
{
	unsigned end = (unsigned)(m >> 32);

	claim(end < ENDS);
	claim((uint32_t)m == channel->came[end]);
	channel->came[end]++;
}

static inline void release(void *arg, void *m)
{
	struct channel *channel = arg;
	uint64_t value;

	memcpy(&value, m, sizeof(value));
	claim(channel->receivers == 0);
	came_out(channel, value);
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
	return channel->bursts || length(channel) == channel->capacity;
}

static inline bool is_empty(const struct channel *channel)
{
	return channel->bursts || length(channel) == 0;
}

static inline void sent(struct channel *channel, unsigned end, unsigned count,
	unsigned done, enum weir_result result)
{
	claim(done <= count);
	claim(result != WEIR_SENT || done == count);
	claim(result != WEIR_CLOSED || channel->receivers == 0);
	channel->sent[end] += done;
	claim(result != WEIR_FULL || is_full(channel));
}

static inline void received(struct channel *channel, const uint64_t *messages,
	unsigned count, unsigned done, enum weir_result result)
{
	claim(done <= count);
	claim((result == WEIR_RECEIVED) == (done > 0));
	for (unsigned i = 0; i < done; i++)
		came_out(channel, messages[i]);
	claim(result != WEIR_EMPTY || is_empty(channel));
	claim(result != WEIR_EMPTY || channel->senders > 0);
	claim(result != WEIR_CLOSED || is_empty(channel));
	claim(result != WEIR_CLOSED || channel->senders == 0);
}

#endif
