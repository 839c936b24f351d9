// SPDX-License-Identifier: BSD-3-Clause
//
// Packet pools.
//
// A pool is a DPDK mempool of mbufs with the `ring_mt_rts` ring behind a cache
// for each lcore: the default ring stalls everyone when a thread that holds
// its head is descheduled. No preemptible thread touches a pool: a thread that
// is done with an mbuf sends it to an lcore that frees it. What its packets
// carry beside their bytes is in mem/packet.h.
#ifndef WEIR_MEM_POOL_H
#define WEIR_MEM_POOL_H

#include "base/error.h"
#include "mem/packet.h"

#include <rte_mbuf.h>
#include <stdint.h>

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

#endif
