// SPDX-License-Identifier: BSD-3-Clause
//
// The fixed set of worlds. WEIR_SEED replays one; tests/sim/nightly.sh has more.
#include "sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#define SEEDS 4000

static void run_one(uint64_t seed, struct sim_report *report)
{
	cr_assert(sim_run(seed, SIM_NO_PLANT, report),
		"WEIR_SEED=%" PRIu64 ": %s", seed, report->fault);
}

static void add(struct sim_report *sum, const struct sim_report *report)
{
	for (unsigned i = 0; i < SIM_FATES; i++)
		sum->fates[i] += report->fates[i];
	sum->slept += report->slept;
	sum->wraps += report->wraps;
	sum->scopes += report->scopes;
	sum->cancels += report->cancels;
	sum->jobs += report->jobs;
	sum->abandoned += report->abandoned;
	sum->full += report->full;
}

// A world in which nothing happens proves nothing.
static void much_happened(const struct sim_report *sum)
{
	cr_log_info("%u turns slept, %u rings wrapped, %u nests, %u cancels, "
		    "%u jobs, %u given up, %u times full",
		sum->slept, sum->wraps, sum->scopes, sum->cancels, sum->jobs,
		sum->abandoned, sum->full);
	for (unsigned i = 0; i < SIM_FATES; i++) {
		if (i != SIM_ALIVE)
			cr_assert_gt(sum->fates[i], SEEDS / 4, "fate %u", i);
	}
	cr_assert_gt(sum->slept, SEEDS);
	cr_assert_gt(sum->wraps, SEEDS);
	cr_assert_gt(sum->scopes, SEEDS / 4);
	cr_assert_gt(sum->cancels, SEEDS / 4);
	cr_assert_gt(sum->jobs, SEEDS);
	cr_assert_gt(sum->abandoned, SEEDS / 40);
	cr_assert_gt(sum->full, SEEDS / 40);
}

Test(sim, all_worlds_hold)
{
	const char *given = getenv("WEIR_SEED");
	struct sim_report sum = {0}, report;

	if (given) {
		run_one(strtoull(given, NULL, 0), &report);
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		run_one(seed, &report);
		add(&sum, &report);
	}
	much_happened(&sum);
}

Test(sim, a_seed_has_one_history)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct sim_report first, second;

		run_one(seed, &first);
		run_one(seed, &second);
		cr_assert_eq(first.trace, second.trace, "seed %" PRIu64, seed);
		cr_assert_eq(first.turns, second.turns);
	}
}

// found_in answers in how many of 100 worlds a planted mistake is found.
static unsigned found_in(enum sim_plant plant)
{
	struct sim_report report;
	unsigned found = 0;

	for (uint64_t seed = 1; seed <= 100; seed++)
		found += !sim_run(seed, plant, &report);
	cr_log_info("found in %u of 100 worlds", found);
	return found;
}

Test(sim, a_forgotten_wakeup_is_found)
{
	cr_assert_gt(found_in(SIM_FORGET_WAKES), 10);
}

Test(sim, a_forgotten_answer_of_the_lane_is_found)
{
	cr_assert_gt(found_in(SIM_FORGET_JOBS), 5);
}

Test(sim, a_lost_packet_is_found)
{
	cr_assert_gt(found_in(SIM_LOSE), 10);
}

Test(sim, a_packet_sent_twice_is_found)
{
	cr_assert_gt(found_in(SIM_DOUBLE), 10);
}

Test(sim, a_burst_turned_round_is_found)
{
	cr_assert_gt(found_in(SIM_REORDER), 5);
}

Test(sim, a_step_that_is_passed_over_is_found)
{
	cr_assert_gt(found_in(SIM_UNFAIR), 10);
}

Test(sim, a_job_that_is_not_given_back_is_found)
{
	cr_assert_gt(found_in(SIM_LEAK_JOBS), 5);
}
