// SPDX-License-Identifier: BSD-3-Clause
//
// What CPU time says of a stretch that has ended. All numbers are ticks.
#include "watch/witness.h"

#include <criterion/criterion.h>

static struct weir_witness witness;

// A stretch of 100 that may take 20.
static struct weir_stretch stretch = {.begin = 1000, .end = 1100, .limit = 20};

static void at(uint64_t tick, uint64_t cpu)
{
	weir_witness_add(&witness,
		&(struct weir_sample){.tick = tick, .cpu = cpu, .beat = tick});
}

static enum weir_found judge(void)
{
	return weir_witness_judge(&witness, &stretch);
}

Test(witness, without_a_sample_before_and_behind_nothing_is_known)
{
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	at(1000, 0);
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	cr_expect_eq(weir_witness_last(&witness)->tick, 1000);
	at(1099, 0);
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	at(1100, 0);
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, a_thread_that_had_the_time_is_to_blame_where_time_is_accounted)
{
	at(1000, 500);
	at(1100, 600);
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	stretch.accounts = true;
	cr_expect_eq(judge(), WEIR_BLOCKED);
}

Test(witness, a_thread_that_would_have_been_in_time_was_robbed)
{
	stretch.accounts = true;
	at(1000, 500);
	at(1100, 520);
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, one_that_would_not_have_been_in_time_was_not)
{
	stretch.accounts = true;
	at(1000, 500);
	at(1100, 521);
	cr_expect_eq(judge(), WEIR_BLOCKED);
}

Test(witness, time_off_that_may_lie_beside_the_stretch_proves_nothing)
{
	stretch.accounts = true;
	at(950, 500);
	at(1150, 619); // off for 81, 100 of which may lie outside
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	at(1151, 0);
	witness.count = 0;
	at(950, 500);
	at(1150, 520); // off for 180
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, a_thread_that_slept_made_a_call)
{
	stretch.slept = true;
	at(1000, 500);
	at(1100, 520);
	cr_expect_eq(judge(), WEIR_BLOCKING);
	witness.count = 0;
	at(1000, 500);
	at(1100, 579); // slept longer than the limit, and worked longer
	cr_expect_eq(judge(), WEIR_BLOCKING);
	witness.count = 0;
	at(1000, 500);
	at(1100, 580);
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
}

Test(witness, being_stopped_is_no_sleep)
{
	stretch.slept = true;
	at(1000, 500);
	weir_witness_add(
		&witness, &(struct weir_sample){
				  .tick = 1090, .cpu = 505, .stopped = true});
	at(1100, 510);
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, a_stop_before_the_stretch_excuses_nothing)
{
	stretch.slept = true;
	weir_witness_add(
		&witness, &(struct weir_sample){
				  .tick = 1000, .cpu = 500, .stopped = true});
	at(1100, 510);
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, a_long_stretch_does_not_push_out_what_was_before)
{
	at(900, 400);
	for (uint64_t i = 0; i < 10 * WEIR_SAMPLES; i++)
		weir_witness_add(
			&witness, &(struct weir_sample){.tick = 1001 + i / 10,
					  .cpu = 500,
					  .beat = 1000,
					  .stopped = i == 20});
	at(1100, 500);
	cr_expect_eq(judge(), WEIR_UNWITNESSED); // off for 0 to 100
	stretch.slept = true;
	cr_expect_eq(judge(), WEIR_UNWITNESSED, "the stop is remembered");
}

Test(witness, of_many_stretches_the_latest_are_kept)
{
	for (uint64_t i = 0; i < 3 * WEIR_SAMPLES; i++)
		at(800 + i, 400 + i);
	at(1000, 600);
	at(1100, 610);
	cr_expect_eq(judge(), WEIR_STOLEN);
}
