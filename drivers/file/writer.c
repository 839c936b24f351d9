// SPDX-License-Identifier: BSD-3-Clause
//
// The lcore lets no more packets in than fit on each belt, so the thread
// always finds room in `written`.
#include "file/writer.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "file/belt.h"
#include "file/rest.h"
#include "mem/mem.h"
#include "mem/pool.h"
#include "port/port.h"

#include <errno.h>
#include <pthread.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH 64u
#define AHEAD 12u // packets that are fetched before they are needed
#define FLUSH_SIZE (1u << 18)

struct weir_writer {
	char who[96];
	struct weir_output output;
	struct weir_belt pending, written;
	pthread_t thread;
	bool started, stopped;

	// Written by the main thread.
	alignas(WEIR_CACHE_LINE) bool quit;

	// Written by the thread.
	alignas(WEIR_CACHE_LINE) bool done;
	uint32_t in_hand; // taken from pending, not yet put

	// Written by the lcore.
	alignas(WEIR_CACHE_LINE) bool finishing;
	uint64_t inside; // taken, not yet freed
};

// The thread.

static void look_at_time(struct weir_output *output)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	output->live_ns =
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// fetch asks early for what put reads: the lcore had it last.
static void fetch(struct rte_mbuf *m)
{
	__builtin_prefetch(m);
	__builtin_prefetch(weir_packet_of(m));
}

// write_some answers how many packets it took on.
static unsigned write_some(struct weir_writer *writer)
{
	struct rte_mbuf *packets[BATCH];
	unsigned count = weir_belt_get(&writer->pending, packets, BATCH);
	unsigned given;

	if (!count)
		return 0;
	look_at_time(&writer->output);
	for (unsigned i = 0; i < count; i++) {
		if (i + AHEAD < count)
			fetch(packets[i + AHEAD]);
		store_relaxed(&writer->in_hand, count - i);
		weir_output_put(&writer->output, packets[i]);
	}
	store_relaxed(&writer->in_hand, 0);
	given = weir_belt_put(&writer->written, packets, count);
	weir_assert(given == count);
	if (writer->output.used >= FLUSH_SIZE)
		weir_output_flush(&writer->output);
	return count;
}

static void *writer_main(void *arg)
{
	struct weir_writer *writer = arg;
	struct weir_rest rest;

	weir_rest_begin(&rest);
	while (!load_relaxed(&writer->quit)) {
		// Before looking: what was sent before finish is then seen.
		bool finishing = load_acquire(&writer->finishing);
		unsigned count = write_some(writer);

		weir_rest_worked(&rest, count);
		if (count)
			continue;
		if (finishing)
			break;
		weir_output_flush(&writer->output);
		weir_rest_nap(&rest);
	}
	weir_output_finish(&writer->output);
	store_release(&writer->done, true);
	return NULL;
}

// The lcore.

static void free_written(struct weir_writer *writer)
{
	struct rte_mbuf *packets[BATCH];
	unsigned count = weir_belt_get(&writer->written, packets, BATCH);

	if (!count)
		return;
	rte_pktmbuf_free_bulk(packets, count);
	writer->inside -= count;
}

unsigned weir_writer_take(
	struct weir_writer *writer, struct rte_mbuf **packets, unsigned count)
{
	unsigned room;

	free_written(writer);
	room = (unsigned)(WEIR_WRITER_PACKETS - writer->inside);
	if (count > room)
		count = room;
	if (!count)
		return 0;
	count = weir_belt_put(&writer->pending, packets, count);
	writer->inside += count;
	return count;
}

void weir_writer_finish(struct weir_writer *writer)
{
	store_release(&writer->finishing, true);
}

bool weir_writer_finished(struct weir_writer *writer)
{
	free_written(writer);
	return writer->inside == 0 && load_acquire(&writer->done);
}

// The main thread.

int weir_writer_fd(const struct weir_writer *writer)
{
	return writer->output.fd;
}

static int open_belts(
	struct weir_writer *writer, int node, struct weir_error *e)
{
	int err = weir_belt_init(&writer->pending, WEIR_WRITER_PACKETS, node);

	if (!err)
		err = weir_belt_init(
			&writer->written, WEIR_WRITER_PACKETS, node);
	if (err)
		return weir_error_set(
			e, err, "%s: no memory for its belts", writer->who);
	return 0;
}

int weir_writer_open(struct weir_writer **result,
	const struct weir_writer_options *options, struct weir_error *e)
{
	struct weir_writer *writer =
		weir_mem_create(sizeof(*writer), options->node);
	int err = -ENOMEM;

	*result = NULL;
	if (!writer)
		return weir_error_set(
			e, err, "port '%s': no memory", options->port);
	snprintf(writer->who, sizeof(writer->who), "port '%s'", options->port);
	writer->output = (struct weir_output){
		.who = writer->who,
		.path = options->path,
		.format = options->format,
		.snaplen = options->snaplen,
		.quit = &writer->quit,
		.fd = -1,
	};
	err = open_belts(writer, options->node, e);
	if (!err)
		err = weir_output_open(&writer->output, e);
	if (err)
		weir_writer_close(writer);
	else
		*result = writer;
	return err;
}

int weir_writer_start(struct weir_writer *writer, struct weir_error *e)
{
	int err = weir_output_start(&writer->output, e);

	if (err)
		return err;
	err = pthread_create(&writer->thread, NULL, writer_main, writer);
	if (err)
		return weir_error_set(e, -err, "%s: no thread: %s", writer->who,
			strerror(err));
	pthread_setname_np(writer->thread, "weir-writer");
	writer->started = true;
	return 0;
}

int weir_writer_stop(struct weir_writer *writer, struct weir_error *e)
{
	if (!writer->started || writer->stopped)
		return 0;
	store_relaxed(&writer->quit, true);
	pthread_join(writer->thread, NULL);
	writer->stopped = true;
	weir_belt_clear(&writer->written);
	return weir_output_finding(&writer->output, e);
}

uint64_t weir_writer_held(const struct weir_writer *writer)
{
	return weir_belt_count(&writer->pending) +
	       load_relaxed(&writer->in_hand) +
	       load_relaxed(&writer->output.buffered);
}

void weir_writer_stats(
	const struct weir_writer *writer, struct weir_port_stats *stats)
{
	const struct weir_output *output = &writer->output;

	*stats = (struct weir_port_stats){
		.tx_packets = load_relaxed(&output->packets),
		.tx_bytes = load_relaxed(&output->packets_bytes),
		.tx_dropped = load_relaxed(&output->dropped),
	};
}

void weir_writer_close(struct weir_writer *writer)
{
	if (!writer)
		return;
	weir_writer_stop(writer, NULL);
	weir_output_close(&writer->output);
	weir_belt_fini(&writer->pending);
	weir_belt_fini(&writer->written);
	weir_mem_destroy(writer);
}
