// SPDX-License-Identifier: BSD-3-Clause
//
// A barrier holds the tasks of a group until all have arrived, and then lets
// all of them go: a generation. The next generation begins at once, so the same
// barrier serves round after round.
//
// If one of the group gives up (it is cancelled, its deadline comes, or somebody
// calls weir_barrier_break) the others would wait for ever: the barrier is broken
// instead. All who wait, and all who come, are answered -EPIPE, until a reset.
//
// What every lock promises, and how misuse is answered: sync/sync.h. This is the
// one lock where -ECANCELED and -ETIMEDOUT have a consequence: it is broken.
// Who is cancelled after the last has arrived has passed, and is answered 0.
//
// Threads.  The tasks of its executor; break and reset also what else runs
// there.
// Memory.  The caller's.
#ifndef WEIR_SYNC_BARRIER_H
#define WEIR_SYNC_BARRIER_H

#include "base/list.h"
#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

// Touch it only through the functions.
struct weir_barrier {
	struct weir_executor *executor;
	struct weir_wait_queue waiters;
	struct weir_list arrived; // a record on the stack of each who waits
	uint32_t parties;	  // in the group
	uint32_t missing;	  // that have not arrived
	bool broken;
};

// weir_barrier_init makes one for a group of parties, at least 1, that belongs
// to executor (NULL: the caller's).
void weir_barrier_init(struct weir_barrier *barrier,
	struct weir_executor *executor, uint32_t parties);

// weir_barrier_fini asserts that nobody waits.
void weir_barrier_fini(struct weir_barrier *barrier);

// weir_barrier_try_wait arrives only if the caller is the last, and never waits:
// 0, -EAGAIN when others are still missing, or -EPIPE.
__attribute__((warn_unused_result)) int weir_barrier_try_wait(
	struct weir_barrier *barrier);

// weir_barrier_wait arrives and waits for the others: 0, -EPIPE when it is or
// gets broken, or -ECANCELED, which breaks it, even if the caller was cancelled
// before. weir_barrier_wait_until also answers -ETIMEDOUT, which breaks it.
__attribute__((warn_unused_result)) int weir_barrier_wait(
	struct weir_barrier *barrier);
__attribute__((warn_unused_result)) int weir_barrier_wait_until(
	struct weir_barrier *barrier, uint64_t deadline);

// weir_barrier_break breaks it: for a task that leaves the group. Never waits.
// Answers 0.
int weir_barrier_break(struct weir_barrier *barrier);

// weir_barrier_reset makes a broken barrier whole; of one that is not broken it
// breaks the present generation first. Never waits. Answers 0.
int weir_barrier_reset(struct weir_barrier *barrier);

// weir_barrier_broken tells whether it is broken.
static inline bool weir_barrier_broken(const struct weir_barrier *barrier)
{
	return barrier->broken;
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
