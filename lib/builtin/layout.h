// SPDX-License-Identifier: BSD-3-Clause
//
// Where in an Ethernet frame the outer IP header and the checksum behind it
// lie: for those who write there. Who only reads wants builtin/headers.h.
//
//	Ethernet ── VLAN … ──▶ IPv4, IPv6 ── options, extensions ──▶ transport
//	                       ip_at                     transport_at, checksum_at
//
// It promises that what it points to lies whole within size bytes and within
// what the IP header says is its own, whatever the bytes say.
//
// Threads.  Free.
#ifndef WEIR_BUILTIN_LAYOUT_H
#define WEIR_BUILTIN_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Offsets from the frame's beginning.
struct weir_layout {
	uint32_t ip_at;
	uint32_t transport_at; // 0: none here, as in a later fragment
	uint32_t
		checksum_at; // of a checksum that covers the addresses; 0: none
	uint8_t version;     // 4 or 6; 0: no IP
	uint8_t protocol;    // after extension headers
	bool ports;	     // the transport has some, and no CRC over them
	bool routed; // the destination that is covered is not the header's, but
		     // the last one of a route
	bool fragment; // first, middle or last one
};

enum weir_layout_answer {
	WEIR_LAYOUT_IP,
	WEIR_LAYOUT_OTHER,     // not IP, and nothing wrong with it
	WEIR_LAYOUT_MALFORMED, // cut short, or it contradicts itself
};

static inline uint16_t weir_layout_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

// weir_layout_is_tag tells whether an EtherType is that of a VLAN tag.
static inline bool weir_layout_is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

// weir_layout_find_tagged is weir_layout_find for a frame with VLAN tags.
enum weir_layout_answer weir_layout_find_tagged(
	struct weir_layout *layout, const uint8_t *bytes, uint32_t size);

// weir_layout_find_ip looks at the IP header alone, which begins at `at`.
static inline enum weir_layout_answer weir_layout_find_ip(
	struct weir_layout *layout, uint16_t type, const uint8_t *bytes,
	uint32_t at, uint32_t size)
{
	layout->ip_at = at;
	if (__builtin_expect(type == 0x0800, 1)) {
		layout->version = 4;
		return at + 20 <= size && bytes[at] >= 0x45 &&
				       bytes[at] <= 0x4f &&
				       at + 4 * (bytes[at] & 0xfu) <= size
			       ? WEIR_LAYOUT_IP
			       : WEIR_LAYOUT_MALFORMED;
	}
	if (type == 0x86dd) {
		layout->version = 6;
		return at + 40 <= size && bytes[at] >> 4 == 6
			       ? WEIR_LAYOUT_IP
			       : WEIR_LAYOUT_MALFORMED;
	}
	layout->version = 0;
	return WEIR_LAYOUT_OTHER;
}

// weir_layout_find fills in ip_at and version; the rest is as it was.
static inline enum weir_layout_answer weir_layout_find(
	struct weir_layout *layout, const uint8_t *bytes, uint32_t size)
{
	uint16_t type;

	layout->version = 0;
	if (__builtin_expect(size < 14, 0))
		return WEIR_LAYOUT_MALFORMED;
	type = weir_layout_be16(bytes + 12);
	if (__builtin_expect(weir_layout_is_tag(type), 0))
		return weir_layout_find_tagged(layout, bytes, size);
	return weir_layout_find_ip(layout, type, bytes, 14, size);
}

// weir_layout_find_transport fills in the rest, after weir_layout_find has
// answered WEIR_LAYOUT_IP. False: malformed, among it a first fragment that is
// too short for the checksum.
bool weir_layout_find_transport(
	struct weir_layout *layout, const uint8_t *bytes, uint32_t size);

#endif
