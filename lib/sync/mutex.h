// SPDX-License-Identifier: BSD-3-Clause
//
// A mutex lets one task in at a time, in the order in which they came. It may be
// held over a wait: that is what it is for. What does not wait inside needs
// none, since tasks of one executor run one at a time.
//
// What every lock promises, and how misuse is answered: sync/sync.h.
//
// Threads.  The tasks of its executor.
// Memory.  The caller's.
#ifndef WEIR_SYNC_MUTEX_H
#define WEIR_SYNC_MUTEX_H

#include "task/select.h"
#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;
struct weir_task;

// Touch it only through the functions.
struct weir_mutex {
	struct weir_executor *executor;
	struct weir_task *owner; // NULL: free; or on its way to the next
	struct weir_wait_queue waiters;
	struct weir_wait_hold hold;
	struct weir_wait_what what;
};

// weir_mutex_init makes a free mutex of executor (NULL: the caller's).
void weir_mutex_init(struct weir_mutex *mutex, struct weir_executor *executor);

// weir_mutex_fini asserts that nobody holds it or waits.
void weir_mutex_fini(struct weir_mutex *mutex);

// weir_mutex_try_lock never waits: 0, or -EBUSY when anybody has it.
__attribute__((warn_unused_result)) int weir_mutex_try_lock(
	struct weir_mutex *mutex);

// weir_mutex_lock waits until the calling task has it: 0 or -ECANCELED.
// weir_mutex_lock_until also answers -ETIMEDOUT.
__attribute__((warn_unused_result)) int weir_mutex_lock(
	struct weir_mutex *mutex);
__attribute__((warn_unused_result)) int weir_mutex_lock_until(
	struct weir_mutex *mutex, uint64_t deadline);

// weir_mutex_unlock hands it to who has waited longest. Never waits. Answers 0
// when the calling task held it.
int weir_mutex_unlock(struct weir_mutex *mutex);

// weir_mutex_held tells whether the calling task holds it.
bool weir_mutex_held(const struct weir_mutex *mutex);

// weir_case_mutex locks it: its result is 0, the calling task has it, and the case
// is disabled: enable it when you want it again, after the unlock. A fault
// (sync/sync.h) is its result too. Who waits stands in line with all others; a
// branch that is handed the mutex and not served hands it on. For selects and sets:
// a stepper is no task, and cannot hold one.
struct weir_case weir_case_mutex(struct weir_mutex *mutex);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
