// SPDX-License-Identifier: BSD-3-Clause
#include "plan/plan.h"
#include "base/pages.h"
#include "plan/draft.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void weir_plan_fault(struct weir_plan_draft *draft, struct weir_at at,
	const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (at.line)
		weir_error_set(draft->error, -EINVAL, "%s:%u:%u: error: %s",
			at.file, at.line, at.column, text);
	else
		weir_error_set(draft->error, -EINVAL, "%s: error: %s",
			at.file ? at.file : draft->config->file, text);
}

void weir_plan_machine_here(struct weir_plan_machine *machine)
{
	static unsigned cpus[CPU_SETSIZE];
	cpu_set_t set;

	machine->cpu_count = 0;
	machine->cpus = cpus;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &set))
				cpus[machine->cpu_count++] = cpu;
	if (machine->cpu_count == 0) {
		cpus[0] = 0;
		machine->cpu_count = 1;
	}
}

static bool needs_pci(const struct weir_config *config)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (config->ports[i].traits.needs_pci)
			return true;
	return false;
}

static bool needs_hugepages(const struct weir_config *config)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (config->ports[i].traits.needs_hugepages)
			return true;
	return config->runtime.hugepages == WEIR_PAGES_HUGE;
}

// Each step works on what the one before it left; the first fault ends it.
static void (*const steps[])(struct weir_plan_draft *draft) = {
	weir_plan_order,
	weir_plan_graph,
	weir_plan_place,
	weir_plan_join,
	weir_plan_size,
};

int weir_plan_create(struct weir_plan **plan, const struct weir_config *config,
	const struct weir_plan_machine *machine, struct weir_error *e)
{
	struct weir_plan_machine here;
	struct weir_error error = {0};
	struct weir_plan_draft draft = {.config = config, .error = &error};

	if (!machine) {
		weir_plan_machine_here(&here);
		machine = &here;
	}
	draft.machine = machine;
	draft.plan = calloc(1, sizeof(*draft.plan));
	draft.order = calloc(config->stage_count + 1, sizeof(*draft.order));
	draft.first_instance =
		calloc(config->stage_count + 1, sizeof(*draft.first_instance));
	if (!draft.plan || !draft.order || !draft.first_instance) {
		weir_error_set(&error, -ENOMEM, "out of memory");
		goto out;
	}
	draft.plan->config = config;
	draft.plan->main_cpu = machine->cpus[0];
	draft.plan->no_pci = !needs_pci(config);
	draft.plan->no_huge = draft.plan->no_pci && !needs_hugepages(config);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && !error.code;
		i++)
		steps[i](&draft);
out:
	free(draft.group);
	free(draft.first_instance);
	free(draft.order);
	if (error.code) {
		weir_plan_destroy(draft.plan);
		draft.plan = NULL;
		weir_error_set(e, error.code, "%s", error.text);
	}
	*plan = draft.plan;
	return error.code;
}

void weir_plan_destroy(struct weir_plan *plan)
{
	if (!plan)
		return;
	for (unsigned i = 0; i < plan->instance_count; i++)
		free((char *)plan->instances[i].name);
	free(plan->instances);
	free(plan->edges);
	free(plan->executors);
	free(plan);
}
