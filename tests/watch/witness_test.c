// SPDX-License-Identifier: BSD-3-Clause
//
// What CPU time says of a stretch that has ended. All numbers are ticks.
#include "watch/witness.h"

#include <criterion/criterion.h>

static struct weir_witness witness;

// A stretch of 100 that may take 20.
static struct weir_stretch stretch = {.begin = 1000, .end = 1100, .limit = 20};

static void add(struct weir_sample sample)
{
	sample.waits = true;
	if (!sample.beat)
		sample.beat = sample.tick;
	weir_witness_add(&witness, &sample);
}

// at adds a sample of a thread that has not slept.
static void at(uint64_t tick, uint64_t cpu)
{
	add((struct weir_sample){.tick = tick, .cpu = cpu});
}

static void forget(void)
{
	witness.count = 0;
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

Test(witness, what_the_thread_read_at_its_end_is_behind_it)
{
	struct weir_sample ended = {.tick = 1102, .cpu = 10, .waits = true};

	at(1000, 0);
	at(1300, 0);
	stretch.ended = &ended;
	cr_expect_eq(judge(), WEIR_STOLEN);
	forget();
	at(1000, 0);
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
	forget();
	at(950, 500);
	at(1150, 520); // off for 180
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, what_a_sample_took_lies_beside_it_too)
{
	add((struct weir_sample){.tick = 1000, .cpu = 500, .width = 1});
	at(1100, 520);
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
}

Test(witness, a_thread_that_slept_made_a_call)
{
	at(1000, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 520, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_BLOCKING);
	forget();
	at(1000, 500);
	// It slept longer than the limit, and worked longer.
	add((struct weir_sample){.tick = 1100, .cpu = 579, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_BLOCKING);
	forget();
	at(1000, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 580, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
}

Test(witness, the_time_that_it_waited_for_a_cpu_it_did_not_sleep)
{
	at(1000, 500);
	// Another step slept for 1, and all the rest was taken.
	add((struct weir_sample){
		.tick = 1100, .cpu = 510, .waited = 89, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_STOLEN);
	forget();
	at(1000, 500);
	add((struct weir_sample){
		.tick = 1100, .cpu = 510, .waited = 10, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_BLOCKING);
	forget();
	at(1000, 500);
	add((struct weir_sample){
		.tick = 1100, .cpu = 510, .waited = 75, .sleeps = 2});
	cr_expect_eq(judge(), WEIR_UNWITNESSED, "half this and half that");
}

Test(witness, what_it_may_have_waited_before_was_not_taken_from_the_stretch)
{
	at(1000, 500);
	witness.at[0].waiting = 10;
	add((struct weir_sample){
		.tick = 1100, .cpu = 501, .waited = 89, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	witness.at[0].waiting = 9;
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, sleeps_that_may_lie_beside_the_stretch_are_nobodys)
{
	stretch.limit = 60;
	at(950, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 561, .sleeps = 2});
	cr_expect_eq(judge(), WEIR_UNWITNESSED, "39 of 89 are surely its own");
	forget();
	at(950, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 560, .sleeps = 2});
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, one_sleep_that_has_no_room_beside_the_stretch_is_its_own)
{
	at(940, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 560, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_BLOCKING, "100, which are more than 60");
	forget();
	at(900, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 600, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED, "all before it, perhaps");
}

Test(witness,
	where_the_wait_for_a_cpu_is_not_told_only_sleep_that_was_seen_counts)
{
	weir_witness_add(&witness, &(struct weir_sample){.tick = 1000});
	weir_witness_add(&witness,
		&(struct weir_sample){.tick = 1100, .cpu = 10, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	stretch.dozed = 80;
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, sleep_that_was_seen_needs_no_sample)
{
	stretch.dozed = 20;
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	stretch.dozed = 21; // more than the limit
	cr_expect_eq(judge(), WEIR_BLOCKING);
	stretch.limit = 90;
	stretch.dozed = 10; // without these it would have been in time
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, what_a_host_may_have_had_was_no_sleep)
{
	stretch.robbed = true;
	at(1000, 500);
	add((struct weir_sample){.tick = 1100, .cpu = 510, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	stretch.dozed = 80;
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, being_stopped_is_no_sleep)
{
	at(1000, 500);
	add((struct weir_sample){.tick = 1090,
		.cpu = 505,
		.sleeps = 1,
		.stopped = 85,
		.halted = 85});
	add((struct weir_sample){.tick = 1100, .cpu = 510, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_STOLEN);
}

Test(witness, what_may_have_been_a_stop_is_neither)
{
	at(1000, 500);
	stretch.stopped = 90; // no sample tells of it
	add((struct weir_sample){.tick = 1100, .cpu = 510, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
	forget();
	stretch.stopped = 0;
	at(1000, 500);
	add((struct weir_sample){
		.tick = 1100, .cpu = 510, .sleeps = 1, .stopped = 90});
	cr_expect_eq(judge(), WEIR_UNWITNESSED);
}

Test(witness, a_stop_before_the_stretch_excuses_nothing)
{
	add((struct weir_sample){.tick = 1000, .cpu = 500, .stopped = 1000});
	add((struct weir_sample){.tick = 1100, .cpu = 510, .sleeps = 1});
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, a_short_stop_does_not_excuse_a_long_sleep)
{
	at(1000, 500);
	add((struct weir_sample){
		.tick = 1100, .cpu = 505, .sleeps = 2, .stopped = 10});
	cr_expect_eq(judge(), WEIR_BLOCKING);
}

Test(witness, a_long_stretch_does_not_push_out_what_was_before)
{
	at(900, 400);
	for (uint64_t i = 0; i < 10 * WEIR_SAMPLES; i++)
		add((struct weir_sample){.tick = 1001 + i / 10,
			.cpu = 500,
			.beat = 1000,
			.sleeps = 1,
			.stopped = i == 20 ? 1 : 0});
	at(1100, 500);
	cr_expect_eq(judge(), WEIR_UNWITNESSED); // off for 0 to 100
	forget();
	at(1000, 500);
	for (uint64_t i = 0; i < 10 * WEIR_SAMPLES; i++)
		add((struct weir_sample){.tick = 1001 + i / 10,
			.cpu = 500,
			.beat = 1000,
			.sleeps = 1,
			.stopped = i == 20 ? 100 : 0,
			.halted = i == 20 ? 100 : 0});
	at(1100, 500);
	cr_expect_eq(judge(), WEIR_STOLEN, "the stop is remembered");
}

Test(witness, of_many_stretches_the_latest_are_kept)
{
	for (uint64_t i = 0; i < 3 * WEIR_SAMPLES; i++)
		at(800 + i, 400 + i);
	at(1000, 600);
	at(1100, 610);
	cr_expect_eq(judge(), WEIR_STOLEN);
}
