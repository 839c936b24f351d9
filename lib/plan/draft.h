// SPDX-License-Identifier: BSD-3-Clause
//
// What the planner's steps share while a plan is made: order, instances and
// edges, places, sizes, each in a file of its own.
#ifndef WEIR_PLAN_DRAFT_H
#define WEIR_PLAN_DRAFT_H

#include "plan/plan.h"

#define WEIR_PLAN_FAULTS_MAX 20
#define WEIR_PLAN_INSTANCES_MAX 4096
#define WEIR_PLAN_EDGES_MAX 65536

struct weir_plan_draft {
	struct weir_plan *plan;
	const struct weir_config *config;
	const struct weir_plan_machine *machine;
	struct weir_error *error;
	unsigned *order;	  // stages, producers before consumers
	unsigned *first_instance; // of each stage
	unsigned *group;	  // of each instance: what goes together
	unsigned group_count;
};

// weir_plan_fault adds "FILE:LINE:COLUMN: error: TEXT" to the draft's error.
__attribute__((format(printf, 3, 4))) void weir_plan_fault(
	struct weir_plan_draft *draft, struct weir_at at, const char *format,
	...);

// weir_plan_order fills order, or tells of a cycle.
void weir_plan_order(struct weir_plan_draft *draft);

// weir_plan_graph makes the instances and the edges between them.
void weir_plan_graph(struct weir_plan_draft *draft);

// weir_plan_place chooses an executor for each instance and how edges join.
void weir_plan_place(struct weir_plan_draft *draft);

// weir_plan_size computes packets and memory.
void weir_plan_size(struct weir_plan_draft *draft);

// weir_plan_join decides which instances are fused below which root.
void weir_plan_join(struct weir_plan_draft *draft);

static inline const struct weir_config_stage *weir_plan_stage_of(
	const struct weir_plan *plan, unsigned instance)
{
	return &plan->config->stages[plan->instances[instance].stage];
}

#endif
