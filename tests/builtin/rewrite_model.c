// SPDX-License-Identifier: BSD-3-Clause
//
// rewrite against the plainest thing that could be right: a whole packet whose
// fields are set one by one, whose checksums are then made anew from all of its
// bytes, and of which the wire sees a fragment, tags and a trailer.
//
//	whole ── set fields, sum up ──▶ whole' ── put on the wire ──▶ expected
//	  └──── put on the wire ──▶ rewrite ──▶ must be the same bytes
#include "builtin/builtin.h"
#include "packets.h"

#include <arpa/inet.h>

#define ROUNDS 400
#define PACKETS 40

enum { EXPIRED };

static struct weir_random draws;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&draws, bound);
}

// A packet from its IP header on, and what the wire does with it.
struct whole {
	uint8_t bytes[1024];
	unsigned size, transport_at, fragment_at, checksum_at;
	uint8_t version, protocol;
	bool ports, summed, routed;
	uint8_t last[16]; // where a route ends
	uint8_t macs[12];
	uint16_t tags[4], types[4];
	unsigned tag_count, cut; // bytes of the transport in the first fragment
	enum { ALONE, FIRST, LATER } fragment;
	unsigned trailer;
};

static void fill(uint8_t *bytes, unsigned size)
{
	while (size)
		bytes[--size] = (uint8_t)below(256);
}

static uint32_t sum_of(const uint8_t *bytes, unsigned size)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (unsigned)bytes[i] << 8;
	return sum;
}

static unsigned sum_end(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void sum_transport(struct whole *w)
{
	unsigned six = w->version == 6, words = six ? 16 : 4;
	const uint8_t *source = w->bytes + (six ? 8 : 12);
	unsigned size = w->size - w->transport_at, sum;

	if (!w->summed)
		return;
	put16(w->bytes + w->checksum_at, 0);
	sum = sum_end(sum_of(source, words) +
		      sum_of(w->routed ? w->last : source + words, words) +
		      w->protocol + size +
		      sum_of(w->bytes + w->transport_at, size));
	if (!sum && (w->protocol == 17 || w->protocol == 136))
		sum = 0xffff;
	put16(w->bytes + w->checksum_at, sum);
}

static void draw_ipv4(struct whole *w)
{
	unsigned options = below(3) ? 0 : 4 * below(8), route;

	fill(w->bytes, 20);
	memset(w->bytes + 20, 1, options);
	w->bytes[0] = (uint8_t)(0x45 + options / 4);
	w->bytes[9] = w->protocol;
	if (options >= 12 && below(2)) {
		// One hop further, or at its end.
		route = 20 + below(2);
		w->bytes[route] = below(2) ? 131 : 137;
		w->bytes[route + 1] = 7;
		w->routed = below(2);
		w->bytes[route + 2] = w->routed ? 4 : 8;
		fill(w->bytes + route + 3, 4);
		memcpy(w->last, w->bytes + route + 3, 4);
	}
	w->size = 20 + options;
}

// add_extension answers it, with room for size bytes, as the last so far.
static uint8_t *add_extension(
	struct whole *w, uint8_t **next, uint8_t type, unsigned size)
{
	uint8_t *bytes = w->bytes + w->size;

	**next = type;
	memset(bytes, 0, size);
	*next = bytes;
	bytes[1] = (uint8_t)(size / 8 - 1);
	w->size += size;
	return bytes;
}

static void draw_ipv6(struct whole *w)
{
	uint8_t *next = w->bytes + 6, *bytes;

	fill(w->bytes, 40);
	w->bytes[0] = (uint8_t)(0x60 | below(16));
	w->size = 40;
	if (below(4) == 0)
		add_extension(w, &next, 0, 8 * (1 + below(3)))[2] = 1;
	if (below(4) == 0) {
		bytes = add_extension(w, &next, 43, 24);
		w->routed = below(2);
		bytes[3] = w->routed;
		fill(bytes + 8, 16);
		memcpy(w->last, bytes + 8, 16);
	}
	if (w->fragment != ALONE || below(6) == 0) {
		w->fragment_at = w->size;
		add_extension(w, &next, 44, 8)[1] = 0;
	}
	if (below(4) == 0 && w->fragment == ALONE)
		add_extension(w, &next, 60, 8)[2] = 1;
	*next = w->protocol;
}

static void draw_transport(struct whole *w)
{
	static const struct {
		uint8_t protocol, checksum, ports;
	} known[] = {{6, 16, 1}, {17, 6, 1}, {136, 6, 1}, {33, 6, 1},
		{58, 2, 0}, {103, 2, 0}, {89, 12, 0}, {139, 4, 0}};
	unsigned size = 20 + below(300);

	w->transport_at = w->size;
	fill(w->bytes + w->size, size);
	w->size += size;
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].protocol != w->protocol)
			continue;
		w->ports = known[i].ports;
		w->summed =
			w->version == 6 || known[i].ports || w->protocol == 139;
		w->checksum_at = w->transport_at + known[i].checksum;
	}
	if (w->protocol == 17 && below(4) == 0) {
		w->summed = false;
		put16(w->bytes + w->checksum_at, 0);
	}
	w->cut = 24 + 8 * below(30);
	if (w->cut >= size - 1)
		w->fragment = ALONE;
	sum_transport(w);
}

static void draw(struct whole *w)
{
	static const uint8_t protocols[] = {
		6, 6, 17, 17, 17, 136, 33, 58, 103, 89, 139, 132, 1, 59, 50};

	memset(w, 0, sizeof(*w));
	fill(w->macs, 12);
	w->tag_count = below(2) ? below(4) : 0;
	for (unsigned i = 0; i < w->tag_count; i++) {
		w->tags[i] = (uint16_t)below(65536);
		w->types[i] =
			(const uint16_t[]){0x8100, 0x88a8, 0x9100}[below(3)];
	}
	w->version = below(2) ? 6 : 4;
	w->protocol = protocols[below(sizeof(protocols))];
	w->fragment = below(3) ? ALONE : below(2) ? FIRST : LATER;
	w->trailer = below(2) ? below(20) : 0;
	if (w->version == 4)
		draw_ipv4(w);
	else
		draw_ipv6(w);
	draw_transport(w);
}

// Lengths, fragment fields and the header's checksum are the wire's business.
static void put_header(const struct whole *w, uint8_t *ip, unsigned size)
{
	unsigned at = w->fragment == LATER ? w->cut / 8 : 0;

	if (w->version == 6) {
		put16(ip + 4, size - 40);
		if (w->fragment_at)
			put16(ip + w->fragment_at + 2,
				at << 3 | (w->fragment == FIRST));
		return;
	}
	put16(ip + 2, size);
	put16(ip + 6, at | (w->fragment == FIRST ? 0x2000 : 0));
	put16(ip + 10, 0);
	put16(ip + 10, sum_end(sum_of(ip, 4 * (ip[0] & 0xfu))));
}

// wire writes the frame that is seen of w.
static void wire(const struct whole *w, struct frame *f)
{
	unsigned begin = w->transport_at + (w->fragment == LATER ? w->cut : 0);
	unsigned end =
		w->fragment == FIRST ? w->transport_at + w->cut : w->size;
	unsigned size = w->transport_at + end - begin;
	uint8_t *ip;

	f->size = 0;
	memcpy(frame_add(f, 12), w->macs, 12);
	for (unsigned i = 0; i < w->tag_count; i++) {
		uint8_t *tag = frame_add(f, 4);

		put16(tag, w->types[i]);
		put16(tag + 2, w->tags[i]);
	}
	put16(frame_add(f, 2), w->version == 4 ? 0x0800 : 0x86dd);
	ip = frame_add(f, size + w->trailer);
	memcpy(ip, w->bytes, w->transport_at);
	memcpy(ip + w->transport_at, w->bytes + begin, end - begin);
	memset(ip + size, 0x5a, w->trailer);
	put_header(w, ip, size);
}

// What is asked for, as words and as numbers.
struct wanted {
	char words[16][64];
	const char *options[17];
	unsigned count;
	uint8_t mac[2][6];
	bool macs[2], swap[3];
	int ttl, dscp; // -1: keep; TTL -2: decrement
	struct {
		uint8_t bytes[16];
		int bits; // -1: keep
	} address[2][2];  // source, destination; IPv4, IPv6
	unsigned port[2], vlan, id, type;
	int priority;
};

__attribute__((format(printf, 2, 3))) static void say(
	struct wanted *wanted, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(wanted->words[wanted->count], 64, format, args);
	va_end(args);
	wanted->options[wanted->count] = wanted->words[wanted->count];
	wanted->count++;
}

static const char *const ends[] = {"source", "destination"};

static void want_end(struct wanted *wanted, unsigned end)
{
	char text[INET6_ADDRSTRLEN];

	if (below(2) && (wanted->macs[end] = true)) {
		const uint8_t *mac = wanted->mac[end];

		fill(wanted->mac[end], 6);
		say(wanted, "%s_mac=%02x:%02x:%02x:%02x:%02x:%02x", ends[end],
			mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	}
	for (unsigned six = 0; six < 2; six++) {
		int most = six ? 128 : 32;

		wanted->address[end][six].bits = -1;
		if (below(2))
			continue;
		wanted->address[end][six].bits =
			below(2) ? most : (int)below((unsigned)most + 1);
		fill(wanted->address[end][six].bytes, 16);
		inet_ntop(six ? AF_INET6 : AF_INET,
			wanted->address[end][six].bytes, text, sizeof(text));
		say(wanted, "%s=%s/%d", ends[end], text,
			wanted->address[end][six].bits);
	}
	if (below(3) == 0) {
		wanted->port[end] = 1 + below(65535);
		say(wanted, "%s_port=%u", ends[end], wanted->port[end]);
	}
}

static void want_vlan(struct wanted *wanted)
{
	static const char *const does[] = {"keep", "push", "pop", "set"};

	wanted->vlan = below(2) ? below(4) : 0;
	wanted->priority = -1;
	say(wanted, "vlan=%s", does[wanted->vlan]);
	if (wanted->vlan != 1 && wanted->vlan != 3)
		return;
	wanted->id = 1 + below(4094);
	say(wanted, "vlan_id=%u", wanted->id);
	if (below(2)) {
		wanted->priority = (int)below(8);
		say(wanted, "vlan_priority=%d", wanted->priority);
	}
	wanted->type = below(2);
	say(wanted, "vlan_type=%s", wanted->type ? "802.1ad" : "802.1q");
}

static void want(struct wanted *wanted)
{
	static const char *const swaps[] = {"macs", "addresses", "ports"};

	memset(wanted, 0, sizeof(*wanted));
	wanted->ttl = wanted->dscp = -1;
	want_end(wanted, 0);
	want_end(wanted, 1);
	want_vlan(wanted);
	if (below(2) && (wanted->ttl = -2))
		say(wanted, "ttl=decrement");
	else if (below(2) && (wanted->ttl = 1 + (int)below(255)))
		say(wanted, "ttl=%d", wanted->ttl);
	if (below(2)) {
		wanted->dscp = (int)below(64);
		say(wanted, "dscp=%d", wanted->dscp);
	}
	for (unsigned i = 0; i < 3; i++)
		if (below(4) == 0 && (wanted->swap[i] = true))
			say(wanted, "swap=%s", swaps[i]);
}

static void swap(uint8_t *bytes, unsigned size)
{
	uint8_t first[16];

	memcpy(first, bytes, size);
	memcpy(bytes, bytes + size, size);
	memcpy(bytes + size, first, size);
}

static void set_bits(uint8_t *to, const uint8_t *from, int bits)
{
	for (int i = 0; i < bits; i++) {
		uint8_t bit = (uint8_t)(0x80 >> (i & 7));

		to[i / 8] = (uint8_t)((to[i / 8] & ~bit) | (from[i / 8] & bit));
	}
}

static void set_tags(struct whole *w, const struct wanted *wanted)
{
	unsigned priority = wanted->priority < 0 ? 0 : wanted->priority;

	if (wanted->vlan == 1) {
		memmove(w->tags + 1, w->tags, 3 * sizeof(w->tags[0]));
		memmove(w->types + 1, w->types, 3 * sizeof(w->types[0]));
		w->tags[0] = (uint16_t)(priority << 13 | wanted->id);
		w->types[0] = wanted->type ? 0x88a8 : 0x8100;
		w->tag_count++;
	} else if (wanted->vlan == 2 && w->tag_count) {
		memmove(w->tags, w->tags + 1, 3 * sizeof(w->tags[0]));
		memmove(w->types, w->types + 1, 3 * sizeof(w->types[0]));
		w->tag_count--;
	} else if (wanted->vlan == 3 && w->tag_count) {
		w->tags[0] = (uint16_t)((w->tags[0] & 0xf000) | wanted->id);
		if (wanted->priority >= 0)
			w->tags[0] = (uint16_t)((w->tags[0] & 0x1fff) |
						priority << 13);
	}
}

static void set_ends(struct whole *w, const struct wanted *wanted)
{
	bool six = w->version == 6;
	unsigned size = six ? 16 : 4;
	uint8_t *addresses = w->bytes + (six ? 8 : 12);

	if (wanted->swap[0])
		swap(w->macs, 6);
	if (wanted->swap[1])
		swap(addresses, size);
	if (wanted->swap[2] && w->ports)
		swap(w->bytes + w->transport_at, 2);
	for (unsigned i = 0; i < 2; i++) {
		if (wanted->macs[i])
			memcpy(w->macs + (i ? 0 : 6), wanted->mac[i], 6);
		set_bits(addresses + i * size, wanted->address[i][six].bytes,
			wanted->address[i][six].bits);
		if (wanted->port[i] && w->ports)
			put16(w->bytes + w->transport_at + 2 * i,
				wanted->port[i]);
	}
}

// set makes w what is wanted of it; false: it is to be dropped.
static bool set(struct whole *w, const struct wanted *wanted)
{
	uint8_t *ttl = w->bytes + (w->version == 4 ? 8 : 7);
	unsigned class = w->version == 4
				 ? w->bytes[1]
				 : (w->bytes[0] & 0xfu) << 4 | w->bytes[1] >> 4;

	if (wanted->ttl == -2 && *ttl <= 1)
		return false;
	*ttl = (uint8_t)(wanted->ttl == -2 ? *ttl - 1
			 : wanted->ttl < 0 ? *ttl
					   : wanted->ttl);
	if (wanted->dscp >= 0)
		class = (class & 3) | (unsigned)wanted->dscp << 2;
	if (w->version == 4)
		w->bytes[1] = (uint8_t) class;
	else {
		w->bytes[0] = (uint8_t)(0x60 | class >> 4);
		w->bytes[1] = (uint8_t)(class << 4 | (w->bytes[1] & 0xf));
	}
	set_ends(w, wanted);
	set_tags(w, wanted);
	sum_transport(w);
	return true;
}

static void check(struct rte_mbuf *m, const struct frame *expected,
	const struct wanted *wanted, const struct frame *before)
{
	static uint8_t scratch[2048];
	const uint8_t *bytes = rte_pktmbuf_read(m, 0, m->pkt_len, scratch);

	cr_assert_eq(m->pkt_len, expected->size);
	cr_assert_eq(weir_packet_original_size(m), expected->size + 1000);
	for (unsigned i = 0; i < expected->size; i++) {
		if (bytes[i] == expected->bytes[i])
			continue;
		for (unsigned j = 0; j < wanted->count; j++)
			fprintf(stderr, "%s ", wanted->options[j]);
		cr_assert_fail("byte %u of %u is %02x, not %02x; was %02x", i,
			expected->size, bytes[i], expected->bytes[i],
			before->bytes[i]);
	}
	rte_pktmbuf_free(m);
}

static void rewrite_one(
	struct weir_kernel_test *test, const struct wanted *wanted)
{
	unsigned sizes[4] = {5 + below(60), 1 + below(60), 1 + below(60)};
	struct frame before, after;
	struct whole whole;
	struct rte_mbuf *m, **out;
	unsigned count;

	draw(&whole);
	wire(&whole, &before);
	m = packet_meta(
		packet_cut(before.bytes, before.size, below(2) ? sizes : NULL),
		1, before.size + 1000);
	weir_test_kernel(test, &m, 1);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, set(&whole, wanted));
	wire(&whole, &after);
	if (count)
		check(out[0], &after, wanted, &before);
}

TestSuite(rewrite_model, .init = packets_init, .fini = packets_fini);

Test(rewrite_model, does_what_setting_fields_and_summing_up_does)
{
	draws = random_of_test();
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct wanted wanted;
		struct weir_kernel_test *test;

		want(&wanted);
		test = kernel_open(&weir_builtin_rewrite, wanted.options, 1);
		for (unsigned p = 0; p < PACKETS; p++)
			rewrite_one(test, &wanted);
		cr_assert_eq(weir_kernel_test_counter(test, "malformed"), 0);
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}
