// SPDX-License-Identifier: BSD-3-Clause
#include "base/assert.h"
#include "mem/mem.h"
#include "reactor/reactor.h"
#include "task/misuse.h"
#include "task/task_inline.h"

#include <stdio.h>
#include <string.h>

struct run {
	struct weir_executor *executor;
	void (*fn)(void *arg);
	void *arg;
	int error;
};

static void first_task(void *arg)
{
	struct run *run = arg;

	run->fn(run->arg);
	run->error = weir_task_current()->error;
}

static void on_end(void *arg)
{
	const struct run *run = arg;

	weir_executor_stop(run->executor);
}

int weir_reactor_run(void (*fn)(void *arg), void *arg)
{
	const struct weir_reactor_options options = {
		.executor = {
			.name = "main",
			.stack_count = WEIR_RUN_TASKS,
			.node = WEIR_NODE_ANY,
		}};
	const struct weir_spawn_options task = {.name = "main"};
	struct run run = {.fn = fn, .arg = arg};
	struct weir_reactor *reactor;
	struct weir_error e = {0};

	if (weir_executor_current())
		weir_misuse_end("weir_reactor_run",
			"this thread runs an executor already: spawn a task "
			"there instead");
	if (weir_reactor_create(&reactor, &options, &e)) {
		fprintf(stderr, "weir: %s\n", e.text);
		return 1;
	}
	run.executor = weir_reactor_executor(reactor);
	if (weir_start(run.executor, first_task, &run, &task, on_end))
		weir_assert(!"a new executor has stacks");
	weir_executor_run(run.executor);
	weir_reactor_destroy(reactor);
	if (run.error == 0)
		return 0;
	fprintf(stderr, "weir: task 'main' failed: %s\n",
		strerror(run.error < 0 ? -run.error : run.error));
	return 1;
}
