// SPDX-License-Identifier: BSD-3-Clause
//
// Two executors, each on a thread of its own, for race programs: opened, given
// their first tasks, then run until some task stops both.
#ifndef WEIR_TESTS_TASK_TWO_THREADS_H
#define WEIR_TESTS_TASK_TWO_THREADS_H

#include "base/assert.h"
#include "mem/mem.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>

static struct weir_executor *executors[2];

static inline void open_both(void)
{
	const struct weir_executor_options options = {
		.idle = weir_idle_yield, .node = WEIR_NODE_ANY};

	for (unsigned i = 0; i < 2; i++)
		weir_assert(
			!weir_executor_create(&executors[i], &options, NULL));
}

static inline void stop_both(void)
{
	for (unsigned i = 0; i < 2; i++)
		weir_executor_stop(executors[i]);
}

static void *run(void *arg)
{
	weir_executor_run(arg);
	return NULL;
}

// run_both returns when both have stopped, and destroys them.
static inline void run_both(void)
{
	pthread_t threads[2];

	for (unsigned i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, run, executors[i]);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	// What the last posts of one to the other still need.
	for (unsigned k = 0; k < 8; k++)
		weir_executor_turn(executors[k % 2]);
	for (unsigned i = 0; i < 2; i++)
		weir_executor_destroy(executors[i]);
}

#endif
