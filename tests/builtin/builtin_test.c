// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/builtin.h"
#include "packets.h"

Test(builtin, registers_all_and_twice_is_once)
{
	struct weir_error e = {0};
	unsigned count = 0;

	cr_assert_eq(weir_builtins_register(&e), 0, "%s", e.text);
	while (weir_stage_at(count))
		count++;
	cr_assert_gt(count, 0);
	cr_assert_eq(weir_builtins_register(&e), 0, "%s", e.text);
	cr_assert_null(weir_stage_at(count));
	cr_assert_eq(weir_stage_find("drop"), &weir_builtin_drop);
}

TestSuite(drop, .init = packets_init, .fini = packets_fini);

Test(drop, drops_every_packet_as_asked)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_drop, OPTIONS(), 1);
	struct rte_mbuf *in[100];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 100), 0);
	cr_assert_eq(weir_test_kernel(test, in, 100), 100);
	cr_assert_str_eq(weir_builtin_drop.drops[0], "asked");
	cr_assert_eq(weir_kernel_test_dropped(test, 0), 100);
	cr_assert_eq(weir_pool_held(pool), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

TestSuite(merge, .init = packets_init, .fini = packets_fini);

Test(merge, passes_everything_on_in_order)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_merge, OPTIONS(), 1);
	struct rte_mbuf *in[100], **out;
	unsigned count;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 100), 0);
	cr_assert_eq(weir_test_kernel(test, in, 100), 100);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, 100);
	cr_assert_arr_eq(out, in, sizeof(in));
	rte_pktmbuf_free_bulk(out, count);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}
