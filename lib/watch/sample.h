// SPDX-License-Identifier: BSD-3-Clause
//
// A sample (watch/witness.h) is taken of the thread of an executor from outside, or
// made of what it has read itself. Inside lib/watch only.
//
// Threads.  Any that may sleep: taking makes some system calls.
#ifndef WEIR_WATCH_SAMPLE_H
#define WEIR_WATCH_SAMPLE_H

#include "base/thread.h"
#include "watch/witness.h"

struct weir_executor;

// weir_sample_of makes a sample of a reading, taken in the stretch that began at
// beat.
struct weir_sample weir_sample_of(
	const struct weir_reading *reading, uint64_t beat);

// weir_sample_take takes one of thread, which runs executor, later than before. How
// often it slept is dear to ask: that is done only if it has had its CPU anew since,
// or does not have it. turns, how often it has had it, is 0 at first. false: the
// thread has gone, or the clocks took too long to read to mean anything.
bool weir_sample_take(struct weir_sample *sample,
	const struct weir_sample *before, const struct weir_executor *executor,
	int thread, uint64_t *turns);

// weir_sample_ran tells whether the thread had most of the time since before.
bool weir_sample_ran(
	const struct weir_sample *before, const struct weir_sample *now);

#endif
