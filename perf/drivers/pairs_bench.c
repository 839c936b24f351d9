// SPDX-License-Identifier: BSD-3-Clause
//
// weir's rx and tx on each kind of software port beside a plain DPDK loop over
// the same devices and pool, on one thread, in turn. Packets go round: what tx
// gives to one device comes in again at the other.
//
//	      ┌─▶ rx ─▶ tx ─┐         null makes packets and takes any;
//	far ──┘             └──▶ near pcap reads a capture for ever, null takes
//	  ▲                       │
//	  └──── the medium ◀──────┘
//
//	drivers.pair/weir:loop KIND   the loop's cost by weir's: 0.97 is the aim
//
// Of memif and vhost the loop gets its mbufs through weir's mempool, too, but of the
// pool, one by one (drivers/net/stock.h).
//
// Kinds of the kernel want root, and then a network namespace, which goes with
// the program. KIND in the environment chooses one kind, TALK the capture.
#include "pipeline/rig.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURST WEIR_BURST
#define CHUNK 16 // turns by hand between two looks at the clock
#define GOING_ROUND 256
#define SIZE 64

struct pair {
	const char *kind;
	const char *near, *far; // ports; near NULL: far sends, too
	const char *commands;	// make the medium
	bool makes;		// packets come from the device
	unsigned run_us;
};

static const struct pair pairs[] = {
	{"null", "null: size=64", "null: size=64", NULL, true, 200},
	{"ring", NULL, "ring: ''", NULL, false, 200},
	{"pcap", "null: ''", "pcap: \"rx_pcap=bench_pairs.pcap,infinite_rx=1\"",
		NULL, true, 200},
	{"memif", "vdev: \"net_memif_near,role=client,socket=weir-bench\"",
		"vdev: \"net_memif_far,role=server,socket=weir-bench\"", NULL,
		false, 400},
	{"vhost", "virtio_user: bench_pairs.vhost", "vhost: bench_pairs.vhost",
		NULL, false, 400},
	{"af_packet", "af_packet: bench0", "af_packet: bench1",
		"ip link add bench0 type veth peer name bench1 && "
		"ip link set bench0 up && ip link set bench1 up",
		false, 4000},
	{"af_xdp", "af_xdp: bench2", "af_xdp: bench3",
		"ip link add bench2 type veth peer name bench3 && "
		"ip link set bench2 up && ip link set bench3 up",
		false, 4000},
	{"tap", "tap: bench4", "tap: bench5", NULL, false, 4000},
};

static struct rig rig;
static struct {
	uint16_t rx, tx;
	uint64_t run_ticks;
} bench;

static uint64_t sent(void)
{
	struct rte_eth_stats stats = {0};

	rte_eth_stats_get(bench.tx, &stats);
	return stats.opackets;
}

static double cost(uint64_t ticks, uint64_t before)
{
	uint64_t count = sent() - before;

	return (double)ticks / (double)(count ? count : 1);
}

static double loop_by_hand(void *arg)
{
	struct rte_mbuf *packets[BURST];
	uint64_t before = sent(), begin = weir_ticks();

	(void)arg;
	do {
		for (unsigned i = 0; i < CHUNK; i++) {
			uint16_t n =
				rte_eth_rx_burst(bench.rx, 0, packets, BURST);
			uint16_t out =
				rte_eth_tx_burst(bench.tx, 0, packets, n);

			// As weir: offered again, since they go round.
			while (unlikely(out < n))
				out += rte_eth_tx_burst(
					bench.tx, 0, packets + out, n - out);
		}
	} while (weir_ticks() - begin < bench.run_ticks);
	return cost(weir_ticks() - begin, before);
}

static double loop_of_weir(void *arg)
{
	uint64_t before = sent(), begin = weir_ticks();

	(void)arg;
	rig_run(&rig, 0, bench.run_ticks);
	return cost(weir_ticks() - begin, before);
}

// prime sends packets to everybody, so that no medium holds them back.
static void prime(void)
{
	struct rte_mbuf *packets[BURST];

	for (unsigned i = 0; i < GOING_ROUND / BURST; i++) {
		unsigned out = 0;

		if (rte_pktmbuf_alloc_bulk(rig.pipeline->pool, packets, BURST))
			return;
		for (unsigned j = 0; j < BURST; j++) {
			uint8_t *bytes =
				(uint8_t *)rte_pktmbuf_append(packets[j], SIZE);

			memset(bytes, 0, SIZE);
			memset(bytes, 0xff, 6);
			bytes[6] = 2;
			bytes[12] = 0x88; // nobody's type
			bytes[13] = 0xb5;
		}
		for (unsigned try = 0; out < BURST && try < 1000; try++) {
			out += rte_eth_tx_burst(bench.tx, 0, packets + out,
				(uint16_t)(BURST - out));
			if (out < BURST)
				usleep(1000);
		}
	}
}

static void open_pair(const struct pair *pair)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"version: 1\n"
		"runtime: {memory: 192MiB, packets: 16k}\n"
		"ports:\n"
		"  far: {%s}\n"
		"%s%s%s"
		"stages:\n"
		"  rx: {type: rx, port: far}\n"
		"  tx: {type: tx, inputs: rx, port: %s}\n",
		pair->far, pair->near ? "  near: {" : "",
		pair->near ? pair->near : "", pair->near ? "}\n" : "",
		pair->near ? "near" : "far");
	rig_open(&rig, text);
}

// find_device answers the ethdev of a port: they were opened in order.
static uint16_t find_device(const char *port)
{
	const struct weir_pipeline *pipeline = rig.pipeline;
	uint16_t id = 0, n = 0;

	RTE_ETH_FOREACH_DEV(id)
	if (!strcmp(pipeline->plan->config->ports[n++].name, port))
		return id;
	return 0;
}

static void settle(const struct pair *pair)
{
	if (!strcmp(pair->kind, "tap") &&
		system("ip link add benchbr type bridge && "
		       "ip link set bench4 master benchbr && "
		       "ip link set bench5 master benchbr && "
		       "ip link set benchbr up"))
		exit(1);
	usleep(300000); // links, handshakes
}

static void measure(const struct pair *pair)
{
	struct bench_variant variants[] = {
		{"loop", loop_by_hand, NULL}, {"weir", loop_of_weir, NULL}};

	if (pair->commands && system(pair->commands)) {
		printf("# %s cannot be made here\n", pair->kind);
		return;
	}
	open_pair(pair);
	bench.rx = find_device("far");
	bench.tx = pair->near ? find_device("near") : bench.rx;
	bench.run_ticks =
		weir_clock_ticks(weir_clock_real(), pair->run_us * 1000ull);
	settle(pair);
	if (!pair->makes)
		prime();
	bench_compare("drivers.pair", pair->kind, "cycles/packet", variants, 2,
		false);
	rig_close(&rig);
}

static bool wants(const struct pair *pair)
{
	const char *only = getenv("KIND");

	if (only && strcmp(only, pair->kind))
		return false;
	if (geteuid() == 0 || pair->run_us < 4000)
		return true;
	printf("# %s needs root\n", pair->kind);
	return false;
}

static char folder[] = "/tmp/weir-pairs-XXXXXX";

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		fprintf(stderr, "%s is left\n", folder);
}

static bool enter_folder(void)
{
	const char *talk = getenv("TALK");
	char command[512];

	if (!mkdtemp(folder))
		return false;
	atexit(remove_folder);
	snprintf(command, sizeof(command), "cp %s %s/bench_pairs.pcap",
		talk ? talk : "tests/captures/talk.pcap", folder);
	return !system(command) && !chdir(folder);
}

int main(int argc, char **argv)
{
	// A vhost whose other side closes first is no reason to end.
	signal(SIGPIPE, SIG_IGN);
	bench_begin(argc, argv);
	if ((geteuid() == 0 && unshare(CLONE_NEWNET)) || !enter_folder())
		return 1;
	rig_register();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (wants(&pairs[i]))
			measure(&pairs[i]);
	return bench_end();
}
