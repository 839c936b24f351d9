// SPDX-License-Identifier: BSD-3-Clause
//
// A belt carries mbufs from one thread to one other: an SPSC ring with both of
// its ends, each on a cache line of its user's.
//
// Threads.  put: one; get: one; free to run together. count: anyone.
#ifndef WEIR_DRIVERS_FILE_BELT_H
#define WEIR_DRIVERS_FILE_BELT_H

#include "chan/ring.h"

#include <stdalign.h>

struct rte_mbuf;

struct weir_belt {
	struct rte_ring *ring;
	alignas(WEIR_CACHE_LINE) struct weir_ring_tx tx; // of who puts
	alignas(WEIR_CACHE_LINE) struct weir_ring_rx rx; // of who gets
};

// weir_belt_init makes a belt for capacity mbufs near node. Answers 0 or
// -ENOMEM.
int weir_belt_init(struct weir_belt *belt, unsigned capacity, int node);

// weir_belt_fini frees the mbufs that lie on it, and the belt; harmless where
// init has not been.
void weir_belt_fini(struct weir_belt *belt);

// weir_belt_clear frees the mbufs that lie on it; nobody else uses it.
void weir_belt_clear(struct weir_belt *belt);

// weir_belt_put puts the first of count mbufs, as many as there is room for.
static inline unsigned weir_belt_put(
	struct weir_belt *belt, struct rte_mbuf *const *mbufs, unsigned count)
{
	return weir_ring_send_sized(
		&belt->tx, mbufs, count, sizeof(struct rte_mbuf *));
}

// weir_belt_get gets up to count mbufs.
static inline unsigned weir_belt_get(
	struct weir_belt *belt, struct rte_mbuf **mbufs, unsigned count)
{
	return weir_ring_recv_sized(
		&belt->rx, mbufs, count, sizeof(struct rte_mbuf *));
}

// weir_belt_count answers how many lie on it: exact when quiet.
static inline unsigned weir_belt_count(const struct weir_belt *belt)
{
	return weir_ring_len(belt->ring);
}

#endif
