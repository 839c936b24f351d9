// SPDX-License-Identifier: BSD-3-Clause
#include "watch/sample.h"
#include "task/executor_inline.h"
#include "watch/thread.h"

#define WIDE_NS 20000 // a reading of two clocks that took longer is no sample

static uint64_t ticks_of(uint64_t ns)
{
	return weir_clock_ticks(weir_clock_real(), ns);
}

bool weir_sample_ran(
	const struct weir_sample *before, const struct weir_sample *now)
{
	return now->cpu - before->cpu >= (now->tick - before->tick) / 2;
}

struct weir_sample weir_sample_of(
	const struct weir_reading *reading, uint64_t beat)
{
	return (struct weir_sample){
		.tick = reading->tick,
		.width = reading->width,
		.beat = beat,
		.cpu = ticks_of(reading->cpu_ns),
		.waited = reading->waits ? ticks_of(reading->waited_ns) : 0,
		.sleeps = reading->sleeps,
		.waits = reading->waits,
	};
}

enum taken { TAKEN, WIDE, NO_THREAD };

// read_thread reads all of it, sleeps too if it is asked to; the clocks last, as near
// to each other as can be. WIDE: that took too long to mean anything.
static enum taken read_thread(const struct weir_executor *executor, int thread,
	bool sleeps, struct weir_sample *sample, uint64_t *turns)
{
	uint64_t begin = weir_ticks(), waited_ns, cpu_ns, middle;

	if (sleeps)
		weir_thread_sleeps(thread, &sample->sleeps);
	sample->waits = weir_thread_waited(thread, &waited_ns, turns);
	middle = weir_ticks();
	if (!weir_thread_cpu(thread, &cpu_ns))
		return NO_THREAD;
	sample->tick = weir_ticks();
	sample->width = sample->tick - begin;
	sample->cpu = ticks_of(cpu_ns);
	sample->waited = sample->waits ? ticks_of(waited_ns) : 0;
	sample->beat = load_relaxed(&executor->now);
	return sample->tick - middle > ticks_of(WIDE_NS) ? WIDE : TAKEN;
}

// waiting answers for how long it may have waited for a CPU by now: the system tells
// that when it has one again.
static uint64_t waiting(
	const struct weir_sample *before, const struct weir_sample *now)
{
	uint64_t whole = now->tick - before->tick;
	uint64_t had = now->cpu - before->cpu;

	if (!had)
		return before->waiting + whole;
	return whole > had ? whole - had : 0;
}

bool weir_sample_take(struct weir_sample *sample,
	const struct weir_sample *before, const struct weir_executor *executor,
	int thread, uint64_t *turns)
{
	enum taken taken = WIDE;
	bool sleeps = false;
	uint64_t now = 0;

	sample->sleeps = before->sleeps;
	for (int i = 0; i < 4 && taken == WIDE; i++) {
		taken = read_thread(executor, thread, sleeps, sample, &now);
		if (taken != TAKEN || sleeps)
			continue;
		sleeps = !sample->waits || now != *turns ||
			 !weir_sample_ran(before, sample);
		if (sleeps)
			taken = WIDE;
	}
	if (taken != TAKEN)
		return false;
	sample->waiting = waiting(before, sample);
	*turns = now;
	return true;
}
