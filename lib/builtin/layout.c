// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/layout.h"

enum {
	PROTOCOL_HOPOPTS = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_DCCP = 33,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DSTOPTS = 60,
	PROTOCOL_OSPF = 89,
	PROTOCOL_PIM = 103,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_UDPLITE = 136,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
};

// What is left to look at. end is where the IP packet ends, or what there is
// of it.
struct walk {
	const uint8_t *bytes;
	uint32_t at, end;
};

enum weir_layout_answer weir_layout_find_tagged(
	struct weir_layout *layout, const uint8_t *bytes, uint32_t size)
{
	uint32_t at = 14;
	uint16_t type = weir_layout_be16(bytes + 12);

	while (weir_layout_is_tag(type)) {
		if (at + 4 > size)
			return WEIR_LAYOUT_MALFORMED;
		type = weir_layout_be16(bytes + at + 2);
		at += 4;
	}
	return weir_layout_find_ip(layout, type, bytes, at, size);
}

// is_routed looks for a route of which there is still some way to go.
static bool is_routed(const uint8_t *options, uint32_t size)
{
	for (uint32_t at = 0; at + 3 <= size && options[at] != OPTION_END;) {
		uint8_t length = options[at + 1];

		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (options[at] == OPTION_LOOSE_ROUTE ||
			options[at] == OPTION_STRICT_ROUTE)
			return options[at + 2] < length;
		if (length < 2)
			return false;
		at += length;
	}
	return false;
}

static bool enter_ipv4(struct weir_layout *layout, struct walk *walk)
{
	const uint8_t *ip = walk->bytes + layout->ip_at;
	uint32_t header_size = 4 * (ip[0] & 0xfu);
	uint32_t total = weir_layout_be16(ip + 2);

	// 0: too long to be said, as behind a NIC that cuts it up later.
	if (total && total < header_size)
		return false;
	if (total && layout->ip_at + total < walk->end)
		walk->end = layout->ip_at + total;
	layout->protocol = ip[9];
	layout->fragment = weir_layout_be16(ip + 6) & 0x3fff;
	layout->routed = is_routed(ip + 20, header_size - 20);
	walk->at = layout->ip_at + header_size;
	return true;
}

static void enter_ipv6(struct weir_layout *layout, struct walk *walk)
{
	const uint8_t *ip = walk->bytes + layout->ip_at;
	uint32_t payload = weir_layout_be16(ip + 4);

	walk->at = layout->ip_at + 40;
	if (payload && walk->at + payload < walk->end)
		walk->end = walk->at + payload;
	layout->protocol = ip[6];
	layout->fragment = false;
	layout->routed = false;
}

static bool is_extension(const struct weir_layout *layout)
{
	switch (layout->protocol) {
	case PROTOCOL_AH:
		return true;
	case PROTOCOL_HOPOPTS:
	case PROTOCOL_ROUTING:
	case PROTOCOL_FRAGMENT:
	case PROTOCOL_DSTOPTS:
	case PROTOCOL_SHIM6:
		return layout->version == 6;
	default:
		return false;
	}
}

// skip moves over an extension header, of which 8 bytes are there, and tells
// whether anything of the packet's own follows: not in a later fragment.
static bool skip(struct weir_layout *layout, struct walk *walk)
{
	const uint8_t *bytes = walk->bytes + walk->at;
	uint8_t protocol = layout->protocol;

	layout->protocol = bytes[0];
	if (protocol == PROTOCOL_FRAGMENT) {
		layout->fragment = weir_layout_be16(bytes + 2) & 0xfff9;
		walk->at += 8;
		return !(weir_layout_be16(bytes + 2) & 0xfff8);
	}
	if (protocol == PROTOCOL_ROUTING)
		layout->routed |= bytes[3] > 0;
	walk->at += protocol == PROTOCOL_AH ? (bytes[1] + 2u) * 4
					    : (bytes[1] + 1u) * 8;
	return true;
}

// checksum_offset answers where a transport keeps a checksum that covers the
// addresses; 0: nowhere.
static uint32_t checksum_offset(const struct weir_layout *layout)
{
	switch (layout->protocol) {
	case PROTOCOL_TCP:
		return 16;
	case PROTOCOL_UDP:
	case PROTOCOL_UDPLITE:
	case PROTOCOL_DCCP:
		return 6;
	case PROTOCOL_HIP:
		return 4;
	case PROTOCOL_MOBILITY:
		return layout->version == 6 ? 4 : 0;
	case PROTOCOL_ICMPV6:
	case PROTOCOL_PIM:
		return layout->version == 6 ? 2 : 0;
	case PROTOCOL_OSPF:
		return layout->version == 6 ? 12 : 0;
	default:
		return 0;
	}
}

static bool find_checksum(struct weir_layout *layout, const struct walk *walk)
{
	uint32_t offset = checksum_offset(layout);

	layout->transport_at = walk->at;
	if (!offset)
		return true;
	layout->ports = layout->protocol == PROTOCOL_TCP ||
			layout->protocol == PROTOCOL_UDP ||
			layout->protocol == PROTOCOL_UDPLITE ||
			layout->protocol == PROTOCOL_DCCP;
	layout->checksum_at = walk->at + offset;
	return layout->checksum_at + 2 <= walk->end;
}

bool weir_layout_find_transport(
	struct weir_layout *layout, const uint8_t *bytes, uint32_t size)
{
	struct walk walk = {bytes, 0, size};

	layout->transport_at = layout->checksum_at = 0;
	layout->ports = false;
	if (layout->version == 6)
		enter_ipv6(layout, &walk);
	else if (!enter_ipv4(layout, &walk))
		return false;
	else if (weir_layout_be16(bytes + layout->ip_at + 6) & 0x1fff)
		return true;
	while (is_extension(layout)) {
		if (walk.at + 8 > walk.end)
			return false;
		if (!skip(layout, &walk))
			return true;
	}
	return find_checksum(layout, &walk);
}
