// SPDX-License-Identifier: BSD-3-Clause
//
// A histogram counts durations in buckets whose width grows with the value:
// 32 buckets for each power of two, so that a recorded value is off by less
// than 1/32 of itself. Recording takes one add, is wait-free and never
// allocates. Values beyond the last bucket are counted in it; max is exact.
//
// It may have a limit. How many values were beyond it is exact, too, and costs
// nothing while none is: one compare finds both them and a new max.
//
// Values are ticks of a clock; readers convert.
//
// Threads.  One thread records; anyone may read at the same time, and then
// sees each count old or new but never torn.
//
// Memory.  The caller gives it. No pointers: it may lie in memory that two
// processes share.
#ifndef WEIR_COUNT_HISTOGRAM_H
#define WEIR_COUNT_HISTOGRAM_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_HISTOGRAM_SUB_BITS 5
#define WEIR_HISTOGRAM_SUB (1u << WEIR_HISTOGRAM_SUB_BITS)
#define WEIR_HISTOGRAM_VALUE_BITS 40 // 2^40 ticks: 7 minutes at 2.6 GHz
#define WEIR_HISTOGRAM_BUCKETS                                       \
	((WEIR_HISTOGRAM_VALUE_BITS - WEIR_HISTOGRAM_SUB_BITS + 1) * \
		WEIR_HISTOGRAM_SUB)

struct weir_histogram {
	uint64_t sum; // of all values
	uint64_t max; // exact
	uint64_t
		notable; // the lesser of max and limit: what is beyond is noted
	uint64_t limit;	 // 0: none
	uint64_t over_count; // of values beyond limit
	uint64_t count[WEIR_HISTOGRAM_BUCKETS];
};

// weir_histogram_bucket answers the index of the bucket that counts value.
static inline unsigned weir_histogram_bucket(uint64_t value)
{
	if (value < WEIR_HISTOGRAM_SUB)
		return (unsigned)value;
	if (unlikely(value >> WEIR_HISTOGRAM_VALUE_BITS))
		return WEIR_HISTOGRAM_BUCKETS - 1;

	unsigned shift =
		63 - WEIR_HISTOGRAM_SUB_BITS - (unsigned)__builtin_clzll(value);

	return (shift << WEIR_HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift);
}

// weir_histogram_note does what a value beyond notable needs; answers whether it
// is beyond the limit.
bool weir_histogram_note(struct weir_histogram *h, uint64_t value);

// weir_histogram_record counts value once. Answers whether it is beyond the
// limit.
static inline bool weir_histogram_record(
	struct weir_histogram *h, uint64_t value)
{
	count_add(&h->count[weir_histogram_bucket(value)], 1);
	count_add(&h->sum, value);
	return unlikely(value > h->notable) && weir_histogram_note(h, value);
}

// weir_histogram_set_limit sets what values should not be beyond; 0: nothing.
// Before the first value, or by who records.
void weir_histogram_set_limit(struct weir_histogram *h, uint64_t limit);

// weir_histogram_merge adds what from has counted to into, which the caller
// alone records to and whose limit stays.
void weir_histogram_merge(
	struct weir_histogram *into, const struct weir_histogram *from);

// weir_histogram_count answers how many values were recorded.
uint64_t weir_histogram_count(const struct weir_histogram *h);

// weir_histogram_percentile answers a value that at least share (0..1] of the
// recorded ones do not exceed: the upper edge of its bucket, at most max; 0
// when nothing was recorded.
uint64_t weir_histogram_percentile(
	const struct weir_histogram *h, double share);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
