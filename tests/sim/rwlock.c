// SPDX-License-Identifier: BSD-3-Clause
//
// A reader-writer lock for each executor. Inside are readers, or one writer; a
// reader that came after a writer that still waits does not get in before it.
#include "play.h"

#include "sync/rwlock.h"

#include <errno.h>

// A writer that has asked and was not answered. It waits while its hold's queue
// has somebody in it: until it is let in, or its wait ends otherwise.
struct writer {
	struct weir_list link;
	struct weir_rwlock_hold hold;
	uint64_t ticket;
};

static struct hall {
	struct weir_rwlock lock;
	unsigned readers, writers; // inside
	uint64_t tickets;
	struct weir_list asking; // writers
} halls[SIM_EXECUTORS];

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.readers = 0};
		weir_list_init(&halls[i].asking);
		weir_rwlock_init(&halls[i].lock, sim.executors[i]);
	}
}

static void check_inside(struct hall *hall)
{
	if (hall->writers > 1 || (hall->writers && hall->readers))
		sim_fault("%u writers and %u readers are inside", hall->writers,
			hall->readers);
}

static int ask(struct hall *hall, struct weir_rwlock_hold *hold, bool writes)
{
	uint64_t deadline = sim_patience();
	bool tries = sim_below(4) == 0;

	if (writes)
		return tries ? weir_rwlock_try_write(&hall->lock, hold)
			     : weir_rwlock_write_until(
				       &hall->lock, hold, deadline);
	return tries ? weir_rwlock_try_read(&hall->lock, hold)
		     : weir_rwlock_read_until(&hall->lock, hold, deadline);
}

static void be_inside(struct hall *hall, struct weir_executor *executor,
	bool writes, uint64_t ticket)
{
	unsigned *inside = writes ? &hall->writers : &hall->readers;

	weir_list_each (link, &hall->asking) {
		const struct writer *writer =
			weir_container(link, struct writer, link);

		if (writer->ticket < ticket &&
			!weir_wait_queue_empty(&writer->hold.queue))
			sim_fault("who came later is in before a writer");
	}
	++*inside;
	check_inside(hall);
	(void)sim_rest(executor);
	check_inside(hall);
	--*inside;
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];
	bool writes = sim_below(3) == 0;
	// A mistake: who writes says that it reads.
	bool asks = writes && !sim_planted(SIM_WRITE_AS_READER, 1);
	struct writer me = {.ticket = ++hall->tickets};
	int err;

	weir_list_init(&me.link);
	weir_wait_queue_init(&me.hold.queue);
	if (asks)
		weir_list_add(&hall->asking, &me.link);
	err = ask(hall, &me.hold, asks);
	weir_list_remove(&me.link);
	if (err == 0) {
		be_inside(hall, executor, writes, me.ticket);
		if (weir_rwlock_release(&me.hold))
			sim_fault("a hold was not held by who had it");
	} else if (err != -EBUSY && err != -ETIMEDOUT && err != -ECANCELED) {
		sim_fault("a rwlock answered %d", err);
	}
	return !weir_task_canceled();
}

// could_go_in tells whether the first in line waits for what is there. Whose wait
// has ended, and who has not run since, still stands there.
static bool could_go_in(const struct weir_rwlock *lock)
{
	const struct weir_rwlock_hold *first =
		weir_container(lock->line.next, struct weir_rwlock_hold, link);

	if (weir_list_empty(&lock->line) ||
		weir_wait_queue_empty(&first->queue))
		return false;
	return first->writes ? weir_list_empty(&lock->inside) : !lock->writing;
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct hall *hall = &halls[i];
		unsigned inside = 0;

		if (could_go_in(&hall->lock))
			sim_fault("somebody waits before an open rwlock");

		weir_list_each (link, &hall->lock.inside)
			inside++;
		// Who was let in and has not run yet is inside too.
		if (inside < hall->readers + hall->writers ||
			(hall->lock.writing && inside > 1))
			sim_fault("%u holds for %u readers, %u writers", inside,
				hall->readers, hall->writers);
	}
}

static void close(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		if (!weir_list_empty(&halls[i].lock.inside) ||
			!weir_list_empty(&halls[i].lock.line))
			sim_fault("a rwlock is held at the end");
		else
			weir_rwlock_fini(&halls[i].lock);
	}
}

const struct sim_kind sim_rwlocks = {"rwlock", open, play, NULL, look, close};
