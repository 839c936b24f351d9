// SPDX-License-Identifier: BSD-3-Clause
#include "file/belt.h"

#include "mem/mem.h"

#include <errno.h>
#include <rte_mbuf.h>

int weir_belt_init(struct weir_belt *belt, unsigned capacity, int node)
{
	size_t size = weir_ring_memory_size(capacity, sizeof(void *));
	void *memory = weir_mem_create(size, node);

	if (!memory)
		return -ENOMEM;
	belt->ring = weir_ring_init(memory, "belt", capacity, false);
	weir_ring_tx_init(&belt->tx, belt->ring, sizeof(void *));
	weir_ring_rx_init(&belt->rx, belt->ring, sizeof(void *));
	return 0;
}

void weir_belt_clear(struct weir_belt *belt)
{
	struct rte_mbuf *m = NULL;

	while (weir_belt_get(belt, &m, 1))
		rte_pktmbuf_free(m);
}

void weir_belt_fini(struct weir_belt *belt)
{
	if (!belt->ring)
		return;
	weir_belt_clear(belt);
	weir_mem_destroy(belt->ring);
	belt->ring = NULL;
}
