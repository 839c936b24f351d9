// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/offload.h"

#include "builtin/layout.h"

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

// is_plain tells whether the packet is what its IP header says, to the byte.
static bool is_plain(const struct weir_layout *layout, const uint8_t *ip,
	const struct rte_mbuf *m)
{
	uint32_t size = layout->version == 4 ? weir_layout_be16(ip + 2)
					     : 40u + weir_layout_be16(ip + 4);

	return !layout->fragment && !layout->routed &&
	       layout->ip_at + size == m->pkt_len &&
	       (layout->version == 4 ||
		       layout->transport_at == layout->ip_at + 40);
}

static void ask_header(struct rte_mbuf *m, uint8_t *ip, uint64_t tx)
{
	if (!(tx & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) ||
		(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) !=
			RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		return;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	put16(ip + 10, 0);
}

// flag_of answers what asks for the transport's checksum; 0: it cannot be had.
static uint64_t flag_of(
	const struct weir_layout *layout, const uint8_t *checksum, uint64_t tx)
{
	if (layout->protocol == PROTOCOL_TCP &&
		(tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM))
		return RTE_MBUF_F_TX_TCP_CKSUM;
	if (layout->protocol == PROTOCOL_UDP &&
		(tx & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) &&
		(checksum[0] | checksum[1])) // 0: it has none
		return RTE_MBUF_F_TX_UDP_CKSUM;
	return 0;
}

static void ask_transport(struct rte_mbuf *m, const struct weir_layout *layout,
	uint8_t *bytes, uint64_t tx)
{
	uint8_t *ip = bytes + layout->ip_at;
	uint8_t *checksum = bytes + layout->checksum_at;
	uint64_t flag = layout->checksum_at ? flag_of(layout, checksum, tx) : 0;

	if (!flag || (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) !=
			     RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		return;
	m->ol_flags |= flag | (layout->version == 4 ? RTE_MBUF_F_TX_IPV4
						    : RTE_MBUF_F_TX_IPV6);
	put16(checksum,
		layout->version == 4
			? rte_ipv4_phdr_cksum((const void *)ip, m->ol_flags)
			: rte_ipv6_phdr_cksum((const void *)ip, m->ol_flags));
}

void weir_offload_ask(struct rte_mbuf *m, uint64_t tx)
{
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	struct weir_layout layout;

	if (weir_layout_find(&layout, bytes, m->data_len) != WEIR_LAYOUT_IP ||
		!weir_layout_find_transport(&layout, bytes, m->data_len) ||
		!layout.transport_at ||
		!is_plain(&layout, bytes + layout.ip_at, m))
		return;
	m->l2_len = layout.ip_at & 0x7f;
	m->l3_len = (layout.transport_at - layout.ip_at) & 0x1ff;
	if (m->l2_len != layout.ip_at) // more tags than can be said
		return;
	if (layout.version == 4)
		ask_header(m, bytes + layout.ip_at, tx);
	ask_transport(m, &layout, bytes, tx);
}
