// SPDX-License-Identifier: BSD-3-Clause
//
// How many bursts a step of rx and tx alone may have.
#include "shell/burst.h"

#include <criterion/criterion.h>

#define STEP 5200 // ticks

// after answers where a chain ends up whose bursts take so many ticks.
static unsigned after(unsigned most, uint64_t burst_ticks)
{
	for (unsigned i = 0; i < 100; i++)
		most = weir_forward_learn(most, most, most * burst_ticks, STEP);
	return most;
}

Test(forward, takes_as_many_bursts_as_fit_into_a_step)
{
	cr_assert_eq(after(8, 1), WEIR_FORWARD_BURSTS);
	cr_assert_eq(after(8, 50), WEIR_FORWARD_BURSTS);
	cr_assert_eq(after(8, 500), 8);
	cr_assert_eq(after(WEIR_FORWARD_BURSTS, 2000), 2);
	cr_assert_eq(after(WEIR_FORWARD_BURSTS, 1000000), 1);
}

Test(forward, does_not_learn_from_a_step_that_had_less_to_do)
{
	cr_assert_eq(weir_forward_learn(8, 3, 10, STEP), 8);
}

Test(forward, stays_where_it_is_between_half_a_step_and_a_step)
{
	cr_assert_eq(weir_forward_learn(16, 16, STEP / 2, STEP), 16);
	cr_assert_eq(weir_forward_learn(16, 16, STEP, STEP), 16);
	cr_assert_eq(weir_forward_learn(16, 16, STEP + 1, STEP), 8);
}
