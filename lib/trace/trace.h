// SPDX-License-Identifier: BSD-3-Clause
//
// Trace points say what happens to tasks, channels, locks and stages, into
// memory of the thread that they happen on; a trace is what is written down
// between start and stop, and a folder in the Common Trace Format when saved.
//
//	executor ─▶ point ─▶ memory of its thread ─┐
//	executor ─▶ point ─▶ memory of its thread ─┴─ save ─▶ FOLDER/metadata, channel0_…
//
// The points are DPDK's (rte_trace): its names, numbers, metadata and form, so
// that its readers read them. Not its memory: that is allocated by the first
// point on each thread, cannot be emptied, and what was overwritten in it is not
// told (decision 0026). This layer alone knows rte_trace. Without EAL points
// cost the same and stay off.
//
// Cost.  A point that is off is one load and one branch. Of a thread's memory
// the newest events stay; how many older ones were overwritten is counted.
//
// Threads.  Points: any, in signal handlers too. All else: one thread, which may be any, at a time.
// Ordering.  "the trace": a writer says that it is inside, then reads the
// session; who stops writes the session, has a fence put into every thread, then
// waits until nobody is inside.
// Memory.  start maps it all, touched; a point allocates nothing and makes no
// system call. Threads beyond those that start counted with are not heard.
#ifndef WEIR_TRACE_TRACE_H
#define WEIR_TRACE_TRACE_H

#include "base/atomic.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// The number of the present trace; 0: none is taken.
extern uint32_t weir_trace_session __attribute__((visibility("hidden")));

// weir_trace_is_on tells whether one is taken.
static inline bool weir_trace_is_on(void)
{
	return unlikely(load_relaxed(&weir_trace_session) != 0);
}

#define WEIR_TRACE_STRIP(...) __VA_ARGS__
#define POINT(call, name, parameters, fields, meaning)          \
	__attribute__((cold, noinline)) void weir_trace_##call( \
		uint64_t tick, WEIR_TRACE_STRIP parameters);
#define FIELD(type, field)
#include "trace/points.h"

// WEIR_TRACE writes down that a point was passed, now; WEIR_TRACE_AT, at a tick
// of the processor's counter that is known already.
#define WEIR_TRACE_AT(call, tick, ...)                          \
	do {                                                    \
		if (weir_trace_is_on())                         \
			weir_trace_##call((tick), __VA_ARGS__); \
	} while (0)
#define WEIR_TRACE(call, ...) WEIR_TRACE_AT(call, 0, __VA_ARGS__)

#define WEIR_TRACE_WRITERS 256	     // threads that ever passed a point
#define WEIR_TRACE_MEMORY (4u << 20) // of a thread, where nothing else is said
#define WEIR_TRACE_MEMORY_MIN (1u << 16)

struct weir_trace_options {
	uint64_t memory_size; // bytes of each thread; 0: WEIR_TRACE_MEMORY
	unsigned threads;     // that can be heard
	const char *pattern;  // of points, as "weir.task.*"; NULL: all
};

// What a trace came to.
struct weir_trace_sum {
	uint64_t events, overwritten;
	uint64_t nested;  // passed in a signal handler within another: missing
	unsigned threads; // that passed a point
	unsigned unheard; // those for which there was no memory
};

// weir_trace_start begins one. -EALREADY: one is taken; -ENOTSUP: EAL was not
// started, or no point is called so; -ENOMEM.
int weir_trace_start(
	const struct weir_trace_options *options, struct weir_error *e);

// weir_trace_stop ends it: when it returns, no thread writes any more.
void weir_trace_stop(void);

// weir_trace_name adds what an address means, to a trace that is taken or
// stopped: from its beginning on. weir_trace_name_since does from a tick on, for
// what was made while it was taken.
void weir_trace_name(const void *object, const char *kind, const char *name);
void weir_trace_name_since(
	uint64_t tick, const void *object, const char *kind, const char *name);

// weir_trace_save writes the stopped trace into an empty folder, which fd
// stands for: metadata last, under its name only when all is written.
int weir_trace_save(
	int folder, struct weir_trace_sum *sum, struct weir_error *e);

// weir_trace_drop gives back the memory of a stopped trace.
void weir_trace_drop(void);

// weir_trace_thread names the calling thread, for traces that it appears in:
// name is borrowed until the next call.
void weir_trace_thread(const char *name);

#endif
