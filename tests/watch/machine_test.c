// SPDX-License-Identifier: BSD-3-Clause
//
// What a loop that reads clocks says of the machine it runs on.
#include "watch/machine.h"

#include <criterion/criterion.h>

#define US 1000

static struct weir_machine_moment moments[4];

// take fills in moments, 1 µs apart, all of it the thread's; then one that comes
// late.
static void take(uint64_t late_ns, uint64_t charged_ns, uint64_t switches)
{
	for (uint64_t i = 0; i < 4; i++)
		moments[i] = (struct weir_machine_moment){
			.ns = i * US + (i > 2 ? late_ns : 0),
			.cpu_ns = i * US + (i > 2 ? charged_ns : 0),
			.switches = i > 2 ? switches : 0};
}

Test(machine, one_that_runs_on_denies_nothing)
{
	take(0, 0, 0);
	cr_expect_not(weir_machine_denies(moments, 4));
	cr_expect_not(weir_machine_denies(moments, 0));
}

Test(machine, time_that_was_gone_and_is_charged_denies)
{
	take(100 * US, 100 * US, 0);
	cr_expect(weir_machine_denies(moments, 4));
	cr_expect_not(weir_machine_denies(moments, 3));
}

Test(machine, time_that_was_gone_and_is_not_charged_does_not)
{
	take(100 * US, 10 * US, 0);
	cr_expect_not(weir_machine_denies(moments, 4));
}

Test(machine, nor_does_what_is_short_or_another_threads)
{
	take(20 * US, 20 * US, 0);
	cr_expect_not(weir_machine_denies(moments, 4));
	take(100 * US, 100 * US, 1);
	cr_expect_not(weir_machine_denies(moments, 4));
}

Test(machine, it_says_the_same_whenever_it_is_asked)
{
	bool accounts = weir_machine_accounts();

	for (int i = 0; i < 10; i++)
		cr_expect_eq(weir_machine_accounts(), accounts);
}
