// SPDX-License-Identifier: BSD-3-Clause
//
// A reader-writer lock lets many readers in, or one writer, in the order in
// which they came: a reader behind a writer that waits waits too. Readers that
// stand in line together are let in together.
//
//	R R R in │ W │ R R │ W │ R      the line; nobody overtakes
//
// A writer waits for those inside and those before it, never for a reader that
// came later; a reader the same. It pays where readers hold it over waits and
// writers are rare.
//
// A hold is a piece of the caller's memory, mostly on its stack, in which the
// lock keeps who is inside. So it finds a task that waits for itself: a reader
// that reads again behind a writer, one that wants to write, a writer that does
// either (-EDEADLK). To read twice with no writer waiting is allowed.
//
// What every lock promises, and how misuse is answered: sync/sync.h.
//
// Threads.  The tasks of its executor.
// Memory.  The caller's; a hold is the lock's from the call until it is released
// or the call has failed, and must not move. That one is taken while it is taken
// already is found in checked builds only.
#ifndef WEIR_SYNC_RWLOCK_H
#define WEIR_SYNC_RWLOCK_H

#include "base/list.h"
#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;
struct weir_task;

// Touch them only through the functions.
struct weir_rwlock {
	struct weir_executor *executor;
	struct weir_list inside; // holds
	struct weir_list line;	 // holds that wait
	bool writing;		 // the one inside writes
};

struct weir_rwlock_hold {
	struct weir_list link;	      // inside or in the line
	struct weir_wait_queue queue; // its one waiter
	struct weir_rwlock *lock;     // NULL: not held
	struct weir_task *task;
	bool writes;
};

// weir_rwlock_init makes a free lock of executor (NULL: the caller's).
void weir_rwlock_init(struct weir_rwlock *lock, struct weir_executor *executor);

// weir_rwlock_fini asserts that nobody holds it or waits.
void weir_rwlock_fini(struct weir_rwlock *lock);

// weir_rwlock_try_read and _try_write never wait: 0, or -EBUSY when the caller
// would have to.
__attribute__((warn_unused_result)) int weir_rwlock_try_read(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold);
__attribute__((warn_unused_result)) int weir_rwlock_try_write(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold);

// weir_rwlock_read and _write wait until the calling task is let in: 0,
// -ECANCELED or -EDEADLK. The forms with a deadline also answer -ETIMEDOUT.
__attribute__((warn_unused_result)) int weir_rwlock_read(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold);
__attribute__((warn_unused_result)) int weir_rwlock_read_until(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold,
	uint64_t deadline);
__attribute__((warn_unused_result)) int weir_rwlock_write(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold);
__attribute__((warn_unused_result)) int weir_rwlock_write_until(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold,
	uint64_t deadline);

// weir_rwlock_release gives up a hold of the calling task and lets in who can
// come in now. Never waits. Answers 0 when it was held.
int weir_rwlock_release(struct weir_rwlock_hold *hold);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
