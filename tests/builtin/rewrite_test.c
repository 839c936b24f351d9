// SPDX-License-Identifier: BSD-3-Clause
//
// rewrite, a promise at a time. rewrite_model.c has it against the plainest
// thing that could be right.
#include "builtin/builtin.h"
#include "packets.h"

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
