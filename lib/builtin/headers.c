// SPDX-License-Identifier: BSD-3-Clause
//
// A small machine: each reader looks at one header, writes what it says only
// when the whole of it is there, moves on behind it and answers which reader is
// next. So what a cut or malformed header leaves behind is what the one before
// it said.
#include "builtin/headers.h"

#include "mem/pool.h"

#include <rte_mbuf.h>
#include <string.h>

enum next { DONE, ETHERNET, TYPE, IP, PROTOCOL, MPLS };

struct cursor {
	struct rte_mbuf *packet;
	uint32_t at;
	uint16_t type; // EtherType, for TYPE
	bool inner;
	uint8_t scratch[40]; // what lies over the edge of a segment
};

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_TEB = 0x6558, // Ethernet in GRE or GENEVE
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864,
};

enum {
	PROTOCOL_HOPOPTS = 0,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_DCCP = 33,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_DSTOPTS = 60,
	PROTOCOL_SCTP = 132,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_UDPLITE = 136,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

enum {
	PORT_VXLAN = 4789,
	PORT_VXLAN_LINUX = 8472, // from before there was a number
	PORT_GENEVE = 6081,
};

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

// peek answers size bytes (at most those of scratch) at the cursor, NULL when
// fewer were captured.
static inline const uint8_t *peek(struct cursor *c, uint32_t size)
{
	struct rte_mbuf *first = c->packet;

	if (likely(c->at + size <= rte_pktmbuf_data_len(first)))
		return rte_pktmbuf_mtod_offset(first, const uint8_t *, c->at);
	return rte_pktmbuf_read(first, c->at, size, c->scratch);
}

static enum next read_ethernet(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 14);

	if (!bytes)
		return DONE;
	memset(h, 0, sizeof(*h));
	memcpy(h->destination, bytes, 6);
	memcpy(h->source, bytes + 6, 6);
	h->macs = true;
	h->ether_type = c->type = be16(bytes + 12);
	c->at += 14;
	return TYPE;
}

static enum next read_vlan(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 4);

	if (!bytes)
		return DONE;
	c->type = be16(bytes + 2);
	c->at += 4;
	if (!h->version) // a tag in GRE says nothing of the IP outside
		h->ether_type = c->type;
	return TYPE;
}

static enum next read_mpls(struct cursor *c)
{
	const uint8_t *bytes = peek(c, 4);

	if (!bytes)
		return DONE;
	c->at += 4;
	return bytes[2] & 1 ? IP : MPLS;
}

static enum next read_pppoe(struct cursor *c)
{
	const uint8_t *bytes = peek(c, 8);

	if (!bytes || bytes[0] != 0x11 || bytes[1] != 0)
		return DONE;
	c->at += 8;
	return be16(bytes + 6) == 0x0021 || be16(bytes + 6) == 0x0057 ? IP
								      : DONE;
}

static enum next read_type(struct weir_headers *h, struct cursor *c)
{
	switch (c->type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		return IP;
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
		return read_vlan(h, c);
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return c->inner ? MPLS : DONE;
	case TYPE_PPPOE:
		return c->inner ? read_pppoe(c) : DONE;
	default:
		return DONE;
	}
}

static void begin_ip(struct weir_headers *h, uint8_t version, uint8_t protocol)
{
	memset(h, 0, sizeof(*h));
	h->ether_type = version == 4 ? TYPE_IPV4 : TYPE_IPV6;
	h->version = version;
	h->protocol = protocol;
}

static enum next read_ipv4(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 20);

	if (!bytes || (bytes[0] & 0xf) < 5)
		return DONE;
	begin_ip(h, 4, bytes[9]);
	h->dscp = bytes[1] >> 2;
	memcpy(h->source, bytes + 12, 4);
	memcpy(h->destination, bytes + 16, 4);
	h->fragment = be16(bytes + 6) & 0x3fff;
	c->at += 4 * (bytes[0] & 0xfu);
	return h->fragment ? DONE : PROTOCOL;
}

static enum next read_ipv6(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 40);

	if (!bytes)
		return DONE;
	begin_ip(h, 6, bytes[6]);
	h->dscp = be16(bytes) >> 6 & 0x3f;
	memcpy(h->source, bytes + 8, 16);
	memcpy(h->destination, bytes + 24, 16);
	c->at += 40;
	return PROTOCOL;
}

static enum next read_ip(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 1);

	if (!bytes)
		return DONE;
	switch (bytes[0] >> 4) {
	case 4:
		return read_ipv4(h, c);
	case 6:
		return read_ipv6(h, c);
	default:
		return DONE;
	}
}

static enum next read_extension(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 8);

	if (!bytes || h->version != 6)
		return DONE;
	h->protocol = bytes[0];
	c->at += (bytes[1] + 1u) * 8;
	return PROTOCOL;
}

// A fragment that is the whole packet (RFC 6946) is none. Of others only the
// first has what follows: all of them stop here, with the same answer.
static enum next read_fragment(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 8);

	if (!bytes || h->version != 6)
		return DONE;
	h->protocol = bytes[0];
	h->fragment = be16(bytes + 2) & 0xfff9;
	c->at += 8;
	return h->fragment ? DONE : PROTOCOL;
}

static enum next read_ah(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 12);

	if (!bytes)
		return DONE;
	h->protocol = bytes[0];
	c->at += (bytes[1] + 2u) * 4;
	return PROTOCOL;
}

static enum next enter(struct cursor *c, uint16_t type, uint32_t size)
{
	c->at += size;
	c->type = type;
	return type == TYPE_TEB ? ETHERNET : TYPE;
}

static enum next read_gre(struct cursor *c)
{
	const uint8_t *bytes = peek(c, 4);
	unsigned flags;

	if (!bytes)
		return DONE;
	flags = be16(bytes);
	if (flags & 0x4007) // source routes, or another version
		return DONE;
	return enter(c, be16(bytes + 2),
		4 + (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) +
			(flags & 0x1000 ? 4 : 0));
}

static enum next read_vxlan(struct cursor *c)
{
	const uint8_t *bytes = peek(c, 16); // behind the UDP header of 8

	return bytes && bytes[8] & 0x08 ? enter(c, TYPE_TEB, 16) : DONE;
}

static enum next read_geneve(struct cursor *c)
{
	const uint8_t *bytes = peek(c, 16);

	if (!bytes || bytes[8] >> 6 != 0)
		return DONE;
	return enter(c, be16(bytes + 10), 16 + (bytes[8] & 0x3fu) * 4);
}

static enum next read_ports(struct weir_headers *h, struct cursor *c)
{
	const uint8_t *bytes = peek(c, 4);

	if (!bytes)
		return DONE;
	h->source_port = be16(bytes);
	h->destination_port = be16(bytes + 2);
	h->ports = true;
	if (!c->inner || h->protocol != PROTOCOL_UDP)
		return DONE;
	switch (h->destination_port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return read_vxlan(c);
	case PORT_GENEVE:
		return read_geneve(c);
	default:
		return DONE;
	}
}

static enum next read_protocol(struct weir_headers *h, struct cursor *c)
{
	switch (h->protocol) {
	case PROTOCOL_TCP:
	case PROTOCOL_UDP:
	case PROTOCOL_DCCP:
	case PROTOCOL_SCTP:
	case PROTOCOL_UDPLITE:
		return read_ports(h, c);
	case PROTOCOL_HOPOPTS:
	case PROTOCOL_ROUTING:
	case PROTOCOL_DSTOPTS:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return read_extension(h, c);
	case PROTOCOL_FRAGMENT:
		return read_fragment(h, c);
	case PROTOCOL_AH:
		return read_ah(h, c);
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
		return c->inner ? IP : DONE;
	case PROTOCOL_GRE:
		return c->inner ? read_gre(c) : DONE;
	case PROTOCOL_MPLS:
		return c->inner ? MPLS : DONE;
	default:
		return DONE;
	}
}

static enum next read_cooked(
	struct weir_headers *h, struct cursor *c, uint32_t size, uint32_t type)
{
	const uint8_t *bytes = peek(c, size);

	if (!bytes)
		return DONE;
	h->ether_type = c->type = be16(bytes + type);
	c->at += size;
	return TYPE;
}

static enum next read_link(struct weir_headers *h, struct cursor *c)
{
	switch (weir_packet_link_type(c->packet)) {
	case LINK_ETHERNET:
		return ETHERNET;
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return IP;
	case LINK_NULL:
	case LINK_LOOP:
		c->at = 4; // an address family, in the order of who captured
		return IP;
	case LINK_SLL:
		return read_cooked(h, c, 16, 14);
	case LINK_SLL2:
		return read_cooked(h, c, 20, 0);
	default:
		return DONE;
	}
}

static enum next step(struct weir_headers *h, struct cursor *c, enum next next)
{
	switch (next) {
	case ETHERNET:
		return read_ethernet(h, c);
	case TYPE:
		return read_type(h, c);
	case IP:
		return read_ip(h, c);
	case PROTOCOL:
		return read_protocol(h, c);
	case MPLS:
		return read_mpls(c);
	case DONE:
		break;
	}
	return DONE;
}

// fill writes what a plain packet says, all of h once.
static void fill(struct weir_headers *h, const uint8_t *bytes)
{
	*h = (struct weir_headers){
		.source_port = be16(bytes + 34),
		.destination_port = be16(bytes + 36),
		.ether_type = TYPE_IPV4,
		.version = 4,
		.protocol = bytes[23],
		.ports = true,
	};
	memcpy(h->source, bytes + 26, 4);
	memcpy(h->destination, bytes + 30, 4);
}

// may_be_tunnel tells whether a plain packet may have another inside.
static bool may_be_tunnel(const uint8_t *bytes)
{
	uint16_t port = be16(bytes + 36);

	return bytes[23] == PROTOCOL_UDP &&
	       (port == PORT_VXLAN || port == PORT_VXLAN_LINUX ||
		       port == PORT_GENEVE);
}

bool weir_headers_read(struct weir_headers *h, struct rte_mbuf *packet,
	enum weir_headers_depth depth)
{
	const uint8_t *plain = weir_headers_plain(packet);
	struct cursor c;
	enum next next;

	if (likely(plain != NULL) &&
		(depth == WEIR_HEADERS_OUTER || !may_be_tunnel(plain))) {
		fill(h, plain);
		return true;
	}
	c.packet = packet;
	c.at = 0;
	c.inner = depth == WEIR_HEADERS_INNER;
	memset(h, 0, sizeof(*h));
	next = read_link(h, &c);
	for (unsigned i = 0; next != DONE && i < WEIR_HEADERS_STEPS; i++)
		next = step(h, &c, next);
	return h->macs || h->version || h->ether_type;
}
