// SPDX-License-Identifier: BSD-3-Clause
//
// What goes wrong while captures are read and written: it is said in words,
// everything whole is kept, everything else is counted.
#include "files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(file_fault, .init = files_init, .fini = files_fini);

// ended_at answers how many packets came out of a capture that has a fault,
// and keeps what the port said of it.
static uint64_t read_whole(struct port *in, const struct bytes *b, int *finding)
{
	struct port out;
	uint64_t count;

	open_in(in, b, OPTIONS());
	open_out(&out, out_path, OPTIONS());
	count = copy(in, &out);
	*finding = port_stop(in);
	cr_expect_eq(port_stop(&out), 0);
	cr_expect_eq(port_stats(in).rx_packets, count);
	cr_expect_eq(port_stats(&out).tx_packets, count);
	port_close(&out);
	return count;
}

Test(file_fault, gives_all_whole_packets_of_a_pcap_cut_off_anywhere)
{
	struct bytes b = pcap_of(3, 5);

	for (size_t size = 24; size <= b.size; size++) {
		struct bytes cut = {.at = b.at, .size = size};
		uint64_t whole = (size - 24) / 21;
		bool clean = (size - 24) % 21 == 0;
		struct port in;
		int finding;

		cr_expect_eq(read_whole(&in, &cut, &finding), whole);
		cr_expect_eq(finding, clean ? 0 : -EBADMSG, "at %zu", size);
		if (!clean) {
			char packet[32];

			snprintf(packet, sizeof(packet), "packet %u",
				(unsigned)whole + 1);
			cr_expect_not_null(
				strstr(in.e.text, packet), "%s", in.e.text);
			cr_expect_not_null(
				strstr(in.e.text, in_path), "%s", in.e.text);
		}
		port_close(&in);
	}
	bytes_free(&b);
}

Test(file_fault, gives_all_whole_packets_of_a_pcapng_cut_off_anywhere)
{
	struct bytes b = {0};
	size_t after[3];

	pcapng_section(&b);
	pcapng_interface(&b, "eth0", 1, 0, 6);
	for (unsigned i = 0; i < 3; i++) {
		pcapng_packet(&b, 0, i, i, 5, 5);
		after[i] = b.size;
	}
	for (size_t size = 12; size <= b.size; size++) {
		struct bytes cut = {.at = b.at, .size = size};
		uint64_t whole = (size >= after[0]) + (size >= after[1]) +
				 (size >= after[2]);
		bool clean = size == 28 || size == after[0] - 40 ||
			     size == after[0] || size == after[1] ||
			     size == after[2];
		struct port in;
		int finding;

		cr_expect_eq(read_whole(&in, &cut, &finding), whole);
		cr_expect_eq(finding, clean ? 0 : -EBADMSG, "at %zu: %s", size,
			in.e.text);
		port_close(&in);
	}
	bytes_free(&b);
}

// A capture whose packets claim to be larger than what can be.
Test(file_fault, stops_at_a_length_that_cannot_be)
{
	struct bytes b = pcap_of(2, 60);
	struct port in;
	int finding;

	put_u32(&b, 1);
	put_u32(&b, 1);
	put_u32(&b, 0x7fffffff);
	put_u32(&b, 0x7fffffff);
	bytes_add(&b, 100);
	cr_expect_eq(read_whole(&in, &b, &finding), 2);
	cr_expect_eq(finding, -EBADMSG);
	port_close(&in);
	bytes_free(&b);
}

// sent_to_full sends count packets of size bytes to a port that cannot write
// them all.
static void send_to(struct port *out, unsigned count, unsigned size)
{
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m;

		while (!(m = rte_pktmbuf_alloc(pool)))
			port_tx(out, NULL, 0);
		memset(rte_pktmbuf_append(m, (uint16_t)size), 1, size);
		send_all(out, &m, 1);
	}
	port_finish(out);
}

Test(file_fault, counts_what_a_full_disk_does_not_take)
{
	struct port out;

	open_out(&out, "/dev/full", OPTIONS());
	send_to(&out, 10000, 60);
	cr_expect_eq(port_stop(&out), -ENOSPC);
	cr_expect_not_null(strstr(out.e.text, "/dev/full"), "%s", out.e.text);
	cr_expect_not_null(strstr(out.e.text, "No space"), "%s", out.e.text);
	cr_expect_eq(port_stats(&out).tx_packets, 0);
	cr_expect_eq(port_stats(&out).tx_dropped, 10000);
	cr_expect_eq(port_held(&out), 0);
	port_close(&out);
}

// A limit on the size of files stands in for a disk that fills up.
Test(file_fault, leaves_whole_packets_on_a_disk_that_fills_up)
{
	const struct rlimit limit = {.rlim_cur = 1000000, .rlim_max = 1000000};
	struct port out;
	uint64_t packets;
	struct stat st;

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	open_out(&out, out_path, OPTIONS());
	send_to(&out, 20000, 60);
	cr_expect_eq(port_stop(&out), -EFBIG);
	packets = port_stats(&out).tx_packets;
	cr_expect_eq(packets, (1000000 - 24) / 76);
	cr_expect_eq(port_stats(&out).tx_dropped, 20000 - packets);
	cr_expect_eq(port_stats(&out).tx_bytes, 60 * packets);
	port_close(&out);
	stat(out_path, &st);
	cr_expect_eq((uint64_t)st.st_size, 24 + 76 * packets);
}

Test(file_fault, survives_a_pipe_that_its_reader_leaves)
{
	struct port out;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	open_out(&out, "-", OPTIONS());
	close(ends[0]);
	send_to(&out, 1000, 60);
	cr_expect_eq(port_stop(&out), -EPIPE);
	cr_expect_not_null(
		strstr(out.e.text, "standard output"), "%s", out.e.text);
	cr_expect_eq(port_stats(&out).tx_packets, 0);
	cr_expect_eq(port_stats(&out).tx_dropped, 1000);
	port_close(&out);
}

// Whoever reads the pipe sleeps; the run must be able to end all the same.
Test(file_fault, stops_while_a_pipe_is_full_and_holds_the_rest)
{
	struct rte_mbuf *m;
	struct port out;
	unsigned taken = 0;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	open_out(&out, "-", OPTIONS());
	for (;;) {
		m = rte_pktmbuf_alloc(pool);
		memset(rte_pktmbuf_append(m, 1500), 1, 1500);
		if (!port_tx(&out, &m, 1))
			break;
		taken++;
	}
	rte_pktmbuf_free(m);
	cr_expect_eq(port_stop(&out), 0);
	cr_expect_eq(port_stats(&out).tx_packets + port_held(&out), taken);
	cr_expect_gt(port_held(&out), 0);
	cr_expect_eq(port_stats(&out).tx_dropped, 0);
	port_close(&out);
	close(ends[0]);
}

Test(file_fault, drops_other_link_types_from_a_pcap_and_says_so)
{
	struct bytes b = {0};
	struct port in, out;

	pcapng_section(&b);
	pcapng_interface(&b, "eth0", 1, 0, 6);
	pcapng_interface(&b, "any", 113, 0, 6);
	for (unsigned i = 0; i < 10; i++)
		pcapng_packet(&b, i % 2, i, i, 60, 60);
	open_in(&in, &b, OPTIONS());
	open_out(&out, out_path, OPTIONS());
	copy(&in, &out);
	cr_expect_eq(port_stop(&out), -EINVAL);
	cr_expect_not_null(
		strstr(out.e.text, "one link type (1)"), "%s", out.e.text);
	cr_expect_eq(port_stats(&out).tx_packets, 5);
	cr_expect_eq(port_stats(&out).tx_dropped, 5);
	port_close(&in);
	port_close(&out);
	bytes_free(&b);
}
