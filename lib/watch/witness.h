// SPDX-License-Identifier: BSD-3-Clause
//
// A witness remembers how much CPU time a thread had had at several moments, and
// judges from it what became of a stretch of its time that has ended.
//
//	samples   |      |      |      |      |
//	              begin ────────── end
//	          T1 ────────────────────────▶ T2   these two decide
//
// Of T1..T2 the thread had some time and was off its CPU for the rest, off. The
// stretch is longer than its limit by excess; slack is what T1..T2 is longer
// than the stretch.
//
//	off >= excess + slack   surely it would have been in time on its CPU
//	off <  excess           surely not
//	between                 it cannot be told
//
// A thread that slept in the kernel, for excess or for more than the limit, made a
// blocking call.
//
// Threads.  One at a time.
// Memory.  The caller's; zeroed, it is empty.
#ifndef WEIR_WATCH_WITNESS_H
#define WEIR_WATCH_WITNESS_H

#include "watch/book.h"

#define WEIR_SAMPLES 64

struct weir_sample {
	uint64_t tick;
	uint64_t cpu;  // ticks of CPU time so far
	uint64_t beat; // the tick at which the stretch of then began
	bool stopped;  // the whole process was, since the sample before
};

struct weir_witness {
	struct weir_sample at[WEIR_SAMPLES];
	unsigned count; // so far; the latest WEIR_SAMPLES are kept
};

// weir_witness_add remembers a sample, later than all before. Of one stretch the
// first and the last are kept, however long it takes.
void weir_witness_add(
	struct weir_witness *witness, const struct weir_sample *sample);

// weir_witness_last answers the latest, NULL when there is none.
const struct weir_sample *weir_witness_last(const struct weir_witness *witness);

// What else is known of a stretch, and of where it ran.
struct weir_stretch {
	uint64_t begin, end, limit; // ticks
	bool slept;    // the thread went to sleep in the kernel about then
	bool accounts; // CPU time of the machine is a thread's own
};

// weir_witness_judge answers what a stretch beyond its limit was.
enum weir_found weir_witness_judge(
	const struct weir_witness *witness, const struct weir_stretch *stretch);

#endif
