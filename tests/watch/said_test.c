// SPDX-License-Identifier: BSD-3-Clause
//
// What an executor wrote down at the end of a step that was too long is a sample,
// too: it divides what one did from what the next did, with no round between them.
#include "watch/said.h"
#include "base/clock.h"
#include "task/executor_inline.h"

#include <criterion/criterion.h>

#define MS UINT64_C(1000000)

static uint64_t ms(uint64_t count)
{
	return weir_clock_ticks(weir_clock_real(), count * MS);
}

static uint64_t begin_of_all(void)
{
	return ms(1000000);
}

// ended is an overrun of from..to ms, read at its end: so much CPU time by then, and
// so many sleeps.
static struct weir_overrun ended(
	uint64_t from, uint64_t to, uint64_t cpu_ms, uint64_t sleeps)
{
	return (struct weir_overrun){.begin = begin_of_all() + ms(from),
		.end = begin_of_all() + ms(to),
		.reading = {.tick = begin_of_all() + ms(to),
			.cpu_ns = cpu_ms * MS,
			.sleeps = sleeps,
			.waits = true}};
}

static enum weir_found judge(const struct weir_witness *witness,
	const struct weir_overrun *overrun, uint64_t limit_ms)
{
	const struct weir_stretch stretch = {.begin = overrun->begin,
		.end = overrun->end,
		.limit = ms(limit_ms),
		.accounts = true};

	return weir_witness_judge(witness, &stretch);
}

Test(said, a_sleep_of_one_step_is_not_the_next_ones)
{
	static struct weir_witness witness;
	const struct weir_sample before = {
		.tick = begin_of_all(), .beat = begin_of_all(), .waits = true};
	// 20 ms asleep, then 20 ms of work, and nobody looked meanwhile.
	const struct weir_overrun two[] = {
		ended(0, 20, 0, 1), ended(20, 40, 20, 1)};

	weir_witness_add(&witness, &before);
	weir_said_add(&witness, two, 2, 0, 0);
	cr_assert_eq(witness.count, 3);
	cr_expect_eq(judge(&witness, &two[0], 5), WEIR_BLOCKING);
	cr_expect_eq(judge(&witness, &two[1], 5), WEIR_BLOCKED);
}

// The process was stopped, and the executor went on before the watchdog did.
Test(said, a_stop_that_the_round_knows_of_is_no_call_of_a_step)
{
	static struct weir_witness witness;
	const struct weir_sample before = {
		.tick = begin_of_all(), .beat = begin_of_all(), .waits = true};
	const struct weir_overrun two[] = {
		ended(0, 20, 0, 1), ended(20, 40, 0, 2)};

	weir_witness_add(&witness, &before);
	weir_said_add(&witness, two, 2, ms(20), ms(20));
	cr_expect_neq(judge(&witness, &two[0], 5), WEIR_BLOCKING);
	cr_expect_neq(judge(&witness, &two[1], 5), WEIR_BLOCKING);
}

Test(said, what_was_not_read_or_is_known_already_is_no_sample)
{
	static struct weir_witness witness;
	struct weir_overrun one = ended(0, 20, 20, 0), unread = one;

	weir_said_add(&witness, &one, 1, 0, 0);
	cr_assert_eq(witness.count, 1);
	cr_expect_eq(weir_witness_last(&witness)->tick, one.end);
	cr_expect_eq(weir_witness_last(&witness)->beat, one.end);
	weir_said_add(&witness, &one, 1, 0, 0);
	unread.reading = (struct weir_reading){0};
	weir_said_add(&witness, &unread, 1, 0, 0);
	one = ended(0, 10, 10, 0);
	weir_said_add(&witness, &one, 1, 0, 0);
	cr_expect_eq(witness.count, 1);
}

Test(said, what_was_written_down_is_taken_once_and_its_run_is_told)
{
	const struct weir_executor_options options = {.name = "silent"};
	static struct weir_said said;
	struct weir_overrun one = ended(0, 20, 20, 0);
	struct weir_executor *executor;
	struct weir_error e = {0};

	cr_assert_eq(weir_executor_create(&executor, &options, &e), 0);
	weir_overruns_put(&executor->overruns, &one);
	executor->begun.tick = one.end; // a run that began behind it
	executor->run = 7;
	one = ended(30, 60, 50, 0);
	weir_overruns_put(&executor->overruns, &one);
	weir_said_take(&said, executor);
	cr_expect_eq(said.run, 7);
	cr_expect(said.over);
	cr_assert_eq(said.count, 2);
	cr_expect_eq(said.old, 1);
	cr_expect_eq(said.overruns[1].begin, one.begin);
	weir_said_take(&said, executor);
	cr_expect_eq(said.count, 0);
	weir_executor_destroy(executor);
}
