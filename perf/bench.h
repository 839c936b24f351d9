// SPDX-License-Identifier: BSD-3-Clause
//
// What all benchmarks share. A benchmark is a set of short runs; a run does a
// thing some thousand times and answers what one of them cost. What is compared
// is interleaved run by run, because the machine changes its pace within
// seconds; what is printed are medians, and the middle of the spread:
//
//	name parameters value unit [p10..p90]
//	name/variant parameters ratio x [p10..p90]
//
// A cycle is a tick of the processor's counter.
#ifndef WEIR_PERF_BENCH_H
#define WEIR_PERF_BENCH_H

#include <stdbool.h>
#include <stdint.h>

// bench_begin reads the arguments (--quick), pins the calling thread to the
// last CPU it may use and prints how near the two CPUs are to each other now.
void bench_begin(int argc, char **argv);

// bench_end prints the latter again and answers main's result.
int bench_end(void);

// bench_quick tells whether the whole is to take seconds.
bool bench_quick(void);

// bench_pin pins the calling thread to the index-th CPU that the process may
// use, counted from the last: 0 is where bench_begin pinned the first thread.
void bench_pin(unsigned index);

// bench_cpus answers how many there are.
unsigned bench_cpus(void);

// A variant's fn does one run and answers what one thing cost, in the unit.
struct bench_variant {
	const char *name;
	double (*fn)(void *arg);
	void *arg;
};

// bench_measure prints the median of many runs of one thing.
void bench_measure(const char *name, const char *parameters, const char *unit,
	double (*fn)(void *arg), void *arg);

// bench_compare runs count variants (at most 8) in turn and prints the median of
// each, then, for each but the first, the median of its ratio to the first in
// the same round; and the first's to itself in the round before: what is within
// that spread is noise. across tells that the runs use two CPUs: how near they
// are is then printed before and after.
void bench_compare(const char *name, const char *parameters, const char *unit,
	const struct bench_variant *variants, unsigned count, bool across);

// bench_round_trip_ns answers how long a cache line takes to the second CPU and
// back, now; 0 where there is one CPU only.
double bench_round_trip_ns(void);

#endif
