// SPDX-License-Identifier: BSD-3-Clause
//
// The roster holds the executors of the process, for whoever watches them from
// another thread, and for debuggers: each from its create to its destroy.
//
// Threads.  Any; a lock keeps those that are looked at from being destroyed.
#ifndef WEIR_TASK_ROSTER_H
#define WEIR_TASK_ROSTER_H

#include "base/list.h"

struct weir_executor;

// All of them, by their member roster.
extern struct weir_list weir_roster;

// weir_roster_add and _remove are the executor's calls.
void weir_roster_add(struct weir_executor *executor);
void weir_roster_remove(struct weir_executor *executor);

// weir_roster_lock keeps executors from coming and going until weir_roster_unlock.
void weir_roster_lock(void);
void weir_roster_unlock(void);

// weir_roster_on_remove has gone called for each executor that leaves the roster
// from now on, behind the lock, while it is still whole; by whom destroys it.
// One for the process, of whom watches: it stays.
void weir_roster_on_remove(void (*gone)(struct weir_executor *executor));

// weir_roster_each calls each for every executor, in the order of their
// making. It must not create or destroy one.
void weir_roster_each(
	void (*each)(struct weir_executor *executor, void *arg), void *arg);

#endif
