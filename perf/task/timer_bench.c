// SPDX-License-Identifier: BSD-3-Clause
//
// What a timer costs while many others are pending.
//
//	timer.set_cancel   set, then cancel; deadlines up to a second away
//	timer.set_fire     all that happens to a timer that sets itself again
//	                   when it fires: place, move down, fire; deadlines up
//	                   to 100 ms away, some 64 a turn (but one when one is
//	                   pending: then the turn is most of it)
#include "bench.h"

#include "base/assert.h"
#include "base/random.h"
#include "task/executor.h"
#include "task/timer.h"

#include <stdio.h>

#define TIMERS_MAX 100000
#define OPERATIONS 20000
#define HZ 2600000000u

static uint64_t ticks;
static struct weir_clock test_clock;
static struct weir_executor *executor;
static struct weir_timer timers[TIMERS_MAX], extra;
static struct weir_random source = {1};
static uint64_t deadlines[4096]; // drawn before the clock runs
static unsigned next_deadline;
static unsigned fired;

static uint64_t deadline(uint64_t most)
{
	return ticks + 1 + (deadlines[next_deadline++ % 4096] % most);
}

static void fire(struct weir_executor *x, struct weir_timer *timer)
{
	fired++;
	weir_timer_set(x, timer, deadline(HZ / 10));
}

static double set_cancel(void *arg)
{
	uint64_t begin = weir_ticks();

	for (int i = 0; i < OPERATIONS; i++) {
		weir_timer_set(executor, &extra, deadline(HZ));
		weir_timer_cancel(&extra);
	}
	return (double)(weir_ticks() - begin) / OPERATIONS;
}

static double set_fire(void *arg)
{
	unsigned count = *(unsigned *)arg;
	uint64_t step = HZ / 20 / count * (count < 64 ? 1 : 64);
	unsigned first = fired, want = count < 1000 ? 1000 : 20000;
	uint64_t begin = weir_ticks();

	while (fired - first < want) {
		ticks += step;
		weir_executor_turn(executor);
	}
	return (double)(weir_ticks() - begin) / (fired - first);
}

static void bench_with(unsigned count)
{
	char parameters[32];

	for (unsigned i = 0; i < count; i++) {
		weir_timer_init(&timers[i], fire);
		weir_timer_set(executor, &timers[i], deadline(HZ / 10));
	}
	weir_timer_init(&extra, fire);
	snprintf(parameters, sizeof(parameters), "pending=%u", count);
	bench_measure(
		"timer.set_cancel", parameters, "cycles", set_cancel, NULL);
	bench_measure("timer.set_fire", parameters, "cycles", set_fire, &count);
	for (unsigned i = 0; i < count; i++)
		weir_timer_cancel(&timers[i]);
}

int main(int argc, char **argv)
{
	const struct weir_executor_options options = {
		.clock = &test_clock, .stack_count = 1, .node = -1};

	bench_begin(argc, argv);
	test_clock = weir_clock_virtual(&ticks, HZ);
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	for (int i = 0; i < 4096; i++)
		deadlines[i] = weir_random_next(&source);
	bench_with(1);
	bench_with(1000);
	bench_with(TIMERS_MAX);
	weir_executor_destroy(executor);
	return bench_end();
}
