// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/builtin.h"
#include "packets.h"

enum { MATCH, REST };

TestSuite(filter, .init = packets_init, .fini = packets_fini);

// Which output it takes; the packet is freed.
static bool passes(struct weir_kernel_test *test, struct rte_mbuf *m)
{
	unsigned match, rest;
	struct rte_mbuf **out;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	out = weir_kernel_test_taken(test, MATCH, 0, &match);
	rte_pktmbuf_free_bulk(out, match);
	out = weir_kernel_test_taken(test, REST, 0, &rest);
	rte_pktmbuf_free_bulk(out, rest);
	cr_assert_leq(match + rest, 1);
	return match == 1;
}

static struct weir_kernel_test *filter(const char *expr)
{
	char text[256];

	snprintf(text, sizeof(text), "expr=%s", expr);
	return kernel_open(&weir_builtin_filter, OPTIONS(text), 1);
}

static void ethernet_udp(struct frame *f, unsigned to)
{
	frame_ethernet(f, 0x0800);
	frame_ipv4(f, 17, 0x0a000001, 0x0a000002);
	frame_ports(f, 999, to);
}

Test(filter, parts_what_matches_from_the_rest)
{
	struct weir_kernel_test *test = filter("udp port 53");
	struct frame dns = {0}, ntp = {0};

	ethernet_udp(&dns, 53);
	ethernet_udp(&ntp, 123);
	cr_assert(passes(test, packet(&dns)));
	cr_assert_not(passes(test, packet(&ntp)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(filter, keeps_order_in_both_outputs)
{
	struct weir_kernel_test *test = filter("udp port 53");
	struct rte_mbuf *in[90], **match, **rest;
	unsigned match_count, rest_count;
	struct frame f[2] = {0};

	ethernet_udp(&f[0], 53);
	ethernet_udp(&f[1], 123);
	for (unsigned i = 0; i < 90; i++)
		in[i] = packet(&f[i % 3 != 0]);
	weir_test_kernel(test, in, 90);
	match = weir_kernel_test_taken(test, MATCH, 0, &match_count);
	rest = weir_kernel_test_taken(test, REST, 0, &rest_count);
	cr_assert_eq(match_count, 30);
	cr_assert_eq(rest_count, 60);
	for (unsigned i = 0; i < 90; i++)
		cr_assert_eq(i % 3 ? rest[i - i / 3 - 1] : match[i / 3], in[i]);
	rte_pktmbuf_free_bulk(in, 90);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(filter, knows_the_original_length_from_the_captured_one)
{
	struct weir_kernel_test *test = filter("greater 1000");
	struct weir_kernel_test *deep = filter("ether[900] = 0");
	struct frame f = {0};

	ethernet_udp(&f, 53);
	cr_assert(passes(test, packet_meta(packet(&f), 1, 1000)));
	cr_assert_not(passes(test, packet_meta(packet(&f), 1, 999)));
	cr_assert_not(passes(test, packet(&f)));
	cr_assert_not(passes(deep, packet_meta(packet(&f), 1, 1000)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
	cr_assert_eq(weir_kernel_test_close(deep), 0);
}

Test(filter, reads_packets_of_any_length_up_to_65535)
{
	static const unsigned sizes[] = {
		1, 14, 60, 1514, 2048, 2049, 9000, 65535};
	static uint8_t bytes[65535];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned last = sizes[i] - 1;
		struct weir_kernel_test *test;
		char expr[64];

		snprintf(expr, sizeof(expr), "ether[%u] = 0x5a", last);
		test = filter(expr);
		bytes[last] = 0x5a;
		cr_assert(passes(test, packet_of(bytes, sizes[i])), "%s", expr);
		bytes[last] = 0;
		cr_assert_not(passes(test, packet_of(bytes, sizes[i])));
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}

Test(filter, judges_the_first_64_kib_of_what_is_longer)
{
	struct weir_kernel_test *near = filter("ether[65534] = 0x5a");
	struct weir_kernel_test *far = filter("ether[65535] = 0x5a");
	static uint8_t bytes[70000];

	memset(bytes, 0x5a, sizeof(bytes));
	cr_assert(passes(near, packet_of(bytes, sizeof(bytes))));
	cr_assert_not(passes(far, packet_of(bytes, sizeof(bytes))));
	cr_assert_eq(weir_kernel_test_close(near), 0);
	cr_assert_eq(weir_kernel_test_close(far), 0);
}

Test(filter, judges_by_the_packets_own_link_type)
{
	struct weir_kernel_test *test = filter("udp port 53");
	struct frame f = {0};

	frame_ipv4(&f, 17, 1, 2);
	frame_ports(&f, 999, 53);
	cr_assert(passes(test, packet_meta(packet(&f), 101, 100)));
	cr_assert(passes(test, packet_meta(packet(&f), 228, 100)));
	cr_assert_not(passes(test, packet_meta(packet(&f), 1, 100)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(filter, drops_by_name_what_it_cannot_judge)
{
	struct weir_kernel_test *test = filter("ether host 02:00:00:00:00:0b");
	struct frame f = {0};

	ethernet_udp(&f, 53);
	cr_assert(passes(test, packet(&f)));
	cr_assert_not(passes(test, packet_meta(packet(&f), 101, 100)));
	cr_assert_not(passes(test, packet_meta(packet(&f), 9999, 100)));
	cr_assert_str_eq(weir_builtin_filter.drops[0], "link_type");
	cr_assert_eq(weir_kernel_test_dropped(test, 0), 2);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(filter, takes_what_can_be_said_of_another_link_type_only)
{
	struct weir_kernel_test *test = filter("type mgt subtype beacon");
	uint8_t beacon[40] = {0x80};

	cr_assert(passes(test, packet_meta(packet_of(beacon, 40), 105, 40)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(filter, refuses_a_bad_expression_in_libpcaps_words)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_filter,
			     OPTIONS("expr=udp prot 53"), 1, pool,
			     &clock_virtual, &e),
		-EINVAL);
	cr_assert(strstr(e.text, "'udp prot 53' is not a filter expression: "
				 "can't parse filter expression: syntax error"),
		"%s", e.text);
}

Test(filter, changes_its_expression_live_or_stays_as_it_was)
{
	struct weir_kernel_test *test = filter("udp port 53");
	struct weir_error e = {0};
	struct frame f = {0};

	ethernet_udp(&f, 123);
	cr_assert_not(passes(test, packet(&f)));
	cr_assert_eq(
		weir_kernel_test_change(test, OPTIONS("expr=udp port 123"), &e),
		0, "%s", e.text);
	cr_assert(passes(test, packet(&f)));
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS("expr=and"), &e),
		-EINVAL);
	cr_assert(passes(test, packet(&f)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}
