// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/builtin.h"
#include "packets.h"

TestSuite(sample, .init = packets_init, .fini = packets_fini);

enum { SAMPLE, REST };

// is_taken gives one packet, and tells which way it went.
static bool is_taken(struct weir_kernel_test *test, struct rte_mbuf *m)
{
	struct rte_mbuf **out;
	unsigned taken, rest;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	out = weir_kernel_test_taken(test, SAMPLE, 0, &taken);
	if (!taken)
		out = weir_kernel_test_taken(test, REST, 0, &rest);
	cr_assert_eq(out[0], m);
	rte_pktmbuf_free(m);
	return taken;
}

static struct rte_mbuf *udp(
	unsigned from, unsigned to, unsigned port, unsigned to_port)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 17, from, to);
	frame_ports(&f, port, to_port);
	return packet(&f);
}

Test(sample, takes_every_nth)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sample, OPTIONS("one_in=3"), 1);

	for (unsigned i = 1; i <= 30; i++)
		cr_assert_eq(is_taken(test, udp(1, 2, 3, 4)), i % 3 == 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sample, one_in_one_is_all)
{
	static const char *const by[] = {
		"by=count", "by=random", "by=flow", "by=content"};

	for (unsigned b = 0; b < 4; b++) {
		struct weir_kernel_test *test = kernel_open(
			&weir_builtin_sample, OPTIONS("one_in=1", by[b]), 1);

		for (unsigned i = 0; i < 300; i++)
			cr_assert(is_taken(test, udp(i, 2, 3, 4)), "%s", by[b]);
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}

static unsigned share(const char *const *options, unsigned count, bool *which)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sample, options, 1);
	unsigned taken = 0;

	for (unsigned i = 0; i < count; i++) {
		which[i] = is_taken(test, udp(i, 2, 3, 4));
		taken += which[i];
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
	return taken;
}

static bool one[20000], other[20000];

// Five standard deviations of 20000 draws at 1 in 4 are 306.
Test(sample, by_chance_takes_its_share_and_replays_from_the_seed)
{
	unsigned taken =
		share(OPTIONS("one_in=4", "by=random", "seed=7"), 20000, one);

	cr_assert(taken > 5000 - 306 && taken < 5000 + 306, "%u", taken);
	cr_assert_eq(share(OPTIONS("probability=0.25", "by=random", "seed=7"),
			     20000, other),
		taken);
	cr_assert_arr_eq(one, other, sizeof(one));
	share(OPTIONS("one_in=4", "by=random", "seed=8"), 20000, other);
	cr_assert_arr_neq(one, other, sizeof(one));
}

Test(sample, by_flow_and_content_take_their_share)
{
	static const char *const by[] = {"by=flow", "by=content"};

	for (unsigned b = 0; b < 2; b++) {
		unsigned taken =
			share(OPTIONS("one_in=4", "seed=7", by[b]), 20000, one);

		cr_assert(
			taken > 5000 - 306 && taken < 5000 + 306, "%u", taken);
		// What is taken less often is among what is taken more often.
		share(OPTIONS("probability=0.5", "seed=7", by[b]), 20000,
			other);
		for (unsigned i = 0; i < 20000; i++)
			cr_assert(!one[i] || other[i]);
	}
}

Test(sample, by_flow_keeps_both_directions_together)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_sample, OPTIONS("one_in=2", "by=flow"), 1);
	unsigned taken = 0;

	for (unsigned i = 0; i < 500; i++) {
		bool there = is_taken(test, udp(i, 7, 1000 + i, 53));

		taken += there;
		cr_assert_eq(is_taken(test, udp(i, 7, 1000 + i, 53)), there);
		cr_assert_eq(is_taken(test, udp(7, i, 53, 1000 + i)), there);
	}
	cr_assert(taken > 150 && taken < 350);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// A router changes the Ethernet header, the TTL and IP's checksum.
Test(sample, by_content_knows_a_packet_again_behind_a_router)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_sample, OPTIONS("one_in=2", "by=content"), 1);
	unsigned taken = 0, differ = 0;

	for (unsigned i = 0; i < 500; i++) {
		struct rte_mbuf *m = udp(i, 7, 5, 6);
		bool there = is_taken(test, udp(i, 7, 5, 6));
		uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);

		bytes[3] ^= 0x55;
		bytes[22]--;
		bytes[24] ^= 0x12;
		taken += there;
		cr_assert_eq(is_taken(test, m), there);
		differ += is_taken(test, udp(i, 7, 5, 8)) != there;
	}
	cr_assert(taken > 150 && taken < 350);
	cr_assert_gt(differ, 100);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sample, by_content_forgives_the_hop_limit)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_sample, OPTIONS("one_in=2", "by=content"), 1);

	for (unsigned i = 0; i < 200; i++) {
		struct frame f = {0};
		bool there;

		frame_ethernet(&f, 0x86dd);
		frame_ipv6(&f, 17, i, 2);
		there = is_taken(test, packet(&f));
		f.bytes[21]--;
		cr_assert_eq(is_taken(test, packet(&f)), there);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sample, reads_packets_in_pieces_and_short_ones)
{
	static const unsigned cuts[] = {3, 7, 1, 20, 0};
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_sample, OPTIONS("one_in=2", "by=content"), 1);
	uint8_t bytes[100];

	for (unsigned i = 0; i < 300; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		cr_assert_eq(is_taken(test, packet_cut(bytes, 100, cuts)),
			is_taken(test, packet_of(bytes, 100)));
		is_taken(test, packet_of(bytes, i % 20));
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sample, changes_while_it_runs)
{
	struct weir_error e = {0};
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sample, OPTIONS("one_in=1000"), 1);

	for (unsigned i = 0; i < 10; i++)
		cr_assert_not(is_taken(test, udp(1, 2, 3, 4)));
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS("one_in=2"), &e), 0);
	for (unsigned i = 1; i <= 10; i++)
		cr_assert_eq(is_taken(test, udp(1, 2, 3, 4)), i % 2 == 0);
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS(), &e), -EINVAL);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void refuse(const char *const *options, const char *words)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_sample, options,
			     1, pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_not_null(strstr(e.text, words), "%s", e.text);
}

Test(sample, refuses_what_does_not_say_how_much)
{
	refuse(OPTIONS("by=random"), "give one of one_in and probability");
	refuse(OPTIONS("one_in=2", "probability=0.5"), "give one of one_in");
	refuse(OPTIONS("probability=0.5"), "give one_in, or by: random");
	refuse(OPTIONS("probability=1.5", "by=random"), "at most 1");
}
