// SPDX-License-Identifier: BSD-3-Clause
//
// Who turns next, and whether the executor keeps its word: what is runnable
// before a turn runs in it, what becomes so in a turn's steps runs in the next.
#include "world.h"

#include "task/executor_inline.h"

struct probe {
	struct weir_step step;
	struct weir_executor *executor;
	uint64_t due; // the turns that are over when it runs
	bool ready;
};

// For each executor one that is made ready from outside, and one from within.
static struct probe probes[SIM_EXECUTORS][2];

static void run(struct weir_executor *executor, struct weir_step *step)
{
	struct probe *probe = weir_container(step, struct probe, step);
	uint64_t turn = weir_executor_counts(executor)->turns;

	if (sim_planted(SIM_UNFAIR, 16)) {
		weir_step_ready(executor, step);
		return;
	}
	if (turn != probe->due)
		sim_fault("a runnable step ran %d turns late",
			(int)(turn - probe->due));
	probe->ready = false;
}

void sim_probes_init(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		for (unsigned k = 0; k < 2; k++) {
			probes[i][k] =
				(struct probe){.executor = sim.executors[i]};
			weir_step_init(&probes[i][k].step, run, NULL);
		}
	}
}

static void make_ready(struct probe *probe, uint64_t due)
{
	if (probe->ready)
		return;
	probe->ready = true;
	probe->due = due;
	weir_step_ready(probe->executor, &probe->step);
}

void sim_probe_maybe(unsigned i)
{
	if (sim_below(32) == 0)
		make_ready(&probes[i][0],
			weir_executor_counts(sim.executors[i])->turns);
}

void sim_probe_here(struct weir_executor *executor)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (sim.executors[i] == executor && sim_below(4) == 0)
			make_ready(&probes[i][1],
				weir_executor_counts(executor)->turns + 1);
}

// ---- who turns ----

static unsigned longest_waiting(void)
{
	unsigned victim = 0;

	for (unsigned i = 1; i < sim.executor_count; i++)
		if (sim.turned[i] < sim.turned[victim])
			victim = i;
	return victim;
}

unsigned sim_next_executor(void)
{
	static unsigned last, patience;

	if (sim.report->turns == 0)
		last = patience = 0;
	switch (sim.policy) {
	case SIM_ROUND_ROBIN:
		last = (last + 1) % sim.executor_count;
		break;
	case SIM_ADVERSARIAL:
		if (patience-- == 0) {
			patience = sim_below(60);
			sim.now += sim_below(2000);
			last = longest_waiting();
			break;
		}
		last = sim_below(sim.executor_count);
		if (last == longest_waiting())
			last = (last + 1) % sim.executor_count;
		break;
	default:
		last = sim_below(sim.executor_count);
	}
	sim.turned[last] = sim.report->turns + 1;
	return last;
}

bool sim_asleep(unsigned i)
{
	struct weir_executor *executor = sim.executors[i];

	return sim.sleeps[i] && !executor->ready_first && !executor->inbox &&
	       !executor->posted && weir_list_empty(&executor->hot) &&
	       weir_list_empty(&executor->cold) &&
	       (weir_wheel_next(&executor->wheel) == WEIR_NEVER ||
		       (int64_t)(weir_wheel_next(&executor->wheel) - sim.now) >
			       0) &&
	       sim_below(32);
}
