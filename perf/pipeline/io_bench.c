// SPDX-License-Identifier: BSD-3-Clause
//
// What a pipeline of rx and tx on one lcore costs beside the loop that one
// would write by hand with DPDK's own calls, in this program, on one thread, in
// turn: a pair is some hundred microseconds of each. All of weir's timing and
// books are on.
//
//	rx_tx         plain: a loop over devices and a pool as
//	              rte_pktmbuf_pool_create makes it
//	rx_tx.strict  loop: the loop over the pipeline's own devices and pool,
//	              which without hugepages is laid out closer than DPDK's
#include "rig.h"

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS 400     // of a run by hand
#define RUN_NS 200000 // of a run of weir
#define BURST WEIR_BURST

// What the loops use.
struct ports {
	uint16_t rx, tx;
};

static struct rig rig;
static uint64_t run_ticks;

static double loop_by_hand(void *arg)
{
	const struct ports *ports = arg;
	struct rte_mbuf *packets[BURST];
	uint64_t begin = weir_ticks(), count = 0;

	for (unsigned i = 0; i < TURNS; i++) {
		unsigned n = rte_eth_rx_burst(ports->rx, 0, packets, BURST);
		unsigned sent =
			rte_eth_tx_burst(ports->tx, 0, packets, (uint16_t)n);

		if (unlikely(sent < n))
			rte_pktmbuf_free_bulk(packets + sent, n - sent);
		count += sent;
	}
	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

static double loop_of_weir(void *arg)
{
	uint64_t before = rig_sent(&rig), begin = weir_ticks(), count;

	(void)arg;
	rig_run(&rig, 0, run_ticks);
	count = rig_sent(&rig) - before;
	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

// prime puts packets into rings, which give out only what they were given.
static void prime(uint16_t port, struct rte_mempool *pool)
{
	struct rte_mbuf *packets[BURST];
	unsigned sent;

	for (unsigned i = 0; i < 8; i++) {
		if (rte_pktmbuf_alloc_bulk(pool, packets, BURST))
			return;
		for (unsigned j = 0; j < BURST; j++)
			packets[j]->data_len = packets[j]->pkt_len = 60;
		sent = rte_eth_tx_burst(port, 0, packets, BURST);
		rte_pktmbuf_free_bulk(packets + sent, BURST - sent);
	}
}

#define PLAIN_PACKETS 4095

// open_plain makes a device as a program without weir would.
static uint16_t open_plain(const char *kind, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	char name[32];
	uint16_t id;

	snprintf(name, sizeof(name), "net_%s_plain", kind);
	if (rte_eal_hotplug_add("vdev", name, "") ||
		rte_eth_dev_get_port_by_name(name, &id) ||
		rte_eth_dev_configure(id, 1, 1, &conf) ||
		rte_eth_rx_queue_setup(id, 0, 512, 0, NULL, pool) ||
		rte_eth_tx_queue_setup(id, 0, 512, 0, NULL) ||
		rte_eth_dev_start(id)) {
		fprintf(stderr, "cannot make %s\n", name);
		exit(1);
	}
	return id;
}

static void open_text(const char *kind, bool loops)
{
	char text[512];

	snprintf(text, sizeof(text),
		"version: 1\n"
		"runtime: {memory: 128MiB}\n"
		"ports:\n"
		"  in: {%s: ''}\n"
		"%s%s%s"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: %s}\n",
		kind, loops ? "" : "  out: {", loops ? "" : kind,
		loops ? "" : ": ''}\n", loops ? "in" : "out");
	rig_open(&rig, text);
}

static void measure(const char *kind, bool loops)
{
	struct ports own, plain;
	struct rte_mempool *pool;
	struct bench_variant strict[] = {
		{"loop", loop_by_hand, &own}, {"weir", loop_of_weir, NULL}};
	struct bench_variant usual[] = {
		{"plain", loop_by_hand, &plain}, {"weir", loop_of_weir, NULL}};

	open_text(kind, loops);
	own.rx = rig_device("in");
	own.tx = rig_device(loops ? "in" : "out");
	pool = rte_pktmbuf_pool_create(kind, PLAIN_PACKETS, 256, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!pool) {
		fprintf(stderr, "no memory for the plain loop's pool\n");
		exit(1);
	}
	plain.rx = plain.tx = open_plain(kind, pool);
	if (loops) {
		prime(own.tx, rig.pipeline->pool);
		prime(plain.tx, pool);
	}
	bench_compare("pipeline.rx_tx", kind, "cycles/packet", usual, 2, false);
	bench_compare("pipeline.rx_tx.strict", kind, "cycles/packet", strict, 2,
		false);
	rig_close(&rig);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	rig_register();
	run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
	measure("null", false);
	measure("ring", true);
	return bench_end();
}
