// SPDX-License-Identifier: BSD-3-Clause
//
// rewrite, a promise at a time. rewrite_model.c has it against the plainest
// thing that could be right.
#include "builtin/builtin.h"
#include "packets.h"

#include <rte_ethdev.h>
#include <rte_ip.h>

enum { EXPIRED, MALFORMED, NO_ROOM };

#define FROM 0x0a000001
#define TO 0x0a000002

TestSuite(rewrite, .init = packets_init, .fini = packets_fini);

// A UDP packet, IPv4, with right checksums; 12 bytes of payload.
static void frame_udp(struct frame *f, unsigned tags)
{
	unsigned ip, udp;

	frame_ethernet(f, tags ? 0x8100 : 0x0800);
	for (; tags; tags--)
		frame_vlan(f, 0x2000 + tags, tags > 1 ? 0x8100 : 0x0800);
	ip = f->size;
	frame_ipv4(f, 17, FROM, TO);
	put16(f->bytes + ip + 2, 40);
	udp = f->size;
	put16(frame_ports(f, 1234, 53) + 4, 20);
	memset(frame_add(f, 12), 0xa5, 12);
	put16(f->bytes + ip + 10,
		rte_be_to_cpu_16(rte_ipv4_cksum((void *)(f->bytes + ip))));
	put16(f->bytes + udp + 6,
		rte_be_to_cpu_16(rte_ipv4_udptcp_cksum(
			(void *)(f->bytes + ip), f->bytes + udp)));
}

// rewrite_one answers what came out, or NULL.
static struct rte_mbuf *rewrite_one(
	struct weir_kernel_test *test, struct rte_mbuf *m)
{
	struct rte_mbuf **out;
	unsigned count;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	return count ? out[0] : NULL;
}

static const uint8_t *bytes_of(struct rte_mbuf *m)
{
	static uint8_t scratch[4096];

	return rte_pktmbuf_read(m, 0, m->pkt_len, scratch);
}

// A sum over data and checksum is 0, which is said as 0xffff of UDP.
static bool ipv4_good(const uint8_t *ip)
{
	return rte_raw_cksum(ip, 20) == 0xffff &&
	       rte_ipv4_udptcp_cksum((const void *)ip, ip + 20) == 0xffff;
}

// changed runs one frame through with options and answers its bytes.
static const uint8_t *changed(
	const struct frame *f, const char *const *options, uint32_t *size)
{
	static uint8_t bytes[2048];
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_rewrite, options, 1);
	struct rte_mbuf *m = rewrite_one(test, packet(f));

	cr_assert_not_null(m);
	*size = m->pkt_len;
	memcpy(bytes, bytes_of(m), m->pkt_len);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_close(test), 0);
	return bytes;
}

Test(rewrite, without_options_leaves_every_byte)
{
	struct frame f = {0};
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 1);
	bytes = changed(&f, OPTIONS(), &size);
	cr_assert_eq(size, f.size);
	cr_assert_arr_eq(bytes, f.bytes, f.size);
}

Test(rewrite, sets_either_ethernet_address_and_nothing_else)
{
	struct frame f = {0};
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 0);
	bytes = changed(&f, OPTIONS("source_mac=02:11:22:33:44:55"), &size);
	cr_assert_arr_eq(bytes, f.bytes, 6);
	cr_assert_arr_eq(bytes + 6, "\x02\x11\x22\x33\x44\x55", 6);
	cr_assert_arr_eq(bytes + 12, f.bytes + 12, f.size - 12);
	bytes = changed(
		&f, OPTIONS("destination_mac=02-11-22-33-44-aA"), &size);
	cr_assert_arr_eq(bytes, "\x02\x11\x22\x33\x44\xaa", 6);
	cr_assert_arr_eq(bytes + 6, f.bytes + 6, f.size - 6);
}

Test(rewrite, decrements_the_ttl_and_drops_what_has_none_left)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_rewrite, OPTIONS("ttl=decrement"), 1);

	for (unsigned ttl = 0; ttl < 256; ttl++) {
		struct frame f = {0};
		struct rte_mbuf *m;

		frame_udp(&f, 0);
		f.bytes[22] = (uint8_t)ttl;
		put16(f.bytes + 24, 0);
		put16(f.bytes + 24, rte_be_to_cpu_16(rte_ipv4_cksum(
					    (void *)(f.bytes + 14))));
		m = rewrite_one(test, packet(&f));
		cr_assert_eq(m == NULL, ttl <= 1, "TTL %u", ttl);
		if (!m)
			continue;
		cr_assert_eq(bytes_of(m)[22], ttl - 1);
		cr_assert(ipv4_good(bytes_of(m) + 14), "TTL %u", ttl);
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(weir_kernel_test_dropped(test, EXPIRED), 2);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(rewrite, of_addresses_and_ports_keeps_checksums_right)
{
	struct frame f = {0};
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 2);
	bytes = changed(&f,
		OPTIONS("source=203.0.113.7", "destination=198.51.100.0/24",
			"destination_port=5353", "dscp=ef"),
		&size);
	bytes += 22;
	cr_assert(ipv4_good(bytes));
	cr_assert_eq(bytes[1], 46 << 2);
	cr_assert_arr_eq(bytes + 12, "\xcb\0\x71\x07\xc6\x33\x64\x02", 8);
	cr_assert_arr_eq(bytes + 20, "\x04\xd2\x14\xe9", 4);
}

Test(rewrite, swaps_both_directions)
{
	struct frame f = {0};
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 0);
	bytes = changed(&f,
		OPTIONS("swap=macs", "swap=addresses", "swap=ports"), &size);
	cr_assert_arr_eq(bytes, f.bytes + 6, 6);
	cr_assert_arr_eq(bytes + 6, f.bytes, 6);
	cr_assert_arr_eq(bytes + 26, f.bytes + 30, 4);
	cr_assert_arr_eq(bytes + 30, f.bytes + 26, 4);
	cr_assert_arr_eq(bytes + 34, f.bytes + 36, 2);
	cr_assert_arr_eq(bytes + 36, f.bytes + 34, 2);
	cr_assert_arr_eq(bytes + 38, f.bytes + 38, f.size - 38,
		"no checksum changes by that");
}

Test(rewrite, pushes_a_tag_and_takes_it_off_again)
{
	struct frame f = {0}, tagged;
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 1);
	bytes = changed(&f,
		OPTIONS("vlan=push", "vlan_id=77", "vlan_priority=5",
			"vlan_type=802.1ad"),
		&size);
	cr_assert_eq(size, f.size + 4);
	cr_assert_arr_eq(bytes, f.bytes, 12);
	cr_assert_arr_eq(bytes + 12, "\x88\xa8\xa0\x4d", 4);
	cr_assert_arr_eq(bytes + 16, f.bytes + 12, f.size - 12);
	memcpy(tagged.bytes, bytes, size);
	tagged.size = size;
	bytes = changed(&tagged, OPTIONS("vlan=pop"), &size);
	cr_assert_eq(size, f.size);
	cr_assert_arr_eq(bytes, f.bytes, f.size);
}

Test(rewrite, sets_a_tag_and_keeps_of_it_what_is_not_named)
{
	struct frame f = {0};
	const uint8_t *bytes;
	uint32_t size;

	frame_udp(&f, 1);
	put16(f.bytes + 14, 0xb123);
	bytes = changed(&f, OPTIONS("vlan=set", "vlan_id=7"), &size);
	cr_assert_arr_eq(bytes + 14, "\xb0\x07", 2);
	bytes = changed(&f, OPTIONS("vlan=set", "vlan_priority=0"), &size);
	cr_assert_arr_eq(bytes + 14, "\x11\x23", 2);
}

Test(rewrite, counts_what_is_not_there_and_does_the_rest)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_rewrite,
		OPTIONS("source_mac=02:11:22:33:44:55", "ttl=decrement",
			"source_port=9", "vlan=set", "vlan_id=7"),
		1);
	struct frame arp = {0}, icmp = {0};
	struct rte_mbuf *m;

	frame_ethernet(&arp, 0x0806);
	frame_add(&arp, 28);
	m = rewrite_one(test, packet(&arp));
	cr_assert_arr_eq(bytes_of(m) + 6, "\x02\x11\x22\x33\x44\x55", 6);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_counter(test, "no_ip"), 1);
	cr_assert_eq(weir_kernel_test_counter(test, "no_tag"), 1);
	frame_ethernet(&icmp, 0x0800);
	put16(frame_ipv4(&icmp, 1, FROM, TO) + 2, 28);
	frame_ports(&icmp, 0x0800, 0);
	m = rewrite_one(test, packet(&icmp));
	cr_assert_eq(bytes_of(m)[22], 63);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_counter(test, "no_ports"), 1);
	cr_assert_eq(weir_kernel_test_counter(test, "malformed"), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// Each is a good packet with one thing wrong with it: where, and what.
static const struct {
	const char *what;
	unsigned at;
	uint8_t byte;
	unsigned size; // 0: the whole
} faults[] = {
	{"a frame without a type", 0, 2, 13},
	{"a tag that is cut short", 0, 2, 17},
	{"a header that is cut short", 0, 2, 18 + 19},
	{"another version than the type says", 18, 0x65, 0},
	{"a header shorter than a header", 18, 0x44, 0},
	{"options beyond the end", 18, 0x4f, 18 + 40},
	{"a length shorter than the header", 18 + 3, 19, 0},
	{"a length that leaves no checksum", 18 + 3, 27, 0},
	{"a transport that is cut short", 0, 2, 18 + 20 + 7},
	{"a first fragment without the checksum", 18 + 9, 6, 18 + 20 + 16},
};

Test(rewrite, passes_as_it_came_or_drops_what_it_cannot_read)
{
	static const char *const choices[] = {
		"malformed=pass", "malformed=drop"};

	for (unsigned i = 0; i < 2 * sizeof(faults) / sizeof(faults[0]); i++) {
		struct weir_kernel_test *test = kernel_open(
			&weir_builtin_rewrite,
			OPTIONS("source_mac=02:11:22:33:44:55", "vlan=pop",
				"source=203.0.113.7", choices[i & 1]),
			1);
		struct frame f = {0};
		struct rte_mbuf *m;

		frame_udp(&f, 1);
		f.bytes[faults[i / 2].at] = faults[i / 2].byte;
		if (faults[i / 2].size)
			f.size = faults[i / 2].size;
		m = rewrite_one(test, packet(&f));
		cr_assert_eq(m != NULL, !(i & 1), "%s", faults[i / 2].what);
		if (m) {
			cr_assert_eq(m->pkt_len, f.size);
			cr_assert_arr_eq(bytes_of(m), f.bytes, f.size, "%s",
				faults[i / 2].what);
		}
		cr_assert_eq(
			weir_kernel_test_counter(test, "malformed"), m != NULL);
		cr_assert_eq(
			weir_kernel_test_dropped(test, MALFORMED), m == NULL);
		rte_pktmbuf_free(m);
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}

Test(rewrite, finds_room_for_a_tag_or_says_that_there_is_none)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_rewrite, OPTIONS("vlan=push", "vlan_id=1"), 1);
	struct frame f = {0};
	struct rte_mbuf *m;

	frame_udp(&f, 0);
	m = packet(&f);
	memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
	m->data_off = 0;
	m = rewrite_one(test, m);
	cr_assert_arr_eq(bytes_of(m) + 12, "\x81\0\0\1\x08\0", 6);
	cr_assert_arr_eq(bytes_of(m) + 18, f.bytes + 14, f.size - 14);
	rte_pktmbuf_free(m);
	m = packet(&f);
	m->data_off = 0;
	m->data_len = m->buf_len;
	m->pkt_len = m->buf_len;
	cr_assert_null(rewrite_one(test, m));
	cr_assert_eq(weir_kernel_test_dropped(test, NO_ROOM), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(rewrite, writes_and_says_so)
{
	cr_assert(weir_builtin_rewrite.writes, "a copy of what is shared");
}

Test(rewrite, changes_what_it_does_while_it_runs)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_rewrite, OPTIONS("ttl=decrement"), 1);
	struct weir_error e = {0};
	struct frame f = {0};
	struct rte_mbuf *m;

	frame_udp(&f, 0);
	cr_assert_eq(
		weir_kernel_test_change(test, OPTIONS("ttl=9", "vlan=pop"), &e),
		0, "%s", e.text);
	m = rewrite_one(test, packet(&f));
	cr_assert_eq(bytes_of(m)[22], 9);
	rte_pktmbuf_free(m);
	cr_assert_neq(
		weir_kernel_test_change(test, OPTIONS("ttl=none"), &e), 0);
	m = rewrite_one(test, packet(&f));
	cr_assert_eq(bytes_of(m)[22], 9, "what it did before stays");
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static const struct {
	const char *option, *words;
} wrong[] = {
	{"source_mac=02:00:00:00:00",
		"'02:00:00:00:00' is no Ethernet address"},
	{"source_mac=02:00:00:00:00:001", "is no Ethernet address"},
	{"destination_mac=2:0:0:0:0:0:0", "is no Ethernet address"},
	{"ttl=0", "'0' is no TTL: write decrement, or 1 to 255"},
	{"ttl=256", "is no TTL"},
	{"dscp=64", "'64' is no DSCP"},
	{"dscp=EF", "is no DSCP"},
	{"source=10.0.0", "'10.0.0' is no address"},
	{"source=10.0.0.0/33", "is no address"},
	{"source=::/0x10", "is no address"},
	{"destination=::1/129", "is no address"},
	{"vlan=push", "push needs a vlan_id"},
	{"vlan=set", "set needs a vlan_id, a vlan_priority or both"},
	{"vlan_id=5", "'vlan: push'"},
	{"vlan_priority=8", "'8' is no priority: write 0 to 7"},
};

Test(rewrite, refuses_what_makes_no_sense_and_says_why)
{
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct weir_kernel_test *test;
		struct weir_error e = {0};
		int err = weir_kernel_test_open(&test, &weir_builtin_rewrite,
			OPTIONS(wrong[i].option), 1, pool, &clock_virtual, &e);

		cr_assert_eq(err, -EINVAL, "%s", wrong[i].option);
		cr_assert_not_null(strstr(e.text, wrong[i].words), "%s: %s",
			wrong[i].option, e.text);
	}
}

Test(rewrite, takes_one_address_of_each_kind)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_rewrite,
			     OPTIONS("source=10.0.0.1", "source=10.0.0.2"), 1,
			     pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_not_null(strstr(e.text, "'10.0.0.2' is the second address"),
		"%s", e.text);
	test = kernel_open(&weir_builtin_rewrite,
		OPTIONS("source=10.0.0.1", "source=fd00::1"), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(rewrite, writes_a_checksum_of_udp_that_comes_out_as_0_as_0xffff)
{
	struct frame f = {0};
	const uint8_t *bytes;
	char option[32];
	uint32_t size;
	unsigned sum;

	frame_udp(&f, 0);
	// The port that brings the sum to 0.
	sum = ((unsigned)f.bytes[40] << 8 | f.bytes[41]) + 1234;
	sum = (sum & 0xffff) + (sum >> 16);
	snprintf(option, sizeof(option), "source_port=%u", sum);
	bytes = changed(&f, OPTIONS(option), &size);
	cr_assert_arr_eq(bytes + 40, "\xff\xff", 2);
	cr_assert(ipv4_good(bytes + 14));
}

#define GOOD (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)
#define ALL (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define ASKED \
	(RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM)

// offered rewrites a frame that came with flags, behind which a port does tx.
static struct rte_mbuf *offered(const struct frame *f, uint64_t tx,
	uint64_t flags, const char *checksums)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_rewrite,
		OPTIONS("ttl=decrement", "source=203.0.113.7", checksums), 1);
	struct rte_mbuf *m = packet(f);

	weir_builtin_rewrite.offloads(weir_kernel_test_state(test), tx);
	m->ol_flags |= flags;
	m = rewrite_one(test, m);
	cr_assert_eq(weir_kernel_test_close(test), 0);
	return m;
}

Test(rewrite, leaves_checksums_to_the_port_where_it_may)
{
	struct frame f = {0};
	struct rte_mbuf *m;
	uint8_t *ip;

	frame_udp(&f, 1);
	m = offered(&f, ALL, GOOD, "checksums=offload");
	cr_assert_eq(m->ol_flags & ASKED, ASKED);
	cr_assert_eq(m->l2_len, 18);
	cr_assert_eq(m->l3_len, 20);
	// What the port will do makes it right.
	ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 18);
	cr_assert_eq(ip[10] | ip[11], 0);
	put16(ip + 10, rte_be_to_cpu_16(rte_ipv4_cksum((void *)ip)));
	put16(ip + 26, rte_be_to_cpu_16((uint16_t)~rte_raw_cksum(ip + 20, 20)));
	cr_assert(ipv4_good(ip));
	rte_pktmbuf_free(m);
}

Test(rewrite, makes_checksums_itself_where_that_could_hide_or_spoil_something)
{
	struct frame f = {0};

	for (unsigned i = 0; i < 5; i++) {
		struct rte_mbuf *m;

		f.size = 0;
		frame_udp(&f, 0);
		if (i == 4)
			frame_add(&f, 6); // a trailer
		m = offered(&f, i == 0 ? 0 : ALL,
			i == 1	 ? 0
			: i == 2 ? RTE_MBUF_F_RX_IP_CKSUM_BAD |
					   RTE_MBUF_F_RX_L4_CKSUM_BAD
				 : GOOD,
			i == 3 ? "checksums=software" : "checksums=offload");
		cr_assert_eq(m->ol_flags & ASKED, 0, "case %u", i);
		cr_assert(ipv4_good(bytes_of(m) + 14), "case %u", i);
		rte_pktmbuf_free(m);
	}
}
