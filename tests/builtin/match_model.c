// SPDX-License-Identifier: BSD-3-Clause
//
// match against libpcap's bpf_filter, from a seed: programs that libpcap makes of
// expressions, and programs drawn an instruction at a time; packets of all lengths
// from none on, whose bytes are the values that the programs ask for.
#include "builtin/match.h"
#include "seed.h"

#include <criterion/criterion.h>
#include <pcap/pcap.h>
#include <string.h>

#define SIZE 100
#define PROGRAM 24

static struct weir_random draws;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&draws, bound);
}

// A burst whose packets end where an allocation does.
struct burst {
	struct weir_match_packets packets;
	uint8_t *memory[WEIR_MATCH_BURST];
	unsigned n;
};

// Few values, so that tests hold now and then.
static void fill(uint8_t *bytes, unsigned size)
{
	static const uint8_t usual[] = {
		0, 0, 1, 6, 8, 17, 17, 53, 0x45, 0x86, 0xdd, 0x81, 0xff};

	for (unsigned i = 0; i < size; i++)
		bytes[i] = usual[below(sizeof(usual))];
	if (size > 40 && below(4)) { // a frame that expressions know
		static const uint8_t types[][2] = {
			{0x08, 0}, {0x86, 0xdd}, {0x81, 0}, {0x08, 6}};

		memcpy(bytes + 12, types[below(4)], 2);
		bytes[14] = (uint8_t)(0x40 | (below(4) ? 5 : below(16)));
		bytes[20] = below(3) ? 0 : 0x20;
		bytes[23] = below(2) ? 17 : 6;
	}
}

static void draw_burst(struct burst *burst)
{
	burst->n = below(4) ? WEIR_MATCH_BURST : below(WEIR_MATCH_BURST + 1);
	for (unsigned i = 0; i < burst->n; i++) {
		unsigned size = below(3) ? 60 + below(SIZE - 60) : below(SIZE);

		burst->memory[i] = malloc(size ? size : 1);
		fill(burst->memory[i], size);
		burst->packets.bytes[i] = burst->memory[i];
		burst->packets.sizes[i] = size;
		burst->packets.lengths[i] = size + below(3);
	}
}

static void free_burst(struct burst *burst)
{
	for (unsigned i = 0; i < burst->n; i++)
		free(burst->memory[i]);
}

static uint32_t by_libpcap(
	const struct bpf_insn *program, const struct burst *burst)
{
	uint32_t answer = 0;

	for (unsigned i = 0; i < burst->n; i++)
		if (bpf_filter(program, burst->packets.bytes[i],
			    burst->packets.lengths[i], burst->packets.sizes[i]))
			answer |= UINT32_C(1) << i;
	return answer;
}

// agrees compares on some bursts, and answers whether the program was taken.
static bool agrees(const struct bpf_insn *program, unsigned count)
{
	struct weir_match *match = weir_match_create(program, count);

	for (unsigned i = 0; match && i < 4; i++) {
		struct burst burst;

		draw_burst(&burst);
		cr_assert_eq(weir_match_run(match, &burst.packets, burst.n),
			by_libpcap(program, &burst));
		free_burst(&burst);
	}
	weir_match_destroy(match);
	return match;
}

// try_on answers whether libpcap took the expression, and in *taken whether match
// took the program.
static bool try_on(const char *expression, bool *taken)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program program;
	bool compiled = pcap_compile(pcap, &program, expression, 1, 0) == 0;

	if (compiled) {
		*taken = agrees(program.bf_insns, program.bf_len);
		pcap_freecode(&program);
	}
	pcap_close(pcap);
	return compiled;
}

static bool agrees_on(const char *expression)
{
	bool taken = false;

	cr_assert(try_on(expression, &taken), "%s", expression);
	return taken;
}

static void init(void)
{
	draws = random_of_test();
}

TestSuite(match_model, .init = init);

Test(match_model, takes_what_people_write)
{
	static const char *const expressions[] = {"", "ip", "not ip", "arp",
		"ip6", "udp", "udp port 53", "tcp dst port 443", "port 53",
		"host 10.0.0.1", "src net 10.0.0.0/8 and tcp", "vlan 20",
		"vlan and udp port 53", "portrange 50-60", "greater 70",
		"less 64", "ether multicast", "ip broadcast", "icmp",
		"ether host 01:06:08:11:35:45", "tcp[tcpflags] & tcp-syn != 0",
		"ip[6:2] & 0x3fff != 0", "ip6 and udp port 53",
		"udp[8:4] = 0x00010608", "not port 22 and not arp",
		"ip proto 17 or ip6 proto 17", "tcp[13] & 3 != 0 and len > 64"};

	for (unsigned i = 0; i < sizeof(expressions) / sizeof(expressions[0]);
		i++)
		for (unsigned j = 0; j < 50; j++)
			cr_assert(agrees_on(expressions[i]), "%s",
				expressions[i]);
}

Test(match_model, leaves_alone_what_computes_or_loops)
{
	static const char *const expressions[] = {"tcp[0] % 2 = 1",
		"ip[2:2] - ((ip[0] & 0xf) << 2) > 10", "ip6 protochain 17",
		"ip[ip[0] & 15] = 0"};

	for (unsigned i = 0; i < sizeof(expressions) / sizeof(expressions[0]);
		i++)
		cr_assert_not(agrees_on(expressions[i]), "%s", expressions[i]);
}

Test(match_model, agrees_on_expressions_put_together)
{
	static const char *const atoms[] = {"ip", "ip6", "udp", "tcp",
		"port 53", "src port 6", "dst port 17", "len > 70",
		"ether[0] & 1 = 0", "ip[8] > 6", "host 0.1.6.8",
		"net 17.0.0.0/8", "udp[0:2] >= 17", "tcp[13] & 17 != 0",
		"ip[1] = 8", "ip broadcast", "portrange 6-53"};
	unsigned refused = 0, compiled = 0;

	for (unsigned i = 0; i < 2000; i++) {
		char text[512] = "";
		unsigned left = 1 + below(5);
		bool taken = false;

		while (left--) {
			if (below(3) == 0)
				strcat(text, "not ");
			strcat(text,
				atoms[below(sizeof(atoms) / sizeof(atoms[0]))]);
			if (left)
				strcat(text, below(2) ? " and " : " or ");
		}
		// libpcap does not take what nothing can match.
		if (!try_on(text, &taken))
			continue;
		compiled++;
		refused += !taken;
	}
	cr_assert_gt(compiled, 1000);
	cr_assert_lt(refused, compiled / 50);
}

static uint32_t draw_constant(void)
{
	static const uint32_t usual[] = {0, 1, 6, 8, 17, 53, 0x0800, 0x86dd,
		0x1fff, 0xff, 0xffffff00, UINT32_MAX, 0x80000000};

	return usual[below(sizeof(usual) / sizeof(usual[0]))];
}

static uint32_t draw_place(void)
{
	return below(20) ? below(70) : UINT32_MAX - below(70);
}

// draw_insn draws one of a program, most of what a match can take.
static struct bpf_insn draw_insn(unsigned left)
{
	static const uint16_t loads[] = {BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_B | BPF_IND, BPF_LD | BPF_H | BPF_IND,
		BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_B | BPF_MSH, BPF_LDX | BPF_B | BPF_MSH};
	static const uint16_t jumps[] = {BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JGE | BPF_K,
		BPF_JMP | BPF_JSET | BPF_K};
	static const uint16_t others[] = {BPF_LD | BPF_IMM, BPF_ST,
		BPF_MISC | BPF_TAX, BPF_ALU | BPF_ADD | BPF_K,
		BPF_JMP | BPF_JEQ | BPF_X, BPF_LDX | BPF_IMM, BPF_RET | BPF_A};
	struct bpf_insn insn = {0};
	unsigned kind = below(40);

	if (left == 0 || kind < 2) {
		insn.code = BPF_RET | BPF_K;
		insn.k = below(3) ? 262144 : 0;
	} else if (kind < 18) {
		insn.code = loads[below(9)];
		insn.k = insn.code == (BPF_LD | BPF_W | BPF_LEN) ? 0
								 : draw_place();
	} else if (kind < 22) {
		insn.code = BPF_ALU | BPF_AND | BPF_K;
		insn.k = draw_constant();
	} else if (kind < 38) {
		insn.code = jumps[below(4)];
		insn.jt = (uint8_t)below(left);
		insn.jf = (uint8_t)below(left);
		insn.k = draw_constant();
	} else if (kind < 39) {
		insn.code = BPF_JMP | BPF_JA;
		insn.k = below(left);
	} else {
		insn.code = others[below(7)];
		insn.k = below(8);
	}
	return insn;
}

Test(match_model, agrees_on_programs_nobody_would_write)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < 200000; i++) {
		struct bpf_insn program[PROGRAM];
		unsigned count = 1 + below(PROGRAM);

		for (unsigned j = 0; j < count; j++)
			program[j] = draw_insn(count - 1 - j);
		if (bpf_validate(program, (int)count))
			taken += agrees(program, count);
	}
	fprintf(stderr, "%u of 200000 taken\n", taken);
	cr_assert_gt(taken, 10000);
}
