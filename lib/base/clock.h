// SPDX-License-Identifier: BSD-3-Clause
//
// A clock counts ticks. It is passed in: the real one reads the time stamp
// counter, calibrated once against CLOCK_MONOTONIC; a test's one is a variable
// that the test advances.
//
// Ticks are what is stored and compared; nanoseconds are for people. A
// deadline is an absolute tick; WEIR_NEVER never comes.
//
// Threads.  Reading is free for all. The owner of a virtual clock advances it.
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_NEVER UINT64_MAX

struct weir_clock {
	const uint64_t *virtual_ticks; // NULL: the time stamp counter
	uint64_t hz;		       // ticks in a second
};

// weir_clock_real answers the calibrated counter of this machine. The first
// call takes some 10 ms where the kernel does not tell the frequency. Safe
// from any thread.
const struct weir_clock *weir_clock_real(void);

// weir_clock_virtual makes a clock of hz ticks a second that reads *ticks,
// which it borrows.
struct weir_clock weir_clock_virtual(const uint64_t *ticks, uint64_t hz);

// weir_ticks reads the processor's counter: 26 cycles on the machine this was
// written on, not serialising.
static inline uint64_t weir_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
#error "weir needs a counter here"
#endif
}

// weir_clock_now answers the present tick.
static inline uint64_t weir_clock_now(const struct weir_clock *clock)
{
	if (__builtin_expect(clock->virtual_ticks != 0, 0))
		return *clock->virtual_ticks;
	return weir_ticks();
}

// weir_clock_ns converts a duration in ticks to nanoseconds, rounded down;
// exact for durations up to 2^64 ns.
uint64_t weir_clock_ns(const struct weir_clock *clock, uint64_t ticks);

// weir_clock_ticks converts a duration in nanoseconds to ticks, rounded up, so
// that what waits for it is never early. Saturates at WEIR_NEVER.
uint64_t weir_clock_ticks(const struct weir_clock *clock, uint64_t ns);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
