// SPDX-License-Identifier: BSD-3-Clause
//
// The fixed set of worlds. WEIR_SEED replays one.
#include "sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#define SEEDS 4000

static void run_one(uint64_t seed, struct sim_report *report)
{
	cr_assert(sim_run(seed, false, report), "WEIR_SEED=%" PRIu64 ": %s",
		seed, report->fault);
}

Test(sim, all_worlds_hold)
{
	const char *given = getenv("WEIR_SEED");
	unsigned fates[SIM_FATES] = {0};
	struct sim_report report;

	if (given) {
		run_one(strtoull(given, NULL, 0), &report);
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		run_one(seed, &report);
		for (unsigned i = 0; i < SIM_FATES; i++)
			fates[i] += report.fates[i];
	}
	// A world in which nothing happens proves nothing.
	for (unsigned i = 0; i < SIM_FATES; i++) {
		if (i != SIM_ALIVE)
			cr_assert_gt(fates[i], SEEDS / 4, "fate %u", i);
	}
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

Test(sim, a_forgotten_wakeup_is_found)
{
	struct sim_report report;
	unsigned found = 0;

	for (uint64_t seed = 1; seed <= 100; seed++)
		found += !sim_run(seed, true, &report);
	cr_assert_gt(found, 10);
	cr_log_info("found in %u of 100 worlds", found);
}
