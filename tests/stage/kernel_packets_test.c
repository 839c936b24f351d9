// SPDX-License-Identifier: BSD-3-Clause
//
// What somebody has who tests a stage of their own: no EAL to start, no pool to
// make, packets from bytes and from captures.
#include "mem/packet.h"
#include "mem/pool.h"
#include "stage/kernel_test.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void pass(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	for (unsigned i = 0; i < n; i++)
		weir_out_put(out, 0, in[i]);
}

static void wait(void *state, struct weir_stage_io *io)
{
}

static const struct weir_stage pass_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "pass",
	.help = "passes on",
	.outputs = {"out"},
	.kernel = pass,
};

Test(kernel_packets, bytes_go_through_a_stage_and_come_out_the_same)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};
	struct rte_mbuf *packet, **out;
	unsigned count;

	cr_assert_eq(weir_kernel_test_open(
			     &test, &pass_stage, NULL, 1, NULL, NULL, &e),
		0, "%s", e.text);
	packet = weir_kernel_test_packet("weir", 4);
	cr_assert_not_null(packet);
	cr_assert_eq(weir_test_kernel(test, &packet, 1), 1);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, 1);
	cr_expect_eq(rte_pktmbuf_pkt_len(out[0]), 4);
	cr_expect(!memcmp(rte_pktmbuf_mtod(out[0], char *), "weir", 4));
	rte_pktmbuf_free(out[0]);
	cr_expect_eq(weir_kernel_test_close(test), 0);
	cr_expect_eq(weir_pool_held(weir_kernel_test_pool(&e)), 0);
}

Test(kernel_packets, a_long_packet_has_several_pieces)
{
	char bytes[2 * WEIR_KERNEL_TEST_SIZE + 1], back[sizeof(bytes)];
	struct rte_mbuf *packet;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 256);
	packet = weir_kernel_test_packet(bytes, sizeof(bytes));
	cr_assert_not_null(packet);
	cr_expect_eq(packet->nb_segs, 3);
	cr_expect_eq(packet->pkt_len, sizeof(bytes));
	cr_expect(!memcmp(rte_pktmbuf_read(packet, 0, sizeof(bytes), back),
		bytes, sizeof(bytes)));
	rte_pktmbuf_free(packet);
	packet = weir_kernel_test_packet("", 0);
	cr_expect_eq(packet->pkt_len, 0);
	rte_pktmbuf_free(packet);
}

Test(kernel_packets, a_capture_brings_times_and_link_type)
{
	struct rte_mbuf *packets[2000];
	struct weir_error e = {0};
	int count = weir_kernel_test_read(
		WEIR_TESTS "/captures/talk.pcap", packets, 12, &e);

	cr_assert_eq(count, 12, "%s", e.text);
	for (int i = 0; i < count; i++) {
		struct weir_packet *about = weir_packet_of(packets[i]);

		cr_expect(packets[i]->ol_flags & weir_packet_flag);
		cr_expect_eq(about->link_type, WEIR_LINK_ETHERNET);
		cr_expect_geq(about->original_size, packets[i]->pkt_len);
		cr_expect_gt(about->time_ns, 1000000000000000000u);
	}
	rte_pktmbuf_free_bulk(packets, 12);
	cr_expect_eq(weir_kernel_test_read(WEIR_TESTS "/captures/talk.pcap",
			     packets, 2000, &e),
		-ENOMEM);
	cr_expect(strstr(e.text, "the pool for tests is empty after"));
	cr_expect_eq(weir_pool_held(weir_kernel_test_pool(&e)), 0,
		"what was read before the fault is free again");
	weir_error_clear(&e);
	cr_expect_lt(weir_kernel_test_read("/no/such", packets, 1, &e), 0);
	cr_expect(strstr(e.text, "/no/such"), "%s", e.text);
}

Test(kernel_packets, what_cannot_be_tried_alone_is_refused)
{
	struct weir_stage stage = pass_stage;
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	stage.kernel = NULL;
	stage.task = wait;
	cr_expect_eq(
		weir_kernel_test_open(&test, &stage, NULL, 1, NULL, NULL, &e),
		-EINVAL);
	cr_expect_str_eq(e.text, "stage type 'pass' is a task: try it in a "
				 "pipeline, with `weir test`");
	weir_error_clear(&e);
	stage = pass_stage;
	stage.outputs[0] = "Out";
	cr_expect_eq(
		weir_kernel_test_open(&test, &stage, NULL, 1, NULL, NULL, &e),
		-EINVAL);
	cr_expect_str_eq(e.text, "stage type 'pass': output 'Out' is not made "
				 "of a-z, 0-9 and '_'");
}
