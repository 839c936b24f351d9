// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/builtin.h"
#include "packets.h"

TestSuite(repeat, .init = packets_init, .fini = packets_fini);

Test(repeat, gives_each_packet_so_many_times_in_order)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_repeat, OPTIONS("times=3"), 1);
	struct rte_mbuf *in[40], **out;
	unsigned count;

	for (unsigned i = 0; i < 40; i++) {
		uint8_t byte = (uint8_t)i;

		in[i] = packet_meta(packet_of(&byte, 1), 1, 1000 + i);
	}
	cr_assert_eq(weir_test_kernel(test, in, 40), 40);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, 120);
	for (unsigned i = 0; i < count; i++) {
		cr_assert_eq(*rte_pktmbuf_mtod(out[i], uint8_t *), i / 3);
		cr_assert_eq(weir_packet_original_size(out[i]), 1000 + i / 3);
	}
	cr_assert_eq(weir_kernel_test_made(test), 80);
	rte_pktmbuf_free_bulk(out, count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(repeat, once_is_only_on)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_repeat, OPTIONS("times=1"), 1);
	struct rte_mbuf *in[4];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 4), 0);
	cr_assert_eq(weir_test_kernel(test, in, 4), 4);
	cr_assert_eq(weir_kernel_test_made(test), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// A pool that runs low holds the input back.
Test(repeat, takes_nothing_while_the_pool_is_low)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_repeat, OPTIONS("times=2"), 1);
	struct rte_mbuf *all[POOL_COUNT - 60];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, all, POOL_COUNT - 60), 0);
	cr_assert_eq(weir_test_kernel(test, all, 1), 0);
	rte_pktmbuf_free_bulk(all + 1, POOL_COUNT - 61);
	cr_assert_eq(weir_test_kernel(test, all, 1), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}
