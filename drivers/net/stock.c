// SPDX-License-Identifier: BSD-3-Clause
#include "net/stock.h"

#include "base/atomic.h"
#include "mem/pool.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>

// ---- the mempool that is nothing but a stock ----

static int front_alloc(struct rte_mempool *front)
{
	(void)front;
	return 0;
}

// Mbufs belong to the pool, and go back there: nobody puts any here.
static int front_put(
	struct rte_mempool *front, void *const *mbufs, unsigned count)
{
	(void)front, (void)mbufs, (void)count;
	return -ENOTSUP;
}

static int front_get(struct rte_mempool *front, void **mbufs, unsigned count)
{
	struct weir_stock *stock = front->pool_config;

	// Somebody who fills no stock calls the device.
	if (unlikely(count > stock->count))
		return rte_mempool_get_bulk(stock->pool, mbufs, count);
	stock->count -= count;
	memcpy(mbufs, stock->mbufs + stock->count, count * sizeof(*mbufs));
	return 0;
}

static unsigned front_count(const struct rte_mempool *front)
{
	return ((const struct weir_stock *)front->pool_config)->count;
}

static const struct rte_mempool_ops front_ops = {
	.name = "weir_stock",
	.alloc = front_alloc,
	.enqueue = front_put,
	.dequeue = front_get,
	.get_count = front_count,
};

RTE_MEMPOOL_REGISTER_OPS(front_ops);

static struct rte_mempool *make_front(
	struct weir_stock *stock, uint32_t id, int node)
{
	struct rte_pktmbuf_pool_private about = {
		.mbuf_data_room_size = rte_pktmbuf_data_room_size(stock->pool),
		.mbuf_priv_size = rte_pktmbuf_priv_size(stock->pool),
	};
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *front;

	snprintf(name, sizeof(name), "weir_stock_%08x", id);
	front = rte_mempool_create_empty(name, stock->size,
		stock->pool->elt_size, 0, sizeof(about), node, 0);
	if (!front)
		return NULL;
	rte_pktmbuf_pool_init(front, &about);
	if (rte_mempool_set_ops_byname(front, "weir_stock", stock) == 0)
		return front;
	rte_mempool_free(front);
	return NULL;
}

// ---- the stock ----

// What the stocks that there are may have together. The main thread's.
static unsigned promised;

unsigned weir_stock_share(
	const struct rte_mempool *pool, unsigned count, unsigned wanted)
{
	unsigned half = pool->size / 2;
	unsigned left = promised < half ? half - promised : 0;
	unsigned share = RTE_MIN(pool->size / 4, left) / RTE_MAX(1u, count);

	return RTE_MIN(wanted, share);
}

struct weir_stock *weir_stock_create(
	struct rte_mempool *pool, unsigned size, uint32_t id, int node)
{
	struct weir_stock *stock =
		calloc(1, sizeof(*stock) + size * sizeof(*stock->mbufs));

	if (!stock)
		return NULL;
	stock->pool = pool;
	stock->size = size;
	stock->front = make_front(stock, id, node);
	if (stock->front) {
		promised += size;
		return stock;
	}
	free(stock);
	return NULL;
}

unsigned weir_stock_fill(struct weir_stock *stock, unsigned wanted)
{
	unsigned more;

	wanted = RTE_MIN(wanted, stock->size);
	if (stock->count >= wanted)
		return stock->count;
	more = wanted - stock->count;
	if (unlikely(rte_mempool_get_bulk(
		    stock->pool, stock->mbufs + stock->count, more))) {
		more = RTE_MIN(more, weir_pool_available(stock->pool));
		if (!more || rte_mempool_get_bulk(stock->pool,
				     stock->mbufs + stock->count, more))
			return stock->count;
	}
	stock->count += more;
	return stock->count;
}

void weir_stock_destroy(struct weir_stock *stock)
{
	if (!stock)
		return;
	rte_mempool_put_bulk(stock->pool, stock->mbufs, stock->count);
	rte_mempool_free(stock->front);
	promised -= stock->size;
	free(stock);
}
