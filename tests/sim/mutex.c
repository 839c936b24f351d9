// SPDX-License-Identifier: BSD-3-Clause
//
// A mutex for each executor. One task is inside at any time, and it is the one
// that holds it; who waits has it in the order in which they came, in the turn
// after the one in which it was handed over; a select that is handed it and does
// something else hands it on.
#include "play.h"

#include "sync/mutex.h"

#include <errno.h>

static struct hall {
	struct weir_mutex mutex;
	unsigned inside;
	uint64_t tickets, last; // of those that came, of the last that waited
	uint64_t released;	// the turn
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.inside = 0};
		weir_mutex_init(&halls[i].mutex, sim.executors[i]);
	}
}

static int select_it(struct hall *hall)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_mutex(&hall->mutex),
	};
	int served = weir_select_until(cases, 2, sim_patience());

	if (served == 0 && weir_mutex_held(&hall->mutex))
		sim_fault("a select holds a mutex that it was not answered");
	return served == 0   ? -ETIMEDOUT
	       : served == 1 ? cases[1].result
			     : served;
}

static int lock(struct hall *hall, bool selects)
{
	if (selects)
		return select_it(hall);
	if (sim_below(4) == 0)
		return weir_mutex_try_lock(&hall->mutex);
	return weir_mutex_lock_until(&hall->mutex, sim_patience());
}

static void check_order(struct hall *hall, uint64_t ticket)
{
	if (ticket < hall->last)
		sim_fault("who came later has the mutex first");
	hall->last = ticket;
}

static void be_inside(struct hall *hall, struct weir_executor *executor)
{
	if (hall->inside++)
		sim_fault("two are inside a mutex");
	(void)sim_rest(executor);
	hall->inside--;
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];
	uint64_t ticket = ++hall->tickets;
	bool cheats = sim_planted(SIM_NO_LOCK, 4), selects = sim_below(4) == 0;
	bool waits = hall->mutex.owner && !cheats;
	int err = cheats ? 0 : lock(hall, selects);

	if (err == 0) {
		if (waits)
			sim_promptly(executor, hall->released,
				"who was handed a mutex");
		// A select that its alarm woke stands nowhere, and looks once.
		if (waits && !selects)
			check_order(hall, ticket);
		be_inside(hall, executor);
	} else if (err != -EBUSY && err != -ETIMEDOUT && err != -ECANCELED) {
		sim_fault("a mutex answered %d", err);
	}
	hall->released = sim_turn(executor);
	if (err == 0 && !cheats && weir_mutex_unlock(&hall->mutex))
		sim_fault("a mutex was not held by who had it");
	return !weir_task_canceled();
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct weir_mutex *mutex = &halls[i].mutex;

		if (halls[i].inside && !mutex->owner)
			sim_fault("a mutex is free, and somebody inside");
		if (!mutex->owner && !weir_wait_queue_empty(&mutex->waiters))
			sim_fault("somebody waits for a mutex that is free");
	}
}

static void close(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		if (halls[i].mutex.owner)
			sim_fault("a mutex is held at the end");
		else
			weir_mutex_fini(&halls[i].mutex);
	}
}

const struct sim_kind sim_mutexes = {"mutex", open, play, NULL, look, close};
