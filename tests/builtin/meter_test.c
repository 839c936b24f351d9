// SPDX-License-Identifier: BSD-3-Clause
//
// meter on a virtual clock of 1 GHz.
#include "builtin/builtin.h"
#include "packets.h"

#define SECOND 1000000000u

TestSuite(meter, .init = packets_init, .fini = packets_fini);

enum { GREEN, YELLOW, RED, NONE };

// colour_of gives one packet of so many bytes and tells where it came out.
static unsigned colour_of(struct weir_kernel_test *test, unsigned bytes)
{
	uint8_t byte = 0;
	struct rte_mbuf *m = packet_meta(packet_of(&byte, 1), 1, bytes);

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	for (unsigned colour = GREEN; colour <= RED; colour++) {
		unsigned count;
		struct rte_mbuf **out =
			weir_kernel_test_taken(test, colour, 0, &count);

		if (!count)
			continue;
		cr_assert_eq(out[0], m);
		rte_pktmbuf_free(m);
		return colour;
	}
	return NONE;
}

static struct weir_kernel_test *open_meter(const char *const *options)
{
	return kernel_open(&weir_builtin_meter, options, 1);
}

// RFC 2697, 1000 bytes a second: what overflows the first bucket fills the
// second.
Test(meter, srtcm_takes_from_two_buckets_that_one_rate_fills)
{
	struct weir_kernel_test *test = open_meter(
		OPTIONS("rate=1kB/s", "burst=2000", "peak_burst=500"));

	cr_assert_eq(colour_of(test, 1500), GREEN);
	cr_assert_eq(colour_of(test, 500), GREEN);
	cr_assert_eq(colour_of(test, 501), RED);
	cr_assert_eq(colour_of(test, 400), YELLOW);
	cr_assert_eq(colour_of(test, 101), RED);
	ticks += SECOND + SECOND / 2000;
	cr_assert_eq(colour_of(test, 1001), RED); // 1000 came in
	cr_assert_eq(colour_of(test, 1000), GREEN);
	ticks +=
		3 * (uint64_t)SECOND; // 2000 in the first, all the second holds
	cr_assert_eq(colour_of(test, 2000), GREEN);
	cr_assert_eq(colour_of(test, 500), YELLOW);
	cr_assert_eq(colour_of(test, 10), RED);
	cr_assert_eq(weir_kernel_test_counter(test, "green_bytes"), 5000);
	cr_assert_eq(weir_kernel_test_counter(test, "yellow_bytes"), 900);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// RFC 2698: a packet that is over the peak is red; else it takes from the
// second bucket, and if it is green from the first, too.
Test(meter, trtcm_has_a_peak_that_everything_counts_towards)
{
	struct weir_kernel_test *test = open_meter(OPTIONS("algorithm=trtcm",
		"rate=1kB/s", "burst=1000", "peak=2kB/s", "peak_burst=1500"));

	cr_assert_eq(colour_of(test, 1000), GREEN);
	cr_assert_eq(colour_of(test, 500), YELLOW);
	cr_assert_eq(colour_of(test, 10), RED);
	ticks += SECOND / 4 + SECOND / 1000; // 250 and 500
	cr_assert_eq(colour_of(test, 250), GREEN);
	cr_assert_eq(colour_of(test, 250), YELLOW);
	cr_assert_eq(colour_of(test, 10), RED);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// RFC 4115: the two rates add up.
Test(meter, rfc4115_takes_from_one_bucket_or_the_other)
{
	struct weir_kernel_test *test = open_meter(OPTIONS("algorithm=rfc4115",
		"rate=1kB/s", "burst=1000", "peak=500B/s", "peak_burst=800"));

	cr_assert_eq(colour_of(test, 1000), GREEN);
	cr_assert_eq(colour_of(test, 800), YELLOW);
	cr_assert_eq(colour_of(test, 10), RED);
	ticks += SECOND + SECOND / 1000;
	cr_assert_eq(colour_of(test, 1000), GREEN);
	cr_assert_eq(colour_of(test, 500), YELLOW);
	cr_assert_eq(colour_of(test, 10), RED);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(meter, counts_packets_where_the_rate_does)
{
	struct weir_kernel_test *test =
		open_meter(OPTIONS("rate=10pps", "burst=3"));

	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(colour_of(test, 9000), GREEN);
	cr_assert_eq(colour_of(test, 1), RED);
	ticks += SECOND / 10 + 1000;
	cr_assert_eq(colour_of(test, 9000), GREEN);
	cr_assert_eq(colour_of(test, 1), RED);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(meter, counts_what_a_frame_takes_on_the_wire)
{
	struct weir_kernel_test *test =
		open_meter(OPTIONS("rate=1kB/s", "burst=1000", "overhead=24"));

	cr_assert_eq(colour_of(test, 977), RED);
	cr_assert_eq(colour_of(test, 976), GREEN);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// The bits of 536870913 bytes are 8 more than 32 digits can say.
Test(meter, believes_no_length_to_be_short_that_is_long)
{
	struct weir_kernel_test *test =
		open_meter(OPTIONS("rate=1kB/s", "burst=100M"));

	cr_assert_eq(colour_of(test, 536870913), RED);
	cr_assert_eq(colour_of(test, UINT32_MAX), RED);
	cr_assert_eq(colour_of(test, 1000), GREEN);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// Offered half as much again as the rate, what is green is the rate, to 1 in
// 5000, from slow to fast.
static void expect_rate(const char *rate, uint64_t per_second, unsigned size)
{
	char text[40];
	struct weir_kernel_test *test;
	uint64_t begin, passed = 0, wanted;
	unsigned tokens = size ? 8 * size : 1;
	double step = (double)tokens * SECOND / (1.5 * (double)per_second);
	double at = 0;

	snprintf(text, sizeof(text), "rate=%s", rate);
	test = open_meter(OPTIONS(text, size ? "burst=20k" : "burst=10"));
	begin = ticks;
	for (unsigned i = 0; i < 60000; i++) {
		at += step;
		ticks = begin + (uint64_t)at;
		if (colour_of(test, size ? size : 100) == GREEN)
			passed += tokens;
	}
	wanted = (uint64_t)(at * (double)per_second / SECOND);
	cr_assert_leq(passed, wanted + wanted / 5000 + 8 * 20000, "%s", rate);
	cr_assert_geq(passed + wanted / 5000 + tokens, wanted, "%s", rate);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(meter, keeps_slow_and_fast_rates)
{
	expect_rate("64kbit/s", 64000, 100);
	expect_rate("1Mbit/s", 1000000, 700);
	// A token each 100.9 ns, of which rte_meter alone makes 100.
	expect_rate("9910803bit/s", 9910803, 700);
	expect_rate("333333333bit/s", 333333333, 1500);
	expect_rate("1Gbit/s", 1000000000, 1514);
	expect_rate("10Gbit/s", 10000000000, 1514);
	expect_rate("97.3Gbit/s", 97300000000, 1999);
	expect_rate("1kpps", 1000, 0);
	expect_rate("1234567pps", 1234567, 0);
}

// What came in the meantime is worth what it was at the old rate; what is there
// stays, and no more.
Test(meter, a_change_of_rate_keeps_the_tokens)
{
	struct weir_error e = {0};
	struct weir_kernel_test *test =
		open_meter(OPTIONS("rate=1kB/s", "burst=10000"));

	cr_assert_eq(colour_of(test, 7000), GREEN);
	ticks += SECOND + SECOND / 1000; // 4001
	cr_assert_eq(weir_kernel_test_change(
			     test, OPTIONS("rate=1MB/s", "burst=10000"), &e),
		0, "%s", e.text);
	cr_assert_eq(colour_of(test, 4010), RED);
	cr_assert_eq(colour_of(test, 4000), GREEN);
	cr_assert_eq(colour_of(test, 10), RED);
	ticks += SECOND / 1000 + 1000; // 1000 at the new rate
	cr_assert_eq(colour_of(test, 1000), GREEN);
	cr_assert_eq(colour_of(test, 10), RED);
	ticks += SECOND; // full: 10000; then smaller
	cr_assert_eq(weir_kernel_test_change(
			     test, OPTIONS("rate=1kB/s", "burst=600"), &e),
		0, "%s", e.text);
	cr_assert_eq(colour_of(test, 601), RED);
	cr_assert_eq(colour_of(test, 600), GREEN);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// The shell's clock may be read before the change, and be used after it.
Test(meter, time_that_stands_still_fills_nothing)
{
	struct weir_error e = {0};
	struct weir_kernel_test *test =
		open_meter(OPTIONS("rate=1GB/s", "burst=2000"));

	ticks += SECOND;
	cr_assert_eq(weir_kernel_test_change(
			     test, OPTIONS("rate=2GB/s", "burst=2000"), &e),
		0);
	cr_assert_eq(colour_of(test, 2000), GREEN);
	ticks -= 1000;
	cr_assert_eq(colour_of(test, 64), RED);
	ticks += 1000;
	cr_assert_eq(colour_of(test, 64), RED);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static unsigned colour_of_dscp(
	struct weir_kernel_test *test, unsigned dscp, bool ipv6)
{
	struct frame f = {0};
	struct rte_mbuf *m, **out;
	unsigned count = 0, colour = GREEN;

	frame_ethernet(&f, ipv6 ? 0x86dd : 0x0800);
	if (ipv6) {
		uint8_t *ip = frame_ipv6(&f, 17, 1, 2);

		put16(ip, 0x6000 | dscp << 6);
	} else {
		frame_ipv4(&f, 17, 1, 2)[1] = (uint8_t)(dscp << 2);
	}
	m = packet(&f);
	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	while (colour <= RED) {
		out = weir_kernel_test_taken(test, colour, 0, &count);
		if (count)
			break;
		colour++;
	}
	cr_assert_eq(out[0], m);
	rte_pktmbuf_free(m);
	return colour;
}

Test(meter, aware_of_dscp_no_colour_gets_better)
{
	struct weir_kernel_test *test = open_meter(OPTIONS(
		"colour=dscp", "rate=1kB/s", "burst=1M", "peak_burst=1M"));

	for (unsigned dscp = 0; dscp < 64; dscp++) {
		// AF11 is 10, AF43 is 38 (RFC 2597).
		static const uint8_t yellows[] = {12, 20, 28, 36};
		static const uint8_t reds[] = {14, 22, 30, 38};
		unsigned wanted = memchr(yellows, (int)dscp, 4) ? YELLOW
				  : memchr(reds, (int)dscp, 4)	? RED
								: GREEN;

		cr_assert_eq(
			colour_of_dscp(test, dscp, false), wanted, "%u", dscp);
		cr_assert_eq(
			colour_of_dscp(test, dscp, true), wanted, "%u", dscp);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(meter, behind_anothers_yellow_nothing_is_green)
{
	struct weir_kernel_test *test = open_meter(OPTIONS(
		"colour=yellow", "rate=1kB/s", "burst=1000", "peak_burst=300"));

	cr_assert_eq(colour_of(test, 300), YELLOW);
	cr_assert_eq(colour_of(test, 100), RED);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void refuse(const char *const *options, const char *words)
{
	struct weir_error e = {0};
	struct weir_kernel_test *test;

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_meter, options,
			     1, pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_not_null(strstr(e.text, words), "%s", e.text);
}

Test(meter, refuses_rates_that_do_not_go_together)
{
	refuse(OPTIONS("rate=1Mpps", "algorithm=trtcm"),
		"trtcm needs a second rate: give peak");
	refuse(OPTIONS("rate=1Mpps", "peak=2Mpps"), "srtcm has no second rate");
	refuse(OPTIONS("rate=1Mpps", "peak=2Gbps", "algorithm=trtcm"),
		"in bits or both in packets");
	refuse(OPTIONS("rate=2Mpps", "peak=1Mpps", "algorithm=trtcm"),
		"is at least its rate");
	refuse(OPTIONS(), "option 'rate' must be given");
}
