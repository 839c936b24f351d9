// SPDX-License-Identifier: BSD-3-Clause
//
// Two tasks and channels between them, waits and wakes included, everything
// timed as always: a step, a clock read.
//
//	stream     one sends bursts, the other receives them; per message. With
//	           a capacity of one burst each burst is a wait and a wake on
//	           either side.
//	ping_pong  one message there and one back, each of them waits; per round
//	           trip, on one executor and across two
#include "bench.h"

#include "base/assert.h"
#include "chan/chan.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>

#define BURST_MAX 128

struct stream {
	alignas(64) struct weir_tx tx;
	alignas(64) struct weir_rx rx;
	unsigned burst, messages;
};

static struct weir_executor *executor, *other;

static void send_stream(void *arg)
{
	struct stream *stream = arg;
	uint64_t words[BURST_MAX] = {0};

	for (unsigned i = 0; i < stream->messages; i += stream->burst) {
		unsigned done;

		weir_assert(weir_send_burst(&stream->tx, words, stream->burst,
				    &done, WEIR_NEVER) == WEIR_SENT);
	}
}

static void recv_stream(void *arg)
{
	struct stream *stream = arg;
	uint64_t words[BURST_MAX];

	for (unsigned i = 0; i < stream->messages;) {
		unsigned done;

		weir_assert(weir_recv_burst(&stream->rx, words, stream->burst,
				    &done, WEIR_NEVER) == WEIR_RECEIVED);
		i += done;
	}
	weir_executor_stop(executor);
}

static void start(struct weir_executor *on, void (*fn)(void *arg), void *arg)
{
	weir_assert(weir_start(on, fn, arg, NULL, NULL) == 0);
}

static double run_stream(void *arg)
{
	uint64_t begin;

	start(executor, send_stream, arg);
	start(executor, recv_stream, arg);
	begin = weir_ticks();
	weir_executor_run(executor);
	begin = weir_ticks() - begin;
	weir_executor_turn(executor); // both have ended
	return (double)weir_clock_ns(weir_clock_real(), begin * 1000) /
	       ((struct stream *)arg)->messages / 1000;
}

static void stream(enum weir_channel_class class_, unsigned capacity)
{
	static const unsigned bursts[] = {1, 8, 32, 128};
	const struct weir_channel_options options = {
		.class_ = class_, .message_size = 8};
	struct stream s;

	for (unsigned i = 0; i < 4; i++) {
		char text[64];

		s.burst = bursts[i];
		s.messages = 25600;
		weir_assert(!weir_channel_open_with(
			capacity ? capacity : s.burst, &options, &s.tx, &s.rx));
		snprintf(text, sizeof(text), "%s capacity=%u burst=%u",
			class_ == WEIR_SPSC ? "spsc" : "mpmc",
			weir_tx_capacity(&s.tx), s.burst);
		bench_measure("stream", text, "ns", run_stream, &s);
		weir_tx_close(&s.tx);
		weir_rx_close(&s.rx);
	}
}

// ---- ping-pong ----

#define TRIPS 5000

struct table {
	alignas(64) struct weir_tx there_tx;
	struct weir_rx back_rx;
	alignas(64) struct weir_rx there_rx;
	struct weir_tx back_tx;
	struct weir_executor *second;
};

static void ping(void *arg)
{
	struct table *table = arg;
	uint64_t ball = 1;

	for (unsigned i = 0; i < TRIPS; i++) {
		weir_assert(weir_send(&table->there_tx, &ball) == WEIR_SENT);
		weir_assert(weir_recv(&table->back_rx, &ball) == WEIR_RECEIVED);
	}
	weir_executor_stop(executor);
}

static void pong(void *arg)
{
	struct table *table = arg;
	uint64_t ball;

	for (unsigned i = 0; i < TRIPS; i++) {
		weir_assert(
			weir_recv(&table->there_rx, &ball) == WEIR_RECEIVED);
		weir_assert(weir_send(&table->back_tx, &ball) == WEIR_SENT);
	}
	if (table->second != executor)
		weir_executor_stop(table->second);
}

static void *run_other(void *arg)
{
	bench_pin(1);
	weir_executor_run(other);
	return NULL;
}

static double run_ping_pong(void *arg)
{
	struct table *table = arg;
	bool across = table->second != executor;
	pthread_t thread;
	uint64_t begin;

	start(executor, ping, table);
	start(table->second, pong, table);
	if (across)
		pthread_create(&thread, NULL, run_other, NULL);
	begin = weir_ticks();
	weir_executor_run(executor);
	begin = weir_ticks() - begin;
	if (across)
		pthread_join(thread, NULL);
	weir_executor_turn(executor);
	weir_executor_turn(table->second);
	return (double)weir_clock_ns(weir_clock_real(), begin) / TRIPS;
}

static void ping_pong(const char *where, struct weir_executor *second)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_SPSC, .message_size = 8};
	struct table table = {.second = second};

	weir_assert(!weir_channel_open_with(
		4, &options, &table.there_tx, &table.there_rx));
	weir_assert(!weir_channel_open_with(
		4, &options, &table.back_tx, &table.back_rx));
	bench_measure("ping_pong", where, "ns", run_ping_pong, &table);
	weir_tx_close(&table.there_tx);
	weir_rx_close(&table.there_rx);
	weir_tx_close(&table.back_tx);
	weir_rx_close(&table.back_rx);
}

int main(int argc, char **argv)
{
	const struct weir_executor_options options = {.node = -1};

	bench_begin(argc, argv);
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	weir_assert(!weir_executor_create(&other, &options, NULL));
	stream(WEIR_SPSC, 0);
	stream(WEIR_SPSC, 1024);
	stream(WEIR_MPMC, 1024);
	ping_pong("executors=1", executor);
	if (bench_cpus() > 1)
		ping_pong("executors=2", other);
	weir_executor_destroy(other);
	weir_executor_destroy(executor);
	return bench_end();
}
