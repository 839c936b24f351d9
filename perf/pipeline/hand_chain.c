// SPDX-License-Identifier: BSD-3-Clause
//
// As one writes it: libpcap's filter, the headers read where they are wanted.
#include "hand.h"

#include <pcap/pcap.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST 32
#define AHEAD 4

static struct bpf_program program;

static void compile(const char *expression)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);

	if (!pcap || pcap_compile(pcap, &program, expression, 1, 0)) {
		fprintf(stderr, "%s: not a filter expression\n", expression);
		exit(1);
	}
	pcap_close(pcap);
}

static bool matches(struct rte_mbuf *m)
{
	return bpf_filter(program.bf_insns, rte_pktmbuf_mtod(m, uint8_t *),
		       m->pkt_len, m->data_len) != 0;
}

// network answers the EtherType behind VLAN tags and where its header begins.
static uint16_t network(struct rte_mbuf *m, uint32_t *at)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t type;

	*at = 14;
	if (m->data_len < 14)
		return 0;
	type = (uint16_t)(bytes[12] << 8 | bytes[13]);
	while ((type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ) &&
		m->data_len >= *at + 4) {
		type = (uint16_t)(bytes[*at + 2] << 8 | bytes[*at + 3]);
		*at += 4;
	}
	return type;
}

static void count(struct hand_chain *chain, struct rte_mbuf *m, uint16_t type,
	uint32_t at)
{
	const uint8_t *header = rte_pktmbuf_mtod_offset(m, uint8_t *, at);
	struct hand_count *to;

	if (type == RTE_ETHER_TYPE_IPV4 && m->data_len >= at + 20)
		to = &chain->protocols[header[9]];
	else if (type == RTE_ETHER_TYPE_IPV6 && m->data_len >= at + 40)
		to = &chain->protocols[header[6]];
	else {
		chain->other++;
		return;
	}
	to->packets++;
	to->bytes += m->pkt_len;
}

// hop does to a packet what a router does; false when its time is up.
static bool hop(const struct hand_chain *chain, struct rte_mbuf *m,
	uint16_t type, uint32_t at)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, void *);
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, void *, at);

	if (type == RTE_ETHER_TYPE_IPV4 && m->data_len >= at + sizeof(*ip)) {
		uint32_t sum;

		if (ip->time_to_live <= 1)
			return false;
		ip->time_to_live--;
		sum = ip->hdr_checksum + rte_cpu_to_be_16(0x0100);
		ip->hdr_checksum = (uint16_t)(sum + (sum >> 16));
	}
	memcpy(&ether->dst_addr, chain->destination, 6);
	memcpy(&ether->src_addr, chain->source, 6);
	return true;
}

static bool keep(struct hand_chain *chain, struct rte_mbuf *m)
{
	uint32_t at;
	uint16_t type;

	if (!matches(m)) {
		chain->filtered++;
		return false;
	}
	type = network(m, &at);
	count(chain, m, type, at);
	if (hop(chain, m, type, at))
		return true;
	chain->expired++;
	return false;
}

uint64_t hand_chain_run(struct hand_chain *chain, unsigned turns)
{
	const struct hand_port *port = &chain->port;
	struct rte_mbuf *in[BURST], *out[BURST];
	uint64_t sent = 0;

	if (!program.bf_insns)
		compile(chain->expression);
	while (turns--) {
		unsigned n = port->rx(port->state, 0, in, BURST);
		unsigned kept = 0, taken;

		for (unsigned i = 0; i < n; i++) {
			if (i + AHEAD < n)
				rte_prefetch0(rte_pktmbuf_mtod(
					in[i + AHEAD], void *));
			if (keep(chain, in[i]))
				out[kept++] = in[i];
			else
				rte_pktmbuf_free(in[i]);
		}
		taken = port->tx(port->state, 0, out, kept);
		sent += taken;
		chain->refused += kept - taken;
		rte_pktmbuf_free_bulk(out + taken, kept - taken);
	}
	return sent;
}
