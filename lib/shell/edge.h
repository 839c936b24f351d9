// SPDX-License-Identifier: BSD-3-Clause
//
// An edge joins one way of an instance's output to an instance that is not
// fused with it: a ring with one producer and one consumer, and the books of
// both.
//
//	producer's shell ──▶ | depth packets | ──▶ consumer's shell
//
// What happens when it is full is the file's choice: the producer waits (it
// takes credit before, so that a send always fits), it drops what is newest,
// or the consumer discards what is oldest. For the last the ring is larger
// than depth, so that the producer finds room while the consumer gets there.
//
// Threads.  room, send and close: the producer's. recv and excess: the
// consumer's. ended: the consumer's. count: anyone, exact when quiet.
//
// Ordering.  closed is released after the last send and acquired before the
// consumer looks at the ring: closed, then empty, is the end.
#ifndef WEIR_SHELL_EDGE_H
#define WEIR_SHELL_EDGE_H

#include "base/atomic.h"
#include "base/error.h"
#include "chan/ring.h"
#include "config/config.h"
#include "count/count.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

// Counted by the producer.
struct weir_edge_sent {
	uint64_t in;
	uint64_t full; // dropped: no room
};

// Counted by the consumer.
struct weir_edge_taken {
	uint64_t out;
	uint64_t overrun; // dropped: the oldest, past the depth
	uint64_t ended;	  // dropped: the consumer ended before its input did
};

// Written by housekeeping.
struct weir_edge_gauges {
	uint64_t depth, capacity;
};

struct weir_edge {
	const char *name; // "split->web[0]"
	unsigned plan;	  // index in the plan's edges
	enum weir_when_full when_full;
	uint32_t depth; // what the consumer leaves in it at most
	struct rte_ring *ring;
	struct weir_edge_gauges *gauges;

	// the producer
	_Alignas(WEIR_CACHE_LINE) struct weir_ring_tx tx;
	struct weir_edge_sent *sent;
	bool closed;

	// the consumer
	_Alignas(WEIR_CACHE_LINE) struct weir_ring_rx rx;
	struct weir_edge_taken *taken;
};

// weir_edge_open makes the ring, of depth packets, near node, and enters the
// books under "edges.NAME". segment NULL: books of its own are not kept.
int weir_edge_open(struct weir_edge *edge, const char *name, uint32_t depth,
	enum weir_when_full when_full, int node,
	struct weir_count_segment *segment, struct weir_error *e);

// weir_edge_close frees the ring, which must be empty; harmless on an edge
// that is not open.
void weir_edge_close(struct weir_edge *edge);

// weir_edge_room answers how many packets fit: exactly, if that is below
// wanted; else at least wanted. A reservation, since only the producer can use
// it up.
static inline uint32_t weir_edge_room(struct weir_edge *edge, uint32_t wanted)
{
	return weir_ring_tx_room(&edge->tx, wanted);
}

// weir_edge_count answers how many packets are inside.
static inline uint32_t weir_edge_count(const struct weir_edge *edge)
{
	return weir_ring_len(edge->ring);
}

// weir_edge_send sends the first packets, as many as fit, and answers how many
// those were; the rest is still the caller's. Books are the caller's, too.
static inline unsigned weir_edge_send(
	struct weir_edge *edge, struct rte_mbuf **packets, unsigned n)
{
	n = weir_ring_send_sized(&edge->tx, packets, n, sizeof(*packets));
	if (weir_trace_is_on() && n)
		weir_trace_chan_sent(0, edge, n, weir_edge_count(edge));
	return n;
}

// weir_edge_recv receives up to n packets, in order.
static inline unsigned weir_edge_recv(
	struct weir_edge *edge, struct rte_mbuf **packets, unsigned n)
{
	n = weir_ring_recv_sized(&edge->rx, packets, n, sizeof(*packets));
	if (weir_trace_is_on() && n)
		weir_trace_chan_received(0, edge, n, weir_edge_count(edge));
	return n;
}

// weir_edge_ready tells whether something is inside.
static inline bool weir_edge_ready(struct weir_edge *edge)
{
	return weir_ring_rx_ready(&edge->rx, 1) > 0;
}

// weir_edge_excess answers how many packets are inside past the depth.
static inline uint32_t weir_edge_excess(const struct weir_edge *edge)
{
	uint32_t count = weir_edge_count(edge);

	return count > edge->depth ? count - edge->depth : 0;
}

// weir_edge_end says that no more will be sent.
static inline void weir_edge_end(struct weir_edge *edge)
{
	store_release(&edge->closed, true);
	WEIR_TRACE(chan_closed, edge, 1);
}

// weir_edge_ended tells whether all that will ever be sent was received.
static inline bool weir_edge_ended(struct weir_edge *edge)
{
	return load_acquire(&edge->closed) && !weir_edge_ready(edge);
}

#endif
