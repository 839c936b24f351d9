// SPDX-License-Identifier: BSD-3-Clause
//
// tee, and the private copies of stages behind it that write.
#include "builtin/builtin.h"
#include "packets.h"
#include "stage/unshare.h"

enum { NO_MBUF };

#define WAYS 3

TestSuite(tee, .init = packets_init, .fini = packets_fini);

static struct rte_mbuf *sample(unsigned size, const unsigned *sizes)
{
	static uint8_t bytes[65535];
	struct rte_mbuf *m;

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7);
	m = packet_meta(packet_cut(bytes, size, sizes), 101, 99999);
	m->ol_flags |= weir_stamp_flag;
	*weir_stamp_of(m) = 4711;
	return m;
}

static void check_sample(struct rte_mbuf *m, unsigned size)
{
	static uint8_t scratch[65535];
	const uint8_t *bytes = rte_pktmbuf_read(m, 0, size, scratch);

	cr_assert_eq(m->pkt_len, size);
	for (unsigned i = 0; i < size; i++)
		cr_assert_eq(bytes[i], (uint8_t)(i * 7));
	cr_assert_eq(weir_packet_link_type(m), 101);
	cr_assert_eq(weir_packet_original_size(m), 99999);
	cr_assert(m->ol_flags & weir_stamp_flag);
	cr_assert_eq(*weir_stamp_of(m), 4711);
}

// tee_one gives one packet and answers what came out on each way.
static void tee_one(struct weir_kernel_test *test, struct rte_mbuf *m,
	struct rte_mbuf **out)
{
	unsigned count;

	weir_test_kernel(test, &m, 1);
	for (unsigned way = 0; way < WAYS; way++) {
		struct rte_mbuf **taken =
			weir_kernel_test_taken(test, 0, way, &count);

		out[way] = count ? taken[0] : NULL;
	}
}

Test(tee, gives_each_way_the_packet_and_its_meta_data)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), WAYS);
	struct rte_mbuf *m = sample(1000, NULL), *out[WAYS];

	tee_one(test, m, out);
	cr_assert_eq(out[WAYS - 1], m, "the original goes last");
	for (unsigned i = 0; i < WAYS; i++)
		check_sample(out[i], 1000);
	cr_assert_eq(weir_kernel_test_made(test), WAYS - 1);
	rte_pktmbuf_free_bulk(out, WAYS);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(tee, copies_no_bytes)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), WAYS);
	struct rte_mbuf *m = sample(5000, NULL), *out[WAYS];

	tee_one(test, m, out);
	for (unsigned i = 0; i < WAYS; i++)
		cr_assert_eq(rte_pktmbuf_mtod(out[i], uint8_t *),
			rte_pktmbuf_mtod(m, uint8_t *));
	rte_pktmbuf_free_bulk(out, WAYS);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(tee, gives_clones_meta_data_of_their_own)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), WAYS);
	struct rte_mbuf *out[WAYS];

	tee_one(test, sample(100, NULL), out);
	weir_packet_of(out[0])->link_type = 1;
	*weir_stamp_of(out[0]) = 0;
	out[0]->ol_flags &= ~weir_stamp_flag;
	check_sample(out[1], 100);
	check_sample(out[2], 100);
	rte_pktmbuf_free_bulk(out, WAYS);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(tee, with_one_way_makes_nothing)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), 1);
	struct rte_mbuf *m = sample(100, NULL), **out;
	unsigned count;

	weir_test_kernel(test, &m, 1);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(out[0], m);
	cr_assert_eq(weir_kernel_test_made(test), 0);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(tee, waits_while_the_pool_runs_low_and_loses_nothing)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), WAYS);
	static struct rte_mbuf *all[POOL_COUNT];
	struct rte_mbuf *out[WAYS], *m;
	unsigned count = 0;

	while ((m = rte_pktmbuf_alloc(pool)))
		all[count++] = m;
	cr_assert_gt(count, POOL_COUNT / 2);
	m = all[--count];
	cr_assert_eq(weir_test_kernel(test, &m, 1), 0, "no room");
	rte_pktmbuf_free_bulk(all, count);
	tee_one(test, m, out);
	cr_assert_eq(out[WAYS - 1], m);
	cr_assert_eq(weir_kernel_test_dropped(test, NO_MBUF), 0);
	rte_pktmbuf_free_bulk(out, WAYS);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(tee, leaves_the_pool_full_in_whatever_order_copies_are_freed)
{
	struct weir_random draws = random_of_test();
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_tee, OPTIONS(), WAYS);

	for (unsigned round = 0; round < 300; round++) {
		struct rte_mbuf *flying[400];
		unsigned count = 0;

		// Copies of copies too: some go through tee again.
		for (unsigned i = 0; i < 40; i++) {
			unsigned size =
				1 + (unsigned)weir_random_below(&draws, 5000);
			struct rte_mbuf *m = sample(size, NULL);

			if (count && weir_random_below(&draws, 3) == 0) {
				rte_pktmbuf_free(m);
				m = flying[--count];
			}
			tee_one(test, m, flying + count);
			count += WAYS;
		}
		while (count) {
			unsigned i = (unsigned)weir_random_below(&draws, count);

			rte_pktmbuf_free(flying[i]);
			flying[i] = flying[--count];
		}
		cr_assert_eq(weir_pool_held(pool), 0);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

TestSuite(unshare, .init = packets_init, .fini = packets_fini);

Test(unshare, leaves_alone_what_nobody_else_reads)
{
	struct rte_mbuf *m = sample(5000, NULL);

	cr_assert_not(weir_packet_is_shared(m));
	cr_assert_eq(weir_packet_unshare(m, pool), m);
	rte_pktmbuf_free(m);
}

Test(unshare, gives_either_side_bytes_and_meta_data_of_its_own)
{
	static const unsigned cuts[] = {100, 300, 0};

	for (unsigned side = 0; side < 2; side++) {
		struct rte_mbuf *both[2] = {sample(5000, cuts)}, *alone;

		both[1] = rte_pktmbuf_clone(both[0], pool);
		weir_packet_copy_meta(both[1], both[0]);
		cr_assert(weir_packet_is_shared(both[side]));
		alone = weir_packet_unshare(both[side], pool);
		cr_assert_neq(alone, both[side]);
		check_sample(alone, 5000);
		cr_assert_not(weir_packet_is_shared(alone));
		cr_assert_not(weir_packet_is_shared(both[!side]));
		memset(rte_pktmbuf_mtod(alone, uint8_t *), 0xff, 50);
		check_sample(both[!side], 5000);
		rte_pktmbuf_free(alone);
		rte_pktmbuf_free(both[!side]);
	}
}

Test(unshare, gives_the_last_clone_the_bytes_as_they_are)
{
	struct rte_mbuf *m = sample(100, NULL);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);

	weir_packet_copy_meta(clone, m);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_packet_unshare(clone, pool), clone);
	check_sample(clone, 100);
	rte_pktmbuf_free(clone);
}

Test(unshare, of_an_empty_pool_leaves_the_packet_with_its_owner)
{
	struct rte_mbuf *m = sample(100, NULL);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool), *hoard = NULL, *p;

	while ((p = rte_pktmbuf_alloc(pool))) {
		p->next = hoard;
		hoard = p;
	}
	cr_assert_null(weir_packet_unshare(m, pool));
	check_sample(m, 100);
	while ((p = hoard)) {
		hoard = p->next;
		p->next = NULL;
		rte_pktmbuf_free(p);
	}
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(clone);
}
