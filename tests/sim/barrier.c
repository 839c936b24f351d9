// SPDX-License-Identifier: BSD-3-Clause
//
// A barrier for each executor. Who passes has passed with all of its generation;
// who gives up breaks it, and then nobody passes until a reset.
#include "play.h"

#include "sync/barrier.h"

#include <errno.h>

#define PARTIES 3
#define LATELY 64 // generations, of which somebody may not know yet

static struct hall {
	struct weir_barrier barrier;
	unsigned parties, arrived;
	uint64_t generation; // goes up when all have arrived, or it breaks
	bool broken, broke[LATELY]; // the generations
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){
			.parties = 1 + sim_below(PARTIES), .generation = 1};
		weir_barrier_init(
			&halls[i].barrier, sim.executors[i], halls[i].parties);
	}
}

static void over(struct hall *hall, bool broken)
{
	hall->arrived = 0;
	hall->broken = hall->broken || broken;
	hall->broke[hall->generation++ % LATELY] = broken;
}

static void reset(struct hall *hall)
{
	if (hall->arrived)
		over(hall, true);
	hall->broken = false;
	if (weir_barrier_reset(&hall->barrier))
		sim_fault("a barrier was not reset");
}

static void check(struct hall *hall, int err, uint64_t mine)
{
	bool is_over = hall->generation > mine;
	bool passed = is_over && !hall->broke[mine % LATELY];

	switch (err) {
	case 0:
		if (!passed)
			sim_fault("who passed a barrier was alone");
		break;
	case -EPIPE:
		if (!is_over || passed)
			sim_fault("a whole barrier said it was broken");
		break;
	case -ETIMEDOUT:
	case -ECANCELED:
		if (passed)
			sim_fault("who gave up had passed");
		if (!is_over)
			over(hall, true);
		break;
	default:
		sim_fault("a barrier answered %d", err);
	}
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];
	uint64_t mine = hall->generation;
	int err;

	if (hall->broken && sim_below(2))
		reset(hall);
	if (hall->broken) {
		err = weir_barrier_wait(&hall->barrier);
		if (err != -EPIPE && err != -ECANCELED)
			sim_fault("a broken barrier answered %d", err);
		return !weir_task_canceled();
	}
	if (!weir_task_canceled() && ++hall->arrived == hall->parties)
		over(hall, false);
	err = weir_barrier_wait_until(&hall->barrier, sim_in(sim_below(200)));
	if (err == -ETIMEDOUT && sim_planted(SIM_PASS_ALONE, 1))
		err = 0;
	check(hall, err, mine);
	return !weir_task_canceled();
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct hall *hall = &halls[i];

		if (hall->barrier.parties - hall->barrier.missing !=
				hall->arrived ||
			weir_barrier_broken(&hall->barrier) != hall->broken)
			sim_fault("%u have arrived at a barrier, it says %u",
				hall->arrived,
				hall->barrier.parties - hall->barrier.missing);
	}
}

static void close(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (!sim.report->fault[0])
			weir_barrier_fini(&halls[i].barrier);
}

const struct sim_kind sim_barriers = {"barrier", open, play, NULL, look, close};
