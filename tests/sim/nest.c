// SPDX-License-Identifier: BSD-3-Clause
//
// Nests: scopes in scopes, with children on any executor that work a while, nest
// in turn, fail, or cancel the scope from where they are.
#include "world.h"

#include <errno.h>

#define DEPTH 2
#define CHILDREN 3

struct nest {
	struct weir_scope scope;
	unsigned depth;
	unsigned begun, ended; // children
	bool closed;
};

static void child(void *arg)
{
	struct nest *nest = arg;
	struct weir_executor *executor = weir_executor_self();

	nest->begun++;
	for (unsigned i = sim_below(4); i > 0; i--)
		if (!sim_pause(executor))
			break;
	if (nest->depth < DEPTH && sim_below(3) == 0)
		sim_nest(executor, nest->depth + 1);
	if (sim_below(8) == 0)
		weir_task_fail(-EIO);
	if (!sim.patient && sim_below(8) == 0) {
		sim.report->cancels++;
		weir_scope_cancel(&nest->scope);
	}
	if (nest->closed)
		sim_fault("a scope closed before its child had ended");
	nest->ended++;
}

// children starts some; answers how many were promised.
static unsigned children(struct nest *nest)
{
	unsigned count = 0;

	for (unsigned i = sim_below(CHILDREN + 1); i > 0; i--) {
		struct weir_executor *where =
			sim.executors[sim_below(sim.executor_count)];
		int err = weir_spawn(&nest->scope, where, child, nest);

		if (err && err != -EAGAIN && err != -ECANCELED)
			sim_fault("spawn answered %d", err);
		sim.report->full += err == -EAGAIN;
		count += !err;
	}
	return count;
}

static bool is_answer(int err)
{
	return err == 0 || err == -EIO || err == -EAGAIN || err == -ETIMEDOUT ||
	       err == -ECANCELED;
}

bool sim_nest(struct weir_executor *executor, unsigned depth)
{
	struct nest nest = {.depth = depth};
	unsigned promised;
	int err;

	weir_scope_open(&nest.scope);
	sim.scopes_open++;
	sim.report->scopes++;
	promised = children(&nest);
	if (!sim.patient && sim_below(6) == 0)
		weir_scope_cancel(&nest.scope);
	err = weir_scope_close(&nest.scope, sim_patience());
	nest.closed = true;
	sim.scopes_open--;
	sim_note((uint64_t)(int64_t)err << 8 | nest.ended);
	if (!is_answer(err))
		sim_fault("a scope's close answered %d", err);
	if (nest.begun != nest.ended)
		sim_fault(
			"%u children began, %u ended", nest.begun, nest.ended);
	if (nest.ended > promised || (err == 0 && nest.ended != promised))
		sim_fault("%u children of %u ended, and close answered %d",
			nest.ended, promised, err);
	return !weir_task_canceled();
}
