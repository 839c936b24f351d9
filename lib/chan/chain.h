// SPDX-License-Identifier: BSD-3-Clause
//
// A chain of segments: what a channel without a bound of its own keeps its
// messages in.
//
//	consumers ◀── | first segment | ─▶ | … | ─▶ | last segment | ◀── producers
//
// Threads.  As the class of the channel says; on an end with many users they
// take turns, and one that is preempted inside holds up the others of its side,
// as on an rte_ring.
// Memory.  The channel embeds it; segments are the pool's.
// Ordering.  The producer's release of put pairs with the consumer's acquire:
// messages and links are there. taken likewise, for the cap.
#ifndef WEIR_CHAN_CHAIN_H
#define WEIR_CHAN_CHAIN_H

#include "base/atomic.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

struct weir_segments;

struct weir_chain_side {
	alignas(WEIR_CACHE_LINE) uint32_t count; // messages put, or taken
	uint32_t busy;				 // somebody is inside
	uint32_t segment;
	uint32_t at; // in the segment
};

struct weir_chain {
	// Written once.
	struct weir_segments *segments;
	uint32_t cap;
	// Producers write, consumers write.
	struct weir_chain_side put, taken;
};

// weir_chain_init takes the first segment; -ENOMEM when there is none, -EINVAL
// when the pool's messages have another size.
int weir_chain_init(struct weir_chain *chain, struct weir_segments *segments,
	uint32_t cap, unsigned message_size);

// weir_chain_fini gives back the segments of an empty chain.
void weir_chain_fini(struct weir_chain *chain);

// weir_chain_put and weir_chain_take move up to count messages and answer how
// many; many tells that the end has many users. If that is fewer than count,
// *no_segment tells whether the pool was empty; else the cap was reached.
unsigned weir_chain_put(struct weir_chain *chain, const void *messages,
	unsigned count, bool many, bool *no_segment);
unsigned weir_chain_take(
	struct weir_chain *chain, void *messages, unsigned count, bool many);

// weir_chain_len answers how many are held: exact when quiet, never above the
// cap.
static inline uint32_t weir_chain_len(const struct weir_chain *chain)
{
	uint32_t taken = load_acquire(&chain->taken.count);
	uint32_t len = load_acquire(&chain->put.count) - taken;

	return len < chain->cap ? len : chain->cap;
}

#endif
