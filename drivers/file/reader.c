// SPDX-License-Identifier: BSD-3-Clause
//
// All mbufs that the thread may have at once fit on each belt, so a belt is
// never full: only empty.
#include "file/reader.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "file/belt.h"
#include "file/capture.h"
#include "file/rest.h"
#include "mem/mem.h"
#include "mem/pool.h"
#include "port/port.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define BATCH 64u
#define AHEAD 12u // mbufs that are fetched before they are needed

struct weir_reader {
	struct weir_reader_options options;
	char who[96];
	struct weir_capture capture;
	struct weir_belt empties, filled;
	uint32_t mbuf_room;  // bytes
	uint32_t mbufs_max;  // lent at once
	uint32_t record_max; // bytes of a packet
	pthread_t thread;
	bool started, stopped;

	// Written by anyone.
	alignas(WEIR_CACHE_LINE) bool quit;

	// Written by the thread, which is done with all below when done is set.
	alignas(WEIR_CACHE_LINE) bool done;
	uint64_t progress;
	struct weir_error finding;
	uint64_t too_large; // packets passed over
	struct weir_rest rest;
	unsigned stash_count, batch_count;
	struct rte_mbuf *partial;      // the packet in work
	struct rte_mbuf *stash[BATCH]; // empty
	struct rte_mbuf *batch[BATCH]; // filled

	// Written by the lcore.
	alignas(WEIR_CACHE_LINE) uint64_t packets;
	uint64_t bytes;
	uint64_t lent;	// mbufs that are the thread's, or filled
	uint64_t ahead; // by stop
	bool paced_began;
	uint64_t first_tick, first_ns; // when the first packet was due
	unsigned next, staged_count;
	struct rte_mbuf *staged[BATCH]; // filled, not due yet
};

// The thread.

static void publish(void *arg)
{
	struct weir_reader *reader = arg;
	unsigned sent;

	if (!reader->batch_count)
		return;
	weir_rest_worked(&reader->rest, reader->batch_count);
	sent = weir_belt_put(
		&reader->filled, reader->batch, reader->batch_count);
	weir_assert(sent == reader->batch_count);
	reader->batch_count = 0;
	store_relaxed(&reader->progress, reader->capture.progress);
}

// refill_stash is true when an empty mbuf is at hand.
static bool refill_stash(struct weir_reader *reader)
{
	if (reader->stash_count)
		return true;
	reader->stash_count =
		weir_belt_get(&reader->empties, reader->stash, BATCH);
	return reader->stash_count > 0;
}

static inline void prefetch_to_write(const void *at)
{
#if defined(__x86_64__)
	// The compiler would ask for a copy to read, on the machines that it
	// may assume; those that do not know this instruction pass over it.
	__asm__ volatile("prefetchw (%0)" : : "r"(at));
#else
	__builtin_prefetch(at, 1);
#endif
}

// fetch asks early for what reset and describe write: the lcore had it last.
static void fetch(struct rte_mbuf *m)
{
	prefetch_to_write(m);
	prefetch_to_write(weir_packet_of(m));
}

// reset is rte_pktmbuf_reset without the second cache line, in which an mbuf
// that comes from a pool has nothing to reset but hints for sending.
static void reset(struct rte_mbuf *m)
{
	m->pkt_len = 0;
	m->data_len = 0;
	m->vlan_tci = 0;
	m->vlan_tci_outer = 0;
	m->port = RTE_MBUF_PORT_INVALID;
	m->ol_flags = 0;
	m->packet_type = 0;
	rte_pktmbuf_reset_headroom(m);
}

// next_mbuf waits for an empty mbuf; NULL when the port quits meanwhile.
static struct rte_mbuf *next_mbuf(struct weir_reader *reader)
{
	struct rte_mbuf *m;

	while (!refill_stash(reader)) {
		if (load_relaxed(&reader->quit))
			return NULL;
		publish(reader);
		weir_rest_nap(&reader->rest);
	}
	if (reader->stash_count > AHEAD)
		fetch(reader->stash[reader->stash_count - 1 - AHEAD]);
	m = reader->stash[--reader->stash_count];
	reset(m);
	return m;
}

static void describe(struct rte_mbuf *m, const struct weir_record *record)
{
	struct weir_packet *packet = weir_packet_of(m);

	packet->time_ns = record->time_ns;
	packet->original_size = record->original_size;
	packet->link_type = record->link_type;
	packet->interface = record->interface;
	m->ol_flags |= weir_packet_flag;
}

// fill_one copies what fits into one mbuf and answers how much that is.
static uint32_t fill_one(struct weir_reader *reader, struct rte_mbuf *m,
	const uint8_t *from, uint32_t size)
{
	if (size > reader->mbuf_room)
		size = reader->mbuf_room;
	memcpy(rte_pktmbuf_mtod(m, void *), from, size);
	m->data_len = (uint16_t)size;
	return size;
}

// fill makes a packet of a record, in a chain of mbufs where one is too small;
// false when the port quits meanwhile.
static bool fill(struct weir_reader *reader, const struct weir_record *record)
{
	struct rte_mbuf *m = next_mbuf(reader), *last = m;
	uint32_t done;

	reader->partial = m;
	if (!m)
		return false;
	done = fill_one(reader, m, record->bytes, record->size);
	while (done < record->size) {
		last->next = next_mbuf(reader);
		last = last->next;
		if (!last)
			return false;
		m->nb_segs++;
		done += fill_one(reader, last, record->bytes + done,
			record->size - done);
	}
	m->pkt_len = record->size;
	describe(m, record);
	reader->partial = NULL;
	reader->batch[reader->batch_count++] = m;
	if (reader->batch_count == BATCH)
		publish(reader);
	return true;
}

static void *reader_main(void *arg)
{
	struct weir_reader *reader = arg;
	struct weir_record record;
	bool more = true;

	weir_rest_begin(&reader->rest);
	while (more && !load_relaxed(&reader->quit)) {
		more = weir_capture_next(&reader->capture, &record,
			       &reader->finding) == 1;
		if (more && record.size > reader->record_max)
			count_add(&reader->too_large, 1);
		else if (more)
			more = fill(reader, &record);
	}
	// A capture that did not come to its end, since the port quit, seems
	// cut off there.
	if (load_relaxed(&reader->quit))
		weir_error_clear(&reader->finding);
	publish(reader);
	store_relaxed(&reader->progress, reader->capture.progress);
	count_add(&reader->too_large, reader->capture.too_large);
	store_release(&reader->done, true);
	return NULL;
}

// The lcore.

// lend keeps the thread in empty mbufs. A pool that is empty now is asked again
// at the next call.
static void lend(struct weir_reader *reader, unsigned least)
{
	struct rte_mbuf *mbufs[BATCH];
	unsigned count = (unsigned)(reader->mbufs_max - reader->lent);

	if (count < least || load_relaxed(&reader->done))
		return;
	if (count > BATCH)
		count = BATCH;
	while (rte_mempool_get_bulk(
		reader->options.pool, (void **)mbufs, count))
		if ((count /= 4) == 0)
			return;
	reader->lent += weir_belt_put(&reader->empties, mbufs, count);
}

static void account(
	struct weir_reader *reader, struct rte_mbuf **packets, unsigned count)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < count; i++) {
		bytes += packets[i]->pkt_len;
		reader->lent -= packets[i]->nb_segs;
	}
	count_add(&reader->packets, count);
	count_add(&reader->bytes, bytes);
}

static bool stage(struct weir_reader *reader)
{
	if (reader->next < reader->staged_count)
		return true;
	reader->next = 0;
	reader->staged_count =
		weir_belt_get(&reader->filled, reader->staged, BATCH);
	return reader->staged_count > 0;
}

// capture_now answers how far the capture has come at its pace. The first
// packet is due at once.
static uint64_t capture_now(struct weir_reader *reader)
{
	const struct weir_clock *clock = reader->options.clock;
	uint64_t now = weir_clock_now(clock);

	if (!reader->paced_began) {
		reader->paced_began = true;
		reader->first_tick = now;
		reader->first_ns = weir_packet_of(reader->staged[0])->time_ns;
	}
	return reader->first_ns + (uint64_t)((double)weir_clock_ns(clock,
						     now - reader->first_tick) *
					     reader->options.factor);
}

static unsigned take_due(
	struct weir_reader *reader, struct rte_mbuf **packets, unsigned count)
{
	unsigned n = 0;
	uint64_t now;

	if (!stage(reader))
		return 0;
	now = capture_now(reader);
	while (n < count && stage(reader) &&
		weir_packet_of(reader->staged[reader->next])->time_ns <= now)
		packets[n++] = reader->staged[reader->next++];
	return n;
}

unsigned weir_reader_take(
	struct weir_reader *reader, struct rte_mbuf **packets, unsigned count)
{
	unsigned n;

	if (unlikely(load_relaxed(&reader->quit)))
		return 0;
	if (reader->options.factor > 0)
		n = take_due(reader, packets, count);
	else
		n = weir_belt_get(&reader->filled, packets, count);
	if (n)
		account(reader, packets, n);
	lend(reader, n ? BATCH / 2 : 1);
	return n;
}

bool weir_reader_ended(struct weir_reader *reader)
{
	if (load_relaxed(&reader->quit))
		return true;
	// done first: what was filled before it is then seen in the ring.
	return load_acquire(&reader->done) &&
	       weir_belt_count(&reader->filled) == 0 &&
	       reader->next == reader->staged_count;
}

// The main thread.

void weir_reader_quit(struct weir_reader *reader)
{
	store_relaxed(&reader->quit, true);
}

int weir_reader_fd(const struct weir_reader *reader)
{
	return reader->capture.bytes.fd;
}

static int open_belts(struct weir_reader *reader, struct weir_error *e)
{
	int node = reader->options.node;
	int err = weir_belt_init(&reader->empties, WEIR_READER_MBUFS, node);

	if (!err)
		err = weir_belt_init(&reader->filled, WEIR_READER_MBUFS, node);
	if (err)
		return weir_error_set(
			e, err, "%s: no memory for its belts", reader->who);
	return 0;
}

static void measure_pool(struct weir_reader *reader)
{
	const struct rte_mempool *pool = reader->options.pool;

	reader->mbuf_room = rte_pktmbuf_data_room_size(reader->options.pool) -
			    RTE_PKTMBUF_HEADROOM;
	// Others need packets too.
	reader->mbufs_max = RTE_MIN(WEIR_READER_MBUFS, pool->size / 2);
	reader->record_max = (uint32_t)RTE_MIN((uint64_t)WEIR_RECORD_MAX,
		(uint64_t)reader->mbufs_max * reader->mbuf_room);
}

int weir_reader_open(struct weir_reader **result,
	const struct weir_reader_options *options, struct weir_error *e)
{
	struct weir_reader *reader =
		weir_mem_create(sizeof(*reader), options->node);
	int err;

	*result = reader;
	if (!reader)
		return weir_error_set(
			e, -ENOMEM, "port '%s': no memory", options->port);
	reader->options = *options;
	snprintf(reader->who, sizeof(reader->who), "port '%s'", options->port);
	reader->capture.bytes.fd = -1; // close shall close no other's
	measure_pool(reader);
	err = open_belts(reader, e);
	if (!err)
		err = weir_capture_open(
			&reader->capture, reader->who, options->path, e);
	if (err) {
		weir_reader_close(reader);
		*result = NULL;
	}
	return err;
}

int weir_reader_start(struct weir_reader *reader, struct weir_error *e)
{
	int err;

	reader->capture.bytes.quit = &reader->quit;
	reader->capture.bytes.waiting = publish;
	reader->capture.bytes.waiting_arg = reader;
	err = pthread_create(&reader->thread, NULL, reader_main, reader);
	if (err)
		return weir_error_set(e, -err, "%s: no thread: %s", reader->who,
			strerror(err));
	pthread_setname_np(reader->thread, "weir-reader");
	reader->started = true;
	return 0;
}

static void free_mbufs(struct weir_reader *reader)
{
	while (reader->next < reader->staged_count)
		rte_pktmbuf_free(reader->staged[reader->next++]);
	rte_pktmbuf_free_bulk(reader->batch, reader->batch_count);
	rte_pktmbuf_free_bulk(reader->stash, reader->stash_count);
	reader->batch_count = reader->stash_count = 0;
	rte_pktmbuf_free(reader->partial);
	reader->partial = NULL;
	weir_belt_clear(&reader->filled);
	weir_belt_clear(&reader->empties);
}

static uint64_t count_ahead(const struct weir_reader *reader)
{
	return weir_belt_count(&reader->filled) + reader->batch_count +
	       reader->staged_count - reader->next;
}

static int tell(const struct weir_reader *reader, struct weir_error *e)
{
	if (reader->finding.code)
		return weir_error_set(
			e, reader->finding.code, "%s", reader->finding.text);
	if (reader->too_large)
		return weir_error_set(e, -EMSGSIZE,
			"%s: %" PRIu64 " packets of '%s' were passed over: "
			"they have more than %u bytes",
			reader->who, reader->too_large,
			weir_capture_name(&reader->capture),
			reader->record_max);
	return 0;
}

int weir_reader_stop(struct weir_reader *reader, struct weir_error *e)
{
	if (!reader->started || reader->stopped)
		return 0;
	weir_reader_quit(reader);
	pthread_join(reader->thread, NULL);
	reader->stopped = true;
	store_relaxed(&reader->ahead, count_ahead(reader));
	free_mbufs(reader);
	return tell(reader, e);
}

void weir_reader_stats(
	const struct weir_reader *reader, struct weir_port_stats *stats)
{
	*stats = (struct weir_port_stats){
		.rx_packets = load_relaxed(&reader->packets),
		.rx_bytes = load_relaxed(&reader->bytes),
		.rx_errors = load_relaxed(&reader->too_large),
		.rx_ahead = load_relaxed(&reader->ahead),
		.progress = load_relaxed(&reader->progress),
		.progress_end = reader->capture.bytes.size,
	};
}

void weir_reader_close(struct weir_reader *reader)
{
	if (!reader)
		return;
	weir_reader_stop(reader, NULL);
	weir_capture_close(&reader->capture);
	weir_belt_fini(&reader->empties);
	weir_belt_fini(&reader->filled);
	weir_mem_destroy(reader);
}
