// SPDX-License-Identifier: BSD-3-Clause
//
// When packets come and go: pace, quitting, what is inside meanwhile.
#include "files.h"

#include <fcntl.h>

TestSuite(file_flow, .init = files_init, .fini = files_fini);

// ready waits until the reader has read so many packets of 60 bytes.
static void read_ahead(struct port *in, unsigned count)
{
	while (port_stats(in).progress < 24 + 76ull * count) {
		cr_assert_eq(port_rx(in, NULL, 0), 0);
		sched_yield();
	}
}

static unsigned due_now(struct port *in)
{
	struct rte_mbuf *packets[BURST];
	unsigned n = port_rx(in, packets, BURST);

	rte_pktmbuf_free_bulk(packets, n);
	return n;
}

static void check_pace(double factor)
{
	struct bytes b = pcap_of(5, 60); // one packet a second
	char option[32];
	struct port in;
	uint64_t second = (uint64_t)(1e9 / factor);

	snprintf(option, sizeof(option), "factor=%g", factor);
	open_in(&in, &b, OPTIONS("pace=capture", option));
	read_ahead(&in, 5);
	cr_expect_eq(due_now(&in), 1);
	cr_expect_eq(due_now(&in), 0);
	ticks += second - 1;
	cr_expect_eq(due_now(&in), 0);
	ticks += 1;
	cr_expect_eq(due_now(&in), 1);
	ticks += 2 * second;
	cr_expect_eq(due_now(&in), 2);
	cr_expect(!in.driver->ended(in.state));
	ticks += 10 * second;
	cr_expect_eq(due_now(&in), 1);
	while (!in.driver->ended(in.state))
		cr_expect_eq(due_now(&in), 0);
	cr_expect_eq(port_stop(&in), 0);
	port_close(&in);
	bytes_free(&b);
}

Test(file_flow, keeps_the_pace_of_the_capture)
{
	check_pace(1);
}

Test(file_flow, keeps_a_factor_of_the_pace)
{
	check_pace(4);
	check_pace(0.5);
}

Test(file_flow, refuses_a_pace_of_nothing)
{
	struct bytes b = pcap_of(1, 60);
	struct port in;

	bytes_save(&b, in_path);
	cr_expect_eq(port_open(&in, "file", in_path, RECEIVES,
			     OPTIONS("pace=capture", "factor=0")),
		-EINVAL);
	port_close(&in);
	bytes_free(&b);
}

Test(file_flow, gives_up_what_it_read_ahead_when_told_to_quit)
{
	struct bytes b = pcap_of(3000, 60);
	struct rte_mbuf *packets[10];
	struct port in;

	open_in(&in, &b, OPTIONS());
	rx_some(&in, packets, 10);
	rte_pktmbuf_free_bulk(packets, 10);
	read_ahead(&in, 1000);
	in.driver->quit(in.state);
	cr_expect(in.driver->ended(in.state));
	cr_expect_eq(port_rx(&in, packets, 10), 0);
	cr_expect_eq(port_stop(&in), 0, "%s", in.e.text);
	cr_expect_eq(port_stats(&in).rx_packets, 10);
	cr_expect_geq(port_stats(&in).rx_ahead, 990);
	cr_expect_eq(weir_pool_held(pool), 0);
	port_close(&in);
	bytes_free(&b);
}

Test(file_flow, quits_while_it_waits_for_a_pipe)
{
	struct bytes b = pcap_of(1, 60);
	struct rte_mbuf *packet;
	struct port in;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	// Half of a second packet comes too.
	cr_assert_eq(write(ends[1], b.at, b.size), (ssize_t)b.size);
	cr_assert_eq(write(ends[1], b.at + 24, 40), 40);
	cr_assert_eq(port_open(&in, "file", "-", RECEIVES, OPTIONS()), 0, "%s",
		in.e.text);
	// What has come is given out while the rest is waited for.
	rx_some(&in, &packet, 1);
	rte_pktmbuf_free(packet);
	cr_expect(!in.driver->ended(in.state));
	in.driver->quit(in.state);
	cr_expect_eq(port_stop(&in), 0, "%s", in.e.text);
	cr_expect_eq(port_stats(&in).progress_end, 0);
	port_close(&in);
	close(ends[1]);
	bytes_free(&b);
}

// A pipe holds back the writer in the midst, so that packets are inside.
Test(file_flow, finds_by_walking_what_is_inside)
{
	struct rte_mbuf *packets[1000];
	struct port out;
	int ends[2];
	uint8_t piece[4096];

	cr_assert_eq(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	open_out(&out, "-", OPTIONS());
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, packets, 1000), 0);
	for (unsigned i = 0; i < 1000; i++)
		rte_pktmbuf_append(packets[i], 1000);
	send_all(&out, packets, 1000);
	cr_expect_eq(port_held(&out) + port_stats(&out).tx_packets, 1000);
	cr_expect_gt(port_held(&out), 0);
	out.driver->finish(out.state);
	while (!out.driver->finished(out.state))
		if (read(ends[0], piece, sizeof(piece)) < 0)
			sched_yield();
	cr_expect_eq(port_held(&out), 0);
	cr_expect_eq(port_stats(&out).tx_packets, 1000);
	cr_expect_eq(port_stop(&out), 0);
	port_close(&out);
	close(ends[0]);
}

// Two inputs into one pcapng: the interfaces of both are there.
Test(file_flow, joins_two_captures_and_keeps_their_interfaces)
{
	struct bytes a = pcap_of(2, 60), out;
	struct rte_mbuf *packets[4];
	struct port one, two, to;

	open_in(&one, &a, OPTIONS());
	cr_assert_eq(port_open(&two, "file", in_path, RECEIVES, OPTIONS()), 0);
	open_out(&to, out_ng_path, OPTIONS());
	rx_some(&one, packets, 2);
	rx_some(&two, packets + 2, 2);
	send_all(&to, packets, 4);
	port_finish(&to);
	cr_expect_eq(port_stop(&to), 0);
	out = bytes_load(out_ng_path);
	cr_expect_eq(out.size, 28 + 2 * 32 + 4 * 92);
	port_stop(&one);
	port_stop(&two);
	port_close(&one);
	port_close(&two);
	port_close(&to);
	bytes_free(&a);
	bytes_free(&out);
}
