// SPDX-License-Identifier: BSD-3-Clause
//
// filter parts packets by an expression as tcpdump takes it. libpcap compiles
// it, and what runs is libpcap's program, over the captured bytes and with the
// original length, so that the answer is tcpdump's. Ethernet frames go through
// it a burst at a time (builtin/match.h); others, and programs that cannot be
// said so, are run by libpcap itself.
//
// An expression means other offsets for each link type. It is compiled at the
// start for all in the table below that it can be said of; a packet of a link
// type without a program is neither a match nor the rest: it is dropped as
// "link_type". An expression that can be said of none is an error.
//
// A packet in several segments is copied into scratch first, of a longer one
// the first SCRATCH_SIZE - 1 bytes: the longest IP packet fits.
#include "builtin/builtin.h"
#include "builtin/match.h"
#include "mem/mem.h"
#include "mem/pool.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_SIZE 262144
#define SCRATCH_SIZE 65536
#define AHEAD 4 // packets whose lines are asked for before their turn

enum { FILTER_MATCH, FILTER_REST };
enum { FILTER_LINK_TYPE };

// What is in files (LINKTYPE_) and what libpcap compiles for (DLT_).
static const struct {
	uint16_t link_type;
	int dlt;
} links[] = {
	{1, DLT_EN10MB}, // first: most packets are
	{0, DLT_NULL},
	{6, DLT_IEEE802},
	{9, DLT_PPP},
	{50, DLT_PPP_SERIAL},
	{51, DLT_PPP_ETHER},
	{101, DLT_RAW},
	{104, DLT_C_HDLC},
	{105, DLT_IEEE802_11},
	{107, DLT_FRELAY},
	{108, DLT_LOOP},
	{113, DLT_LINUX_SLL},
	{127, DLT_IEEE802_11_RADIO},
	{228, DLT_IPV4},
	{229, DLT_IPV6},
	{276, DLT_LINUX_SLL2},
};

#define LINK_COUNT (sizeof(links) / sizeof(links[0]))

// One expression, compiled. Constant while the kernel runs it.
struct programs {
	struct bpf_program of[LINK_COUNT]; // no instructions: cannot be said
	struct weir_match *match;	   // of Ethernet; NULL: libpcap runs it
};

_Static_assert(WEIR_BURST <= WEIR_MATCH_BURST, "a bit for each packet");

struct filter {
	const char *expr; // of the start
	struct programs *programs;
	uint8_t *scratch;
};

static inline const struct bpf_insn *program_of(
	const struct programs *programs, uint16_t link_type)
{
	for (unsigned i = 0; i < LINK_COUNT; i++) {
		if (links[i].link_type == link_type)
			return programs->of[i].bf_insns;
	}
	return NULL;
}

static inline bool is_match(const struct filter *filter,
	const struct bpf_insn *program, struct rte_mbuf *packet)
{
	uint32_t size = rte_pktmbuf_pkt_len(packet);
	const uint8_t *bytes = rte_pktmbuf_mtod(packet, const uint8_t *);

	if (unlikely(packet->nb_segs > 1)) {
		if (size >= SCRATCH_SIZE)
			size = SCRATCH_SIZE - 1;
		bytes = rte_pktmbuf_read(packet, 0, size, filter->scratch);
	}
	return bpf_filter(program, bytes, weir_packet_original_size(packet),
		       size) != 0;
}

// What is known of a burst's packets, a bit each.
struct verdicts {
	uint32_t match;
	uint32_t unknown; // no program for the link type
};

// judge_one lets libpcap judge the i-th packet.
static void judge_one(const struct filter *filter, struct rte_mbuf *packet,
	unsigned i, struct verdicts *verdicts)
{
	const struct bpf_insn *program =
		program_of(filter->programs, weir_packet_link_type(packet));

	if (unlikely(!program))
		verdicts->unknown |= UINT32_C(1) << i;
	else if (is_match(filter, program, packet))
		verdicts->match |= UINT32_C(1) << i;
}

// The packets of a burst that a match judges, and which those are.
struct gathered {
	struct weir_match_packets packets;
	unsigned count;
	uint8_t index[WEIR_BURST];
};

static inline void gather(
	struct weir_match_packets *to, unsigned at, const struct rte_mbuf *m)
{
	to->bytes[at] = rte_pktmbuf_mtod(m, const uint8_t *);
	to->sizes[at] = m->data_len;
}

static void gather_lengths(struct weir_match_packets *to, const uint8_t *index,
	struct rte_mbuf **in, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to->lengths[i] =
			weir_packet_original_size(in[index ? index[i] : i]);
}

// gather_plain gathers all, and tells whether a match may judge them so: they
// are of the most usual kind, in one piece, and nothing else is known of them.
static inline bool gather_plain(
	struct weir_match_packets *to, struct rte_mbuf **in, unsigned n)
{
	uint64_t flags = 0;
	unsigned pieces = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		gather(to, i, in[i]);
		flags |= in[i]->ol_flags;
		pieces |= in[i]->nb_segs;
	}
	return pieces == 1 && !(flags & weir_packet_flag);
}

// is_judged_by tells whether a match can judge a packet: all that it may look
// at lies in the first segment.
static inline bool is_judged_by(
	const struct weir_match *match, struct rte_mbuf *packet)
{
	return weir_packet_link_type(packet) == WEIR_LINK_ETHERNET &&
	       (packet->nb_segs == 1 || packet->data_len >= match->reach);
}

// spread answers the bits of gathered packets where they stand in the burst.
static uint32_t spread(const struct gathered *gathered, uint32_t found)
{
	uint32_t answer = 0;

	for (unsigned i = 0; i < gathered->count; i++)
		answer |= (found >> i & 1) << gathered->index[i];
	return answer;
}

// judge_each judges a burst that is not plain, or that no match can judge.
static __attribute__((noinline)) struct verdicts judge_each(
	const struct filter *filter, struct rte_mbuf **in, unsigned n)
{
	const struct weir_match *match = filter->programs->match;
	struct verdicts verdicts = {0};
	struct gathered gathered;

	gathered.count = 0;
	for (unsigned i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(weir_packet_of(in[i + AHEAD]));
		if (!match || !is_judged_by(match, in[i])) {
			judge_one(filter, in[i], i, &verdicts);
			continue;
		}
		gather(&gathered.packets, gathered.count, in[i]);
		gathered.index[gathered.count++] = (uint8_t)i;
	}
	if (!gathered.count)
		return verdicts;
	if (match->lengths)
		gather_lengths(
			&gathered.packets, gathered.index, in, gathered.count);
	verdicts.match |= spread(&gathered,
		weir_match_run(match, &gathered.packets, gathered.count));
	return verdicts;
}

static inline struct verdicts judge(
	const struct filter *filter, struct rte_mbuf **in, unsigned n)
{
	const struct weir_match *match = filter->programs->match;
	struct weir_match_packets packets;

	if (unlikely(!gather_plain(&packets, in, n) || !match))
		return judge_each(filter, in, n);
	if (match->lengths)
		gather_lengths(&packets, NULL, in, n);
	return (struct verdicts){weir_match_run(match, &packets, n), 0};
}

// drop_unknown drops those that nobody can judge and closes the gaps.
static unsigned drop_unknown(struct rte_mbuf **in, unsigned n,
	struct verdicts *verdicts, struct weir_out *out)
{
	uint32_t match = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		if (verdicts->unknown >> i & 1) {
			weir_out_drop(out, FILTER_LINK_TYPE, in[i]);
			continue;
		}
		match |= (verdicts->match >> i & 1) << kept;
		in[kept++] = in[i];
	}
	verdicts->match = match;
	return kept;
}

// part gives the packets to their outputs. Where not all go one way each is
// written to both, and stays on one: no branch.
static inline void part(
	struct weir_out *out, struct rte_mbuf **in, unsigned n, uint32_t which)
{
	struct rte_mbuf **match, **rest;
	unsigned matched = (unsigned)__builtin_popcount(which), m = 0;
	uint32_t room;

	match = weir_out_space(out, FILTER_MATCH, &room);
	rest = weir_out_space(out, FILTER_REST, &room);
	if (matched == n)
		memcpy(match, in, n * sizeof(*in));
	else
		for (unsigned i = 0; i < n; i++) {
			match[m] = rest[i - m] = in[i];
			m += which >> i & 1;
		}
	weir_out_added(out, FILTER_MATCH, matched);
	weir_out_added(out, FILTER_REST, n - matched);
}

static void filter_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct verdicts verdicts = judge(state, in, n);

	if (unlikely(verdicts.unknown))
		n = drop_unknown(in, n, &verdicts, out);
	part(out, in, n, verdicts.match);
}

// compile makes the program for one link type. tcpdump reads files with a
// network mask of 0, and so do we.
static int compile(struct bpf_program *program, const char *expr, int dlt,
	struct weir_error *e)
{
	pcap_t *pcap = pcap_open_dead(dlt, SNAP_SIZE);
	int err = 0;

	if (!pcap)
		return weir_error_set(e, -ENOMEM, "out of memory");
	if (pcap_compile(pcap, program, expr, 1, 0) != 0) {
		program->bf_insns = NULL;
		err = weir_error_set(e, -EINVAL,
			"'%s' is not a filter expression: %s", expr,
			pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return err;
}

static void filter_retire(void *old)
{
	struct programs *programs = old;

	for (unsigned i = 0; programs && i < LINK_COUNT; i++) {
		if (programs->of[i].bf_insns)
			pcap_freecode(&programs->of[i]);
	}
	if (programs)
		weir_match_destroy(programs->match);
	free(programs);
}

// filter_prepare compiles. What libpcap says of Ethernet is what people expect
// to read when nothing can be made of the expression.
static int filter_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	const char *expr = ((const struct filter *)options)->expr;
	struct programs *programs = calloc(1, sizeof(*programs));
	struct weir_error why = {0};
	unsigned said_count = 0;

	if (!programs)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < LINK_COUNT; i++)
		said_count += compile(&programs->of[i], expr, links[i].dlt,
				      i ? NULL : &why) == 0;
	if (programs->of[0].bf_insns)
		programs->match = weir_match_create(
			programs->of[0].bf_insns, programs->of[0].bf_len);
	if (said_count) {
		*next = programs;
		return 0;
	}
	filter_retire(programs);
	return weir_error_set(e, why.code, "%s", why.text);
}

static const char *filter_check(const void *options, struct weir_error *e)
{
	void *programs;

	if (filter_prepare(NULL, options, &programs, e))
		return "expr";
	filter_retire(programs);
	return NULL;
}

static void *filter_commit(void *state, void *next)
{
	struct filter *filter = state;
	void *old = filter->programs;

	filter->programs = next;
	return old;
}

static int filter_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct filter *filter = state;
	void *programs;
	int err = filter_prepare(state, state, &programs, e);

	if (err)
		return err;
	filter->scratch = weir_mem_create(SCRATCH_SIZE, setup->node);
	if (!filter->scratch) {
		filter_retire(programs);
		return weir_error_set(e, -ENOMEM,
			"%s: no memory for %u bytes; raise runtime.memory",
			setup->name, SCRATCH_SIZE);
	}
	filter->programs = programs;
	return 0;
}

static void filter_fini(void *state)
{
	struct filter *filter = state;

	filter_retire(filter->programs);
	weir_mem_destroy(filter->scratch);
}

const struct weir_stage weir_builtin_filter = {
	.abi = WEIR_STAGE_ABI,
	.type = "filter",
	.help = "parts packets by an expression as tcpdump takes it",
	.state_size = sizeof(struct filter),
	.options =
		{
			WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXT, struct filter,
				expr, "expr",
				"what matches, such as \"udp port 53\"; see "
				"pcap-filter(7)",
				.live = true),
		},
	.outputs = {"match", "rest"},
	.drops = {"link_type"},
	.check = filter_check,
	.init = filter_init,
	.fini = filter_fini,
	.kernel = filter_burst,
	.prepare = filter_prepare,
	.commit = filter_commit,
	.retire = filter_retire,
};
