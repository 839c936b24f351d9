// SPDX-License-Identifier: BSD-3-Clause
//
// Gone over once more: no filter language, but "udp dst port 53" as code (over
// IPv4 and IPv6, without VLAN tags, as libpcap means it); each packet's headers
// read once; addresses written as words; one loop, and what does not match is
// freed together.
#include "hand.h"

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdbool.h>
#include <string.h>

#define BURST 32
#define AHEAD 8
#define UDP 17
#define PORT RTE_BE16(53)

static inline uint16_t load16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

// matches tells whether the filter passes IPv4 or IPv6 of m.
static inline bool matches(const uint8_t *bytes, uint32_t size, uint16_t type)
{
	uint32_t at;

	if (likely(type == RTE_BE16(0x0800))) {
		at = 14 + (bytes[14] & 15) * 4u;
		return size >= at + 4 && bytes[23] == UDP &&
		       !(load16(bytes + 20) & RTE_BE16(0x1fff)) &&
		       load16(bytes + at + 2) == PORT;
	}
	return type == RTE_BE16(0x86dd) && size >= 58 && bytes[20] == UDP &&
	       load16(bytes + 56) == PORT;
}

// hop is false when the packet's time is up.
static inline bool hop(uint8_t *bytes, uint16_t type)
{
	uint32_t sum;
	uint16_t checksum;

	if (unlikely(type != RTE_BE16(0x0800)))
		return true;
	if (unlikely(bytes[22] <= 1))
		return false;
	bytes[22]--;
	sum = load16(bytes + 24) + RTE_BE16(0x0100);
	checksum = (uint16_t)(sum + (sum >> 16));
	memcpy(bytes + 24, &checksum, sizeof(checksum));
	return true;
}

uint64_t hand_chain_fast_run(struct hand_chain *chain, unsigned turns)
{
	const struct hand_port port = chain->port;
	struct rte_mbuf *in[BURST], *trash[BURST];
	uint64_t sent = 0;
	uint8_t macs[12];

	memcpy(macs, chain->destination, 6);
	memcpy(macs + 6, chain->source, 6);
	while (turns--) {
		unsigned n = port.rx(port.state, 0, in, BURST);
		unsigned kept = 0, dropped = 0, taken;

		for (unsigned i = 0; i < n && i < AHEAD; i++)
			rte_prefetch0(rte_pktmbuf_mtod(in[i], void *));
		for (unsigned i = 0; i < n; i++) {
			struct rte_mbuf *m = in[i];
			uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
			uint16_t type = load16(bytes + 12);
			struct hand_count *to;

			if (i + AHEAD < n)
				rte_prefetch0(rte_pktmbuf_mtod(
					in[i + AHEAD], void *));
			if (unlikely(m->data_len < 38 ||
				     !matches(bytes, m->data_len, type))) {
				chain->filtered++;
				trash[dropped++] = m;
				continue;
			}
			to = &chain->protocols[UDP];
			to->packets++;
			to->bytes += m->pkt_len;
			if (unlikely(!hop(bytes, type))) {
				chain->expired++;
				trash[dropped++] = m;
				continue;
			}
			memcpy(bytes, macs, sizeof(macs));
			in[kept++] = m;
		}
		taken = port.tx(port.state, 0, in, kept);
		sent += taken;
		if (unlikely(taken < kept)) {
			chain->refused += kept - taken;
			rte_pktmbuf_free_bulk(in + taken, kept - taken);
		}
		if (unlikely(dropped))
			rte_pktmbuf_free_bulk(trash, dropped);
	}
	return sent;
}
