// SPDX-License-Identifier: BSD-3-Clause
//
// The counter's rate is measured against CLOCK_MONOTONIC over some 10 ms: each
// of the two readings is the tightest of several tries, so that a preemption
// between the two clocks does not spoil it.
#include "base/clock.h"
#include "base/assert.h"

#include <pthread.h>
#include <time.h>

#define NS 1000000000u
#define CALIBRATION_NS 10000000u

struct pair {
	uint64_t ticks, ns;
};

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static struct pair read_both(void)
{
	struct pair best = {0};
	uint64_t narrowest = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		uint64_t before = weir_ticks();
		uint64_t ns = monotonic_ns();
		uint64_t width = weir_ticks() - before;

		if (width < narrowest) {
			narrowest = width;
			best = (struct pair){before + width / 2, ns};
		}
	}
	return best;
}

static struct weir_clock real;

static void calibrate(void)
{
	struct pair first = read_both(), last;

	do {
		last = read_both();
	} while (last.ns - first.ns < CALIBRATION_NS);
	real.hz = (uint64_t)((unsigned __int128)(last.ticks - first.ticks) *
			     NS / (last.ns - first.ns));
	weir_assert(real.hz > 0);
}

const struct weir_clock *weir_clock_real(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, calibrate);
	return &real;
}

struct weir_clock weir_clock_virtual(const uint64_t *ticks, uint64_t hz)
{
	weir_assert(ticks && hz > 0);
	return (struct weir_clock){.virtual_ticks = ticks, .hz = hz};
}

uint64_t weir_clock_ns(const struct weir_clock *clock, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * NS / clock->hz);
}

uint64_t weir_clock_ticks(const struct weir_clock *clock, uint64_t ns)
{
	unsigned __int128 ticks =
		((unsigned __int128)ns * clock->hz + NS - 1) / NS;

	return ticks > WEIR_NEVER ? WEIR_NEVER : (uint64_t)ticks;
}
