// SPDX-License-Identifier: BSD-3-Clause
#include "base/eal.h"
#include "mem/mem.h"
#include "mem/pool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>

static void start(void)
{
	const struct weir_eal_options options = {
		.no_huge = true, .lcore_count = 1, .memory_size = 96u << 20};
	struct weir_error e = {0};

	cr_assert_eq(weir_eal_open(&options, &e), 0, "%s", e.text);
}

TestSuite(pool, .init = start, .fini = weir_eal_close);

static struct rte_mempool *pool_of(unsigned count)
{
	struct rte_mempool *pool = NULL;
	struct weir_error e = {0};

	cr_assert_eq(weir_pool_create(
			     &pool, "packets", count, 2048, WEIR_NODE_ANY, &e),
		0, "%s", e.text);
	return pool;
}

Test(pool, gives_every_packet_it_was_made_with)
{
	struct rte_mempool *pool = pool_of(500);
	struct rte_mbuf *out[500];

	for (unsigned i = 0; i < 500; i++) {
		out[i] = rte_pktmbuf_alloc(pool);
		cr_assert_not_null(out[i]);
		cr_assert_eq(rte_pktmbuf_tailroom(out[i]), 2048);
		cr_assert_eq(
			rte_pktmbuf_headroom(out[i]), RTE_PKTMBUF_HEADROOM);
	}
	cr_expect_null(rte_pktmbuf_alloc(pool));
	cr_expect_eq(weir_pool_held(pool), 500);
	rte_pktmbuf_free_bulk(out, 500);
	cr_expect_eq(weir_pool_held(pool), 0);
	weir_pool_destroy(pool);
}

// spdk#3375: the pool was such a ring, too.
Test(pool, spdk_3375_lies_on_a_ring_that_no_sleeping_thread_stalls)
{
	struct rte_mempool *pool = pool_of(4096);

	cr_expect_str_eq(
		rte_mempool_get_ops(pool->ops_index)->name, "ring_mt_rts");
	cr_expect_eq(pool->cache_size, 256);
	weir_pool_destroy(pool);
}

Test(pool, small_ones_have_small_caches)
{
	struct rte_mempool *pool = pool_of(64);

	cr_expect_leq(pool->cache_size, 8);
	weir_pool_destroy(pool);
}

Test(pool, held_is_exact_after_every_step)
{
	struct rte_mempool *pool = pool_of(1024);
	struct rte_mbuf *out[300];

	for (unsigned i = 0; i < 300; i++) {
		out[i] = rte_pktmbuf_alloc(pool);
		cr_assert_eq(weir_pool_held(pool), i + 1);
	}
	for (unsigned i = 0; i < 300; i++) {
		rte_pktmbuf_free(out[i]);
		cr_assert_eq(weir_pool_held(pool), 299 - i);
	}
	weir_pool_destroy(pool);
}

static int take_ten_and_free_three(void *arg)
{
	struct rte_mbuf *out[10];

	if (rte_pktmbuf_alloc_bulk(arg, out, 10))
		return -1;
	rte_pktmbuf_free_bulk(out, 3);
	return 0;
}

Test(pool, held_counts_what_lies_in_the_cache_of_another_lcore_as_free)
{
	struct rte_mempool *pool = pool_of(1024);

	weir_eal_launch(1, take_ten_and_free_three, pool, NULL);
	cr_assert_eq(weir_eal_join(1), 0);
	cr_expect_gt(rte_mempool_default_cache(pool, 1)->len, 0);
	cr_expect_eq(weir_pool_held(pool), 7);
	weir_pool_destroy(pool);
}

Test(pool, a_clone_has_meta_of_its_own)
{
	struct rte_mempool *pool = pool_of(64);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *clone;

	*weir_packet_of(packet) = (struct weir_packet){.time_ns = 1};
	packet->ol_flags |= weir_packet_flag;
	clone = rte_pktmbuf_clone(packet, pool);
	cr_assert_not_null(clone);
	weir_packet_copy_meta(clone, packet);
	weir_packet_of(clone)->time_ns = 2;
	cr_expect_eq(weir_packet_of(packet)->time_ns, 1);
	cr_expect_eq(weir_packet_of(clone)->time_ns, 2);
	cr_expect_eq(weir_pool_held(pool), 2);
	rte_pktmbuf_free(packet);
	cr_expect_eq(weir_pool_held(pool), 2); // the clone keeps the bytes
	rte_pktmbuf_free(clone);
	cr_expect_eq(weir_pool_held(pool), 0);
	weir_pool_destroy(pool);
}

Test(pool, meta_is_copied_with_its_flag_and_no_other)
{
	struct rte_mempool *pool = pool_of(64);
	struct rte_mbuf *from = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *to = rte_pktmbuf_alloc(pool);
	const struct weir_packet said = {
		.time_ns = 1700000000123456789u,
		.original_size = 9000,
		.link_type = 1,
		.interface = 3,
	};

	*weir_packet_of(from) = said;
	from->ol_flags = weir_packet_flag | weir_stamp_flag;
	to->ol_flags = RTE_MBUF_F_RX_VLAN;
	weir_packet_copy_meta(to, from);
	cr_expect_eq(memcmp(weir_packet_of(to), &said, sizeof(said)), 0);
	cr_expect_eq(to->ol_flags, RTE_MBUF_F_RX_VLAN | weir_packet_flag);
	from->ol_flags = 0;
	weir_packet_copy_meta(to, from);
	cr_expect_eq(to->ol_flags, RTE_MBUF_F_RX_VLAN);
	rte_pktmbuf_free(from);
	rte_pktmbuf_free(to);
	weir_pool_destroy(pool);
}

Test(pool, the_stamp_and_the_flags_have_places_of_their_own)
{
	struct rte_mempool *pool = pool_of(64);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	uint64_t packet_flag = weir_packet_flag;
	int offset = weir_stamp_offset;
	struct rte_mempool *another = NULL;

	cr_expect_neq(weir_packet_flag, 0);
	cr_expect_neq(weir_stamp_flag, 0);
	cr_expect_eq(weir_packet_flag & weir_stamp_flag, 0);
	*weir_stamp_of(packet) = 0x0123456789abcdefu;
	weir_packet_of(packet)->time_ns = UINT64_MAX;
	cr_expect_eq(*weir_stamp_of(packet), 0x0123456789abcdefu);
	rte_pktmbuf_free(packet);

	cr_assert_eq(
		weir_pool_create(&another, "more", 64, 64, WEIR_NODE_ANY, NULL),
		0);
	cr_expect_eq(weir_packet_flag, packet_flag);
	cr_expect_eq(weir_stamp_offset, offset);
	weir_pool_destroy(another);
	weir_pool_destroy(pool);
}

Test(pool, too_little_memory_says_how_much_it_wants_and_how_to_give_it)
{
	struct rte_mempool *pool = NULL;
	struct weir_error e = {0};
	const char *more;
	unsigned long mib;

	cr_expect_eq(weir_pool_create(
			     &pool, "packets", 100000, 2048, WEIR_NODE_ANY, &e),
		-ENOMEM);
	cr_expect_null(pool);
	cr_expect_eq(strncmp(e.text,
			     "pool 'packets': 100000 packets of 2048 bytes "
			     "want 242 MiB, but ",
			     62),
		0, "%s", e.text);
	more = strstr(e.text, "runtime.memory: ");
	cr_assert_not_null(more, "%s", e.text);
	mib = strtoul(more + 16, NULL, 10);
	cr_expect_geq(mib, 242);
	cr_expect_lt(mib, 250);
}

Test(pool, refuses_a_name_that_is_taken)
{
	struct rte_mempool *pool = pool_of(64), *second = NULL;
	struct weir_error e = {0};

	cr_expect_eq(
		weir_pool_create(&second, "packets", 64, 64, WEIR_NODE_ANY, &e),
		-EEXIST);
	cr_expect(strstr(e.text, "another pool has this name"), "%s", e.text);
	weir_pool_destroy(pool);
}

Test(pool, refuses_packets_that_an_mbuf_cannot_hold)
{
	struct rte_mempool *pool = NULL;
	struct weir_error e = {0};

	cr_expect_eq(weir_pool_create(
			     &pool, "packets", 64, 65535, WEIR_NODE_ANY, &e),
		-EINVAL);
	cr_expect(strstr(e.text, "holds 65407 at most"), "%s", e.text);
	cr_expect_eq(weir_pool_create(
			     &pool, "packets", 64, 65407, WEIR_NODE_ANY, &e),
		0);
	weir_pool_destroy(pool);
}

static uint64_t heap_free(void)
{
	struct rte_malloc_socket_stats heap;

	cr_assert_eq(rte_malloc_get_socket_stats(0, &heap), 0);
	return heap.heap_freesz_bytes;
}

Test(pool, the_estimate_is_a_little_too_much)
{
	const struct {
		unsigned count, data_size;
	} cases[] = {{8, 64}, {512, 2048}, {1024, 1500}, {8192, 2048},
		{65536, 256}, {200, 65407}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = heap_free(), took, estimate;
		struct rte_mempool *pool = NULL;

		cr_assert_eq(weir_pool_create(&pool, "packets", cases[i].count,
				     cases[i].data_size, WEIR_NODE_ANY, NULL),
			0);
		took = before - heap_free();
		estimate = weir_pool_size_estimate(
			cases[i].count, cases[i].data_size);
		cr_expect_geq(estimate, took);
		cr_expect_leq(estimate, took + took / 20 + (3u << 20));
		weir_pool_destroy(pool);
	}
}

// Not of the suite: EAL is started here.
Test(pool_estimate, as_the_memory_of_eal_has_room_for_the_pool)
{
	const struct weir_eal_options options = {.no_huge = true,
		.memory_size = weir_pool_size_estimate(16384, 2048)};
	struct weir_error e = {0};

	cr_assert_eq(weir_eal_open(&options, &e), 0, "%s", e.text);
	weir_pool_destroy(pool_of(16384));
}

Test(pool, nothing_is_destroyed_harmlessly)
{
	weir_pool_destroy(NULL);
}
