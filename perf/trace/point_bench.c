// SPDX-License-Identifier: BSD-3-Clause
//
// What a trace point costs, beside the bare loop that it stands in:
//
//	point/bare     a loop with nothing in it that could be left out
//	point/off      with a point, while no trace is taken: at most 1 ns more
//	point/on       while one is taken, with the clock: at most 15 ns more
//	point/at       likewise, at a tick that is known
//	point/ticks    the loop with a clock read, of which a point that is on
//	               has one
//	point/rte      rte_trace's own way into its own memory
#define ALLOW_EXPERIMENTAL_API
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/eal.h"
#include "trace/trace.h"

#include <rte_trace.h>
#include <rte_trace_point.h>
#include <stdio.h>

#define ROUNDS 20000
#define MEMORY (1u << 20) // as rte_trace has it

RTE_TRACE_POINT(weir_point_chan_full,
		RTE_TRACE_POINT_ARGS(const void *channel, uint32_t count),
		rte_trace_point_emit_ptr(channel);
		rte_trace_point_emit_u32(count);)

static double ns(uint64_t begin)
{
	return (double)weir_clock_ns(
		       weir_clock_real(), (weir_ticks() - begin) * 1000) /
	       1000 / ROUNDS;
}

#define LOOP(what)                                          \
	uint64_t begin = weir_ticks();                      \
                                                            \
	for (unsigned i = 0; i < ROUNDS; i++) {             \
		__asm__ volatile("" : : "r"(i) : "memory"); \
		what;                                       \
	}                                                   \
	return ns(begin)

static double bare(void *arg)
{
	LOOP((void)0);
}

static double point(void *arg)
{
	LOOP(WEIR_TRACE(chan_full, arg, i));
}

static void on(void)
{
	const struct weir_trace_options options = {
		.threads = 1, .memory_size = MEMORY};

	weir_assert(weir_trace_start(&options, NULL) == 0);
	for (unsigned i = 0; i < MEMORY / 16; i++) // more than once round
		WEIR_TRACE_AT(chan_full, 1, NULL, i);
}

static void off(void)
{
	weir_trace_stop();
	weir_trace_drop();
}

static double point_on(void *arg)
{
	double cost;

	on();
	cost = point(arg);
	off();
	return cost;
}

static double timed(void *arg)
{
	uint64_t tick = weir_ticks();

	LOOP(WEIR_TRACE_AT(chan_full, tick, arg, i));
}

static double point_at(void *arg)
{
	double cost;

	on();
	cost = timed(arg);
	off();
	return cost;
}

static double ticks(void *arg)
{
	LOOP(__asm__ volatile("" : : "r"(weir_ticks())));
}

static double rte(void *arg)
{
	LOOP(weir_point_chan_full(arg, i));
}

static double rte_on(void *arg)
{
	double cost;

	rte_trace_point_enable(&__weir_point_chan_full);
	weir_point_chan_full(arg, 0);
	cost = rte(arg);
	rte_trace_point_disable(&__weir_point_chan_full);
	return cost;
}

int main(int argc, char **argv)
{
	const struct weir_eal_options eal = {.no_huge = true};
	struct weir_error error = {0};
	struct bench_variant variants[] = {{"bare", bare, NULL},
		{"off", point, &error}, {"on", point_on, &error},
		{"at", point_at, &error}, {"ticks", ticks, NULL},
		{"rte", rte_on, &error}};

	if (weir_eal_open(&eal, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	bench_begin(argc, argv);
	bench_compare("point", "-", "ns", variants,
		sizeof(variants) / sizeof(*variants), false);
	weir_eal_close();
	return bench_end();
}
