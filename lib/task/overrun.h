// SPDX-License-Identifier: BSD-3-Clause
//
// An overrun is a stretch that took longer than its class may: what an executor
// writes down of each, for whoever watches it.
//
//	executor ──▶ | WEIR_OVERRUNS of them | ──▶ one watcher
//
// What finds no room is counted, so that written + lost is exact.
//
// Threads.  put: the executor's. get: one watcher's.
//
// Ordering.  written is released after the record and acquired before it is
// read; read is released after it.
#ifndef WEIR_TASK_OVERRUN_H
#define WEIR_TASK_OVERRUN_H

#include "base/atomic.h"
#include "base/thread.h"
#include "count/histogram.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#define WEIR_OVERRUNS 64
#define WEIR_OVERRUNS_READ 8
#define WEIR_NAME_SIZE 32

struct weir_overrun {
	const struct weir_histogram *steps; // the class
	uint64_t begin, end;		    // ticks
	char task[WEIR_NAME_SIZE];	    // "" where it was none
	struct weir_reading reading;	    // of its end, if it was taken
};

struct weir_overruns {
	// The executor writes.
	alignas(WEIR_CACHE_LINE) uint64_t written;
	uint64_t lost;
	struct weir_overrun at[WEIR_OVERRUNS];
	// The watcher writes.
	alignas(WEIR_CACHE_LINE) uint64_t read;
};

// weir_overruns_are_few tells whether a reading is worth its system calls: where
// more wait to be looked at, what took it too long should not take yet longer.
static inline bool weir_overruns_are_few(const struct weir_overruns *overruns)
{
	return overruns->written - load_relaxed(&overruns->read) <
	       WEIR_OVERRUNS_READ;
}

// weir_overruns_put writes one down, or counts it as lost.
void weir_overruns_put(
	struct weir_overruns *overruns, const struct weir_overrun *overrun);

// weir_overruns_get takes the oldest; false when there is none.
bool weir_overruns_get(
	struct weir_overruns *overruns, struct weir_overrun *overrun);

#endif
