// SPDX-License-Identifier: BSD-3-Clause
//
// gen on a virtual clock of 1 GHz; its frames are looked at byte by byte.
#include "builtin/builtin.h"
#include "packets.h"

#define SECOND 1000000000u

TestSuite(gen, .init = packets_init, .fini = packets_fini);

static struct rte_mbuf *taken[2048];

// take calls gen once and answers how many packets it made.
static unsigned take(struct weir_kernel_test *test)
{
	struct rte_mbuf **out;
	unsigned count;

	weir_test_kernel(test, NULL, 0);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	for (unsigned i = 0; i < count; i++)
		taken[i] = out[i];
	return count;
}

static unsigned take_and_free(struct weir_kernel_test *test)
{
	unsigned count = take(test);

	if (count)
		rte_pktmbuf_free_bulk(taken, count);
	return count;
}

static unsigned at16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

// The sum of RFC 1071, the plain way.
static unsigned sum_of(const uint8_t *bytes, unsigned size, unsigned sum)
{
	for (unsigned i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (unsigned)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void expect_ipv4(const uint8_t *frame, unsigned size)
{
	const uint8_t *ip = frame + 14, *udp = ip + 20;

	cr_assert_eq(at16(frame + 12), 0x0800);
	cr_assert_eq(ip[0], 0x45);
	cr_assert_eq(at16(ip + 2), size - 14);
	cr_assert_eq(ip[9], 17);
	cr_assert_eq(sum_of(ip, 20, 0), 0xffff);
	cr_assert_eq(at16(udp + 4), size - 34);
	cr_assert_neq(at16(udp + 6), 0);
	cr_assert_eq(sum_of(udp, size - 34, sum_of(ip + 12, 8, 17 + size - 34)),
		0xffff);
}

static void expect_ipv6(const uint8_t *frame, unsigned size)
{
	const uint8_t *ip = frame + 14, *udp = ip + 40;

	cr_assert_eq(at16(frame + 12), 0x86dd);
	cr_assert_eq(ip[0], 0x60);
	cr_assert_eq(at16(ip + 4), size - 54);
	cr_assert_eq(ip[6], 17);
	cr_assert_eq(at16(udp + 4), size - 54);
	cr_assert_neq(at16(udp + 6), 0);
	cr_assert_eq(sum_of(udp, size - 54, sum_of(ip + 8, 32, 17 + size - 54)),
		0xffff);
}

static void run_frames(const char *const *options, bool ipv6, unsigned times)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_gen, options, 1);

	while (times--) {
		unsigned count = take(test);

		cr_assert_gt(count, 0);
		for (unsigned i = 0; i < count; i++) {
			const uint8_t *frame =
				rte_pktmbuf_mtod(taken[i], uint8_t *);
			unsigned size = taken[i]->pkt_len;

			cr_assert_eq(taken[i]->data_len, size);
			if (ipv6)
				expect_ipv6(frame, size);
			else
				expect_ipv4(frame, size);
		}
		rte_pktmbuf_free_bulk(taken, count);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(gen, makes_valid_frames_of_every_size)
{
	char text[16];

	for (unsigned size = 58; size <= 1600; size += size < 100 ? 1 : 97) {
		snprintf(text, sizeof(text), "size=%u", size);
		run_frames(OPTIONS(text), false, 2);
	}
}

Test(gen, makes_valid_frames_of_every_flow)
{
	run_frames(OPTIONS("flows=200000", "source=198.18.255.250",
			   "source_port=65500"),
		false, 5000);
	run_frames(OPTIONS("flows=200000", "source=fd00::ffff:fff0",
			   "destination=fd00::1", "size=78", "size=79",
			   "size=1501", "source_port=65500"),
		true, 5000);
	run_frames(OPTIONS("source=fd00::1", "destination=fd00::2",
			   "sequence=no", "size=62"),
		true, 3);
}

Test(gen, says_who_it_is_and_where_to)
{
	static const uint8_t wanted[] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8};
	struct weir_kernel_test *test = kernel_open(&weir_builtin_gen,
		OPTIONS("source=10.0.0.1", "destination=10.0.0.2",
			"source_port=5", "destination_port=6",
			"source_mac=02:00:00:00:00:08",
			"destination_mac=02:00:00:00:00:09", "count=1"),
		1);
	const uint8_t *frame;

	cr_assert_eq(take(test), 1);
	frame = rte_pktmbuf_mtod(taken[0], uint8_t *);
	cr_assert_arr_eq(frame, wanted, 12);
	cr_assert_arr_eq(frame + 26, "\x0a\0\0\1\x0a\0\0\2", 8);
	cr_assert_eq(at16(frame + 34), 5);
	cr_assert_eq(at16(frame + 36), 6);
	rte_pktmbuf_free(taken[0]);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// Each flow has its own address and port, and its own numbers from 0; the sizes
// have their turn in each of them.
Test(gen, goes_round_flows_and_sizes)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_gen,
		OPTIONS("flows=6", "first_flow=10", "size=60", "size=100",
			"size=200", "count=54", "source_port=65534"),
		1);
	uint32_t next[6] = {0};
	unsigned of_size[6][3] = {{0}};
	unsigned total = 0, count;

	while ((count = take(test)) > 0) {
		for (unsigned i = 0; i < count; i++) {
			const uint8_t *f =
				rte_pktmbuf_mtod(taken[i], uint8_t *);
			unsigned size = taken[i]->pkt_len;
			unsigned flow = f[49] - 10u;

			cr_assert_lt(flow, 6);
			cr_assert_arr_eq(f + 42, "weir", 4);
			cr_assert_eq(f[57], next[flow]);
			next[flow]++;
			of_size[flow][size == 60 ? 0 : size == 100 ? 1 : 2]++;
			// Two ports are left in an address: 65534 and 65535.
			cr_assert_eq(at16(f + 34), 65534 + flow % 2);
			cr_assert_eq(f[29], 1 + (10 + flow) / 2);
		}
		total += count;
		rte_pktmbuf_free_bulk(taken, count);
	}
	cr_assert_eq(total, 54);
	for (unsigned i = 0; i < 18; i++)
		cr_assert_eq(of_size[i / 3][i % 3], 3);
	cr_assert_eq(weir_kernel_test_made(test), 54);
	cr_assert(weir_builtin_gen.ended(weir_kernel_test_state(test)));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// Over any length of time the rate is kept, whenever gen is called: as many as
// are due, never more than the burst at once.
Test(gen, keeps_its_rate_and_its_burst)
{
	struct weir_random draws = random_of_test();
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_gen, OPTIONS("rate=1234567pps", "burst=8"), 1);
	uint64_t begin = ticks, count = take_and_free(test);

	cr_assert_eq(count, 1);
	while (ticks - begin < SECOND / 50) {
		uint64_t due;
		unsigned n;

		ticks += weir_random_below(&draws, 5 * 810);
		n = take_and_free(test);
		cr_assert_leq(n, 8);
		count += n;
		// 810 ns and a fraction for each; the fraction is cut.
		due = (uint64_t)((__uint128_t)(ticks - begin) * 1234567 /
				 SECOND) +
		      1;
		cr_assert(count == due || count == due + 1);
	}
	cr_assert_eq(weir_kernel_test_counter(test, "missed"), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(gen, gives_up_what_it_cannot_catch_up_with_and_counts_it)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_gen, OPTIONS("rate=1Mpps", "burst=4"), 1);

	cr_assert_eq(take_and_free(test), 1);
	ticks += 100000; // 100 are due
	cr_assert_eq(take_and_free(test), 4);
	cr_assert_eq(weir_kernel_test_counter(test, "missed"), 96);
	cr_assert_eq(take_and_free(test), 0);
	ticks += 1000;
	cr_assert_eq(take_and_free(test), 1);
	ticks += 3000;
	weir_kernel_test_limit(test, WEIR_BURST, 2);
	cr_assert_eq(take_and_free(test), 2); // no room for more
	cr_assert_eq(take_and_free(test), 1);
	cr_assert_eq(weir_kernel_test_counter(test, "missed"), 96);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(gen, counts_bits_on_the_wire)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_gen,
		OPTIONS("rate=10Gbit/s", "overhead=24", "size=60", "size=1514",
			"burst=64"),
		1);
	uint64_t begin = ticks, count = take_and_free(test), bits;

	while (ticks - begin < SECOND / 200) {
		ticks += 3000;
		count += take_and_free(test);
	}
	bits = count * ((60 + 24 + 1514 + 24) / 2) * 8;
	cr_assert_leq(bits, 10 * (ticks - begin) + 2 * 1538 * 8);
	cr_assert_geq(bits + 2 * 1538 * 8, 10 * (ticks - begin));
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(gen, changes_its_rate_from_then_on)
{
	struct weir_error e = {0};
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_gen, OPTIONS("rate=1Mpps"), 1);
	unsigned count = 0;

	take_and_free(test);
	ticks += 10000;
	cr_assert_eq(take_and_free(test), 10);
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS("rate=100kpps"), &e),
		0, "%s", e.text);
	for (unsigned i = 0; i < 20; i++) {
		ticks += 5000;
		count += take_and_free(test);
	}
	// What was due already at the old rate is.
	cr_assert(count == 10 || count == 11, "%u", count);
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS("rate=max"), &e), 0);
	cr_assert_eq(take_and_free(test), WEIR_BURST);
	ticks += SECOND;
	cr_assert_eq(
		weir_kernel_test_change(test, OPTIONS("rate=1pps"), &e), 0);
	cr_assert_eq(take_and_free(test), 1);
	cr_assert_eq(take_and_free(test), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(gen, waits_while_the_pool_is_empty)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_gen, OPTIONS("rate=1Mpps", "burst=8"), 1);
	struct rte_mbuf *all[POOL_COUNT];
	unsigned held = 0;

	take_and_free(test);
	while (held < POOL_COUNT && (all[held] = rte_pktmbuf_alloc(pool)))
		held++;
	ticks += 3000;
	cr_assert_eq(take_and_free(test), 0);
	rte_pktmbuf_free_bulk(all, held);
	cr_assert_eq(take_and_free(test), 3);
	cr_assert_eq(weir_kernel_test_counter(test, "missed"), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void refuse(const char *const *options, const char *words)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_gen, options, 1,
			     pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_not_null(strstr(e.text, words), "%s", e.text);
}

Test(gen, refuses_what_no_frame_can_be)
{
	refuse(OPTIONS("size=57"),
		"57: a frame with these headers has from 58");
	refuse(OPTIONS("size=60", "source=fd00::1", "destination=fd00::2"),
		"from 78");
	refuse(OPTIONS("size=65536"), "to 65535 bytes");
	refuse(OPTIONS("size=3000"), "set runtime.packet_size to 3000");
	refuse(OPTIONS("size=many"), "'many' is not a size");
	refuse(OPTIONS("source=fd00::1"), "not of the same IP version");
	refuse(OPTIONS("source=1.2.3"), "'1.2.3' is not an IP address");
	refuse(OPTIONS("source_mac=1:2"), "'1:2' is not an Ethernet address");
	refuse(OPTIONS("rate=100"), "'100' has no unit");
}
