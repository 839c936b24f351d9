// SPDX-License-Identifier: BSD-3-Clause
//
// What a message costs from one end to the other, beside the plain rte_ring
// calls in the same run: capacity 1024, messages of 8 bytes.
//
//	spsc.one_core   sent and received in turn by one thread
//	spsc.two_cores  sent by one thread, received by another
//	mpmc.…          the same, with rings and channels for many users
//
// Variants: rte_ring; our ends on such a ring, inlined; the channel's try_
// functions. Cycles for each message.
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "chan/chan.h"
#include "chan/ring.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY 1024
#define BURST_MAX 128

enum kind { RTE_SPSC, ENDS, CHANNEL, RTE_MPMC, MULTI_ENDS, MULTI_CHANNEL };

// Each end on a line of its own: its user writes to it.
struct path {
	alignas(64) struct rte_ring *ring;
	alignas(64) struct weir_ring_tx ring_tx;
	alignas(64) struct weir_ring_rx ring_rx;
	alignas(64) struct weir_tx tx;
	alignas(64) struct weir_rx rx;
};

static struct path paths[MULTI_CHANNEL + 1];
static unsigned burst, messages;

static inline __attribute__((always_inline)) unsigned channel_send(
	struct weir_tx *tx, void *words, unsigned n)
{
	unsigned done;
	enum weir_result result;

	if (n == 1)
		return weir_try_send(tx, words) == WEIR_SENT;
	result = weir_try_send_burst(tx, words, n, &done);
	weir_assert(result != WEIR_CLOSED);
	return done;
}

static inline __attribute__((always_inline)) unsigned channel_recv(
	struct weir_rx *rx, void *words, unsigned n)
{
	unsigned done;
	enum weir_result result;

	if (n == 1)
		return weir_try_recv(rx, words) == WEIR_RECEIVED;
	result = weir_try_recv_burst(rx, words, n, &done);
	weir_assert(result != WEIR_CLOSED);
	return done;
}

static inline __attribute__((always_inline)) unsigned send(
	enum kind kind, struct path *path, void *words, unsigned n)
{
	switch (kind) {
	case RTE_SPSC:
		return rte_ring_sp_enqueue_burst_elem(
			path->ring, words, 8, n, NULL);
	case ENDS:
		return n == 1 ? weir_ring_send_one(&path->ring_tx, words, 8)
			      : weir_ring_send_sized(
					&path->ring_tx, words, n, 8);
	case RTE_MPMC:
		return rte_ring_mp_enqueue_burst_elem(
			path->ring, words, 8, n, NULL);
	case MULTI_ENDS:
		return weir_ring_send_multi(&path->ring_tx, words, n);
	default:
		return channel_send(&path->tx, words, n);
	}
}

static inline __attribute__((always_inline)) unsigned recv(
	enum kind kind, struct path *path, void *words, unsigned n)
{
	switch (kind) {
	case RTE_SPSC:
		return rte_ring_sc_dequeue_burst_elem(
			path->ring, words, 8, n, NULL);
	case ENDS:
		return n == 1 ? weir_ring_recv_one(&path->ring_rx, words, 8)
			      : weir_ring_recv_sized(
					&path->ring_rx, words, n, 8);
	case RTE_MPMC:
		return rte_ring_mc_dequeue_burst_elem(
			path->ring, words, 8, n, NULL);
	case MULTI_ENDS:
		return weir_ring_recv_multi(&path->ring_rx, words, n);
	default:
		return channel_recv(&path->rx, words, n);
	}
}

// One loop for each kind, so that none pays for a choice between them.
static inline __attribute__((always_inline)) void both(
	enum kind kind, struct path *path)
{
	const unsigned n = burst, count = messages;
	uint64_t in[BURST_MAX] = {0}, out[BURST_MAX];

	for (unsigned i = 0; i < count; i += n) {
		send(kind, path, in, n);
		__asm__ volatile("" ::"r"(in) : "memory");
		recv(kind, path, out, n);
		__asm__ volatile("" ::"r"(out) : "memory");
	}
}

static inline __attribute__((always_inline)) void produce(
	enum kind kind, struct path *path)
{
	const unsigned n = burst, count = messages;
	uint64_t in[BURST_MAX] = {0};

	for (unsigned i = 0; i < count;) {
		unsigned done = send(kind, path, in, n);

		i += done;
		if (!done)
			cpu_relax();
	}
}

static inline __attribute__((always_inline)) void consume(
	enum kind kind, struct path *path)
{
	const unsigned n = burst, count = messages;
	uint64_t out[BURST_MAX];

	for (unsigned i = 0; i < count;) {
		unsigned done = recv(kind, path, out, n);

		i += done;
		if (!done)
			cpu_relax();
	}
}

struct loops {
	enum kind kind;
	void (*both)(struct path *path);
	void (*produce)(struct path *path);
	void (*consume)(struct path *path);
};

#define LOOPS(kind)                                                          \
	static __attribute__((noinline)) void both_##kind(struct path *p)    \
	{                                                                    \
		both(kind, p);                                               \
	}                                                                    \
	static __attribute__((noinline)) void produce_##kind(struct path *p) \
	{                                                                    \
		produce(kind, p);                                            \
	}                                                                    \
	static __attribute__((noinline)) void consume_##kind(struct path *p) \
	{                                                                    \
		consume(kind, p);                                            \
	}
LOOPS(RTE_SPSC)
LOOPS(ENDS)
LOOPS(CHANNEL)
LOOPS(RTE_MPMC)
LOOPS(MULTI_ENDS)
LOOPS(MULTI_CHANNEL)

#define ENTRY(kind)                                               \
	{                                                         \
		kind, both_##kind, produce_##kind, consume_##kind \
	}
static const struct loops all[] = {ENTRY(RTE_SPSC), ENTRY(ENDS), ENTRY(CHANNEL),
	ENTRY(RTE_MPMC), ENTRY(MULTI_ENDS), ENTRY(MULTI_CHANNEL)};

static double one_core(void *arg)
{
	const struct loops *loops = arg;
	uint64_t begin = weir_ticks();

	loops->both(&paths[loops->kind]);
	return (double)(weir_ticks() - begin) / messages;
}

// ---- the producer's thread ----

static const struct loops *order; // what to produce; NULL: nothing
static bool over;

static void *producer(void *arg)
{
	bench_pin(1);
	while (!load_acquire(&over)) {
		const struct loops *loops = load_acquire(&order);

		if (!loops) {
			cpu_relax();
			continue;
		}
		loops->produce(&paths[loops->kind]);
		store_release(&order, NULL);
	}
	return NULL;
}

static double two_cores(void *arg)
{
	const struct loops *loops = arg;
	uint64_t begin = weir_ticks();

	store_release(&order, loops);
	loops->consume(&paths[loops->kind]);
	begin = weir_ticks() - begin;
	while (load_acquire(&order))
		cpu_relax();
	return (double)begin / messages;
}

// ---- set-up ----

static void open_ring(enum kind kind, unsigned flags)
{
	struct path *path = &paths[kind];
	size_t size = weir_ring_memory_size(CAPACITY, 8);

	path->ring = aligned_alloc(64, RTE_ALIGN(size, 64));
	weir_assert(!rte_ring_init(
		path->ring, "bench", CAPACITY, flags | RING_F_EXACT_SZ));
	weir_ring_tx_init(&path->ring_tx, path->ring, 8);
	weir_ring_rx_init(&path->ring_rx, path->ring, 8);
}

static void open_channel(enum kind kind, enum weir_channel_class class_)
{
	const struct weir_channel_options options = {.class_ = class_};

	weir_assert(!weir_channel_open_with(
		CAPACITY, &options, &paths[kind].tx, &paths[kind].rx));
}

static void compare(const char *name, const struct loops *first, bool across)
{
	static const char *const names[] = {"rte_ring", "ends", "channel"};
	static const unsigned bursts[] = {1, 8, 32, 128};
	struct bench_variant variants[3];

	for (unsigned i = 0; i < 3; i++)
		variants[i] = (struct bench_variant){names[i],
			across ? two_cores : one_core,
			(void *)(uintptr_t)&first[i]};
	for (unsigned i = 0; i < 4; i++) {
		char text[32];

		burst = bursts[i];
		messages = (across ? 40000 : 20000) / burst * burst;
		snprintf(text, sizeof(text), "burst=%u", burst);
		bench_compare(name, text, "cycles", variants, 3, across);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread;

	bench_begin(argc, argv);
	open_ring(RTE_SPSC, RING_F_SP_ENQ | RING_F_SC_DEQ);
	open_ring(ENDS, RING_F_SP_ENQ | RING_F_SC_DEQ);
	open_ring(RTE_MPMC, 0);
	open_ring(MULTI_ENDS, RING_F_MP_HTS_ENQ | RING_F_MC_HTS_DEQ);
	open_channel(CHANNEL, WEIR_SPSC);
	open_channel(MULTI_CHANNEL, WEIR_MPMC);
	compare("spsc.one_core", &all[RTE_SPSC], false);
	compare("mpmc.one_core", &all[RTE_MPMC], false);
	if (bench_cpus() > 1) {
		pthread_create(&thread, NULL, producer, NULL);
		compare("spsc.two_cores", &all[RTE_SPSC], true);
		compare("mpmc.two_cores", &all[RTE_MPMC], true);
		store_release(&over, true);
		pthread_join(thread, NULL);
	}
	return bench_end();
}
