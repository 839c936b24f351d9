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
#include "bench.h"
#include "builtin/builtin.h"
#include "config/config.h"
#include "drivers.h"
#include "pipeline/runner.h"
#include "plan/plan.h"
#include "task/executor_inline.h"
#include "task/timer.h"

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

static struct {
	struct weir_pipeline *pipeline;
	struct weir_executor *executor;
	struct weir_timer end;
	uint64_t run_ticks;
} bench;

static void die(const struct weir_error *e)
{
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static void end_run(struct weir_executor *executor, struct weir_timer *timer)
{
	(void)timer;
	weir_executor_stop(executor);
}

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

static uint64_t sent_by_pipeline(void)
{
	struct weir_pipeline *pipeline = bench.pipeline;
	unsigned last = pipeline->plan->instance_count - 1;

	return pipeline->instances[last].counts->consumed;
}

static double loop_of_weir(void *arg)
{
	uint64_t before = sent_by_pipeline(), begin, count;

	(void)arg;
	begin = weir_ticks();
	weir_timer_set(bench.executor, &bench.end, begin + bench.run_ticks);
	weir_executor_run(bench.executor);
	count = sent_by_pipeline() - before;
	return (double)(weir_ticks() - begin) / (double)(count ? count : 1);
}

// port_id answers which ethdev a port of the pipeline is, by its name.
static uint16_t port_id(const char *name)
{
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		char device[RTE_ETH_NAME_MAX_LEN];

		if (rte_eth_dev_get_name_by_port(id, device) == 0 &&
			strstr(device, name))
			return id;
	}
	return 0;
}

// A pipeline from text, run by hand on this thread.
static struct weir_config *config;
static struct weir_plan *plan;

static void open_pipeline(const char *text)
{
	static const struct weir_pipeline_options options = {0};
	struct weir_error e = {0};

	if (weir_config_parse(&config, "bench", text, strlen(text), NULL, &e) ||
		weir_plan_create(&plan, config, NULL, &e) ||
		weir_pipeline_open(&bench.pipeline, plan, &options, &e) ||
		weir_ports_start(bench.pipeline, &e))
		die(&e);
	bench.executor = bench.pipeline->runners[0].executor;
	for (unsigned i = 0; i < bench.pipeline->shell_count; i++)
		if (weir_shell_start(
			    &bench.pipeline->shells[i], bench.executor, &e))
			die(&e);
	weir_timer_init(&bench.end, end_run);
	bench.run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
	bench_pin(0); // EAL's start pins elsewhere
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
	open_pipeline(text);
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
	own.rx = port_id("in");
	own.tx = port_id(loops ? "in" : "out");
	pool = rte_pktmbuf_pool_create(kind, PLAIN_PACKETS, 256, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!pool) {
		fprintf(stderr, "no memory for the plain loop's pool\n");
		exit(1);
	}
	plain.rx = plain.tx = open_plain(kind, pool);
	if (loops) {
		prime(own.tx, bench.pipeline->pool);
		prime(plain.tx, pool);
	}
	bench_compare("pipeline.rx_tx", kind, "cycles/packet", usual, 2, false);
	bench_compare("pipeline.rx_tx.strict", kind, "cycles/packet", strict, 2,
		false);
	weir_pipeline_close(bench.pipeline);
	weir_plan_destroy(plan);
	weir_config_destroy(config);
}

int main(int argc, char **argv)
{
	struct weir_error e = {0};

	bench_begin(argc, argv);
	if (weir_builtins_register(&e))
		die(&e);
	weir_drivers_register();
	measure("null", false);
	measure("ring", true);
	return bench_end();
}
