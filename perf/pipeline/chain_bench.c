// SPDX-License-Identifier: BSD-3-Clause
//
// rx → filter → count → rewrite → tx fused on one lcore, beside the same work
// written by hand in one loop: over one port, whose packets stay in the nearest
// caches, and on one thread, in turn. All of weir's timing and books are on.
//
//	chain        hand: libpcap's filter, as weir has; what one would write
//	             fast: the filter written out; what can be had
#include "hand.h"
#include "replay.h"
#include "rig.h"

#define TURNS 400     // of a run by hand
#define RUN_NS 200000 // of a run of weir

static struct rig rig;
static uint64_t run_ticks;

static double by_weir(void *arg)
{
	uint64_t before = rig_sent(&rig), begin = weir_ticks(), count;

	(void)arg;
	rig_run(&rig, 0, run_ticks);
	count = rig_sent(&rig) - before;
	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

static double by_hand(void *arg)
{
	uint64_t begin = weir_ticks();
	uint64_t count = hand_chain_run(arg, TURNS);

	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

static double by_fast_hand(void *arg)
{
	uint64_t begin = weir_ticks();
	uint64_t count = hand_chain_fast_run(arg, TURNS);

	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

// check lets a run send, and looks at what a packet has become.
static void check(const char *who, double (*run)(void *arg), void *arg)
{
	static const uint8_t macs[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	const struct rte_mbuf *last;
	const uint8_t *bytes;

	run(arg);
	last = replay_last->packets[(replay_last->last - 1) % REPLAY_PACKETS];
	bytes = rte_pktmbuf_mtod(last, const uint8_t *);
	if (!memcmp(bytes, macs, sizeof(macs)) && bytes[REPLAY_TTL_AT] == 63 &&
		rte_raw_cksum(bytes + 14, 20) == 0xffff)
		return;
	fprintf(stderr, "%s did not do the work\n", who);
	exit(1);
}

// print_parts prints what weir itself says of each stage: the parts of the whole.
static void print_parts(void)
{
	for (unsigned i = 0; i < rig.plan->instance_count; i++) {
		const struct weir_instance *instance =
			&rig.pipeline->instances[i];

		if (instance->counts->in)
			printf("pipeline.chain.parts/%s replay,60B %.4g "
			       "cycles/packet\n",
				instance->type->type,
				(double)instance->steps->sum /
					(double)instance->counts->in);
	}
}

int main(int argc, char **argv)
{
	struct hand_chain chain = {
		.expression = "udp dst port 53",
		.source = {2, 0, 0, 0, 0, 1},
		.destination = {2, 0, 0, 0, 0, 2},
	};
	struct bench_variant variants[] = {
		{"hand", by_hand, &chain},
		{"weir", by_weir, NULL},
		{"fast", by_fast_hand, &chain},
	};

	bench_begin(argc, argv);
	rig_register();
	weir_port_register(&replay_driver);
	rig_open(&rig,
		"version: 1\n"
		"runtime: {memory: 128MiB}\n"
		"ports: {p: {replay: ''}}\n"
		"stages:\n"
		"  rx: {type: rx, port: p}\n"
		"  dns: {type: filter, inputs: rx, expr: udp dst port 53,\n"
		"    drop: rest}\n"
		"  seen: {type: count, inputs: dns.match, by: [protocol]}\n"
		"  hop: {type: rewrite, inputs: seen, ttl: decrement,\n"
		"    source_mac: '02:00:00:00:00:01',\n"
		"    destination_mac: '02:00:00:00:00:02'}\n"
		"  tx: {type: tx, inputs: hop, port: p}\n");
	chain.port = (struct hand_port){replay_last, replay_rx, replay_tx};
	run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
	for (unsigned i = 0; i < 3; i++)
		check(variants[i].name, variants[i].fn, variants[i].arg);
	bench_compare("pipeline.chain", "replay,60B", "cycles/packet", variants,
		3, false);
	print_parts();
	rig_close(&rig);
	return bench_end();
}
