// SPDX-License-Identifier: BSD-3-Clause
//
// Joins of children on any executor, alone or in a select. Who is answered finds
// the child ended, with what it gave and how it failed.
#include "play.h"

#include "task/join.h"

#include <errno.h>

struct child {
	struct weir_executor *executor;
	struct weir_join join;
	bool begun, ended;
	int error;
	void *gives;
};

static void live(void *arg)
{
	struct child *child = arg;

	child->begun = true;
	(void)sim_pause(child->executor);
	if (sim_below(4) == 0) {
		child->error = -EIO;
		weir_task_fail(child->error);
	}
	if (sim_below(2)) {
		child->gives = child;
		weir_task_give(child);
	}
	child->ended = true;
}

static void check(const struct child *child)
{
	const struct weir_join *join = &child->join;

	if (!join->ended)
		sim_fault("a join was answered that has not ended");
	if (!child->begun) // it says why not
		return;
	if (!child->ended)
		sim_fault("a child was joined that has not ended");
	if (join->result != child->gives || join->error != child->error)
		sim_fault("a child was joined with another result");
	sim.report->joins++;
}

static int join(struct child *child)
{
	struct weir_case cases[] = {
		weir_case_join(&child->join),
		weir_case_after(sim_alarm()),
	};
	int served;

	if (sim_below(2))
		return weir_join(&child->join, sim_patience());
	served = weir_select_until(cases, 2, sim_patience());
	return served == 1 ? -ETIMEDOUT : served;
}

static bool play(struct weir_executor *executor)
{
	struct child child = {
		.executor = sim.executors[sim_below(sim.executor_count)]};
	const struct weir_spawn_options with = {.join = &child.join};
	struct weir_scope scope;
	bool promised;
	int err;

	weir_scope_open(&scope);
	sim.scopes_open++;
	promised =
		!weir_spawn_with(&scope, child.executor, live, &child, &with);
	if (promised && sim_below(8)) {
		err = join(&child);
		if (err == -ETIMEDOUT && sim_planted(SIM_JOIN_EARLY, 1))
			err = 0;
		if (err == 0)
			check(&child);
		else if (err != -ETIMEDOUT && err != -ECANCELED)
			sim_fault("a join answered %d", err);
	}
	(void)weir_scope_close(&scope, sim_patience());
	sim.scopes_open--;
	if (promised)
		check(&child);
	return !weir_task_canceled();
}

const struct sim_kind sim_joins = {.name = "join", .play = play};
