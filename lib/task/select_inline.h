// SPDX-License-Identifier: BSD-3-Clause
//
// A select's inside, for lib/task: cases that one owner waits in.
#ifndef WEIR_TASK_SELECT_INLINE_H
#define WEIR_TASK_SELECT_INLINE_H

#include "task/select.h"

// A task's wait in several cases; on its stack.
struct weir_select {
	struct weir_case *cases;
	unsigned count;
	struct weir_task *task;
	bool polls; // the task is not parked: some case cannot wake it
};

// weir_select_leave takes all cases out of their queues: one was woken, or the
// wait is over.
void weir_select_leave(struct weir_select *select);

// weir_case_delist ends the wait of a case, whose link is in no list; false:
// once more in a later step.
static inline bool weir_case_delist(struct weir_case *c)
{
	return !c->ops->delist || c->ops->delist(c);
}

// weir_case_pass hands on what a woken case left, once.
static inline void weir_case_pass(struct weir_case *c)
{
	if (!c->woken)
		return;
	c->woken = false;
	if (c->ops->pass)
		c->ops->pass(c);
}

#endif
