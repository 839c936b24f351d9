// SPDX-License-Identifier: BSD-3-Clause
#include "stage/unshare.h"

#include "mem/pool.h"

struct rte_mbuf *weir_packet_private(
	struct rte_mbuf *packet, struct rte_mempool *pool)
{
	struct rte_mbuf *copy;

	if (!weir_packet_is_shared(packet)) {
		// What others did with the bytes before they gave up their
		// clones comes before what the caller writes: pairs with the
		// release of the reference count in rte_pktmbuf_free.
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		return packet;
	}
	copy = rte_pktmbuf_copy(packet, pool, 0, UINT32_MAX);
	if (!copy)
		return NULL;
	weir_packet_copy_meta(copy, packet);
	return copy;
}

struct rte_mbuf *weir_packet_unshare(
	struct rte_mbuf *packet, struct rte_mempool *pool)
{
	struct rte_mbuf *alone = weir_packet_private(packet, pool);

	if (alone && alone != packet)
		rte_pktmbuf_free(packet);
	return alone;
}
