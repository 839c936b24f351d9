// SPDX-License-Identifier: BSD-3-Clause
//
// sink against a plain list of which numbers came, on packets that gen made;
// and on packets with a byte changed, against what was changed.
#include "builtin/builtin.h"
#include "packets.h"

TestSuite(sink, .init = packets_init, .fini = packets_fini);

static struct rte_mbuf *made[2048];
static unsigned made_count;

// make fills made with what gen makes.
static void make(const char *const *options)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_gen, options, 1);
	struct rte_mbuf **out;
	unsigned count;

	made_count = 0;
	do {
		weir_test_kernel(test, NULL, 0);
		out = weir_kernel_test_taken(test, 0, 0, &count);
		for (unsigned i = 0; i < count; i++)
			made[made_count++] = out[i];
	} while (count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void expect(
	struct weir_kernel_test *test, const char *name, uint64_t wanted)
{
	uint64_t got = weir_kernel_test_counter(test, name);

	cr_assert_eq(got, wanted, "%s: %" PRIu64 ", not %" PRIu64, name, got,
		wanted);
}

static struct rte_mbuf *copy_of(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

	cr_assert_not_null(copy);
	return copy;
}

static void give(struct weir_kernel_test *test, struct rte_mbuf *m)
{
	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
}

Test(sink, consumes_and_counts_bytes_on_the_wire)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sink, OPTIONS(), 1);
	struct rte_mbuf *in[70];
	uint8_t byte = 0;

	for (unsigned i = 0; i < 70; i++)
		in[i] = packet_meta(packet_of(&byte, 1), 1, 1500);
	cr_assert_eq(weir_test_kernel(test, in, 70), 70);
	cr_assert_eq(weir_kernel_test_consumed(test), 70);
	expect(test, "bytes", 70 * 1500);
	expect(test, "numbered", 0);
	cr_assert_eq(weir_pool_held(pool), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

#define FLOWS 5
#define NUMBERS 300

// Which numbers of a flow came, and the newest.
static struct {
	bool came[NUMBERS];
	int newest;
} list[FLOWS];

static struct {
	uint64_t lost, late, twice;
} told;

static void list_come(unsigned flow, int number)
{
	if (list[flow].came[number])
		told.twice++;
	else if (number < list[flow].newest)
		told.late++;
	list[flow].came[number] = true;
	if (number > list[flow].newest)
		list[flow].newest = number;
}

static uint64_t list_lost(void)
{
	uint64_t lost = 0;

	for (unsigned flow = 0; flow < FLOWS; flow++)
		for (int i = 0; i < list[flow].newest; i++)
			lost += !list[flow].came[i];
	return lost;
}

// A packet in four is left out, comes again, or a bit later or earlier: never
// further than what sink can tell.
Test(sink, knows_what_was_lost_came_late_or_twice)
{
	struct weir_random draws = random_of_test();
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sink, OPTIONS("sequence=yes"), 1);

	for (unsigned flow = 0; flow < FLOWS; flow++)
		list[flow].newest = -1;
	make(OPTIONS("flows=5", "count=1500"));
	for (unsigned i = 0; i < 1500; i++) {
		unsigned which = i;

		switch (weir_random_below(&draws, 8)) {
		case 0:
			continue;
		case 1: // up to 20 rounds back or ahead
			which += (unsigned)weir_random_below(&draws, 200);
			which = which < 100	     ? 0
				: which - 100 > 1499 ? 1499
						     : which - 100;
			break;
		}
		give(test, copy_of(made[which]));
		list_come(which % FLOWS, (int)(which / FLOWS));
		expect(test, "late", told.late);
		expect(test, "twice", told.twice);
		expect(test, "lost", list_lost());
	}
	cr_assert_gt(told.late, 10);
	cr_assert_gt(told.twice, 10);
	cr_assert_gt(list_lost(), 10);
	rte_pktmbuf_free_bulk(made, made_count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sink, does_not_guess_beyond_its_window)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sink, OPTIONS("sequence=yes"), 1);

	make(OPTIONS("count=200"));
	give(test, copy_of(made[0]));
	give(test, copy_of(made[100])); // 99 between them
	expect(test, "lost", 99);
	give(test, copy_of(made[37])); // 63 behind: the last that it can tell
	expect(test, "lost", 98);
	give(test, copy_of(made[37]));
	expect(test, "twice", 1);
	give(test, copy_of(made[36]));
	give(test, copy_of(made[0]));
	expect(test, "lost", 98);
	expect(test, "late", 3);
	expect(test, "twice", 1);
	give(test, copy_of(made[163])); // 63 on: all of what was seen is behind
	give(test, copy_of(made[100]));
	expect(test, "twice", 2);
	rte_pktmbuf_free_bulk(made, made_count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(sink, leaves_alone_flows_that_it_does_not_know)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_sink, OPTIONS("sequence=yes", "flows=2"), 1);

	make(OPTIONS("flows=4", "count=40"));
	cr_assert_eq(weir_test_kernel(test, made, 40), 40);
	expect(test, "numbered", 20);
	expect(test, "lost", 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void check_changed(const char *const *options, unsigned from)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sink, OPTIONS("checksums=yes"), 1);
	unsigned size;

	make(options);
	size = made[0]->pkt_len;
	for (unsigned i = from; i < size; i++) {
		struct rte_mbuf *m = copy_of(made[0]);

		rte_pktmbuf_mtod(m, uint8_t *)[i] ^= 0x10;
		give(test, m);
	}
	expect(test, "checked", size - from);
	expect(test, "wrong", size - from);
	give(test, copy_of(made[0]));
	expect(test, "wrong", size - from);
	rte_pktmbuf_free_bulk(made, made_count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// From the IPv4 protocol's end on everything is covered: TTL and protocol by
// IP's own sum, what follows by one of the two.
Test(sink, finds_any_changed_byte)
{
	check_changed(OPTIONS("size=100", "count=1"), 24);
	check_changed(OPTIONS("size=101", "count=1"), 24);
	// Of IPv6 the hop limit is not covered, and the length decides what is.
	check_changed(OPTIONS("size=121", "source=fd00::1",
			      "destination=fd00::2", "count=1"),
		22);
}

static uint64_t wrong_without(const char *const *options, unsigned at)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_sink, OPTIONS("checksums=yes"), 1);
	uint64_t wrong;

	make(options);
	memset(rte_pktmbuf_mtod(made[0], uint8_t *) + at, 0, 2);
	give(test, made[0]);
	wrong = weir_kernel_test_counter(test, "wrong");
	cr_assert_eq(weir_kernel_test_close(test), 0);
	return wrong;
}

Test(sink, allows_udp_without_a_checksum_over_ipv4_alone)
{
	cr_assert_eq(wrong_without(OPTIONS("count=1"), 40), 0);
	cr_assert_eq(
		wrong_without(OPTIONS("count=1", "size=80", "source=fd00::1",
				      "destination=fd00::2"),
			60),
		1);
}

Test(sink, checks_packets_in_pieces)
{
	static const unsigned cuts[] = {15, 3, 20, 7, 1, 0};
	struct weir_kernel_test *test = kernel_open(&weir_builtin_sink,
		OPTIONS("checksums=yes", "sequence=yes"), 1);

	make(OPTIONS("size=200", "count=1"));
	give(test, packet_cut(rte_pktmbuf_mtod(made[0], uint8_t *), 200, cuts));
	expect(test, "checked", 1);
	expect(test, "wrong", 0);
	expect(test, "numbered", 1);
	rte_pktmbuf_mtod(made[0], uint8_t *)[150]++;
	give(test, packet_cut(rte_pktmbuf_mtod(made[0], uint8_t *), 200, cuts));
	expect(test, "wrong", 1);
	rte_pktmbuf_free_bulk(made, made_count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// Bytes from outside: whatever they are, nothing is read beyond them.
Test(sink, takes_any_bytes)
{
	struct weir_random draws = random_of_test();
	struct weir_kernel_test *test = kernel_open(&weir_builtin_sink,
		OPTIONS("checksums=yes", "sequence=yes"), 1);

	make(OPTIONS("size=90", "count=1"));
	for (unsigned i = 0; i < 20000; i++) {
		unsigned size = (unsigned)weir_random_below(&draws, 91);
		uint8_t bytes[90];
		unsigned changes = (unsigned)weir_random_below(&draws, 6);

		memcpy(bytes, rte_pktmbuf_mtod(made[0], uint8_t *), 90);
		while (changes--)
			bytes[weir_random_below(&draws, 60)] =
				(uint8_t)weir_random_next(&draws);
		give(test, packet_of(bytes, size));
	}
	rte_pktmbuf_free_bulk(made, made_count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}
