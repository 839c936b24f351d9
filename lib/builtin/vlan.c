// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/vlan.h"

#include "mem/pool.h"

static void resize(struct rte_mbuf *m, int size)
{
	if (m->ol_flags & weir_packet_flag)
		weir_packet_of(m)->original_size += (uint32_t)size;
}

// make_headroom moves the bytes up where there is no room before them.
static bool make_headroom(struct rte_mbuf *m)
{
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);

	if (likely(rte_pktmbuf_headroom(m) >= WEIR_TAG_SIZE))
		return true;
	if (m->buf_len - m->data_off - m->data_len < WEIR_TAG_SIZE)
		return false;
	memmove(bytes + WEIR_TAG_SIZE, bytes, m->data_len);
	m->data_off += WEIR_TAG_SIZE;
	return true;
}

bool weir_vlan_push(struct rte_mbuf *m, uint16_t type, uint16_t tci)
{
	uint8_t bytes[WEIR_MACS_SIZE + WEIR_TAG_SIZE];

	if (unlikely(!make_headroom(m)))
		return false;
	weir_gather(m, bytes, WEIR_MACS_SIZE);
	bytes[12] = (uint8_t)(type >> 8);
	bytes[13] = (uint8_t)type;
	bytes[14] = (uint8_t)(tci >> 8);
	bytes[15] = (uint8_t)tci;
	rte_pktmbuf_prepend(m, WEIR_TAG_SIZE);
	weir_scatter(m, bytes, sizeof(bytes));
	resize(m, WEIR_TAG_SIZE);
	return true;
}

void weir_vlan_pop(struct rte_mbuf *m)
{
	uint8_t bytes[WEIR_MACS_SIZE];

	weir_gather(m, bytes, sizeof(bytes));
	rte_pktmbuf_adj(m, WEIR_TAG_SIZE);
	weir_scatter(m, bytes, sizeof(bytes));
	resize(m, -WEIR_TAG_SIZE);
}
