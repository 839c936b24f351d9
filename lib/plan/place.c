// SPDX-License-Identifier: BSD-3-Clause
//
// Where instances run. Instances that follow each other in a chain belong to
// one group; each source, each way of a stage that spreads, and each join of
// several groups begins a group of its own. Groups go round robin over the
// lcores that are free for all; a group that asks for an lcore or a thread of
// its own gets it.
#include "plan/draft.h"
#include "base/log.h"
#include "mem/mem.h"

#include <errno.h>
#include <stdlib.h>

#define NO_GROUP UINT32_MAX
#define THREAD_BASE 100000u // group places from here on are threads

// lcore_cpu answers the CPU of lcore id: the first is for housekeeping and
// threads, lcores take the others, one each while there are enough.
static unsigned lcore_cpu(const struct weir_plan_machine *machine, unsigned id)
{
	if (machine->cpu_count == 1)
		return machine->cpus[0];
	return machine->cpus[1 + (id - 1) % (machine->cpu_count - 1)];
}

static unsigned free_cpus(const struct weir_plan_machine *machine)
{
	return machine->cpu_count > 1 ? machine->cpu_count - 1 : 1;
}

static bool is_own(const struct weir_config_stage *stage)
{
	return stage->place == WEIR_PLACE_LCORE ||
	       stage->place == WEIR_PLACE_THREAD || stage->lcore >= 0;
}

// inherited answers the group of what is before instance, NO_GROUP when it
// begins one.
static unsigned inherited(
	const struct weir_plan_draft *draft, unsigned instance)
{
	const struct weir_plan *plan = draft->plan;
	unsigned group = NO_GROUP;

	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *edge = &plan->edges[i];
		const struct weir_config_stage *from;

		if (edge->to != instance)
			continue;
		from = weir_plan_stage_of(plan, edge->from);
		if (from->place == WEIR_PLACE_THREAD ||
			(from->type->ways == WEIR_WAYS_SPREAD &&
				plan->instances[edge->from].ways[edge->output] >
					1))
			return NO_GROUP;
		if (group != NO_GROUP && group != draft->group[edge->from])
			return NO_GROUP;
		group = draft->group[edge->from];
	}
	return group;
}

struct choice {
	unsigned lcores;     // ids 1..lcores exist
	unsigned shared;     // ids 1..shared take groups that ask for nothing
	unsigned own;	     // next id for one that asks for its own
	unsigned threads;    // so far
	unsigned next_group; // for round robin
	bool stated;	     // the file says how many lcores
};

static void count_wishes(const struct weir_plan_draft *draft, unsigned *own,
	unsigned *free_groups)
{
	const struct weir_plan *plan = draft->plan;

	*own = *free_groups = 0;
	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage =
			weir_plan_stage_of(plan, i);

		if (stage->place == WEIR_PLACE_LCORE && stage->lcore < 0)
			(*own)++;
		else if (!is_own(stage) && inherited(draft, i) == NO_GROUP)
			(*free_groups)++;
	}
}

// choose_count decides how many lcores there are, and how many of them are
// for everyone.
static struct choice choose_count(struct weir_plan_draft *draft)
{
	unsigned own, free_groups, cpus = free_cpus(draft->machine);
	unsigned stated = draft->config->runtime.lcores;
	struct choice choice = {.stated = stated != 0};

	count_wishes(draft, &own, &free_groups);
	if (stated) {
		choice.lcores = stated;
		choice.shared = stated > own ? stated - own : 1;
		if (choice.shared > free_groups)
			choice.shared = free_groups ? free_groups : 1;
	} else {
		choice.shared = cpus > own ? cpus - own : 1;
		if (choice.shared > free_groups)
			choice.shared = free_groups ? free_groups : 1;
		choice.lcores = choice.shared + own;
		if (!free_groups && own)
			choice.lcores--, choice.shared--;
		if (choice.lcores < cpus)
			choice.lcores = cpus;
	}
	choice.own = choice.shared + 1;
	return choice;
}

// own_place answers where an instance goes that asks for it.
static unsigned own_place(struct weir_plan_draft *draft, struct choice *choice,
	const struct weir_config_stage *stage)
{
	if (stage->place == WEIR_PLACE_THREAD)
		return THREAD_BASE + choice->threads++;
	if (stage->lcore >= 0) {
		if (stage->lcore == 0 ||
			(unsigned)stage->lcore > choice->lcores) {
			weir_plan_fault(draft, stage->at,
				"lcore %d of stage '%s' does not exist: this "
				"run has lcores 1 to %u; choose one of them or "
				"raise runtime.lcores",
				stage->lcore, stage->name, choice->lcores);
			return 1;
		}
		return (unsigned)stage->lcore;
	}
	if (choice->own > choice->lcores) {
		weir_plan_fault(draft, stage->at,
			"there is no lcore left for '%s' (place: lcore): "
			"runtime.lcores is %u; raise it or place fewer stages",
			stage->name, choice->lcores);
		return 1;
	}
	return choice->own++;
}

static unsigned free_place(struct choice *choice)
{
	return 1 + choice->next_group++ % (choice->shared ? choice->shared : 1);
}

// check_thread: the packets of a port come from the pool of the lcores, which no
// thread may touch.
static void check_thread(struct weir_plan_draft *draft, unsigned instance)
{
	const struct weir_config_stage *stage =
		weir_plan_stage_of(draft->plan, instance);

	if (stage->place == WEIR_PLACE_THREAD && stage->port >= 0 &&
		!draft->plan->instances[instance].index)
		weir_plan_fault(draft, stage->at,
			"'%s' cannot run on a thread: it uses a port, and the "
			"packets of ports belong to lcores; use 'place: lcore'",
			stage->name);
}

// executor_at answers the index of the executor for place, made if need be.
static unsigned executor_at(struct weir_plan_draft *draft, unsigned place)
{
	struct weir_plan *plan = draft->plan;
	bool thread = place >= THREAD_BASE;
	unsigned id = thread ? place - THREAD_BASE : place;
	struct weir_plan_executor *executor;

	for (unsigned i = 0; i < plan->executor_count; i++)
		if (plan->executors[i].id == id &&
			(plan->executors[i].kind == WEIR_PLAN_THREAD) == thread)
			return i;
	executor = &plan->executors[plan->executor_count];
	executor->kind = thread ? WEIR_PLAN_THREAD : WEIR_PLAN_LCORE;
	executor->id = id;
	executor->cpu = thread ? plan->main_cpu : lcore_cpu(draft->machine, id);
	executor->node = weir_mem_node_of_cpu(executor->cpu);
	return plan->executor_count++;
}

static void mark_shared(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;
	unsigned lcores = 0, crowded = 0;

	for (unsigned i = 0; i < plan->executor_count; i++) {
		struct weir_plan_executor *executor = &plan->executors[i];

		executor->shares_cpu = executor->cpu == plan->main_cpu;
		for (unsigned j = 0; j < plan->executor_count; j++)
			if (j != i && plan->executors[j].cpu == executor->cpu)
				executor->shares_cpu = true;
		executor->reason =
			executor->kind == WEIR_PLAN_THREAD
				? "threads run beside housekeeping"
			: executor->cpu == plan->main_cpu
				? "the only CPU, shared with housekeeping"
			: executor->shares_cpu
				? "more lcores than CPUs: it yields when idle"
				: "a CPU of its own";
		lcores += executor->kind == WEIR_PLAN_LCORE;
		crowded += executor->kind == WEIR_PLAN_LCORE &&
			   executor->shares_cpu;
	}
	if (crowded > 1)
		weir_log(WEIR_LOG_WARNING, "plan.shared_cpu",
			"%u lcores share %u CPU%s: they yield to each other "
			"when idle, and throughput is not what it could be",
			lcores, free_cpus(draft->machine),
			free_cpus(draft->machine) == 1 ? "" : "s");
}

void weir_plan_place(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;
	struct choice choice;
	unsigned *places =
		calloc(plan->instance_count + 1, sizeof(*places)); // by group

	plan->executors =
		calloc(plan->instance_count + 1, sizeof(*plan->executors));
	if (!places || !plan->executors) {
		weir_error_set(draft->error, -ENOMEM, "out of memory");
		goto out;
	}
	for (unsigned i = 0; i < plan->instance_count; i++) {
		unsigned group = inherited(draft, i);

		draft->group[i] =
			group == NO_GROUP || is_own(weir_plan_stage_of(plan, i))
				? draft->group_count++
				: group;
	}
	choice = choose_count(draft);
	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage =
			weir_plan_stage_of(plan, i);
		unsigned *place = &places[draft->group[i]];

		check_thread(draft, i);
		if (!*place)
			*place = is_own(stage)
					 ? own_place(draft, &choice, stage)
					 : free_place(&choice);
		plan->instances[i].executor = executor_at(draft, *place);
	}
	mark_shared(draft);
out:
	free(places);
}
