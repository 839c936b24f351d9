// SPDX-License-Identifier: BSD-3-Clause
//
// A semaphore for each executor. Permits that are free and those in hands are
// all there are, but for those that are on their way to who asks; who waits is
// served in the order in which they came, however much it wants; who gives up in
// front lets those behind it have what is there; a select that was lent one and
// does something else gives it back.
#include "play.h"

#include "sync/semaphore.h"

#include <errno.h>

#define PERMITS 4

static struct hall {
	struct weir_semaphore semaphore;
	unsigned permits, held;
	unsigned asked;		// by those that were not answered yet
	uint64_t tickets, last; // of those that waited
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.permits = 1 + sim_below(PERMITS)};
		weir_semaphore_init(&halls[i].semaphore, sim.executors[i],
			halls[i].permits);
	}
}

static int select_it(struct hall *hall)
{
	struct weir_semaphore_request request;
	struct weir_case cases[] = {
		weir_case_semaphore(&hall->semaphore, &request),
		weir_case_after(sim_alarm()),
	};
	int served = weir_select_until(cases, 2, sim_patience());

	return served == 1 ? -ETIMEDOUT : served ? served : cases[0].result;
}

static bool must_wait(const struct hall *hall, unsigned count)
{
	return weir_semaphore_free_count(&hall->semaphore) < count ||
	       !weir_list_empty(&hall->semaphore.line);
}

// wait_and_leave waits as the library does, and gives up without a word to those
// behind.
static int wait_and_leave(struct hall *hall, unsigned count, uint64_t deadline)
{
	struct weir_semaphore_request request = {.count = count};
	int err;

	weir_wait_queue_init(&request.queue);
	weir_list_add(&hall->semaphore.line, &request.link);
	err = weir_wait(&request.queue, deadline, WEIR_WAIT_BACK);
	weir_list_remove(&request.link);
	return err;
}

// Who wants all of them waits longest, and keeps those behind it waiting: it
// gives up sooner.
static int acquire(struct hall *hall, unsigned count, bool selects)
{
	bool wants_all = count > 1 && count == hall->permits;
	uint64_t deadline = wants_all && !sim.patient ? sim_in(sim_below(40))
						      : sim_patience();

	if (selects)
		return select_it(hall);
	if (sim_below(4) == 0)
		return weir_semaphore_try_acquire(&hall->semaphore, count);
	if (must_wait(hall, count) && !weir_task_canceled() &&
		sim_planted(SIM_LEAVE_LINE, 1))
		return wait_and_leave(hall, count, deadline);
	return weir_semaphore_acquire_until(&hall->semaphore, count, deadline);
}

static void be_inside(
	struct hall *hall, struct weir_executor *executor, unsigned count)
{
	hall->held += count;
	if (hall->held > hall->permits)
		sim_fault(
			"%u of %u permits are held", hall->held, hall->permits);
	if (sim_rest(executor) && sim_below(4))
		(void)!weir_sleep(sim_in(sim_below(200)));
	hall->held -= count;
	if (sim_planted(SIM_KEEP_SEMAPHORE, 4) && --count == 0)
		return;
	if (weir_semaphore_release(&hall->semaphore, count))
		sim_fault("a semaphore did not take its permits back");
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];
	unsigned count =
		sim_below(3) ? 1 + sim_below(hall->permits) : hall->permits;
	bool selects = count == 1 && sim_below(2);
	// A select that its alarm wakes looks once more, and may run before
	// who was lent permits before it.
	bool waits = must_wait(hall, count) && !selects;
	uint64_t ticket = ++hall->tickets;
	int err;

	hall->asked += count;
	err = acquire(hall, count, selects);
	hall->asked -= count;
	if (err == 0) {
		if (waits && ticket < hall->last)
			sim_fault("who came later has permits first");
		if (waits)
			hall->last = ticket;
		be_inside(hall, executor, count);
	} else if (err != -EBUSY && err != -ETIMEDOUT && err != -ECANCELED) {
		sim_fault("a semaphore answered %d", err);
	}
	return !weir_task_canceled();
}

// could_go_in tells whether the first in line waits for what is there. Whose wait
// has ended, and who has not run since, still stands there.
static bool could_go_in(const struct weir_semaphore *semaphore)
{
	const struct weir_semaphore_request *first = weir_container(
		semaphore->line.next, struct weir_semaphore_request, link);

	return !weir_list_empty(&semaphore->line) &&
	       !weir_wait_queue_empty(&first->queue) &&
	       first->count <= semaphore->permits - semaphore->hold.count;
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct hall *hall = &halls[i];
		unsigned known = hall->held +
				 weir_semaphore_free_count(&hall->semaphore);

		if (could_go_in(&hall->semaphore))
			sim_fault("somebody waits for permits that are there");
		if (known > hall->permits ||
			hall->permits - known > hall->asked)
			sim_fault("of %u permits %u are free or held, %u asked "
				  "for",
				hall->permits, known, hall->asked);
	}
}

static void close(void)
{
	look();
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (!sim.report->fault[0])
			weir_semaphore_fini(&halls[i].semaphore);
}

const struct sim_kind sim_semaphores = {
	"semaphore", open, play, NULL, look, close};
