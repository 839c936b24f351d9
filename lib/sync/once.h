// SPDX-License-Identifier: BSD-3-Clause
//
// Once: a function that may wait runs for the first task that needs what it
// makes; the others wait until it is there. If it fails, who ran it is told
// why, and the next of those who wait tries again.
//
// What every lock promises, and how misuse is answered: sync/sync.h. Here a
// wakeup may be the turn to run the function: who is cancelled then runs it all
// the same, and its waits tell it.
//
// Threads.  The tasks of its executor.
// Memory.  The caller's.
#ifndef WEIR_SYNC_ONCE_H
#define WEIR_SYNC_ONCE_H

#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;
struct weir_task;

// Touch it only through the functions.
struct weir_once {
	struct weir_executor *executor;
	struct weir_task *runner; // NULL: nobody; or on its way to the next
	struct weir_wait_queue waiters;
	bool done;
};

// weir_once_init makes one that is not done, of executor (NULL: the caller's).
void weir_once_init(struct weir_once *once, struct weir_executor *executor);

// weir_once_fini asserts that nobody runs it or waits.
void weir_once_fini(struct weir_once *once);

// weir_once_run answers 0 when fn(arg) has succeeded, now or before: it answers 0
// then. Else the negative error with which the caller's own run of fn failed;
// -ECANCELED before it ran; -EDEADLK when fn itself calls.
// weir_once_run_until also answers -ETIMEDOUT: the deadline is for the wait, not
// for fn. weir_once_try_run does not wait for another: -EBUSY; fn may wait.
__attribute__((warn_unused_result)) int weir_once_run(
	struct weir_once *once, int (*fn)(void *arg), void *arg);
__attribute__((warn_unused_result)) int weir_once_run_until(
	struct weir_once *once, int (*fn)(void *arg), void *arg,
	uint64_t deadline);
__attribute__((warn_unused_result)) int weir_once_try_run(
	struct weir_once *once, int (*fn)(void *arg), void *arg);

// weir_once_done tells whether it is done.
static inline bool weir_once_done(const struct weir_once *once)
{
	return once->done;
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
