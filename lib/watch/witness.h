// SPDX-License-Identifier: BSD-3-Clause
//
// A witness remembers what a thread had had at several moments: CPU time, time that
// it waited for a CPU, sleeps in the kernel. It judges from that what became of a
// stretch of its time that was too long.
//
//	samples   |      |      |      |      |
//	              begin ────────── end
//	          T1 ────────────────────────▶ T2   these two decide
//
// Of T1..T2 the thread had some time and was off its CPU for the rest, off: it
// waited for one, or was asleep. asleep is what is left of off without the waiting;
// nothing where it never went to sleep. The stretch is longer than its limit by
// excess; slack is what T1..T2 is longer than the stretch, and what the samples took.
//
//	asleep >= excess + slack      surely the stretch slept so long: a call.
//	                              More than the limit is enough, too
//	off - asleep >= excess + slack  surely it would have been in time on its CPU
//	off < excess                  surely not
//	else                          it cannot be told
//
// One sleep that is longer than slack is the stretch's for all of its length, as
// stretches begin and end on a CPU. The time for which the process may have been
// stopped is no call's.
//
// Threads.  One at a time.
// Memory.  The caller's; zeroed, it is empty.
#ifndef WEIR_WATCH_WITNESS_H
#define WEIR_WATCH_WITNESS_H

#include "watch/book.h"

#define WEIR_SAMPLES 64

struct weir_sample {
	uint64_t tick;
	uint64_t width;	  // ticks that it took, up to then
	uint64_t beat;	  // the tick at which the stretch of then began
	uint64_t cpu;	  // ticks of CPU time so far
	uint64_t waited;  // ticks that it was ready without a CPU
	uint64_t waiting; // those, at most, that are not told yet
	uint64_t sleeps;  // how often it went to sleep
	uint64_t stopped; // ticks that the process may have been, since the
			  // sample before
	uint64_t halted;  // those of a stop that there was
	bool waits;	  // waited is known
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
	// What the thread had had at its end or soon after; NULL: the witness
	// knows.
	const struct weir_sample *ended;
	uint64_t dozed;	  // ticks of it for which it was seen asleep
	uint64_t stopped; // those of it that no sample tells of
	bool accounts;	  // CPU time of the machine is a thread's own
	bool robbed; // the host may have had what it was neither on a CPU for
		     // nor waited
};

// weir_witness_judge answers what a stretch beyond its limit was.
enum weir_found weir_witness_judge(
	const struct weir_witness *witness, const struct weir_stretch *stretch);

#endif
