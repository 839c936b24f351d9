// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/pacer.h"

#include <criterion/criterion.h>

#define HZ UINT64_C(2500000000)
#define HOUR (3600 * HZ)

// Its time goes round after some fifteen hours of such a clock.
Test(pacer, is_ready_after_any_quiet_time)
{
	for (uint64_t hours = 1; hours < 100; hours++) {
		const struct weir_rate rate = {
			.per_second = 1000, .packets = true};
		struct weir_pacer pacer = {0};
		uint64_t now = UINT64_MAX - HOUR; // the clock goes round too

		weir_pacer_set(&pacer, &rate, 1, HZ);
		weir_pacer_start(&pacer, now);
		weir_pacer_took(&pacer, weir_pacer_cost(&pacer, 60));
		now += hours * HOUR + 1;
		weir_pacer_look(&pacer, now, HOUR);
		cr_assert(weir_pacer_ready(&pacer, now), "%d h", (int)hours);
		cr_assert_eq(weir_pacer_left(&pacer, now), 0);
	}
}

Test(pacer, keeps_what_is_due_from_look_to_look)
{
	const struct weir_rate rate = {.per_second = 1000, .packets = true};
	struct weir_pacer pacer = {0};

	weir_pacer_set(&pacer, &rate, 1, HZ);
	weir_pacer_start(&pacer, HZ);
	weir_pacer_took(&pacer, weir_pacer_cost(&pacer, 60));
	weir_pacer_look(&pacer, HZ + HZ / 2000, HOUR);
	cr_assert_not(weir_pacer_ready(&pacer, HZ + HZ / 2000));
	weir_pacer_look(&pacer, HZ + HZ / 1000, HOUR);
	cr_assert(weir_pacer_ready(&pacer, HZ + HZ / 1000));
}
