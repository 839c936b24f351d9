// SPDX-License-Identifier: BSD-3-Clause
//
// count against exact counts, kept in a book of rows.
#include "builtin/builtin.h"
#include "builtin/names.h"
#include "packets.h"
#include "stage/rows.h"

TestSuite(count, .init = packets_init, .fini = packets_fini);

static void give(struct weir_kernel_test *test, struct rte_mbuf *m)
{
	unsigned count;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	cr_assert_eq(*weir_kernel_test_taken(test, 0, 0, &count), m);
	cr_assert_eq(count, 1);
	rte_pktmbuf_free(m);
}

static char said[65536];

static void say(void *arg, const char *table, const char *key, uint64_t packets,
	uint64_t bytes)
{
	size_t length = strlen(said);

	snprintf(said + length, sizeof(said) - length,
		"%s %s: %" PRIu64 "/%" PRIu64 "\n", table, key, packets, bytes);
}

static const char *report(struct weir_kernel_test *test)
{
	struct weir_rows *rows = weir_rows_create();

	weir_builtin_count.report(
		weir_kernel_test_state(test), weir_rows_of(rows));
	said[0] = '\0';
	weir_rows_each(rows, say, NULL);
	weir_rows_destroy(rows);
	return said;
}

Test(count, says_what_there_was_in_words)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_count, OPTIONS(), 1);
	struct frame web = {0}, dns = {0}, arp = {0};

	frame_ethernet(&web, 0x8100);
	frame_vlan(&web, 7, 0x0800);
	frame_ipv4(&web, 6, 0x0a000001, 0x0a000002);
	frame_ports(&web, 50000, 443);
	frame_ethernet(&dns, 0x86dd);
	frame_ipv6(&dns, 17, 1, 2);
	frame_ports(&dns, 53, 40000);
	frame_ethernet(&arp, 0x0806);
	give(test, packet_meta(packet(&web), 1, 1500));
	give(test, packet_meta(packet(&web), 1, 60));
	give(test, packet_meta(packet(&dns), 1, 100));
	give(test, packet_meta(packet(&arp), 1, 42));
	give(test, packet_meta(packet(&arp), 147, 9));
	cr_assert_str_eq(report(test), "ethertype IPv4: 2/1560\n"
				       "ethertype IPv6: 1/100\n"
				       "ethertype ARP: 1/42\n"
				       "ethertype (none): 1/9\n"
				       "protocol TCP: 2/1560\n"
				       "protocol UDP: 1/100\n"
				       "protocol (none): 2/51\n"
				       "port 443/tcp https: 2/1560\n"
				       "port 53/udp dns: 1/100\n"
				       "port (none): 2/51\n"
				       "talker 10.0.0.1: 2/1560\n"
				       "talker fd00::1: 1/100\n"
				       "talker 02:00:00:00:00:0a: 1/42\n"
				       "talker (none): 1/9\n");
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(count, keeps_only_the_tables_asked_for)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_count, OPTIONS("by=protocol"), 1);
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 253, 1, 2);
	give(test, packet(&f));
	cr_assert_str_eq(report(test), "protocol 253: 1/34\n");
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(count, counts_a_tunnel_as_the_wire_sees_it)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_count, OPTIONS("by=protocol", "by=talker"), 1);
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 47, 0x0a000001, 2);
	put16(frame_add(&f, 4) + 2, 0x0800);
	frame_ipv4(&f, 6, 0x0a000003, 4);
	give(test, packet(&f));
	cr_assert_str_eq(
		report(test), "protocol GRE: 1/58\ntalker 10.0.0.1: 1/58\n");
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

#define TALKERS 400
#define PACKETS 8000

// What the report said of each table.
struct heard {
	uint64_t talker[TALKERS];      // packets
	uint64_t packets[2], bytes[2]; // of the tables talker and port
	unsigned rows;
};

static void hear(void *arg, const char *table, const char *key,
	uint64_t packets, uint64_t bytes)
{
	struct heard *heard = arg;
	bool port = table[0] == 'p';
	unsigned a, b, c, d;

	heard->packets[port] += packets;
	heard->bytes[port] += bytes;
	if (!port && sscanf(key, "%u.%u.%u.%u", &a, &b, &c, &d) == 4) {
		heard->talker[c * 256 + d] += packets;
		heard->rows++;
	}
}

// Low talkers talk more.
static unsigned draw(struct weir_random *draws)
{
	uint64_t least = weir_random_below(draws, TALKERS);

	return (unsigned)weir_random_below(draws, least + 1);
}

static void run(struct weir_random *draws, unsigned capacity)
{
	char option[32];
	struct weir_kernel_test *test;
	static uint64_t truth[TALKERS];
	static struct heard heard;
	struct weir_rows *rows = weir_rows_create();
	uint64_t bytes = 0, error;

	snprintf(option, sizeof(option), "capacity=%u", capacity);
	test = kernel_open(&weir_builtin_count,
		OPTIONS(option, "top=0", "by=talker", "by=port"), 1);
	memset(truth, 0, sizeof(truth));
	memset(&heard, 0, sizeof(heard));
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned talker = draw(draws), size = 60 + draw(draws);
		struct frame f = {0};

		frame_ethernet(&f, 0x0800);
		frame_ipv4(&f, 6, 0x0a000000 + talker, 1);
		frame_ports(&f, draw(draws), draw(draws));
		give(test, packet_meta(packet(&f), 1, size));
		truth[talker]++;
		bytes += size;
	}
	weir_builtin_count.report(
		weir_kernel_test_state(test), weir_rows_of(rows));
	weir_rows_each(rows, hear, &heard);
	error = weir_kernel_test_counter(test, "talker_error");
	cr_assert_leq(error, PACKETS / capacity);
	cr_assert_eq(error == 0, capacity >= TALKERS);
	cr_assert_leq(heard.rows, capacity);
	for (unsigned i = 0; i < TALKERS; i++) {
		cr_assert_leq(heard.talker[i], truth[i]);
		cr_assert_leq(truth[i], heard.talker[i] + error);
	}
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(heard.packets[i], PACKETS);
		cr_assert_eq(heard.bytes[i], bytes);
	}
	weir_rows_destroy(rows);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(count, is_off_by_no_more_than_it_says_and_adds_up_to_all)
{
	struct weir_random draws = random_of_test();

	run(&draws, 1);
	run(&draws, 3);
	run(&draws, 50);
	run(&draws, TALKERS);
}

Test(names, of_numbers_without_one_are_numbers)
{
	char text[32];

	weir_name_port(17, 7777, text, sizeof(text));
	cr_assert_str_eq(text, "7777/udp");
	weir_name_ether_type(0x88b5, text, sizeof(text));
	cr_assert_str_eq(text, "0x88b5");
	weir_name_ether_type(46, text, sizeof(text));
	cr_assert_str_eq(text, "802.3");
	weir_name_protocol(200, text, sizeof(text));
	cr_assert_str_eq(text, "200");
}
