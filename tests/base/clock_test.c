// SPDX-License-Identifier: BSD-3-Clause
#include "base/clock.h"
#include "seed.h"

#include <criterion/criterion.h>
#include <time.h>

#define SECOND_NS 1000000000u

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

Test(clock, real_rate_is_that_of_the_kernel_within_a_thousandth)
{
	const struct weir_clock *clock = weir_clock_real();
	uint64_t ticks = weir_clock_now(clock), ns = monotonic_ns();
	double ratio;

	while (monotonic_ns() - ns < 100000000u)
		;
	ticks = weir_clock_now(clock) - ticks;
	ns = monotonic_ns() - ns;
	ratio = (double)weir_clock_ns(clock, ticks) / (double)ns;
	cr_expect(ratio > 0.999 && ratio < 1.001, "ratio %f", ratio);
}

Test(clock, real_is_calibrated_once)
{
	const struct weir_clock *clock = weir_clock_real();
	uint64_t hz = clock->hz;

	cr_expect_eq(weir_clock_real(), clock);
	cr_expect_eq(weir_clock_real()->hz, hz);
	cr_expect_gt(hz, 0);
}

Test(clock, real_does_not_go_back_on_one_thread)
{
	const struct weir_clock *clock = weir_clock_real();
	uint64_t before = weir_clock_now(clock);

	for (int i = 0; i < 100000; i++) {
		uint64_t now = weir_clock_now(clock);

		cr_assert_geq(now, before);
		before = now;
	}
}

Test(clock, virtual_reads_the_variable_it_borrows)
{
	uint64_t ticks = 5;
	struct weir_clock clock = weir_clock_virtual(&ticks, 1000);

	cr_expect_eq(weir_clock_now(&clock), 5);
	ticks = 77;
	cr_expect_eq(weir_clock_now(&clock), 77);
	cr_expect_eq(clock.hz, 1000);
}

Test(clock, virtual_runs_through_the_wrap_with_differences_intact)
{
	uint64_t ticks = 0;
	struct weir_clock clock = weir_clock_virtual(&ticks, SECOND_NS);
	uint64_t start;

	ticks -= SECOND_NS; // one second before the wrap
	start = weir_clock_now(&clock);
	ticks += 2u * SECOND_NS;
	cr_expect_eq(weir_clock_ns(&clock, weir_clock_now(&clock) - start),
		2u * SECOND_NS);
}

Test(clock, durations_to_ns_are_rounded_down)
{
	uint64_t ticks = 0;
	struct weir_clock clock = weir_clock_virtual(&ticks, 3u * SECOND_NS);

	cr_expect_eq(weir_clock_ns(&clock, 0), 0);
	cr_expect_eq(weir_clock_ns(&clock, 2), 0);
	cr_expect_eq(weir_clock_ns(&clock, 3), 1);
	cr_expect_eq(weir_clock_ns(&clock, 5), 1);
}

Test(clock, durations_to_ticks_are_rounded_up_so_that_none_is_early)
{
	uint64_t ticks = 0;
	struct weir_clock clock = weir_clock_virtual(&ticks, 300000000);

	cr_expect_eq(weir_clock_ticks(&clock, 0), 0);
	cr_expect_eq(weir_clock_ticks(&clock, 1), 1);
	cr_expect_eq(weir_clock_ticks(&clock, 10), 3);
	cr_expect_eq(weir_clock_ticks(&clock, 11), 4);
}

Test(clock, the_longest_durations_convert_or_saturate)
{
	uint64_t ticks = 0;
	struct weir_clock fast = weir_clock_virtual(&ticks, 3u * SECOND_NS);
	struct weir_clock slow = weir_clock_virtual(&ticks, 1);

	cr_expect_eq(weir_clock_ticks(&fast, UINT64_MAX), WEIR_NEVER);
	cr_expect_eq(weir_clock_ticks(&slow, UINT64_MAX), 18446744074u);
	cr_expect_eq(weir_clock_ns(&fast, UINT64_MAX), UINT64_MAX / 3);
	cr_expect_eq(weir_clock_ns(&slow, 18446744073u),
		18446744073u * (uint64_t)SECOND_NS);
}

Test(clock, there_and_back_loses_less_than_a_tick)
{
	struct weir_random random = random_of_test();
	uint64_t ticks = 0;

	for (int i = 0; i < 100000; i++) {
		uint64_t hz = 1 + weir_random_below(&random, 5000000000u);
		struct weir_clock clock = weir_clock_virtual(&ticks, hz);
		uint64_t ns = weir_random_next(&random) >>
			      weir_random_below(&random, 64);
		uint64_t there = weir_clock_ticks(&clock, ns);

		if (there == WEIR_NEVER || hz < SECOND_NS)
			continue; // a tick longer than a ns loses ns
		cr_assert_eq(weir_clock_ns(&clock, there), ns,
			"hz %" PRIu64 " ns %" PRIu64, hz, ns);
	}
}
