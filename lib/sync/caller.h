// SPDX-License-Identifier: BSD-3-Clause
//
// Who calls a lock, and what is said to who may not: for the sources of this
// folder.
#ifndef WEIR_SYNC_CALLER_H
#define WEIR_SYNC_CALLER_H

#include "base/assert.h"
#include "base/atomic.h"
#include "task/task_inline.h"

#include <errno.h>

// weir_misuse says, in checked builds, what the caller of call did wrong with
// lock and what to do instead, and aborts; else it answers code.
__attribute__((cold)) int weir_misuse(int code, const char *call,
	const void *lock, const char *wrong, const char *instead);

// weir_misuse_stranger is weir_misuse for a caller that is not on the lock's
// executor (-EPERM).
__attribute__((cold)) int weir_misuse_stranger(const char *call,
	const void *lock, const struct weir_executor *executor);

// weir_caller answers the calling task if it is one of executor, else NULL.
static inline struct weir_task *weir_caller(
	const struct weir_executor *executor)
{
	struct weir_executor *self = weir_executor_current();

	return likely(self && self == executor) ? self->current : NULL;
}

// weir_caller_is_home tells whether the caller runs on executor, as a task or
// as anything else that it calls.
static inline bool weir_caller_is_home(const struct weir_executor *executor)
{
	return likely(executor && weir_executor_current() == executor);
}

// weir_caller_executor answers the executor that a new lock belongs to.
static inline struct weir_executor *weir_caller_executor(
	struct weir_executor *given)
{
	struct weir_executor *executor =
		given ? given : weir_executor_current();

	if (unlikely(!executor))
		weir_misuse_end("the init of a lock",
			"a lock belongs to an executor: name it, or call it "
			"on one");
	return executor;
}

// weir_task_holds tells a task that it holds a lock more, or less: it must not
// end before it holds none.
static inline void weir_task_holds(struct weir_task *task, int change)
{
	task->locks_held += (unsigned)change;
}

#endif
