// SPDX-License-Identifier: BSD-3-Clause
//
// A stage that writes must be alone with the bytes: copies that tee made share
// theirs. The shell calls this before the kernel of a stage that says `writes`.
//
// Threads.  That of the packet's owner, which must be an lcore or EAL's main:
// a pool is used. Other owners of clones may read and free theirs meanwhile.
#ifndef WEIR_STAGE_UNSHARE_H
#define WEIR_STAGE_UNSHARE_H

#include <rte_mbuf.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// weir_packet_is_shared tells whether someone else may read the packet's bytes
// too. Once false it stays so: nobody but the owner could clone it again.
static inline bool weir_packet_is_shared(struct rte_mbuf *packet)
{
	for (; packet; packet = packet->next) {
		bool clone = RTE_MBUF_CLONED(packet);

		if (rte_mbuf_refcnt_read(packet) > 1)
			return true;
		if (clone && rte_mbuf_refcnt_read(
				     rte_mbuf_from_indirect(packet)) > 1)
			return true;
		if (RTE_MBUF_HAS_EXTBUF(packet) &&
			rte_mbuf_ext_refcnt_read(packet->shinfo) > 1)
			return true;
	}
	return false;
}

// weir_packet_private answers packet where it is not shared, else a copy from
// pool with the same bytes, meta data and stamp; then packet is still the
// caller's. NULL when the pool is empty. It frees nothing: a thread may not.
struct rte_mbuf *weir_packet_private(
	struct rte_mbuf *packet, struct rte_mempool *pool);

// weir_packet_unshare takes packet and answers one with the same bytes, meta
// data and stamp that nobody else reads: packet itself when it is not shared,
// else a copy from pool. NULL when the pool is empty: then packet is still the
// caller's, as it was.
struct rte_mbuf *weir_packet_unshare(
	struct rte_mbuf *packet, struct rte_mempool *pool);

#ifdef __cplusplus
}
#endif

#endif
