// SPDX-License-Identifier: BSD-3-Clause
#include "files.h"

TestSuite(file, .init = files_init, .fini = files_fini);

// copied answers what a pipeline makes of the capture in b.
static struct bytes copied(const struct bytes *b, const char *to)
{
	struct port in, out;

	open_in(&in, b, OPTIONS());
	open_out(&out, to, OPTIONS());
	copy(&in, &out);
	cr_expect_eq(port_stop(&in), 0, "%s", in.e.text);
	cr_expect_eq(port_stop(&out), 0, "%s", out.e.text);
	cr_expect_eq(port_stats(&in).rx_packets, port_stats(&out).tx_packets);
	cr_expect_eq(port_held(&out), 0);
	cr_expect_eq(weir_pool_held(pool), 0);
	port_close(&in);
	port_close(&out);
	return bytes_load(to);
}

static const unsigned sizes[] = {
	1, 14, 60, 1514, 2048, 2049, 4096, 9000, 65535, 0, 262144};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct bytes pcap_of_all_sizes(uint32_t magic, bool big)
{
	struct bytes b = {.big = big};

	pcap_header(&b, magic, 262144, 1);
	for (unsigned i = 0; i < SIZES; i++)
		pcap_packet(&b, 1700000000 + i, 999999 - i, i, sizes[i],
			sizes[i] + i % 2);
	return b;
}

static void check_pcap(uint32_t magic)
{
	struct bytes b = pcap_of_all_sizes(magic, false);
	struct bytes big = pcap_of_all_sizes(magic, true);
	struct bytes out = copied(&b, out_path);
	struct bytes out_of_big = copied(&big, out_path);

	cr_expect(bytes_equal(&b, &out));
	// What is written is in the machine's byte order.
	cr_expect(bytes_equal(&b, &out_of_big));
	bytes_free(&b);
	bytes_free(&big);
	bytes_free(&out);
	bytes_free(&out_of_big);
}

Test(file, copies_a_pcap_of_microseconds_byte_for_byte)
{
	check_pcap(PCAP_MICRO);
}

Test(file, copies_a_pcap_of_nanoseconds_byte_for_byte)
{
	check_pcap(PCAP_NANO);
}

Test(file, keeps_the_header_where_there_is_no_packet)
{
	struct bytes b = {0}, out;

	pcap_header(&b, PCAP_NANO, 96, 113);
	out = copied(&b, out_path);
	cr_expect(bytes_equal(&b, &out));
	bytes_free(&b);
	bytes_free(&out);
}

static struct bytes pcapng_of_interfaces(bool big, bool late)
{
	const uint64_t ns = 1700000000123456789u, us = ns / 1000;
	struct bytes b = {.big = big};

	pcapng_section(&b);
	pcapng_interface(&b, "eth0", 1, 262144, 6);
	pcapng_interface(&b, "never used", 228, 65535, 6);
	pcapng_interface(&b, "any", 113, 96, 9);
	for (unsigned i = 0; i < SIZES; i++)
		pcapng_packet(&b, i % 2 ? 2 : 0, (i % 2 ? ns : us) + i, i,
			sizes[i], sizes[i] + i % 3);
	if (!late)
		return b;
	pcapng_interface(&b, "late", 1, 262144, 9);
	pcapng_packet(&b, 3, 1, 77, 60, 60);
	pcapng_interface(&b, "last", 1, 262144, 9);
	return b;
}

Test(file, copies_a_pcapng_byte_for_byte)
{
	struct bytes b = pcapng_of_interfaces(false, false);
	struct bytes big = pcapng_of_interfaces(true, false);
	struct bytes out = copied(&b, out_ng_path);
	struct bytes out_of_big = copied(&big, out_ng_path);

	cr_expect(bytes_equal(&b, &out));
	cr_expect(bytes_equal(&b, &out_of_big));
	bytes_free(&b);
	bytes_free(&big);
	bytes_free(&out);
	bytes_free(&out_of_big);
}

// The interface "late" stands before the packets in what we write or between
// them, depending on how far the reader was ahead.
Test(file, keeps_each_interface_of_a_pcapng)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = pcapng_of_interfaces(big, true);
		struct bytes once = copied(&b, out_ng_path), twice;
		struct bytes native = pcapng_of_interfaces(false, true);

		cr_expect_eq(once.size, native.size);
		twice = copied(&once, out_ng_path);
		cr_expect_eq(twice.size, native.size);
		bytes_free(&b);
		bytes_free(&once);
		bytes_free(&twice);
		bytes_free(&native);
	}
}

Test(file, refuses_what_is_no_capture_in_words)
{
	static const struct {
		const char *content;
		size_t size;
		const char *says;
	} table[] = {
		{"", 0, "empty"},
		{"\xd4", 1, "too short"},
		{"hello, world, this is text", 26, "not a capture"},
		{"\x1f\x8b\x08\0\0\0\0\0", 8, "gzip"},
		{"\xd4\xc3\xb2\xa1\x02\0\x04\0", 8, "truncated"},
		{"\x0a\x0d\x0d\x0a\x1c\0\0\0nope", 12, "not a capture"},
	};
	struct port in;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bytes b = {0};

		bytes_put(&b, table[i].content, table[i].size);
		bytes_save(&b, in_path);
		cr_expect_eq(
			port_open(&in, "file", in_path, RECEIVES, OPTIONS()),
			-EINVAL);
		cr_expect_not_null(
			strstr(in.e.text, table[i].says), "%s", in.e.text);
		cr_expect_not_null(strstr(in.e.text, in_path), "%s", in.e.text);
		port_close(&in);
		bytes_free(&b);
	}
	cr_expect_eq(
		port_open(&in, "file", "/nowhere/a.pcap", RECEIVES, OPTIONS()),
		-ENOENT);
	cr_expect_not_null(strstr(in.e.text, "No such file"), "%s", in.e.text);
	port_close(&in);
}

// Of 9000 bytes each, so that many mbufs come and go.
Test(file, copies_more_than_the_pool_could_hold)
{
	struct bytes b = pcap_of(4000, 9000), out;

	cr_assert_gt(4000 * 5, POOL_COUNT);
	out = copied(&b, out_path);
	cr_expect(bytes_equal(&b, &out));
	bytes_free(&b);
	bytes_free(&out);
}

Test(file, keeps_packets_that_the_snap_length_has_cut)
{
	struct bytes b = {0}, out;

	pcap_header(&b, PCAP_MICRO, 96, 1);
	for (unsigned i = 0; i < 10; i++)
		pcap_packet(&b, 5, i, i, 96, 1514);
	out = copied(&b, out_path);
	cr_expect(bytes_equal(&b, &out));
	bytes_free(&b);
	bytes_free(&out);
}

Test(file, cuts_what_it_writes_if_asked)
{
	struct bytes b = {0}, wanted = {0}, out;
	struct port in, to;

	pcap_header(&b, PCAP_MICRO, 262144, 1);
	pcap_header(&wanted, PCAP_MICRO, 100, 1);
	for (unsigned i = 0; i < 3; i++) {
		pcap_packet(&b, 5, i, i, 5000 * i, 5000 * i);
		pcap_packet(&wanted, 5, i, i, i ? 100 : 0, 5000 * i);
	}
	open_in(&in, &b, OPTIONS());
	open_out(&to, out_path, OPTIONS("snaplen=100"));
	copy(&in, &to);
	port_close(&in);
	port_close(&to);
	out = bytes_load(out_path);
	cr_expect(bytes_equal(&wanted, &out));
	bytes_free(&b);
	bytes_free(&wanted);
	bytes_free(&out);
}

Test(file, writes_the_format_that_is_asked_for)
{
	struct bytes b = pcap_of(1, 60), out;
	struct port in, to;

	open_in(&in, &b, OPTIONS());
	open_out(&to, out_path, OPTIONS("format=pcapng"));
	copy(&in, &to);
	port_close(&in);
	port_close(&to);
	out = bytes_load(out_path);
	cr_expect_eq(out.at[0], 0x0a);
	cr_expect_eq(out.size, 28 + 32 + 92);
	bytes_free(&b);
	bytes_free(&out);
}

Test(file, leaves_an_output_alone_until_the_run_starts)
{
	struct bytes b = pcap_of(3, 60), left;
	struct port out;

	bytes_save(&b, out_path);
	cr_expect_eq(port_open_named(
			     &out, "out", "file", out_path, SENDS, OPTIONS()),
		0);
	port_close(&out);
	left = bytes_load(out_path);
	cr_expect(bytes_equal(&b, &left));
	bytes_free(&b);
	bytes_free(&left);
}

Test(file, refuses_to_write_over_what_it_reads)
{
	struct bytes b = pcap_of(3, 60);
	struct port in, out;

	open_in(&in, &b, OPTIONS());
	cr_expect_eq(
		port_open_named(&out, "out", "file", in_path, SENDS, OPTIONS()),
		-EBUSY);
	cr_expect_not_null(strstr(out.e.text, "'in'"), "%s", out.e.text);
	port_close(&out);
	port_stop(&in);
	port_close(&in);
	bytes_free(&b);
}

Test(file, tells_how_far_it_is)
{
	struct bytes b = pcap_of(3, 60);
	struct port in, out;

	open_in(&in, &b, OPTIONS());
	open_out(&out, out_path, OPTIONS());
	copy(&in, &out);
	cr_expect_eq(port_stats(&in).progress, b.size);
	cr_expect_eq(port_stats(&in).progress_end, b.size);
	cr_expect_eq(port_stats(&in).rx_bytes, 180);
	cr_expect_eq(port_stats(&out).tx_bytes, 180);
	port_close(&in);
	port_close(&out);
	bytes_free(&b);
}

Test(file, writes_what_a_device_received_as_ethernet)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct bytes b;
	struct port out;
	uint32_t link_type;

	memset(rte_pktmbuf_append(m, 60), 7, 60);
	open_out(&out, out_path, OPTIONS());
	send_all(&out, &m, 1);
	port_finish(&out);
	port_close(&out);
	b = bytes_load(out_path);
	cr_expect_eq(b.size, 24 + 16 + 60);
	memcpy(&link_type, b.at + 20, 4);
	cr_expect_eq(link_type, 1);
	cr_expect_eq(b.at[40], 7);
	bytes_free(&b);
}
