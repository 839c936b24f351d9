// SPDX-License-Identifier: BSD-3-Clause
//
// Packet pools and what a packet carries beside its bytes.
//
// A pool is a DPDK mempool of mbufs with the `ring_mt_rts` ring behind a cache
// for each lcore: the default ring stalls everyone when a thread that holds
// its head is descheduled. No preemptible thread touches a pool: a thread that
// is done with an mbuf sends it to an lcore that frees it.
//
// Each mbuf of our pools has a private area with struct weir_packet: what the
// capture said of the packet. It is valid where the mbuf's flag
// weir_packet_flag is set. A sampled packet carries the tick of its arrival in
// a dynamic field, valid where weir_stamp_flag is set.
#ifndef WEIR_MEM_POOL_H
#define WEIR_MEM_POOL_H

#include "base/error.h"

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <stdint.h>

struct weir_packet {
	uint64_t time_ns;	// since the epoch, when it was captured
	uint32_t original_size; // bytes on the wire; the mbuf may hold fewer
	uint16_t link_type;	// LINKTYPE_…, 1 is Ethernet
	uint16_t interface;	// index in drivers/file's table of them
};

// weir_packet_flag and weir_stamp_flag are bits of mbuf.ol_flags;
// weir_stamp_offset is where in the mbuf the tick lies. Set by the first
// weir_pool_create of a process, constant after.
extern uint64_t weir_packet_flag;
extern uint64_t weir_stamp_flag;
extern int weir_stamp_offset;

// weir_packet_of answers the private area of an mbuf of our pools. A clone has
// one of its own.
static inline struct weir_packet *weir_packet_of(struct rte_mbuf *m)
{
	void *priv = rte_mbuf_to_priv(m);

	// gcc 12 takes what lies beyond struct rte_mbuf for an overflow.
	__asm__("" : "+r"(priv));
	return (struct weir_packet *)priv;
}

// weir_packet_link_type answers the link type, Ethernet where nothing is known.
#define WEIR_LINK_ETHERNET 1

static inline uint16_t weir_packet_link_type(struct rte_mbuf *m)
{
	return m->ol_flags & weir_packet_flag ? weir_packet_of(m)->link_type
					      : WEIR_LINK_ETHERNET;
}

// weir_packet_original_size answers the bytes on the wire, those of the mbuf
// where nothing else is known.
static inline uint32_t weir_packet_original_size(struct rte_mbuf *m)
{
	return m->ol_flags & weir_packet_flag ? weir_packet_of(m)->original_size
					      : m->pkt_len;
}

static inline uint64_t *weir_stamp_of(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, weir_stamp_offset, uint64_t *);
}

// weir_pool_create makes a pool of count mbufs with data_size bytes of room
// each (beside RTE_PKTMBUF_HEADROOM) and a cache for each lcore
// (256, or an eighth of count where that is less). Answers 0, or
// -errno with words that say how much memory it wanted and how to give more.
int weir_pool_create(struct rte_mempool **pool, const char *name,
	unsigned count, unsigned data_size, int node, struct weir_error *e);

// weir_pool_size_estimate answers the bytes of EAL memory that weir_pool_create
// with these arguments will want, a little too much rather than too little.
uint64_t weir_pool_size_estimate(unsigned count, unsigned data_size);

// weir_pool_held answers how many mbufs are out: counted over ring and caches,
// exact when nobody else uses the pool.
unsigned weir_pool_held(const struct rte_mempool *pool);

// weir_pool_available answers how many mbufs the calling lcore can have now:
// those in the ring and in its own cache. What lies in caches of others is out
// of its reach. A few loads; a hint while others use the pool.
unsigned weir_pool_available(struct rte_mempool *pool);

// weir_pool_destroy frees the pool. NULL is harmless.
void weir_pool_destroy(struct rte_mempool *pool);

// weir_packet_copy_meta copies the private area and its flag from one mbuf to
// another.
void weir_packet_copy_meta(struct rte_mbuf *to, struct rte_mbuf *from);

#endif
