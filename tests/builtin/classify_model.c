// SPDX-License-Identifier: BSD-3-Clause
//
// classify against looking at each rule in turn. Rules and packets are drawn
// from few values, so that many match, and many by the last bit only.
#include "builtin/builtin.h"
#include "packets.h"

#include <arpa/inet.h>
#include <time.h>

#define ROUNDS 60
#define RULES_MAX 80
#define PACKETS 200

static struct weir_random draws;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&draws, bound);
}

// A packet as it was made: tag -1 none; version 0: no IP; ports -1: none.
struct drawn {
	int tag, source_port, destination_port;
	unsigned version, protocol;
	uint8_t source[16], destination[16];
};

// A rule as it was drawn: -1 and version 0: not said.
struct ruled {
	unsigned class, version;
	int protocol, source_bits, destination_bits;
	int tag[2], source_port[2], destination_port[2]; // tag -2: none
	uint8_t source[16], destination[16];
};

static const uint8_t protocols[] = {6, 17, 1, 58, 132, 89};
static const char *const names[] = {
	"tcp", "udp", "icmp", "icmp6", "sctp", "proto 89"};
static const char *const classes[] = {"a", "b", "c", "rest"};

static void draw_address(uint8_t *address, unsigned version)
{
	memset(address, 0, 16);
	address[0] = version == 4 ? 10 : 0xfd;
	for (unsigned i = 0; i < 3; i++)
		address[below(version == 4 ? 4 : 16)] ^=
			(uint8_t)(1u << below(8));
}

static void draw_range(int range[2], unsigned most)
{
	range[0] = range[1] = -1;
	if (below(3))
		return;
	range[0] = below(4) ? (int)below(6) : (int)below(most + 1);
	range[1] =
		below(2) ? range[0]
			 : range[0] + (int)below(most + 1 - (unsigned)range[0]);
}

static void draw_rule(struct ruled *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->class = below(4);
	rule->version = below(3) ? 4 + 2 * below(2) : 0;
	rule->protocol = below(2) ? -1 : (int)below(sizeof(protocols));
	rule->source_bits = rule->destination_bits = -1;
	if (rule->version && below(2)) {
		draw_address(rule->source, rule->version);
		rule->source_bits = (int)below(rule->version == 4 ? 33 : 129);
	}
	if (rule->version && below(2)) {
		draw_address(rule->destination, rule->version);
		rule->destination_bits =
			(int)below(rule->version == 4 ? 33 : 129);
	}
	draw_range(rule->source_port, 65535);
	draw_range(rule->destination_port, 65535);
	draw_range(rule->tag, 4095);
	if (below(6) == 0)
		rule->tag[0] = -2;
}

static unsigned write_prefix(char *text, size_t size, const char *word,
	const uint8_t *address, int bits, unsigned version)
{
	char words[INET6_ADDRSTRLEN];

	if (bits < 0)
		return 0;
	inet_ntop(version == 4 ? AF_INET : AF_INET6, address, words,
		sizeof(words));
	return (unsigned)snprintf(text, size, " %s %s/%d", word, words, bits);
}

static unsigned write_range(
	char *text, size_t size, const char *word, const int range[2])
{
	if (range[0] == -2)
		return (unsigned)snprintf(text, size, " %s none", word);
	if (range[0] < 0)
		return 0;
	if (range[0] == range[1] && below(2))
		return (unsigned)snprintf(text, size, " %s %d", word, range[0]);
	return (unsigned)snprintf(
		text, size, " %s %d-%d", word, range[0], range[1]);
}

static void write_rule(const struct ruled *rule, char *text, size_t size)
{
	unsigned at =
		(unsigned)snprintf(text, size, "%s:", classes[rule->class]);

	if (rule->version && rule->source_bits < 0 &&
		rule->destination_bits < 0)
		at += (unsigned)snprintf(text + at, size - at, " %s",
			rule->version == 4 ? "ip" : "ip6");
	if (rule->protocol >= 0)
		at += (unsigned)snprintf(
			text + at, size - at, " %s", names[rule->protocol]);
	at += write_prefix(text + at, size - at, "src", rule->source,
		rule->source_bits, rule->version);
	at += write_prefix(text + at, size - at, "dst", rule->destination,
		rule->destination_bits, rule->version);
	at += write_range(text + at, size - at, "sport", rule->source_port);
	at += write_range(
		text + at, size - at, "dport", rule->destination_port);
	write_range(text + at, size - at, "vlan", rule->tag);
}

static void draw_packet(struct drawn *p, const struct ruled *like)
{
	memset(p, 0, sizeof(*p));
	p->tag = below(2) ? -1 : (int)below(6);
	p->source_port = p->destination_port = -1;
	p->version = below(8) ? 4 + 2 * below(2) : 0;
	if (like && like->version)
		p->version = like->version;
	if (!p->version)
		return;
	p->protocol = protocols[below(sizeof(protocols))];
	draw_address(p->source, p->version);
	draw_address(p->destination, p->version);
	if (like && like->protocol >= 0)
		p->protocol = protocols[like->protocol];
	if (like && like->source_bits >= 0) {
		memcpy(p->source, like->source, 16);
		p->source[below(p->version == 4 ? 4 : 16)] ^=
			(uint8_t)(below(2) << below(8));
	}
	if (like && like->destination_bits >= 0)
		memcpy(p->destination, like->destination, 16);
	if (p->protocol == 6 || p->protocol == 17 || p->protocol == 132) {
		p->source_port = (int)(below(4) ? below(7) : below(65536));
		p->destination_port = (int)(below(4) ? below(7) : below(65536));
	}
}

static struct rte_mbuf *make(const struct drawn *p)
{
	unsigned type = p->version == 4	  ? 0x0800
			: p->version == 6 ? 0x86dd
					  : 0x0806;
	struct frame f = {0};

	frame_ethernet(&f, p->tag < 0 ? type : 0x8100);
	if (p->tag >= 0)
		frame_vlan(&f, 0xe000 | (unsigned)p->tag, type);
	if (p->version == 4) {
		uint8_t *ip = frame_ipv4(&f, p->protocol, 0, 0);

		memcpy(ip + 12, p->source, 4);
		memcpy(ip + 16, p->destination, 4);
	} else if (p->version == 6) {
		uint8_t *ip = frame_ipv6(&f, p->protocol, 0, 0);

		memcpy(ip + 8, p->source, 16);
		memcpy(ip + 24, p->destination, 16);
	}
	if (p->source_port >= 0)
		frame_ports(&f, (unsigned)p->source_port,
			(unsigned)p->destination_port);
	frame_add(&f, 20);
	return packet(&f);
}

static bool in_prefix(const uint8_t *address, const uint8_t *prefix, int bits)
{
	for (int i = 0; i < bits; i++)
		if ((address[i / 8] ^ prefix[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool in_range(int value, const int range[2])
{
	return range[0] == -1 || (value >= range[0] && value <= range[1]);
}

static bool matches(const struct ruled *rule, const struct drawn *p)
{
	bool of_ip = rule->version || rule->protocol >= 0 ||
		     rule->source_port[0] >= 0 ||
		     rule->destination_port[0] >= 0;

	if (rule->tag[0] == -2 ? p->tag >= 0 : !in_range(p->tag, rule->tag))
		return false;
	if (!of_ip)
		return true;
	return p->version && (!rule->version || rule->version == p->version) &&
	       (rule->protocol < 0 ||
		       protocols[rule->protocol] == p->protocol) &&
	       in_prefix(p->source, rule->source, rule->source_bits) &&
	       in_prefix(p->destination, rule->destination,
		       rule->destination_bits) &&
	       in_range(p->source_port, rule->source_port) &&
	       in_range(p->destination_port, rule->destination_port);
}

static unsigned class_of(
	const struct ruled *rules, unsigned count, const struct drawn *p)
{
	for (unsigned i = 0; i < count; i++)
		if (matches(&rules[i], p))
			return rules[i].class;
	return 3;
}

static void check(struct weir_kernel_test *test, const struct ruled *rules,
	unsigned count)
{
	struct rte_mbuf *m[PACKETS];
	unsigned expected[PACKETS], next[4] = {0}, taken[4];
	struct rte_mbuf **out[4];

	for (unsigned i = 0; i < PACKETS; i++) {
		struct drawn p;

		draw_packet(&p, below(2) ? &rules[below(count)] : NULL);
		expected[i] = class_of(rules, count, &p);
		m[i] = make(&p);
	}
	cr_assert_eq(weir_test_kernel(test, m, PACKETS), PACKETS);
	for (unsigned i = 0; i < 4; i++)
		out[i] = weir_kernel_test_taken(test, i, 0, &taken[i]);
	// In order within each class.
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned class = expected[i];

		cr_assert_lt(next[class], taken[class],
			"packet %u is not in class %u", i, class);
		cr_assert_eq(out[class][next[class]++], m[i],
			"packet %u is not in class %u", i, class);
	}
	rte_pktmbuf_free_bulk(m, PACKETS);
}

TestSuite(classify_model, .init = packets_init, .fini = packets_fini);

Test(classify_model, answers_as_looking_at_each_rule_does)
{
	static char texts[RULES_MAX][200];
	const char *options[RULES_MAX + 4] = {
		"classes=a", "classes=b", "classes=c"};

	draws = random_of_test();
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned count = 1 + below(round % 4 ? 12 : RULES_MAX - 1);
		struct ruled rules[RULES_MAX];
		struct weir_kernel_test *test;

		for (unsigned i = 0; i < count; i++) {
			draw_rule(&rules[i]);
			strcpy(texts[i], "rules=");
			write_rule(&rules[i], texts[i] + 6, 190);
			options[3 + i] = texts[i];
		}
		options[3 + count] = NULL;
		test = kernel_open(&weir_builtin_classify, options, 1);
		check(test, rules, count);
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}
