// SPDX-License-Identifier: BSD-3-Clause
//
// A semaphore lends a number of permits. A request for several is served whole,
// and in its turn: a small one that came later waits behind it, so that a large
// one is not starved.
//
// Permits belong to nobody: whoever runs on the executor gives them back.
//
// What every lock promises, and how misuse is answered: sync/sync.h.
//
// Threads.  The tasks of its executor; release also what else runs there, such
// as timers, posts and step functions.
// Memory.  The caller's.
#ifndef WEIR_SYNC_SEMAPHORE_H
#define WEIR_SYNC_SEMAPHORE_H

#include "base/list.h"
#include "task/select.h"
#include "task/wait.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

// Touch it only through the functions.
struct weir_semaphore {
	struct weir_executor *executor;
	struct weir_list line;	    // requests that wait
	uint32_t permits;	    // all there are
	struct weir_wait_hold hold; // those that are taken
	struct weir_wait_what what;
};

// One who waits. Touch it only through the functions.
struct weir_semaphore_request {
	struct weir_list link; // in the line, by since
	struct weir_wait_queue queue;
	uint64_t since; // as of task/wait.h
	uint32_t count; // 0: not in line
};

// weir_semaphore_init makes one of permits, at least 1, all there, that belongs
// to executor (NULL: the caller's).
void weir_semaphore_init(struct weir_semaphore *semaphore,
	struct weir_executor *executor, uint32_t permits);

// weir_semaphore_fini asserts that all permits are back and nobody waits.
void weir_semaphore_fini(struct weir_semaphore *semaphore);

// weir_semaphore_try_acquire never waits: 0; -EBUSY when fewer than count are
// there or somebody waits; -EINVAL when count is 0 or more than there are in
// all.
__attribute__((warn_unused_result)) int weir_semaphore_try_acquire(
	struct weir_semaphore *semaphore, uint32_t count);

// weir_semaphore_acquire waits until the caller has count permits: 0,
// -ECANCELED or -EINVAL. weir_semaphore_acquire_until also answers -ETIMEDOUT.
__attribute__((warn_unused_result)) int weir_semaphore_acquire(
	struct weir_semaphore *semaphore, uint32_t count);
__attribute__((warn_unused_result)) int weir_semaphore_acquire_until(
	struct weir_semaphore *semaphore, uint32_t count, uint64_t deadline);

// weir_semaphore_release gives count permits back and serves the line as far as
// they reach. Never waits. Answers 0.
int weir_semaphore_release(struct weir_semaphore *semaphore, uint32_t count);

// weir_semaphore_free_count answers how many permits nobody has: exact.
static inline uint32_t weir_semaphore_free_count(
	const struct weir_semaphore *semaphore)
{
	return semaphore->permits - semaphore->hold.count;
}

// weir_case_semaphore acquires one permit: its result is 0; a fault (sync/sync.h)
// is its last. Who waits stands in line with all others, at its place in request,
// the caller's, one for each case; a branch that is lent a permit and not served
// gives it back. Also for steppers: what releases need not be a task.
struct weir_case weir_case_semaphore(struct weir_semaphore *semaphore,
	struct weir_semaphore_request *request);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
