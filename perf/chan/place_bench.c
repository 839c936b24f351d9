// SPDX-License-Identifier: BSD-3-Clause
//
// What a message costs for each class, place and burst: capacity 1024, messages
// of 8 bytes, ns a message.
//
//	one_executor  sent and received in turn by one task, with try_; beside
//	              it rte_ring as DPDK gives it, in the same task
//	wake          from the send of one message until it is received by who
//	              sleeps meanwhile; half a millisecond between two
//	stream        sent by one user, received by another on the other CPU, each
//	              waiting when it must: an executor that polls, one that
//	              sleeps, a thread that blocks
#include "bench.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "chan/chan.h"
#include "chan/ring.h"
#include "chan/segments.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CAPACITY 1024
#define BURST_MAX 32

static unsigned burst, messages;

static double ns_of(uint64_t ticks)
{
	return (double)weir_clock_ns(weir_clock_real(), ticks * 1000) / 1000 /
	       messages;
}

// ---- one executor ----

struct path {
	const char *name;
	struct weir_channel_options options;
	struct rte_ring *ring; // plain, instead of a channel
	bool multi;
	alignas(64) struct weir_tx tx;
	alignas(64) struct weir_rx rx;
	double ns;
};

static struct weir_executor *executor;

static inline __attribute__((always_inline)) void turn_ring(
	struct rte_ring *ring, bool multi, void *in, void *out, unsigned n)
{
	if (multi) {
		rte_ring_mp_enqueue_burst_elem(ring, in, 8, n, NULL);
		rte_ring_mc_dequeue_burst_elem(ring, out, 8, n, NULL);
	} else {
		rte_ring_sp_enqueue_burst_elem(ring, in, 8, n, NULL);
		rte_ring_sc_dequeue_burst_elem(ring, out, 8, n, NULL);
	}
}

static inline __attribute__((always_inline)) void turn_channel(
	struct path *path, void *in, void *out, unsigned n)
{
	unsigned done;

	if (n == 1) {
		weir_assert(weir_try_send(&path->tx, in) == WEIR_SENT);
		weir_assert(weir_try_recv(&path->rx, out) == WEIR_RECEIVED);
		return;
	}
	weir_assert(weir_try_send_burst(&path->tx, in, n, &done) == WEIR_SENT);
	weir_assert(
		weir_try_recv_burst(&path->rx, out, n, &done) == WEIR_RECEIVED);
}

static void there_and_back(void *arg)
{
	uint64_t in[BURST_MAX] = {0}, out[BURST_MAX], begin;
	const unsigned n = burst, count = messages;
	struct path *path = arg;

	begin = weir_ticks();
	for (unsigned i = 0; i < count; i += n) {
		if (path->ring)
			turn_ring(path->ring, path->multi, in, out, n);
		else
			turn_channel(path, in, out, n);
		__asm__ volatile("" ::"r"(in), "r"(out) : "memory");
	}
	path->ns = ns_of(weir_ticks() - begin);
}

static double one_executor(void *arg)
{
	struct path *path = arg;

	weir_assert(!weir_start(executor, there_and_back, path, NULL, NULL));
	weir_executor_turn(executor);
	return path->ns;
}

static struct rte_ring *plain_ring(bool multi)
{
	size_t size = weir_ring_memory_size(CAPACITY, 8);
	struct rte_ring *ring = aligned_alloc(64, RTE_ALIGN(size, 64));
	unsigned flags = multi ? 0 : RING_F_SP_ENQ | RING_F_SC_DEQ;

	weir_assert(!rte_ring_init(
		ring, "bench", CAPACITY, flags | RING_F_EXACT_SZ));
	return ring;
}

static void open_path(struct path *path)
{
	path->options.message_size = 8;
	if (!path->ring)
		weir_assert(!weir_channel_open_with(
			CAPACITY, &path->options, &path->tx, &path->rx));
}

static void compare(struct path *paths, unsigned count)
{
	static const unsigned bursts[] = {1, 8, 32};
	struct bench_variant variants[8];
	char text[32];

	for (unsigned i = 0; i < count; i++) {
		open_path(&paths[i]);
		variants[i] = (struct bench_variant){
			paths[i].name, one_executor, &paths[i]};
	}
	for (unsigned i = 0; i < 3; i++) {
		burst = bursts[i];
		messages = 20480 / burst * burst;
		snprintf(text, sizeof(text), "burst=%u", burst);
		bench_compare(
			"one_executor", text, "ns", variants, count, false);
	}
}

static void one_executor_all(void)
{
	static struct path paths[] = {
		{.name = "rte_ring_spsc"},
		{.name = "local", .options = {.place = WEIR_LOCAL}},
		{.name = "spsc", .options = {.class_ = WEIR_SPSC}},
		{.name = "mpsc", .options = {.class_ = WEIR_MPSC}},
		{.name = "spmc", .options = {.class_ = WEIR_SPMC}},
		{.name = "mpmc", .options = {.class_ = WEIR_MPMC}},
	};
	static struct path others[] = {
		{.name = "rte_ring_mpmc", .multi = true},
		{.name = "mpmc", .options = {.class_ = WEIR_MPMC}},
		{.name = "permits", .options = {.permits = true}},
		{.name = "segments"},
		{.name = "segments_spsc", .options = {.class_ = WEIR_SPSC}},
	};
	struct weir_segments *segments;

	weir_assert(!weir_segments_open(&segments, 64, 64, 8));
	paths[0].ring = plain_ring(false);
	others[0].ring = plain_ring(true);
	others[3].options.segments = others[4].options.segments = segments;
	compare(paths, 6);
	compare(others, 5);
}

// ---- between two ----

enum place { POLLS, SLEEPS, BLOCKS };

static const char *const place_names[] = {"polls", "sleeps", "blocks"};

struct stream {
	enum place from, to;
	struct weir_executor *sends, *receives;
	alignas(64) struct weir_tx tx;
	alignas(64) struct weir_rx rx;
	bool ready, go;
};

// A thread sends as many as fit and blocks for the first that does not.
static unsigned send_some(struct stream *s, const uint64_t *words, unsigned n)
{
	uint64_t first = words[0];
	unsigned done;

	if (s->from != BLOCKS) {
		weir_assert(weir_send_burst(&s->tx, words, n, &done,
				    WEIR_NEVER) == WEIR_SENT);
		return done;
	}
	if (weir_try_send_burst(&s->tx, words, n, &done) == WEIR_SENT || done)
		return done;
	weir_assert(
		weir_send_blocking(&s->tx, &first, WEIR_NEVER) == WEIR_SENT);
	return 1;
}

static unsigned recv_some(struct stream *s, uint64_t *words, unsigned n)
{
	unsigned done;

	if (s->to != BLOCKS) {
		weir_assert(weir_recv_burst(&s->rx, words, n, &done,
				    WEIR_NEVER) == WEIR_RECEIVED);
		return done;
	}
	if (weir_try_recv_burst(&s->rx, words, n, &done) == WEIR_RECEIVED)
		return done;
	weir_assert(
		weir_recv_blocking(&s->rx, words, WEIR_NEVER) == WEIR_RECEIVED);
	return 1;
}

static void send_all(void *arg)
{
	uint64_t words[BURST_MAX] = {0};
	struct stream *s = arg;

	for (unsigned i = 0; i < messages;) {
		unsigned left = messages - i;

		i += send_some(s, words, burst < left ? burst : left);
	}
	if (s->sends)
		weir_executor_stop(s->sends);
}

static void recv_all(void *arg)
{
	uint64_t words[BURST_MAX];
	struct stream *s = arg;

	for (unsigned i = 0; i < messages;)
		i += recv_some(s, words, burst);
	if (s->receives)
		weir_executor_stop(s->receives);
}

static void *sender(void *arg)
{
	struct stream *s = arg;

	bench_pin(1);
	store_release(&s->ready, true);
	while (!load_acquire(&s->go))
		cpu_relax();
	if (s->sends)
		weir_executor_run(s->sends);
	else
		send_all(s);
	return NULL;
}

static double run_stream(void *arg)
{
	struct stream *s = arg;
	pthread_t thread;
	uint64_t begin;

	s->ready = s->go = false;
	if (s->sends)
		weir_assert(!weir_start(s->sends, send_all, s, NULL, NULL));
	if (s->receives)
		weir_assert(!weir_start(s->receives, recv_all, s, NULL, NULL));
	pthread_create(&thread, NULL, sender, s);
	// It begins on this CPU, and has to leave it first.
	while (!load_acquire(&s->ready))
		sched_yield();
	begin = weir_ticks();
	store_release(&s->go, true);
	if (s->receives)
		weir_executor_run(s->receives);
	else
		recv_all(s);
	begin = weir_ticks() - begin;
	pthread_join(thread, NULL);
	if (s->sends)
		weir_executor_turn(s->sends);
	if (s->receives)
		weir_executor_turn(s->receives);
	return ns_of(begin);
}

static struct weir_executor *executor_of(enum place place)
{
	const struct weir_executor_options options = {
		.sleeps = place == SLEEPS, .node = -1};
	struct weir_executor *made = NULL;

	if (place != BLOCKS)
		weir_assert(!weir_executor_create(&made, &options, NULL));
	return made;
}

static void stream(const char *class_name, enum weir_channel_class class_,
	enum place from, enum place to)
{
	static const unsigned bursts[] = {1, 8, 32};
	const struct weir_channel_options options = {
		.class_ = class_, .message_size = 8};
	struct stream s = {.from = from,
		.to = to,
		.sends = executor_of(from),
		.receives = executor_of(to)};
	char text[64];

	weir_assert(!weir_channel_open_with(CAPACITY, &options, &s.tx, &s.rx));
	for (unsigned i = 0; i < 3; i++) {
		burst = bursts[i];
		messages = 20480;
		snprintf(text, sizeof(text), "%s from=%s to=%s burst=%u",
			class_name, place_names[from], place_names[to], burst);
		bench_measure("stream", text, "ns", run_stream, &s);
	}
	weir_tx_close(&s.tx);
	weir_rx_close(&s.rx);
	weir_executor_destroy(s.sends);
	weir_executor_destroy(s.receives);
}

// ---- waking ----

#define WAKES 20

struct wake {
	struct stream stream;
	uint64_t ticks; // of all
};

static void send_seldom(void *arg)
{
	struct wake *wake = arg;

	for (unsigned i = 0; i < WAKES; i++) {
		uint64_t now;

		if (wake->stream.sends)
			weir_assert(weir_sleep(weir_in_us(500)) == 0);
		else
			nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
		now = weir_ticks();
		weir_assert(weir_try_send(&wake->stream.tx, &now) == WEIR_SENT);
	}
	if (wake->stream.sends)
		weir_executor_stop(wake->stream.sends);
}

static void recv_seldom(void *arg)
{
	struct wake *wake = arg;

	for (unsigned i = 0; i < WAKES; i++) {
		uint64_t sent;

		if (wake->stream.receives)
			weir_assert(weir_recv(&wake->stream.rx, &sent) ==
				    WEIR_RECEIVED);
		else
			weir_assert(weir_recv_blocking(&wake->stream.rx, &sent,
					    WEIR_NEVER) == WEIR_RECEIVED);
		wake->ticks += weir_ticks() - sent;
	}
	if (wake->stream.receives)
		weir_executor_stop(wake->stream.receives);
}

static void *wake_sender(void *arg)
{
	struct wake *wake = arg;

	bench_pin(1);
	if (wake->stream.sends)
		weir_executor_run(wake->stream.sends);
	else
		send_seldom(wake);
	return NULL;
}

static double run_wake(void *arg)
{
	struct wake *wake = arg;
	struct stream *s = &wake->stream;
	pthread_t thread;

	wake->ticks = 0;
	if (s->sends)
		weir_assert(
			!weir_start(s->sends, send_seldom, wake, NULL, NULL));
	if (s->receives)
		weir_assert(!weir_start(
			s->receives, recv_seldom, wake, NULL, NULL));
	pthread_create(&thread, NULL, wake_sender, wake);
	if (s->receives)
		weir_executor_run(s->receives);
	else
		recv_seldom(wake);
	pthread_join(thread, NULL);
	if (s->sends)
		weir_executor_turn(s->sends);
	if (s->receives)
		weir_executor_turn(s->receives);
	return (double)weir_clock_ns(weir_clock_real(), wake->ticks) / WAKES;
}

static void wake(enum place from, enum place to)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_SPSC, .message_size = 8};
	struct wake w = {.stream = {.from = from,
				 .to = to,
				 .sends = executor_of(from),
				 .receives = executor_of(to)}};
	char text[64];

	weir_assert(!weir_channel_open_with(
		WAKES, &options, &w.stream.tx, &w.stream.rx));
	snprintf(text, sizeof(text), "from=%s to=%s", place_names[from],
		place_names[to]);
	bench_measure("wake", text, "ns", run_wake, &w);
	weir_tx_close(&w.stream.tx);
	weir_rx_close(&w.stream.rx);
	weir_executor_destroy(w.stream.sends);
	weir_executor_destroy(w.stream.receives);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"mpmc", "spsc", "mpsc", "spmc"};

	bench_begin(argc, argv);
	weir_assert(!weir_executor_create(
		&executor, &(struct weir_executor_options){.node = -1}, NULL));
	one_executor_all();
	if (bench_cpus() > 1) {
		for (unsigned c = WEIR_MPMC; c <= WEIR_SPMC; c++)
			stream(names[c], (enum weir_channel_class)c, POLLS,
				POLLS);
		for (unsigned from = POLLS; from <= BLOCKS; from++)
			for (unsigned to = POLLS; to <= BLOCKS; to++)
				if (from || to)
					stream("spsc", WEIR_SPSC,
						(enum place)from,
						(enum place)to);
	}
	if (bench_cpus() > 1)
		for (unsigned from = POLLS; from <= BLOCKS; from++)
			for (unsigned to = SLEEPS; to <= BLOCKS; to++)
				wake((enum place)from, (enum place)to);
	weir_executor_destroy(executor);
	return bench_end();
}
