// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tracing.h"
#include "pipeline/runner.h"
#include "task/roster.h"
#include "task/task_inline.h"

#include <string.h>

// Threads that are no executors but pass points: those of the ports, the main
// one, the keeper of the bells.
#define OTHERS 6

int weir_tracing_start(const struct weir_pipeline *pipeline,
	uint64_t memory_size, const char *pattern, struct weir_error *e)
{
	const struct weir_trace_options options = {
		.memory_size = memory_size,
		.threads = pipeline->plan->executor_count + OTHERS,
		.pattern = pattern,
	};

	return weir_trace_start(&options, e);
}

// name_task may read a name while another task takes the place: then it is
// that one's, or a piece of each. It is ended in any case.
static void name_task(const struct weir_task *task)
{
	char name[sizeof(task->name)];

	if (!load_relaxed(&task->live))
		return;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = load_relaxed(&task->name[i]);
	name[sizeof(name) - 1] = '\0';
	weir_trace_name(task, "task", name);
}

static void name_executor(struct weir_executor *executor, void *arg)
{
	(void)arg;
	weir_trace_name(executor, "executor", executor->name);
	for (unsigned i = 0; i < executor->stack_count; i++)
		name_task(&executor->tasks[i]);
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
