// SPDX-License-Identifier: BSD-3-Clause
//
// A writer is a thread's part of a trace, for this folder only.
//
//	| chunk 0 | chunk 1 | … | chunk 15 |
//	   newest ──▶ │ oldest of the lap before
//
// Events have different sizes, so the oldest whole one in memory that was
// written round is found only through where the first of each chunk begins. A
// chunk that is entered anew counts what it held as overwritten.
//
// Threads.  Its own thread writes; the one that stops the trace reads when
// nobody is inside: see "the trace" in trace/trace.h.
// Memory.  Writers are static and stay with their thread for good: one that
// comes too late finds a writer, and a session that is over.
#ifndef WEIR_TRACE_WRITER_H
#define WEIR_TRACE_WRITER_H

#include "trace/trace.h"

#include <stdalign.h>

#define WEIR_TRACE_CHUNKS 16
#define WEIR_TRACE_NAME 32 // of rte_trace's strings

struct weir_trace_chunk {
	uint32_t at; // of the first event
	uint32_t events;
};

struct weir_trace_writer {
	alignas(WEIR_CACHE_LINE) uint32_t busy;
	uint32_t session; // that the rest is of
	char *memory;	  // NULL: there was none left
	uint32_t size, offset;
	uint32_t chunk, chunk_end; // the present one
	uint32_t end;		   // of the lap before; 0: this is the first
	uint64_t last;		   // tick: time does not go back
	uint64_t overwritten;
	uint64_t nested; // events of handlers within a point: not written
	struct weir_trace_chunk chunks[WEIR_TRACE_CHUNKS];
	uint32_t lcore;
	char name[WEIR_TRACE_NAME];
};

extern struct weir_trace_writer weir_trace_writers[WEIR_TRACE_WRITERS];

// weir_trace_writer_count answers how many were given out.
unsigned weir_trace_writer_count(void);

// weir_trace_next answers where an event of size bytes is to be written. The
// caller is inside.
char *weir_trace_next(struct weir_trace_writer *writer, uint32_t size);

// weir_trace_enter answers the calling thread's writer, with the thread inside
// until it stores 0 to busy; NULL: nothing is to be written, and it is not. In a
// signal handler within another point it counts the event as missing.
struct weir_trace_writer *weir_trace_enter(void);

// weir_trace_oldest answers the chunk that a stopped writer's events begin in,
// and counts as overwritten what lies in one that is no longer whole.
unsigned weir_trace_oldest(struct weir_trace_writer *writer);

// weir_trace_attach gives a writer its memory of a session, if any is left.
void weir_trace_attach(struct weir_trace_writer *writer, uint32_t session);

// weir_trace_turn_away counts a thread that there is no writer for.
void weir_trace_turn_away(void);

// weir_trace_stopped answers the number of the trace that is stopped and not
// dropped, 0: there is none; its first tick; and how many threads had no memory.
uint32_t weir_trace_stopped(uint64_t *begin, unsigned *unheard);

// weir_trace_write_named and _lost write such an event to where there is room
// for WEIR_TRACE_EVENT_MAX and answer its size, a multiple of 8: that of the
// first is always WEIR_TRACE_NAMED.
#define WEIR_TRACE_EVENT_MAX 128
#define WEIR_TRACE_NAMED (8 + 8 + 2 * WEIR_TRACE_NAME)
size_t weir_trace_write_named(char *at, uint64_t tick, const void *object,
	const char *kind, const char *name);
size_t weir_trace_write_lost(
	char *at, uint64_t tick, uint64_t events, uint64_t nested);

// weir_trace_names_drop forgets the names.
void weir_trace_names_drop(void);

// weir_trace_points_on turns those on whose name fits; answers how many.
unsigned weir_trace_points_on(const char *pattern);
void weir_trace_points_off(void);

#endif
