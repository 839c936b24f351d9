// SPDX-License-Identifier: BSD-3-Clause
//
// What is worth a remark about tasks that have ended, kept for whoever asks later:
// an executor keeps it of its own, and what an executor that is destroyed had
// is kept for the process. The first ones are kept, the others counted.
//
//	a task ends ──▶ executor's ──▶ (destroy) ──▶ the process's
//
// Threads.  Executors' parts are written by their threads and copied from outside;
// the process's part: any, under the roster's lock.
// Memory.  A fixed number of each.
#ifndef WEIR_TASK_ENDED_H
#define WEIR_TASK_ENDED_H

#include "task/overrun.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_executor;
struct weir_task;

#define WEIR_ENDED_MAX 8       // of an executor
#define WEIR_ENDED_KEPT_MAX 64 // of the process
#define WEIR_STACK_END 512     // bytes that a task should not come near

struct weir_ended {
	char name[WEIR_NAME_SIZE];
	uint64_t steps, idle_yields; // see struct weir_task
	uint64_t waits, vain_wakes;
	uint64_t stack_size,
		stack_left; // of its stack; size 0: it is as it should be
};

struct weir_ended_list {
	uint64_t count; // that there were; the first WEIR_ENDED_MAX are kept
	struct weir_ended at[WEIR_ENDED_MAX];
};

// weir_ended_yields_idly tells whether so many steps that yielded and did nothing
// are worth a remark; weir_ended_wakes_in_vain, whether so many wakes for nothing
// are.
static inline bool weir_ended_yields_idly(uint64_t steps, uint64_t idle_yields)
{
	return steps >= 100000 && idle_yields >= steps / 10 * 9;
}

static inline bool weir_ended_wakes_in_vain(uint64_t waits, uint64_t vain_wakes)
{
	return waits >= 1000 && vain_wakes >= waits / 2;
}

// weir_ended_task keeps task, which ends, if there is something to remark on.
void weir_ended_task(
	struct weir_executor *executor, const struct weir_task *task);

// weir_ended_executor moves what an executor has, and the stacks of its tasks that
// were nearly full, to what the process keeps; when it is destroyed.
void weir_ended_executor(struct weir_executor *executor);

// weir_ended_each calls each for all that the process keeps, with the name of the
// executor that it was on; weir_ended_forget forgets it all.
void weir_ended_each(void (*each)(const struct weir_ended *ended,
			     const char *executor, void *arg),
	void *arg);
void weir_ended_forget(void);

#endif
