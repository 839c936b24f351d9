// SPDX-License-Identifier: BSD-3-Clause
//
// Each kernel alone: no shell, no edges, no clock reads. What a packet costs in
// bursts of 32, over few packets that stay in the nearest cache and over so many
// that they do not. filter stands beside the bare calls of bpf_filter that it
// makes.
#include "base/eal.h"
#include "base/random.h"
#include "bench.h"
#include "builtin/builtin.h"
#include "mem/pool.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW 64
#define MANY 4096
#define PACKETS 65536 // in a run
#define WAYS_MAX 4

static struct rte_mempool *pool;
static struct rte_mbuf *packets[MANY];

static void must(int err, const struct weir_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "kernel_bench: %s\n", e->text);
	exit(1);
}

// UDP and TCP, IPv4, 64 bytes; as many flows as packets.
static void make_packet(struct rte_mbuf *m, struct weir_random *draws)
{
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(m, 60);
	uint64_t drawn = weir_random_next(draws);

	memset(bytes, 0, 60);
	bytes[12] = 0x08;
	bytes[14] = 0x45;
	bytes[23] = drawn & 1 ? 17 : 6;
	memcpy(bytes + 26, &drawn, 8);
	drawn = weir_random_next(draws);
	memcpy(bytes + 34, &drawn, 2);
	bytes[37] = drawn & (1 << 20) ? 53 : 80;
	*weir_packet_of(m) = (struct weir_packet){
		.original_size = 60, .link_type = WEIR_LINK_ETHERNET};
	m->ol_flags |= weir_packet_flag;
}

// A stage with what the shell gives it, and nothing else.
struct alone {
	const struct weir_stage *stage;
	void *state;
	unsigned count; // packets that it goes round
	struct weir_out out;
	struct weir_lane lanes[WAYS_MAX];
	struct rte_mbuf *room[WAYS_MAX + 1][WEIR_BURST];
	uint64_t made, consumed, dropped[WEIR_STAGE_NAMES];
};

static void open_lanes(struct alone *alone, unsigned ways)
{
	struct weir_out *out = &alone->out;
	unsigned outputs = weir_stage_output_count(alone->stage);

	out->lanes = alone->lanes;
	for (unsigned i = 0; i < WAYS_MAX; i++)
		alone->lanes[i] = (struct weir_lane){
			alone->room[i], 0, WEIR_BURST, WEIR_BURST};
	out->trash = (struct weir_lane){
		alone->room[WAYS_MAX], 0, WEIR_BURST, WEIR_BURST};
	for (unsigned i = 0; i <= WEIR_STAGE_NAMES; i++)
		out->first[i] = (uint16_t)(ways * (i < outputs ? i : outputs));
	out->made = &alone->made;
	out->consumed = &alone->consumed;
	out->dropped = alone->dropped;
}

static void open_alone(struct alone *alone, const struct weir_stage *stage,
	const char *name, const char *value, unsigned ways)
{
	struct weir_stage_setup setup = {.name = stage->type,
		.replicas = 1,
		.ways = {ways, ways},
		.clock = weir_clock_real(),
		.pool = pool,
		.node = -1};
	struct weir_option_block *block; // lives as long as the program
	struct weir_error e = {0};

	memset(alone, 0, sizeof(*alone));
	alone->stage = stage;
	must(weir_option_block_create(
		     &block, stage->state_size, stage->options),
		&e);
	if (name)
		must(weir_option_set(block,
			     weir_option_find(stage->options, name), &value, 1,
			     &e),
			&e);
	alone->state = weir_option_block_data(block);
	open_lanes(alone, ways);
	if (stage->init)
		must(stage->init(alone->state, &setup, &e), &e);
}

// empty does what must be done before the next burst. Clones are freed: that
// is part of what they cost.
static void empty(struct alone *alone, bool clones)
{
	unsigned lanes = alone->out.first[WEIR_STAGE_NAMES];

	for (unsigned i = 0; i < lanes; i++) {
		struct weir_lane *lane = &alone->lanes[i];

		if (clones && i < lanes - 1)
			rte_pktmbuf_free_bulk(lane->packets, lane->count);
		lane->count = 0;
	}
	alone->out.trash.count = 0;
}

static double run(void *arg)
{
	struct alone *alone = arg;
	const struct weir_stage *stage = alone->stage;
	bool clones = stage->ways == WEIR_WAYS_COPY;
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < PACKETS; i += WEIR_BURST) {
		stage->kernel(alone->state, packets + i % alone->count,
			WEIR_BURST, &alone->out);
		if (stage->tick)
			stage->tick(alone->state, UINT64_MAX, &alone->out);
		empty(alone, clones);
	}
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       PACKETS;
}

// What filter cannot do without: the calls, and the answers used.
struct bare {
	struct bpf_program program;
	unsigned count;
	struct rte_mbuf *out[2][WEIR_BURST];
};

static double run_bare(void *arg)
{
	struct bare *bare = arg;
	uint64_t begin = weir_ticks();
	unsigned counts[2] = {0};

	for (unsigned i = 0; i < PACKETS; i++) {
		struct rte_mbuf *m = packets[i % bare->count];
		unsigned match =
			bpf_filter(bare->program.bf_insns,
				rte_pktmbuf_mtod(m, uint8_t *), 60, 60) != 0;

		bare->out[match][counts[match]++ % WEIR_BURST] = m;
	}
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       PACKETS;
}

static void compare_filter(const char *expr, unsigned count)
{
	static struct alone alone;
	static struct bare bare;
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	const struct bench_variant variants[] = {
		{"bpf_filter", run_bare, &bare}, {"filter", run, &alone}};
	char parameters[128];

	if (pcap_compile(pcap, &bare.program, expr, 1, 0) != 0)
		abort();
	pcap_close(pcap);
	open_alone(&alone, &weir_builtin_filter, "expr", expr, 1);
	alone.count = bare.count = count;
	snprintf(parameters, sizeof(parameters), "expr='%s' packets=%u", expr,
		count);
	bench_compare("builtin.filter", parameters, "ns", variants, 2, false);
	pcap_freecode(&bare.program);
}

static void measure(const struct weir_stage *stage, const char *name,
	const char *value, unsigned ways, unsigned count)
{
	static struct alone alone;
	char what[64], parameters[128];

	open_alone(&alone, stage, name, value, ways);
	alone.count = count;
	snprintf(what, sizeof(what), "builtin.%s", stage->type);
	snprintf(parameters, sizeof(parameters), "%s%s%s%sways=%u packets=%u",
		name ? name : "", name ? "=" : "", name ? value : "",
		name ? " " : "", ways, count);
	bench_measure(what, parameters, "ns", run, &alone);
	if (stage->fini)
		stage->fini(alone.state);
}

static void measure_all(unsigned count)
{
	measure(&weir_builtin_merge, NULL, NULL, 1, count);
	measure(&weir_builtin_drop, NULL, NULL, 1, count);
	measure(&weir_builtin_shard, NULL, NULL, 2, count);
	measure(&weir_builtin_shard, "symmetric", "yes", 2, count);
	measure(&weir_builtin_tee, NULL, NULL, 2, count);
	measure(&weir_builtin_delay, "time", "0", 1, count);
	measure(&weir_builtin_count, "by", "protocol", 1, count);
	measure(&weir_builtin_count, "by", "ethertype", 1, count);
	measure(&weir_builtin_count, "by", "port", 1, count);
	measure(&weir_builtin_count, "by", "talker", 1, count);
	measure(&weir_builtin_count, NULL, NULL, 1, count);
	compare_filter("", count);
	compare_filter("udp port 53", count);
	compare_filter("tcp[tcpflags] & tcp-syn != 0 and not net 10", count);
}

int main(int argc, char **argv)
{
	struct weir_eal_options options = {
		.memory_size = 128u << 20, .no_huge = true};
	struct weir_random draws = {1};
	struct weir_error e = {0};

	must(weir_eal_open(&options, &e), &e);
	must(weir_pool_create(&pool, "bench", 8191, 2048, -1, &e), &e);
	bench_begin(argc, argv);
	if (rte_pktmbuf_alloc_bulk(pool, packets, MANY) != 0)
		abort();
	for (unsigned i = 0; i < MANY; i++)
		make_packet(packets[i], &draws);
	measure_all(FEW);
	measure_all(MANY);
	return bench_end();
}
