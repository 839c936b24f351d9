// SPDX-License-Identifier: BSD-3-Clause
//
// The fixed set of worlds. WEIR_SEED replays one; tests/sim/nightly.sh has more.
#include "play.h"

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
	for (unsigned i = 0; i < SIM_WAYS; i++)
		sum->ways[i] += report->ways[i];
	for (unsigned i = 0; i < SIM_KINDS; i++)
		sum->plays[i] += report->plays[i];
	sum->oneshots += report->oneshots;
	sum->missed += report->missed;
	sum->served += report->served;
	sum->steps += report->steps;
	sum->joins += report->joins;
	sum->beats += report->beats;
	sum->shields += report->shields;
	sum->questions += report->questions;
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
	for (unsigned i = 0; i < SIM_WAYS; i++)
		cr_assert_gt(sum->ways[i], SEEDS / 4, "way %u", i);
	for (unsigned i = 0; i < SIM_KINDS; i++) {
		cr_log_info("%u %s", sum->plays[i], sim_kinds[i]->name);
		cr_assert_gt(sum->plays[i], SEEDS / 4, "kind %u", i);
	}
	cr_log_info("%u one-shots delivered, %u values missed, %u branches "
		    "served, %u tokens by steppers, %u joins, %u beats, "
		    "%u shields, %u questions",
		sum->oneshots, sum->missed, sum->served, sum->steps, sum->joins,
		sum->beats, sum->shields, sum->questions);
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

// What is planted, and in how many of 150 worlds at least it must be found.
static const struct {
	enum sim_plant plant;
	unsigned least;
	const char *what;
} plants[] = {
	{SIM_FORGET_WAKES, 10, "a forgotten wakeup"},
	{SIM_FORGET_JOBS, 5, "a forgotten answer of the lane"},
	{SIM_LOSE, 10, "a lost packet"},
	{SIM_DOUBLE, 10, "a packet sent twice"},
	{SIM_REORDER, 5, "a burst turned round"},
	{SIM_UNFAIR, 10, "a step that is passed over"},
	{SIM_LEAK_JOBS, 5, "a job that is not given back"},
	{SIM_KEEP_PERMITS, 5, "a permit that is not dropped"},
	{SIM_DROP_SILENTLY, 3, "a permit whose room nobody is told of"},
	{SIM_STRONG_WEAKS, 5, "a weak handle that keeps a channel open"},
	{SIM_LOSER_SENDS, 5, "a branch that lost and sent"},
	{SIM_LOSER_TAKES, 5, "a branch that lost and took a message"},
	{SIM_FAVOUR, 5, "a branch that is served out of turn"},
	{SIM_DAWDLE, 5, "one who is sent to and runs late"},
	{SIM_SEND_AND_KEEP, 5, "a one-shot's token that is with both"},
	{SIM_SKIP_VALUES, 5, "a value of a broadcast that is left out"},
	{SIM_FORGET_MISSED, 5, "a missed value that nobody is told of"},
	{SIM_TEAR, 5, "a latest value in parts"},
	{SIM_READ_OLD, 5, "a latest value that goes back"},
	{SIM_STEP_OVER, 5, "a token that a stepper loses"},
	{SIM_JOIN_EARLY, 2, "a join before the end"},
	{SIM_BEAT_EARLY, 5, "a beat that is early"},
	{SIM_THIN_SHIELD, 5, "a cancel that comes through a shield"},
	{SIM_ANSWER_ONLY, 5, "an answer to what was not done"},
	{SIM_NO_LOCK, 5, "two inside a mutex"},
	{SIM_WRITE_AS_READER, 5, "a writer among readers"},
	{SIM_KEEP_SEMAPHORE, 5, "a permit of a semaphore that is kept"},
	{SIM_LEAVE_LINE, 2, "one who leaves a line and says nothing"},
	{SIM_DEAF, 2, "one who does not hear an event"},
	{SIM_PASS_ALONE, 5, "one who passes a barrier alone"},
	{SIM_DO_TWICE, 5, "what is done once and again"},
	{SIM_GATE_CRASH, 5, "one who goes through a closed gate"},
	{SIM_SWALLOW, 3, "a descriptor that is ready, of which nobody hears"},
	{SIM_LOSE_BYTES, 3, "a byte that is read and lost"},
	{SIM_IMPATIENT, 2, "a wait for a descriptor that ends early"},
	{SIM_LOSE_CONNECTION, 2, "a connection that is not counted"},
};

// find_in answers in how many worlds a mistake is found, of 150, or of as many as
// it takes: some mistakes want worlds that are drawn seldom.
static unsigned find_in(enum sim_plant plant, unsigned least, unsigned *worlds)
{
	struct sim_report report;
	unsigned found = 0;

	for (*worlds = 0; *worlds < 150 || (found < least && *worlds < 1500);)
		found += !sim_run(++*worlds, plant, &report);
	return found;
}

Test(sim, each_planted_mistake_is_found)
{
	unsigned count = sizeof(plants) / sizeof(plants[0]);

	cr_assert_eq(count, SIM_PLANTS - 1, "each stands in the table");
	for (unsigned i = 0; i < count; i++) {
		unsigned worlds;
		unsigned found =
			find_in(plants[i].plant, plants[i].least, &worlds);

		cr_log_info("%s: in %u of %u worlds", plants[i].what, found,
			worlds);
		cr_expect_geq(found, plants[i].least, "%s: in %u of %u worlds",
			plants[i].what, found, worlds);
	}
}
