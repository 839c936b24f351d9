// SPDX-License-Identifier: BSD-3-Clause
//
// count says what there is in the traffic, and passes everything on. It looks at
// the outer headers: a tunnel is counted as what the wire sees.
//
//	ethertype  what follows the VLAN tags
//	protocol   of IP, behind extension headers
//	port       the lower of the two, with its protocol: mostly the service's
//	talker     the source: IP address, or Ethernet address where there is no IP
//
// Packets and bytes on the wire (the original length). Each table adds up to all
// packets: what has no such thing is counted as "(none)", and what was counted
// under keys that had to give way to others as "(displaced)".
//
// Memory is bounded: `capacity` keys in a table. While there are no more
// everything is exact; beyond that a row may say less than the truth, by no more
// than the table's error counter, which is at most all packets ÷ capacity (see
// builtin/top.h).
#include "builtin/builtin.h"
#include "builtin/headers.h"
#include "builtin/names.h"
#include "builtin/top.h"
#include "mem/pool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdio.h>
#include <string.h>

#define AHEAD 4 // packets whose lines are asked for before their turn
#define NAME_SIZE 64
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

enum { COUNT_OUT };
enum { ETHERTYPE, PROTOCOL, PORT, TALKER, TABLES };

static const char *const table_names[] = {
	"ethertype", "protocol", "port", "talker", NULL};

struct tally {
	uint64_t packets, bytes;
};

struct count {
	uint32_t by; // bits
	uint32_t top;
	uint32_t capacity;
	struct weir_top *tops[TABLES]; // NULL: not asked for
	uint64_t errors[TABLES];
	struct tally none[TABLES];
	struct tally all;
	struct tally protocols[256]; // all there can be: no top needed
};

static inline void tally_add(struct tally *tally, uint64_t bytes)
{
	tally->packets++;
	tally->bytes += bytes;
}

static inline void tally_sum(struct tally *tally, const struct tally *more)
{
	tally->packets += more->packets;
	tally->bytes += more->bytes;
}

static void count_ether_type(
	struct count *count, const struct weir_headers *h, uint64_t bytes)
{
	struct weir_top_key key = {.word = {h->ether_type}};

	if (h->ether_type || h->macs)
		weir_top_add(count->tops[ETHERTYPE], &key, bytes);
	else
		tally_add(&count->none[ETHERTYPE], bytes);
}

static void count_port(
	struct count *count, const struct weir_headers *h, uint64_t bytes)
{
	uint16_t port = h->source_port < h->destination_port
				? h->source_port
				: h->destination_port;
	struct weir_top_key key = {.word = {port, h->protocol}};

	if (h->ports)
		weir_top_add(count->tops[PORT], &key, bytes);
	else
		tally_add(&count->none[PORT], bytes);
}

static void count_talker(
	struct count *count, const struct weir_headers *h, uint64_t bytes)
{
	struct weir_top_key key = {.kind = h->version};

	weir_headers_words(h, h->source, key.word);
	if (h->version || h->macs)
		weir_top_add(count->tops[TALKER], &key, bytes);
	else
		tally_add(&count->none[TALKER], bytes);
}

static void count_packet(struct count *count, struct rte_mbuf *packet)
{
	uint64_t bytes = weir_packet_original_size(packet);
	struct weir_headers headers;

	weir_headers_read(&headers, packet, WEIR_HEADERS_OUTER);
	tally_add(&count->all, bytes);
	tally_add(headers.version ? &count->protocols[headers.protocol]
				  : &count->none[PROTOCOL],
		bytes);
	if (count->tops[ETHERTYPE])
		count_ether_type(count, &headers, bytes);
	if (count->tops[PORT])
		count_port(count, &headers, bytes);
	if (count->tops[TALKER])
		count_talker(count, &headers, bytes);
}

// count_protocols is count_packet for a burst where there is no other table. What
// is plain is TCP or UDP: added up aside, for a counter in memory that each packet
// adds to makes the next one wait.
static inline void count_protocols(
	struct count *count, struct rte_mbuf **in, unsigned n)
{
	struct tally udp = {0}, all = {0};

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *plain = weir_headers_plain(in[i]);
		uint64_t bytes = weir_packet_original_size(in[i]);
		uint64_t is_udp;

		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		if (unlikely(!plain)) {
			count_packet(count, in[i]);
			continue;
		}
		is_udp = plain[23] == PROTOCOL_UDP;
		tally_add(&all, bytes);
		udp.packets += is_udp;
		udp.bytes += bytes & -is_udp;
	}
	tally_sum(&count->all, &all);
	tally_sum(&count->protocols[PROTOCOL_UDP], &udp);
	all.packets -= udp.packets;
	all.bytes -= udp.bytes;
	tally_sum(&count->protocols[PROTOCOL_TCP], &all);
}

// count_packets is count_packet for a burst.
static void count_packets(struct count *count, struct rte_mbuf **in, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i + AHEAD < n) {
			rte_prefetch0(weir_packet_of(in[i + AHEAD]));
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		}
		count_packet(count, in[i]);
	}
}

static void count_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct count *count = state;
	uint32_t room;
	struct rte_mbuf **to = weir_out_space(out, COUNT_OUT, &room);

	if (count->by == 1u << PROTOCOL)
		count_protocols(count, in, n);
	else
		count_packets(count, in, n);
	memcpy(to, in, n * sizeof(*in));
	weir_out_added(out, COUNT_OUT, n);
	for (unsigned i = 0; i < TABLES; i++) {
		if (count->tops[i])
			store_relaxed(&count->errors[i],
				weir_top_error(count->tops[i]));
	}
}

static void count_fini(void *state)
{
	struct count *count = state;

	for (unsigned i = 0; i < TABLES; i++)
		weir_top_destroy(count->tops[i]);
}

static int count_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct count *count = state;

	for (unsigned i = 0; i < TABLES; i++) {
		if (i == PROTOCOL || !(count->by & 1u << i))
			continue;
		count->tops[i] = weir_top_create(
			count->capacity, setup->seed, setup->node);
		if (!count->tops[i])
			goto undo;
	}
	return 0;
undo:
	count_fini(state);
	return weir_error_set(e, -ENOMEM,
		"%s: no memory for tables of %u keys; lower capacity or raise "
		"runtime.memory",
		setup->name, count->capacity);
}

static void name_ether_type(
	const struct weir_top_key *key, char *text, size_t size)
{
	weir_name_ether_type((uint16_t)key->word[0], text, size);
}

static void name_port(const struct weir_top_key *key, char *text, size_t size)
{
	weir_name_port(
		(uint8_t)key->word[1], (uint16_t)key->word[0], text, size);
}

static void name_talker(const struct weir_top_key *key, char *text, size_t size)
{
	uint32_t ipv4 = (uint32_t)key->word[0];
	const uint8_t *address = (const uint8_t *)key->word;

	if (key->kind == 4)
		inet_ntop(AF_INET, &ipv4, text, (socklen_t)size);
	else if (key->kind == 6)
		inet_ntop(AF_INET6, address, text, (socklen_t)size);
	else
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x",
			address[0], address[1], address[2], address[3],
			address[4], address[5]);
}

// One table on its way into the report.
struct writing {
	struct weir_report_rows *rows;
	const char *table;
	void (*name)(const struct weir_top_key *key, char *text, size_t size);
	struct tally rest; // of all packets, what no row has said yet
};

static void write_row(
	struct writing *writing, const char *key, const struct tally *tally)
{
	if (!tally->packets)
		return;
	writing->rest.packets -= tally->packets;
	writing->rest.bytes -= tally->bytes;
	writing->rows->row(writing->rows, writing->table, key, tally->packets,
		tally->bytes);
}

static void write_key(void *arg, const struct weir_top_key *key,
	uint64_t packets, uint64_t bytes)
{
	struct writing *writing = arg;
	char text[NAME_SIZE];

	writing->name(key, text, sizeof(text));
	write_row(writing, text, &(struct tally){packets, bytes});
}

static void write_protocols(const struct count *count, struct writing *writing)
{
	char text[NAME_SIZE];

	for (unsigned i = 0; i < 256; i++) {
		weir_name_protocol((uint8_t)i, text, sizeof(text));
		write_row(writing, text, &count->protocols[i]);
	}
}

static void count_report(const void *state, struct weir_report_rows *rows)
{
	static void (*const name[TABLES])(
		const struct weir_top_key *key, char *text, size_t size) = {
		[ETHERTYPE] = name_ether_type,
		[PORT] = name_port,
		[TALKER] = name_talker,
	};
	const struct count *count = state;

	rows->top = count->top;
	for (unsigned i = 0; i < TABLES; i++) {
		struct writing writing = {
			rows, table_names[i], name[i], count->all};

		if (!(count->by & 1u << i))
			continue;
		if (i == PROTOCOL)
			write_protocols(count, &writing);
		else
			weir_top_each(count->tops[i], write_key, &writing);
		write_row(&writing, "(none)", &count->none[i]);
		write_row(&writing, "(displaced)",
			&(struct tally){
				writing.rest.packets, writing.rest.bytes});
	}
}

const struct weir_stage weir_builtin_count = {
	.abi = WEIR_STAGE_ABI,
	.type = "count",
	.help = "counts packets and bytes by EtherType, protocol, port and "
		"talker",
	.state_size = sizeof(struct count),
	.options =
		{
			WEIR_OPTION_CHOICES(struct count, by, "by",
				"ethertype, protocol, port, talker",
				table_names, "tables to count in"),
			WEIR_OPTION_U32(struct count, top, "top", 10,
				"rows of each table in the report; 0: all"),
			WEIR_OPTION_U32(struct count, capacity, "capacity",
				1024,
				"keys kept in a table; exact while there are "
				"no more",
				.min = 1, .max = 1u << 20),
		},
	.outputs = {"out"},
	.counters =
		{
			{"ethertype_error", "packets",
				offsetof(struct count, errors[ETHERTYPE]),
				"most that a row of this table may lack"},
			{"port_error", "packets",
				offsetof(struct count, errors[PORT]),
				"most that a row of this table may lack"},
			{"talker_error", "packets",
				offsetof(struct count, errors[TALKER]),
				"most that a row of this table may lack"},
		},
	.init = count_init,
	.fini = count_fini,
	.kernel = count_burst,
	.report = count_report,
};
