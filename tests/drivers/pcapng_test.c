// SPDX-License-Identifier: BSD-3-Clause
#include "capture.h"
#include "file/interface.h"
#include "file/pcapng.h"

#include "../seed.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

struct reading {
	struct weir_bytes bytes;
	struct weir_pcapng pcapng;
	struct weir_record record;
	struct weir_error e;
};

static void begin(struct reading *r, const struct bytes *b)
{
	*r = (struct reading){0};
	weir_bytes_memory(&r->bytes, b->at, b->size);
	weir_pcapng_open(
		&r->pcapng, &r->bytes, (uint32_t)weir_interfaces_source());
}

static int next(struct reading *r)
{
	weir_error_clear(&r->e);
	return weir_pcapng_next(&r->pcapng, &r->record, &r->e);
}

// A section with one interface, to which a test adds the rest.
static struct bytes one_interface(bool big, uint8_t resolution)
{
	struct bytes b = {.big = big};

	pcapng_section(&b);
	pcapng_interface(&b, "eth0", 1, 100, resolution);
	return b;
}

TestSuite(pcapng, .init = weir_interfaces_enter, .fini = weir_interfaces_leave);

Test(pcapng, reads_packets_in_both_byte_orders)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = one_interface(big, 9);
		struct reading r;

		pcapng_packet(&b, 0, 1700000000123456789u, 3, 61, 1000);
		begin(&r, &b);
		cr_assert_eq(next(&r), 1, "%s", r.e.text);
		cr_expect_eq(r.record.time_ns, 1700000000123456789u);
		cr_expect_eq(r.record.size, 61);
		cr_expect_eq(r.record.original_size, 1000);
		cr_expect_eq(r.record.link_type, 1);
		for (unsigned at = 0; at < 61; at++)
			cr_expect_eq(r.record.bytes[at], packet_byte(3, at));
		cr_expect_eq(next(&r), 0);
		weir_pcapng_close(&r.pcapng);
		bytes_free(&b);
	}
}

Test(pcapng, knows_every_resolution_of_time)
{
	static const struct {
		uint8_t resolution;
		uint64_t units, ns;
	} table[] = {
		{0, 5, 5000000000},
		{3, 5, 5000000},
		{6, 5, 5000},
		{9, 5, 5},
		{12, 5999, 5},
		{19, 50000000000, 5},
		{0x80, 5, 5000000000},
		{0x81, 1, 500000000},
		{0x94, 1 << 20, 1000000000},
		{0x80 | 63, UINT64_MAX, 1999999999},
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bytes b = one_interface(false, table[i].resolution);
		struct reading r;

		pcapng_packet(&b, 0, table[i].units, 0, 1, 1);
		begin(&r, &b);
		cr_assert_eq(next(&r), 1, "%s", r.e.text);
		cr_expect_eq(r.record.time_ns, table[i].ns, "of %#x",
			table[i].resolution);
		weir_pcapng_close(&r.pcapng);
		bytes_free(&b);
	}
}

Test(pcapng, refuses_a_resolution_that_no_clock_has)
{
	static const uint8_t table[] = {20, 127, 0x80 | 64, 0xff};

	for (unsigned i = 0; i < sizeof(table); i++) {
		struct bytes b = one_interface(false, table[i]);
		struct reading r;

		begin(&r, &b);
		cr_expect_eq(next(&r), -EBADMSG);
		cr_expect_not_null(strstr(r.e.text, "resolution"));
		weir_pcapng_close(&r.pcapng);
		bytes_free(&b);
	}
}

Test(pcapng, reads_simple_packets_and_those_of_old)
{
	struct bytes b = one_interface(true, 6);
	struct reading r;

	// A simple packet of 300 bytes, of which the interface keeps 100.
	put_u32(&b, 3);
	put_u32(&b, 16 + 100);
	put_u32(&b, 300);
	put_packet_bytes(&b, 0, 100);
	put_u32(&b, 16 + 100);
	// The packet block of old: a short interface, and drops.
	put_u32(&b, 2);
	put_u32(&b, 32 + 4);
	put_u16(&b, 0);
	put_u16(&b, 99);
	put_u32(&b, 0);
	put_u32(&b, 7);
	put_u32(&b, 3);
	put_u32(&b, 4);
	put_packet_bytes(&b, 1, 4);
	put_u32(&b, 32 + 4);
	begin(&r, &b);
	cr_assert_eq(next(&r), 1, "%s", r.e.text);
	cr_expect_eq(r.record.size, 100);
	cr_expect_eq(r.record.original_size, 300);
	cr_expect_eq(r.record.time_ns, 0);
	cr_assert_eq(next(&r), 1, "%s", r.e.text);
	cr_expect_eq(r.record.size, 3);
	cr_expect_eq(r.record.original_size, 4);
	cr_expect_eq(r.record.time_ns, 7000);
	cr_expect_eq(next(&r), 0);
	weir_pcapng_close(&r.pcapng);
	bytes_free(&b);
}

Test(pcapng, begins_interfaces_anew_in_each_section)
{
	struct bytes b = one_interface(false, 6);
	struct reading r;
	unsigned first;

	pcapng_packet(&b, 0, 1, 0, 4, 4);
	b.big = true;
	pcapng_section(&b);
	pcapng_interface(&b, "wlan0", 127, 0, 6);
	pcapng_packet(&b, 0, 1, 0, 4, 4);
	pcapng_packet(&b, 1, 1, 0, 4, 4);
	begin(&r, &b);
	cr_assert_eq(next(&r), 1);
	first = r.record.interface;
	cr_assert_eq(next(&r), 1);
	cr_expect_eq(r.record.interface, first + 1);
	cr_expect_eq(r.record.link_type, 127);
	cr_expect_eq(weir_interfaces_at(first + 1)->snaplen, WEIR_RECORD_MAX);
	cr_expect_eq(next(&r), -EBADMSG);
	cr_expect_not_null(strstr(r.e.text, "interface 1"), "%s", r.e.text);
	weir_pcapng_close(&r.pcapng);
	bytes_free(&b);
}

Test(pcapng, passes_over_blocks_that_it_does_not_know)
{
	struct bytes b = one_interface(false, 6);
	struct reading r;

	put_u32(&b, 0x80000bad);
	put_u32(&b, 3u << 20); // larger than the window
	bytes_add(&b, (3u << 20) - 12);
	put_u32(&b, 3u << 20);
	put_u32(&b, 5);
	put_u32(&b, 12);
	put_u32(&b, 12);
	pcapng_packet(&b, 0, 1, 0, 4, 4);
	// The window must be a real one for this: memory has no end.
	bytes_save(&b, "/tmp/weir-blocks.pcapng");
	begin(&r, &b);
	cr_assert_eq(weir_bytes_open(
			     &r.bytes, "it", "/tmp/weir-blocks.pcapng", &r.e),
		0);
	unlink("/tmp/weir-blocks.pcapng");
	cr_expect_eq(next(&r), 1, "%s", r.e.text);
	cr_expect_eq(r.record.size, 4);
	cr_expect_eq(next(&r), 0);
	weir_pcapng_close(&r.pcapng);
	weir_bytes_close(&r.bytes);
	bytes_free(&b);
}

Test(pcapng, passes_over_and_counts_packets_that_are_too_large)
{
	struct bytes b = one_interface(false, 6);
	struct reading r;

	pcapng_packet(&b, 0, 1, 0, WEIR_RECORD_MAX + 1, WEIR_RECORD_MAX + 1);
	pcapng_packet(&b, 0, 1, 0, 4, 4);
	begin(&r, &b);
	cr_assert_eq(next(&r), 1, "%s", r.e.text);
	cr_expect_eq(r.record.size, 4);
	cr_expect_eq(r.pcapng.too_large, 1);
	weir_pcapng_close(&r.pcapng);
	bytes_free(&b);
}

Test(pcapng, keeps_names_and_leaves_out_what_a_writer_sets)
{
	struct bytes b = one_interface(true, 9);
	const struct weir_interface *interface;
	struct reading r;
	uint16_t code, length;

	begin(&r, &b);
	cr_expect_eq(next(&r), 0);
	interface = weir_interfaces_at(weir_interfaces_count() - 1);
	cr_expect(interface->nano);
	cr_assert_eq(interface->options_size, 8);
	memcpy(&code, interface->options, 2);
	memcpy(&length, interface->options + 2, 2);
	cr_expect_eq(code, 2);
	cr_expect_eq(length, 4);
	cr_expect_eq(memcmp(interface->options + 4, "eth0", 4), 0);
	weir_pcapng_close(&r.pcapng);
	bytes_free(&b);
}

// Bytes of a good capture are changed at random: whatever comes of it lies
// inside the input, and the reader comes to an end.
Test(pcapng, stays_inside_of_what_it_reads)
{
	struct weir_random random = random_of_test();

	for (unsigned round = 0; round < 20000; round++) {
		struct bytes b = one_interface(round & 1, 6);
		struct reading r;
		unsigned packets = 0;

		for (unsigned i = 0; i < 3; i++)
			pcapng_packet(&b, 0, i, i, 10 * i, 10 * i);
		for (unsigned i = 0; i < 3; i++)
			b.at[weir_random_below(&random, b.size)] =
				(uint8_t)weir_random_next(&random);
		begin(&r, &b);
		while (next(&r) == 1) {
			cr_assert_geq(r.record.bytes, b.at);
			cr_assert_leq(
				r.record.bytes + r.record.size, b.at + b.size);
			cr_assert_lt(packets++, 4);
		}
		weir_pcapng_close(&r.pcapng);
		bytes_free(&b);
		weir_interfaces_leave(); // empties the table
		weir_interfaces_enter();
	}
}
