// SPDX-License-Identifier: BSD-3-Clause
//
// A gate for each executor; a new one when it was closed and nobody is there. It
// knows how many are inside after each turn, lets nobody in once it is closed,
// and who waited for that finds nobody inside.
#include "play.h"

#include "sync/gate.h"

#include <errno.h>

static struct hall {
	struct weir_gate gate;
	unsigned inside, users;
	bool closed;
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.closed = false};
		weir_gate_init(&halls[i].gate, sim.executors[i]);
	}
}

static void visit(struct weir_executor *executor, struct hall *hall)
{
	int err = weir_gate_enter(&hall->gate);

	if (err != (hall->closed ? -ESHUTDOWN : 0))
		sim_fault("a gate answered %d", err);
	if (err && !sim_planted(SIM_GATE_CRASH, 1))
		return;
	hall->inside++;
	for (unsigned i = sim_below(4); i > 0; i--)
		(void)sim_rest(executor);
	hall->inside--;
	if (!err && weir_gate_leave(&hall->gate))
		sim_fault("nobody was inside who could leave");
}

static void close_it(struct hall *hall)
{
	int err;

	hall->closed = true;
	if (weir_gate_close(&hall->gate))
		sim_fault("a gate did not close");
	err = weir_gate_wait_until(&hall->gate, sim_patience());
	if (err == 0 && hall->inside)
		sim_fault(
			"%u are behind a gate that said nobody", hall->inside);
	if (err && err != -ETIMEDOUT && err != -ECANCELED)
		sim_fault("a wait at a gate answered %d", err);
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];

	if (hall->closed && !hall->users && sim_below(2)) {
		weir_gate_fini(&hall->gate);
		weir_gate_init(&hall->gate, executor);
		hall->closed = false;
	}
	hall->users++;
	if (sim_below(4))
		visit(executor, hall);
	else
		close_it(hall);
	hall->users--;
	return !weir_task_canceled();
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct hall *hall = &halls[i];

		if (hall->gate.inside != hall->inside)
			sim_fault("%u are inside a gate, it says %u",
				hall->inside, (unsigned)hall->gate.inside);
		if (hall->closed && !hall->inside &&
			!weir_wait_queue_empty(&hall->gate.waiters))
			sim_fault("somebody waits for a gate that is empty");
	}
}

static void close(void)
{
	look();
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (!sim.report->fault[0])
			weir_gate_fini(&halls[i].gate);
}

const struct sim_kind sim_gates = {"gate", open, play, NULL, look, close};
