// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/headers.h"
#include "packets.h"

#define A 0x0a000001
#define B 0x0a000002
#define C 0x0a000003

static struct weir_headers h;

static bool read_frame(const struct frame *f, enum weir_headers_depth depth)
{
	struct rte_mbuf *m = packet(f);
	bool any = weir_headers_read(&h, m, depth);

	rte_pktmbuf_free(m);
	return any;
}

static uint32_t ipv4(const uint8_t *address)
{
	return (uint32_t)address[0] << 24 | address[1] << 16 | address[2] << 8 |
	       address[3];
}

TestSuite(headers, .init = packets_init, .fini = packets_fini);

Test(headers, of_a_plain_packet_are_read)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 6, A, B);
	frame_ports(&f, 1234, 80);
	cr_assert(read_frame(&f, WEIR_HEADERS_OUTER));
	cr_assert_eq(h.ether_type, 0x0800);
	cr_assert_eq(h.version, 4);
	cr_assert_eq(h.protocol, 6);
	cr_assert_eq(ipv4(h.source), A);
	cr_assert_eq(ipv4(h.destination), B);
	cr_assert(h.ports);
	cr_assert_eq(h.source_port, 1234);
	cr_assert_eq(h.destination_port, 80);
	cr_assert_not(h.fragment);
}

Test(headers, of_what_is_not_ip_are_the_ethernet_addresses)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0806);
	frame_add(&f, 28);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert(h.macs);
	cr_assert_eq(h.version, 0);
	cr_assert_eq(h.ether_type, 0x0806);
	cr_assert_arr_eq(h.source, "\x02\0\0\0\0\x0a", 6);
	cr_assert_arr_eq(h.destination, "\x02\0\0\0\0\x0b", 6);
}

Test(headers, behind_one_tag_and_two_are_found)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x88a8);
	frame_vlan(&f, 7, 0x8100);
	frame_vlan(&f, 9, 0x86dd);
	frame_ipv6(&f, 17, 1, 2);
	frame_ports(&f, 5, 53);
	cr_assert(read_frame(&f, WEIR_HEADERS_OUTER));
	cr_assert_eq(h.ether_type, 0x86dd);
	cr_assert_eq(h.version, 6);
	cr_assert_eq(h.destination_port, 53);
}

Test(headers, of_ipv6_are_found_behind_extensions)
{
	struct frame f = {0};
	uint8_t *bytes;

	frame_ethernet(&f, 0x86dd);
	frame_ipv6(&f, 0, 1, 2); // hop-by-hop of 16 bytes
	bytes = frame_add(&f, 16);
	bytes[0] = 43; // routing of 8
	bytes[1] = 1;
	bytes = frame_add(&f, 8);
	bytes[0] = 51; // authentication of 24
	bytes = frame_add(&f, 24);
	bytes[0] = 60; // destination options of 8
	bytes[1] = 4;
	bytes = frame_add(&f, 8);
	bytes[0] = 6;
	frame_ports(&f, 1, 22);
	cr_assert(read_frame(&f, WEIR_HEADERS_OUTER));
	cr_assert_eq(h.protocol, 6);
	cr_assert_eq(h.destination_port, 22);
}

Test(headers, of_fragments_have_no_ports_whichever_it_is)
{
	static const unsigned offsets[] = {0x2000, 0x2010, 0x0010};

	for (unsigned i = 0; i < 3; i++) {
		struct frame f = {0};

		frame_ethernet(&f, 0x0800);
		put16(frame_ipv4(&f, 17, A, B) + 6, offsets[i]);
		frame_ports(&f, 1, 53);
		cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
		cr_assert(h.fragment);
		cr_assert_not(h.ports);
		cr_assert_eq(h.protocol, 17);
	}
}

Test(headers, of_ipv6_fragments_say_the_same_of_each)
{
	static const unsigned offsets[] = {0x0001, 0x0081, 0x0080};

	for (unsigned i = 0; i < 3; i++) {
		struct frame f = {0};
		uint8_t *bytes;

		frame_ethernet(&f, 0x86dd);
		frame_ipv6(&f, 44, 1, 2);
		bytes = frame_add(&f, 8);
		bytes[0] = 60;
		put16(bytes + 2, offsets[i]);
		frame_add(&f, 8)[0] = 17;
		frame_ports(&f, 1, 53);
		cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
		cr_assert(h.fragment);
		cr_assert_not(h.ports);
		cr_assert_eq(h.protocol, 60);
	}
}

Test(headers, of_a_fragment_that_is_the_whole_packet_are_all_there)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x86dd);
	frame_ipv6(&f, 44, 1, 2);
	frame_add(&f, 8)[0] = 17;
	frame_ports(&f, 1, 53);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_not(h.fragment);
	cr_assert_eq(h.destination_port, 53);
}

// What lies in a tunnel: IPv4 from B to C, TCP 7 to 8.
static void inner(struct frame *f)
{
	frame_ipv4(f, 6, B, C);
	frame_ports(f, 7, 8);
}

static void inner_ethernet(struct frame *f)
{
	frame_ethernet(f, 0x0800);
	inner(f);
}

static void outer(struct frame *f, unsigned protocol)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, protocol, A, B);
}

static void check_tunnel(const struct frame *f, unsigned protocol)
{
	cr_assert(read_frame(f, WEIR_HEADERS_INNER));
	cr_assert_eq(ipv4(h.source), B);
	cr_assert_eq(ipv4(h.destination), C);
	cr_assert_eq(h.protocol, 6);
	cr_assert_eq(h.source_port, 7);
	cr_assert_eq(h.destination_port, 8);
	cr_assert(read_frame(f, WEIR_HEADERS_OUTER));
	cr_assert_eq(ipv4(h.source), A);
	cr_assert_eq(h.protocol, protocol);
}

Test(headers, in_ip_in_ip_are_found)
{
	struct frame f = {0};

	outer(&f, 4);
	inner(&f);
	check_tunnel(&f, 4);
}

Test(headers, in_gre_are_found_behind_each_of_its_fields)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		struct frame f = {0};
		uint8_t *bytes;

		outer(&f, 47);
		bytes = frame_add(
			&f, 4 + 4 * (unsigned)__builtin_popcount(flags));
		put16(bytes, (flags & 1 ? 0x8000 : 0) |
				     (flags & 2 ? 0x2000 : 0) |
				     (flags & 4 ? 0x1000 : 0));
		put16(bytes + 2, 0x0800);
		inner(&f);
		check_tunnel(&f, 47);
	}
}

Test(headers, in_ethernet_over_gre_are_found)
{
	struct frame f = {0};

	outer(&f, 47);
	put16(frame_add(&f, 4) + 2, 0x6558);
	inner_ethernet(&f);
	check_tunnel(&f, 47);
}

Test(headers, in_vxlan_are_found)
{
	struct frame f = {0};

	outer(&f, 17);
	frame_ports(&f, 999, 4789);
	frame_add(&f, 8)[0] = 8;
	inner_ethernet(&f);
	check_tunnel(&f, 17);
}

Test(headers, in_geneve_are_found_behind_its_options)
{
	struct frame f = {0};
	uint8_t *bytes;

	outer(&f, 17);
	frame_ports(&f, 999, 6081);
	bytes = frame_add(&f, 8 + 12);
	bytes[0] = 3;
	put16(bytes + 2, 0x6558);
	inner_ethernet(&f);
	check_tunnel(&f, 17);
}

Test(headers, behind_mpls_labels_are_found)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x8847);
	frame_add(&f, 4);
	frame_add(&f, 4)[2] = 1; // the bottom of the stack
	inner(&f);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_eq(h.destination_port, 8);
	cr_assert(read_frame(&f, WEIR_HEADERS_OUTER));
	cr_assert_eq(h.ether_type, 0x8847);
	cr_assert_eq(h.version, 0);
}

Test(headers, in_pppoe_are_found)
{
	struct frame f = {0};
	uint8_t *bytes;

	frame_ethernet(&f, 0x8864);
	bytes = frame_add(&f, 8);
	bytes[0] = 0x11;
	put16(bytes + 6, 0x0021);
	inner(&f);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_eq(h.destination_port, 8);
}

Test(headers, of_a_tunnel_in_fragments_are_the_outer_ones)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	put16(frame_ipv4(&f, 4, A, B) + 6, 0x2000);
	inner(&f);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_eq(ipv4(h.source), A);
	cr_assert(h.fragment);
}

Test(headers, end_even_where_the_nesting_does_not)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	while (f.size + 20 <= sizeof(f.bytes))
		frame_ipv4(&f, 4, A, B);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_eq(h.version, 4);
}

struct link {
	uint16_t link_type;
	unsigned type; // where the EtherType lies, 0: nowhere
	unsigned size;
};

Test(headers, of_each_known_link_type_are_found)
{
	static const struct link links[] = {{101, 0, 0}, {228, 0, 0}, {0, 0, 4},
		{108, 0, 4}, {113, 14, 16}, {276, 0, 20}};

	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct frame f = {0};
		struct rte_mbuf *m;

		put16(frame_add(&f, links[i].size) + links[i].type, 0x0800);
		inner(&f);
		m = packet_meta(packet(&f), links[i].link_type, 1000);
		cr_assert(weir_headers_read(&h, m, WEIR_HEADERS_INNER));
		cr_assert_eq(h.destination_port, 8, "link type %u",
			links[i].link_type);
		rte_pktmbuf_free(m);
	}
}

Test(headers, of_an_unknown_link_type_are_none)
{
	struct frame f = {0};
	struct rte_mbuf *m;

	inner_ethernet(&f);
	m = packet_meta(packet(&f), 147, 1000);
	cr_assert_not(weir_headers_read(&h, m, WEIR_HEADERS_INNER));
	cr_assert_eq(h.version, 0);
	cr_assert_not(h.macs);
	rte_pktmbuf_free(m);
}

// A frame with a bit of everything, for cuts.
static void long_frame(struct frame *f)
{
	frame_ethernet(f, 0x88a8);
	frame_vlan(f, 7, 0x8100);
	frame_vlan(f, 9, 0x86dd);
	frame_ipv6(f, 43, 1, 2);
	frame_add(f, 8)[0] = 17;
	frame_ports(f, 999, 4789);
	frame_add(f, 8)[0] = 8;
	inner_ethernet(f);
}

Test(headers, are_the_same_wherever_segments_begin)
{
	struct weir_headers whole;
	struct frame f = {0};

	long_frame(&f);
	cr_assert(read_frame(&f, WEIR_HEADERS_INNER));
	cr_assert_eq(h.destination_port, 8);
	whole = h;
	for (unsigned i = 1; i < f.size; i++) {
		for (unsigned j = 1; j <= f.size - i; j++) {
			struct rte_mbuf *m = packet_cut(
				f.bytes, f.size, (const unsigned[]){i, j, 0});

			weir_headers_read(&h, m, WEIR_HEADERS_INNER);
			cr_assert_arr_eq(
				&h, &whole, sizeof(h), "cut at %u, %u", i, j);
			rte_pktmbuf_free(m);
		}
	}
}

// What is read of the first size bytes, with other bytes behind them.
static void read_cut(const struct frame *f, unsigned size, int behind)
{
	struct rte_mbuf *m = packet(f);

	memset(rte_pktmbuf_mtod(m, uint8_t *) + size, behind, f->size - size);
	cr_assert_eq(rte_pktmbuf_trim(m, (uint16_t)(f->size - size)), 0);
	weir_headers_read(&h, m, WEIR_HEADERS_INNER);
	rte_pktmbuf_free(m);
}

Test(headers, cut_short_say_what_was_captured_and_no_more)
{
	struct frame f = {0};

	long_frame(&f);
	for (unsigned size = 0; size <= f.size; size++) {
		struct weir_headers clean;

		read_cut(&f, size, 0);
		clean = h;
		read_cut(&f, size, 0xff);
		cr_assert_arr_eq(&h, &clean, sizeof(h), "cut at %u", size);
		cr_assert_eq(h.macs || h.version, size >= 14);
	}
}
