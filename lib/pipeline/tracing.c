// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tracing.h"
#include "pipeline/runner.h"
#include "task/roster.h"
#include "task/task_inline.h"

#include <string.h>

// Threads that are no executors but pass points: those of the ports, the main
// one, the keeper of the bells.
#define OTHERS 6

// A place for a task has one task after another, and a name is that of who has the
// place. So those who are there at the start are named then; those who are there
// at the end, if they came meanwhile, from when they came on. Who came and went
// between is named by task.spawned alone.
//
// name_task reads while the place may change hands: then born moves.
static void name_task(const struct weir_task *task)
{
	char name[sizeof(task->name)];
	uint64_t born = load_acquire(&task->born);

	if (!load_relaxed(&task->live))
		return;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = load_relaxed(&task->name[i]);
	name[sizeof(name) - 1] = '\0';
	if (load_acquire(&task->born) == born)
		// After the end of the one before, which may be at the same.
		weir_trace_name_since(born + 1, task, "task", name);
}

static void name_executor(struct weir_executor *executor, void *arg)
{
	(void)arg;
	weir_trace_name(executor, "executor", executor->name);
	for (unsigned i = 0; i < executor->stack_count; i++)
		name_task(&executor->tasks[i]);
}

int weir_tracing_start(const struct weir_pipeline *pipeline,
	uint64_t memory_size, const char *pattern, struct weir_error *e)
{
	const struct weir_trace_options options = {
		.memory_size = memory_size,
		.threads = pipeline->plan->executor_count + OTHERS,
		.pattern = pattern,
	};
	int err = weir_trace_start(&options, e);

	if (!err)
		weir_roster_each(name_executor, NULL);
	return err;
}

static void name_parts(const struct weir_pipeline *pipeline)
{
	const struct weir_plan *plan = pipeline->plan;

	for (unsigned i = 0; i < plan->instance_count; i++)
		weir_trace_name(&pipeline->instances[i], "stage",
			plan->instances[i].name);
	for (unsigned i = 0; i < plan->edge_count; i++)
		if (pipeline->edges[i].ring)
			weir_trace_name(&pipeline->edges[i], "channel",
				pipeline->edges[i].name);
	for (unsigned i = 0; i < plan->executor_count; i++)
		if (pipeline->runners[i].giveback)
			weir_trace_name(pipeline->runners[i].giveback,
				"channel", "packets to be freed");
}

int weir_tracing_end(const struct weir_pipeline *pipeline, int folder,
	struct weir_trace_sum *sum, struct weir_error *e)
{
	int err;

	weir_trace_stop();
	name_parts(pipeline);
	weir_roster_each(name_executor, NULL);
	err = weir_trace_save(folder, sum, e);
	weir_trace_drop();
	return err;
}
