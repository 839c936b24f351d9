// SPDX-License-Identifier: BSD-3-Clause
//
// VLAN tags put before a frame and taken off it: what moves its beginning. The
// original length that a capture has said moves with it.
//
//	| macs 12 | type, rest |  ◀─ pop   push ─▶  | macs 12 | tag 4 | type, rest |
//
// Threads.  Those of the packet's owner, who is alone with its bytes.
#ifndef WEIR_BUILTIN_VLAN_H
#define WEIR_BUILTIN_VLAN_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WEIR_MACS_SIZE 12
#define WEIR_TAG_SIZE 4

// weir_gather copies the first size bytes of a packet, which has them;
// weir_scatter puts them back.
static inline void weir_gather(
	const struct rte_mbuf *m, uint8_t *bytes, uint32_t size)
{
	for (; size; m = m->next) {
		uint32_t part = m->data_len < size ? m->data_len : size;

		memcpy(bytes, rte_pktmbuf_mtod(m, const uint8_t *), part);
		bytes += part;
		size -= part;
	}
}

static inline void weir_scatter(
	struct rte_mbuf *m, const uint8_t *bytes, uint32_t size)
{
	for (; size; m = m->next) {
		uint32_t part = m->data_len < size ? m->data_len : size;

		memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes, part);
		bytes += part;
		size -= part;
	}
}

// weir_vlan_push puts a tag before what follows the addresses, of a frame that
// has those. False where the first segment has no room, neither before its
// bytes nor behind them.
bool weir_vlan_push(struct rte_mbuf *m, uint16_t type, uint16_t tci);

// weir_vlan_pop takes off the tag that the frame has; its first segment has more
// than WEIR_TAG_SIZE bytes.
void weir_vlan_pop(struct rte_mbuf *m);

#endif
