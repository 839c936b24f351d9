// SPDX-License-Identifier: BSD-3-Clause
//
// Reads a packet's headers: link, network, transport; those on the outside, or
// the inner-most that it knows the way to.
//
//	Ethernet · VLAN, QinQ · MPLS · PPPoE
//	IPv4 · IPv6 with extension headers · fragments
//	TCP, UDP, UDP-Lite, SCTP, DCCP: their ports
//	tunnels: IP in IP · GRE · VXLAN · GENEVE · MPLS in IP
//
// It promises to read nothing beyond the captured length, whatever the bytes
// say, over any number of segments, and to end after WEIR_HEADERS_STEPS steps, of
// which a header takes one or two. A header that is cut short or malformed is as
// if it were not there: what was read before it stands.
//
// Threads.  Free.
#ifndef WEIR_BUILTIN_HEADERS_H
#define WEIR_BUILTIN_HEADERS_H

#include "base/atomic.h"
#include "mem/pool.h"

#include <rte_byteorder.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WEIR_HEADERS_STEPS 64

enum weir_headers_depth {
	WEIR_HEADERS_OUTER, // as the wire sees it: tunnels stay closed
	WEIR_HEADERS_INNER, // through tunnels and MPLS
};

// Numbers are in the machine's order. Addresses are as in the packet: 16 bytes
// for IPv6, 4 for IPv4 and, where version is 0, the 6 of an Ethernet address;
// zero after that.
struct weir_headers {
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	uint16_t ether_type; // after VLAN tags; 0: none
	uint8_t version;     // of IP: 4 or 6; 0: no IP
	uint8_t protocol;    // of IP, after extension headers
	uint8_t dscp;	     // of IP; 0 where there is none
	bool fragment; // first, middle or last one; protocol is the packet's
	bool ports;    // there are some
	bool macs;     // the addresses are Ethernet ones
};

// weir_headers_plain answers the bytes of a packet that is what most are: an
// Ethernet frame with IPv4 without options, whole, and TCP or UDP in it, its
// ports in the first segment. NULL for all others.
static inline const uint8_t *weir_headers_plain(struct rte_mbuf *packet)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(packet, const uint8_t *);
	uint32_t types; // EtherType, version and length, class
	uint16_t fragment;

	if (unlikely(packet->data_len < 38 ||
		     weir_packet_link_type(packet) != WEIR_LINK_ETHERNET))
		return NULL;
	memcpy(&types, bytes + 12, sizeof(types));
	memcpy(&fragment, bytes + 20, sizeof(fragment));
	if ((types & RTE_BE32(0xffffff00)) != RTE_BE32(0x08004500) ||
		(fragment & RTE_BE16(0x3fff)))
		return NULL;
	return bytes[23] == 17 || bytes[23] == 6 ? bytes : NULL;
}

// weir_headers_read fills h and tells whether it could read anything: link
// types that it does not know and frames too short for a header answer false,
// and h is zero.
bool weir_headers_read(struct weir_headers *h, struct rte_mbuf *packet,
	enum weir_headers_depth depth);

// weir_headers_words answers one of h's addresses as two words, for those who
// hash or compare. It loads what was stored, as wide as it was: a wider load
// would wait until all stores have reached the cache.
static inline void weir_headers_words(
	const struct weir_headers *h, const uint8_t *address, uint64_t words[2])
{
	uint32_t short_one;

	if (h->version != 4) {
		memcpy(words, address, 2 * sizeof(words[0]));
		return;
	}
	memcpy(&short_one, address, sizeof(short_one));
	words[0] = short_one;
	words[1] = 0;
}

#endif
