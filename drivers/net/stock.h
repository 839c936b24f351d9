// SPDX-License-Identifier: BSD-3-Clause
//
// A stock is what one receive queue has ahead of a pool's mbufs. net_vhost and
// net_memif make a long packet of several, one by one, and lose it where the pool
// runs out on the way, which it may at any time while other lcores take of it. So
// such a device is set up with a mempool that is the stock (and the pool only when
// that is empty), and is asked for no more packets than the stock surely holds.
//
//	pool ── fill, by the lcore ──▶ stock ── the device's own gets ──▶ packets
//	  ▲                                                                  │
//	  └──────────────────────── freed, as any ───────────────────────────┘
//
// Threads.  create and destroy: the main thread. The rest, and the device's
// receive function: the queue's lcore.
// Memory.  Its own. What is in stock when it is destroyed goes back to the pool.
#ifndef WEIR_DRIVERS_NET_STOCK_H
#define WEIR_DRIVERS_NET_STOCK_H

#include "base/error.h"

#include <stdint.h>

struct rte_mempool;

// weir_stock_share answers how many mbufs one of count queues more may have ahead,
// wanted at most: all that were made of a pool and are not destroyed have up to
// half of it together, those of one device up to a quarter.
unsigned weir_stock_share(
	const struct rte_mempool *pool, unsigned count, unsigned wanted);

struct weir_stock {
	struct rte_mempool *pool, *front; // front: what the device is given
	unsigned size, count;
	void *mbufs[]; // count of them
};

// weir_stock_create makes an empty one, of at most size mbufs. id is unlike any
// other's. NULL: no memory.
struct weir_stock *weir_stock_create(
	struct rte_mempool *pool, unsigned size, uint32_t id, int node);

// weir_stock_fill takes of the pool until there are wanted in stock, or as many
// as there may be, or as the pool has. Answers how many there are.
unsigned weir_stock_fill(struct weir_stock *stock, unsigned wanted);

// weir_stock_destroy: NULL is harmless.
void weir_stock_destroy(struct weir_stock *stock);

#endif
