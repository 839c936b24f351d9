// SPDX-License-Identifier: BSD-3-Clause
//
//	executor's thread: tasks that yield and sleep at changing depths
//	main thread:       copies their stacks, again and again
//
// A copied stack leads from where its task stopped up to its first frame: all
// have the same last address, and none is deeper than a task goes.
#include "base/assert.h"
#include "base/atomic.h"
#include "task/executor.h"
#include "task/task.h"
#include "watch/seen.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TASKS 4
#define LOOKS 400
#define DEPTH 7

static bool stopping;

static __attribute__((noinline)) void descend(unsigned depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		weir_yield();
	__asm__ volatile(""); // no tail call
}

static void wanders(void *arg)
{
	unsigned depth = 0;

	while (!load_relaxed(&stopping))
		descend(depth++ % DEPTH);
}

static void *run(void *arg)
{
	weir_executor_run(arg);
	return NULL;
}

static uint64_t torn, looked;

static void check(const struct weir_seen_task *task, uintptr_t *first)
{
	const struct weir_frames *frames = &task->frames;
	uintptr_t last;

	if (frames->count == 0 || task->steps == 0)
		return;
	looked++;
	last = frames->at[frames->count - 1];
	if (!*first)
		*first = last;
	torn += last != *first || frames->count > DEPTH + 4;
}

int main(void)
{
	const struct weir_executor_options options = {
		.name = "race", .node = -1};
	struct weir_executor *executor;
	uintptr_t first = 0;
	pthread_t thread;

	weir_assert(!weir_executor_create(&executor, &options, NULL));
	for (unsigned i = 0; i < TASKS; i++)
		weir_assert(!weir_start(executor, wanders, NULL, NULL, NULL));
	pthread_create(&thread, NULL, run, executor);
	for (unsigned i = 0; i < LOOKS; i++) {
		struct weir_seen *seen;

		weir_assert(!weir_seen_take(&seen, getpid(), NULL));
		for (unsigned t = 0; t < seen->executors[0].count; t++)
			check(&seen->executors[0].tasks[t], &first);
		weir_seen_free(seen);
	}
	store_relaxed(&stopping, true);
	while (load_relaxed(&weir_executor_counts(executor)->tasks) > 0)
		usleep(1000);
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	weir_executor_destroy(executor);
	printf("%lu stacks, %lu torn\n", (unsigned long)looked,
		(unsigned long)torn);
	return torn > 0 || looked == 0;
}
