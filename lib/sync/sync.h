// SPDX-License-Identifier: BSD-3-Clause
//
// Locks for tasks: waits for each other that never stop the thread.
//
//	mutex      one at a time
//	rwlock     many readers, or one writer
//	semaphore  so many permits; a request may take several
//	event      tells those who wait that something has changed
//	barrier    all of a group, or nobody
//	once       done by the first who comes; the others wait
//	gate       who is inside may finish, nobody new comes in
//	ask        a question to the task that owns the data: the first choice,
//	           and the only one between executors
//
// docs/sync.md says which to use when, with what each costs. The spin lock for
// a few instructions between lcores is base/spin.h.
//
// What all promise.  A lock belongs to one executor; its tasks take turns, so
// nothing here is atomic. Who comes first is served first. A lock is handed
// over: who releases it says who has it next, and nobody gets in between.
// -ECANCELED and -ETIMEDOUT mean that nothing has happened; who was handed a
// lock and is cancelled in the same turn has it, and is answered 0. A cancelled
// task is answered -ECANCELED by what may wait, even where it need not wait;
// try_ and what releases serve it to the end. What may wait takes one from the
// budget of the step (WEIR_STEP_BUDGET), and yields when nothing is left. What is there is had even when
// the deadline is past. A deadline is an absolute tick or WEIR_NEVER.
//
// Misuse is found: a call from another executor or from outside of a task
// (-EPERM), a release of what the caller does not hold (-EPERM), a wait for
// what the caller itself holds (-EDEADLK), more released than was taken
// (-EOVERFLOW). In checked builds it is said on standard error, with the names
// of the tasks, and the program aborts; else that is the answer and nothing has
// happened. A task that ends with a mutex or rwlock held aborts in every build.
//
// Threads.  The executor's own, but for init and fini: any, while nobody uses
// it. What may wait is for tasks.
// Memory.  The caller's, from init to fini; a lock must not move between. Nothing
// allocates. fini asserts that nobody holds it or waits.
#ifndef WEIR_SYNC_SYNC_H
#define WEIR_SYNC_SYNC_H

#include "sync/ask.h"
#include "sync/barrier.h"
#include "sync/event.h"
#include "sync/gate.h"
#include "sync/mutex.h"
#include "sync/once.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"

#endif
