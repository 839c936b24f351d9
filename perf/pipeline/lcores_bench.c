// SPDX-License-Identifier: BSD-3-Clause
//
// rx on one lcore, tx on another, a ring between: beside the same by hand with
// DPDK's own calls and an rte_ring for one producer and one consumer, over the
// same devices and pool, on the same two threads, in turn. All of weir's timing
// and books are on.
//
//	this thread: rx ══ring══▶ tx: the other thread, on the second CPU
//
// Both sides work for the same stretch of time; what the second has sent in it
// counts. Each packet crosses three times: in the ring, and its mbuf back
// through the pool.
#include "rig.h"

#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#define RUN_NS 2000000
#define BURST WEIR_BURST
#define DEPTH 1024 // as of the pipeline's edge

// What a side does until the tick.
struct job {
	void (*produce)(uint64_t end);
	void (*consume)(uint64_t end);
	uint64_t (*sent)(void);
};

static struct rig rig;
static struct rte_ring *ring;
static uint16_t in_port, out_port;
static uint64_t by_hand_sent;
static uint64_t run_ticks;

static struct {
	const struct job *job;
	uint64_t end;
	_Alignas(WEIR_CACHE_LINE) unsigned asked;
	_Alignas(WEIR_CACHE_LINE) unsigned ready, done;
} other;

// ---- by hand ----

static void produce_by_hand(uint64_t end)
{
	struct rte_mbuf *packets[BURST];

	while (weir_ticks() < end) {
		unsigned n = rte_eth_rx_burst(in_port, 0, packets, BURST);
		unsigned put = rte_ring_sp_enqueue_burst(
			ring, (void **)packets, n, NULL);

		// As weir does it: who finds no room waits.
		while (unlikely(put < n) && weir_ticks() < end)
			put += rte_ring_sp_enqueue_burst(
				ring, (void **)packets + put, n - put, NULL);
		rte_pktmbuf_free_bulk(packets + put, n - put);
	}
}

static void consume_by_hand(uint64_t end)
{
	struct rte_mbuf *packets[BURST];

	while (weir_ticks() < end) {
		unsigned n = rte_ring_sc_dequeue_burst(
			ring, (void **)packets, BURST, NULL);
		unsigned sent;

		if (!n)
			continue;
		sent = rte_eth_tx_burst(out_port, 0, packets, (uint16_t)n);
		if (unlikely(sent < n))
			rte_pktmbuf_free_bulk(packets + sent, n - sent);
		by_hand_sent += sent;
	}
}

static uint64_t sent_by_hand(void)
{
	return by_hand_sent;
}

// ---- weir ----

static void run_until(unsigned executor, uint64_t end)
{
	uint64_t now = weir_ticks();

	if (now < end)
		rig_run(&rig, executor, end - now);
}

static void produce_by_weir(uint64_t end)
{
	run_until(0, end);
}

static void consume_by_weir(uint64_t end)
{
	run_until(1, end);
}

static uint64_t sent_by_weir(void)
{
	return rig_sent(&rig);
}

// ---- the other thread ----

static void *work(void *arg)
{
	(void)arg;
	bench_pin(1);
	if (rte_thread_register()) {
		fprintf(stderr, "no lcore for the second thread\n");
		exit(1);
	}
	for (unsigned i = 1;; i++) {
		while (load_acquire(&other.asked) < i)
			;
		store_release(&other.ready, i);
		if (!other.job)
			break;
		other.job->consume(other.end);
		store_release(&other.done, i);
	}
	rte_thread_unregister();
	return NULL;
}

static void ask(const struct job *job)
{
	unsigned next = other.asked + 1;

	other.job = job;
	other.end = weir_ticks() + run_ticks;
	store_release(&other.asked, next);
	while (load_acquire(&other.ready) < next)
		;
}

static double run(void *arg)
{
	const struct job *job = arg;
	uint64_t before = job->sent(), count;

	ask(job);
	job->produce(other.end);
	while (load_acquire(&other.done) < other.asked)
		;
	count = job->sent() - before;
	return (double)run_ticks / (double)(count ? count : 1);
}

// ---- set-up ----

static void open_all(void)
{
	rig_register();
	rig_open(&rig, "version: 1\n"
		       "runtime: {lcores: 2, memory: 256MiB}\n"
		       "ports: {in: {'null': ''}, out: {'null': ''}}\n"
		       "stages:\n"
		       "  rx: {type: rx, port: in, lcore: 1}\n"
		       "  tx: {type: tx, inputs: rx, port: out, place: lcore,\n"
		       "    lcore: 2}\n");
	// The plan may have thought that they share a CPU.
	for (unsigned i = 0; i < 2; i++)
		rig.pipeline->runners[i].executor->idle = weir_idle_spin;
	in_port = rig_device("in");
	out_port = rig_device("out");
	ring = rte_ring_create("by_hand", DEPTH, SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (!ring) {
		fprintf(stderr, "no memory for the ring\n");
		exit(1);
	}
	run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
}

static void close_all(void)
{
	struct rte_mbuf *packet;

	while (rte_ring_sc_dequeue(ring, (void **)&packet) == 0)
		rte_pktmbuf_free(packet);
	rte_ring_free(ring);
	rig_close(&rig);
}

int main(int argc, char **argv)
{
	static struct job hand = {
		produce_by_hand, consume_by_hand, sent_by_hand};
	static struct job weir = {
		produce_by_weir, consume_by_weir, sent_by_weir};
	struct bench_variant variants[] = {
		{"hand", run, &hand}, {"weir", run, &weir}};
	pthread_t thread;

	bench_begin(argc, argv);
	if (bench_cpus() < 2) {
		printf("# pipeline.lcores wants two CPUs\n");
		return 0;
	}
	open_all();
	pthread_create(&thread, NULL, work, NULL);
	bench_compare(
		"pipeline.lcores", "null", "cycles/packet", variants, 2, true);
	ask(NULL);
	pthread_join(thread, NULL);
	close_all();
	return bench_end();
}
