// SPDX-License-Identifier: BSD-3-Clause
#include "trace/writer.h"
#include "base/assert.h"

#include <rte_lcore.h>
#include <string.h>

struct weir_trace_writer weir_trace_writers[WEIR_TRACE_WRITERS];
static uint32_t given; // may go beyond WEIR_TRACE_WRITERS

static __thread struct weir_trace_writer *own;
static __thread const char *own_name;

void weir_trace_thread(const char *name)
{
	own_name = name;
}

unsigned weir_trace_writer_count(void)
{
	uint32_t count = load_acquire(&given);

	return count < WEIR_TRACE_WRITERS ? count : WEIR_TRACE_WRITERS;
}

// come_late counts the calling thread once a session.
static void come_late(void)
{
	static __thread uint32_t counted;
	uint32_t session = load_relaxed(&weir_trace_session);

	if (session && counted != session)
		weir_trace_turn_away();
	counted = session;
}

// become gives the calling thread its writer; NULL: they are all out.
static __attribute__((noinline)) struct weir_trace_writer *become(void)
{
	uint32_t index;

	if (load_relaxed(&given) >= WEIR_TRACE_WRITERS)
		return NULL;
	index = add_acq_rel(&given, 1);
	if (index >= WEIR_TRACE_WRITERS)
		return NULL;
	own = &weir_trace_writers[index];
	return own;
}

// join begins a session that is new to the calling thread: false when there is
// none, or no memory of it.
static __attribute__((noinline)) bool join(struct weir_trace_writer *writer)
{
	uint32_t session = load_acquire(&weir_trace_session);

	if (!session)
		return false;
	if (writer->session == session)
		return writer->memory != NULL;
	weir_trace_attach(writer, session);
	writer->offset = writer->chunk = writer->end = 0;
	writer->chunk_end = writer->size / WEIR_TRACE_CHUNKS;
	writer->last = 0;
	writer->overwritten = writer->nested = 0;
	memset(writer->chunks, 0, sizeof(writer->chunks));
	writer->lcore = rte_lcore_id();
	strncpy(writer->name, own_name ? own_name : "", WEIR_TRACE_NAME - 1);
	return writer->memory != NULL;
}

struct weir_trace_writer *weir_trace_enter(void)
{
	struct weir_trace_writer *writer = own;

	if (unlikely(!writer)) {
		writer = become();
		if (!writer) {
			come_late();
			return NULL;
		}
	}
	// A signal handler within a point: whatever that is doing, its place
	// and its memory are not ours.
	if (unlikely(load_relaxed(&writer->busy))) {
		writer->nested++;
		return NULL;
	}
	store_relaxed(&writer->busy, 1);
	// "the trace": busy is written, the session read. The fence between
	// the two is put here by who stops.
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(writer->session != load_relaxed(&weir_trace_session) ||
		     !writer->memory) &&
		!join(writer)) {
		store_release(&writer->busy, 0);
		return NULL;
	}
	return writer;
}

// aligned answers where the next event may begin. Nothing is put behind the
// last one: who reads would take it for another.
static inline uint32_t aligned(uint32_t offset)
{
	return (offset + 7) & ~7u;
}

// enter_chunk makes the present chunk the one that at lies in: what it held is
// overwritten.
static __attribute__((noinline)) void enter_chunk(
	struct weir_trace_writer *writer, uint32_t chunk, uint32_t at)
{
	uint32_t step = writer->size / WEIR_TRACE_CHUNKS;

	writer->chunk = chunk;
	writer->chunk_end = (chunk + 1) * step;
	if (chunk == WEIR_TRACE_CHUNKS - 1)
		writer->chunk_end = writer->size;
	writer->overwritten += writer->chunks[chunk].events;
	writer->chunks[chunk] = (struct weir_trace_chunk){.at = at};
}

// wrap goes back to the beginning, which comes behind the end when saved.
static __attribute__((noinline)) void wrap(struct weir_trace_writer *writer)
{
	writer->end = aligned(writer->offset);
	enter_chunk(writer, 0, 0);
}

char *weir_trace_next(struct weir_trace_writer *writer, uint32_t size)
{
	uint32_t at = aligned(writer->offset);

	if (unlikely(at + size > writer->size)) {
		wrap(writer);
		at = 0;
	} else if (unlikely(at >= writer->chunk_end)) {
		enter_chunk(writer, writer->chunk + 1, at);
	}
	writer->offset = at + size;
	writer->chunks[writer->chunk].events++;
	return writer->memory + at;
}

unsigned weir_trace_oldest(struct weir_trace_writer *writer)
{
	unsigned chunk = writer->chunk + 1;

	if (!writer->end)
		return 0;
	// The newest event may reach into the oldest chunk.
	while (chunk < WEIR_TRACE_CHUNKS &&
		(!writer->chunks[chunk].events ||
			writer->chunks[chunk].at < writer->offset)) {
		writer->overwritten += writer->chunks[chunk].events;
		writer->chunks[chunk].events = 0;
		chunk++;
	}
	return chunk % WEIR_TRACE_CHUNKS;
}
