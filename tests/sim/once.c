// SPDX-License-Identifier: BSD-3-Clause
//
// A once for each executor; a new one when it is done and nobody is there. What
// it runs waits, and fails now and then. It runs for one at a time, never again
// when it has succeeded, and who is answered 0 finds it done.
#include "play.h"

#include "sync/once.h"

#include <errno.h>

static struct hall {
	struct weir_once once;
	unsigned running, users;
	bool done;
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.done = false};
		weir_once_init(&halls[i].once, sim.executors[i]);
	}
}

static int make(void *arg)
{
	struct hall *hall = arg;
	int err = sim_below(3) ? -EIO : 0;

	if (hall->running++ || hall->done)
		sim_fault("what is done once is done twice");
	if (!sim_rest(weir_executor_self()))
		err = -EIO;
	hall->running--;
	hall->done = !err;
	return err;
}

static int use(struct hall *hall)
{
	if (hall->done && sim_planted(SIM_DO_TWICE, 2))
		return make(hall);
	if (sim_below(4) == 0)
		return weir_once_try_run(&hall->once, make, hall);
	return weir_once_run_until(&hall->once, make, hall, sim_patience());
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];
	int err;

	if (hall->done && !hall->users && sim_below(2)) {
		weir_once_fini(&hall->once);
		weir_once_init(&hall->once, executor);
		hall->done = false;
	}
	hall->users++;
	err = use(hall);
	hall->users--;
	if (err == 0 && !hall->done)
		sim_fault("what is to be done once was not");
	if (err && err != -EIO && err != -EBUSY && err != -ETIMEDOUT &&
		err != -ECANCELED)
		sim_fault("a once answered %d", err);
	return !weir_task_canceled();
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct weir_once *once = &halls[i].once;

		if (weir_once_done(once) != halls[i].done)
			sim_fault("a once does not know whether it is done");
		if ((halls[i].done || !once->runner) &&
			!weir_wait_queue_empty(&once->waiters))
			sim_fault("somebody waits for a once that is free");
	}
}

static void close(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (!sim.report->fault[0])
			weir_once_fini(&halls[i].once);
}

const struct sim_kind sim_onces = {"once", open, play, NULL, look, close};
