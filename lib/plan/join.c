// SPDX-License-Identifier: BSD-3-Clause
//
// Which edges are calls. An instance is fused below a root when all that it is
// given comes from one tree on its own executor, by edges that wait: then a
// call is the cheapest channel there is, and it is never full. Otherwise it is
// a root, and its edges are rings: an edge that drops when full needs a ring
// to be full of.
#include "plan/draft.h"

#include <errno.h>
#include <stdlib.h>

// why_root answers why instance cannot be fused, NULL when it can; *root is
// then below which root.
static const char *why_root(const struct weir_plan_draft *draft,
	const unsigned *root_of, unsigned instance, unsigned *root)
{
	const struct weir_plan *plan = draft->plan;
	const struct weir_config_stage *stage =
		weir_plan_stage_of(plan, instance);
	bool found = false;

	if (stage->type->source)
		return "a source";
	if (stage->type->task)
		return "a task waits by itself";
	if (stage->place == WEIR_PLACE_LCORE)
		return "place: lcore";
	if (stage->place == WEIR_PLACE_THREAD)
		return "place: thread";
	if (stage->place == WEIR_PLACE_CHANNEL)
		return "place: channel";
	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *edge = &plan->edges[i];

		if (edge->to != instance)
			continue;
		if (plan->instances[edge->from].executor !=
			plan->instances[instance].executor)
			return "what is before it runs elsewhere";
		if (edge->input->when_full != WEIR_WHEN_FULL_WAIT)
			return "its input drops when full";
		if (weir_plan_stage_of(plan, edge->from)->type->task)
			return "a task is before it";
		if (found && *root != root_of[edge->from])
			return "it joins inputs of several roots";
		found = true;
		*root = root_of[edge->from];
	}
	return NULL;
}

// check_place tells of a place that cannot be had, once for a stage.
static void check_place(
	struct weir_plan_draft *draft, unsigned instance, const char *why)
{
	const struct weir_config_stage *stage =
		weir_plan_stage_of(draft->plan, instance);

	if (!why || draft->plan->instances[instance].index)
		return;
	if (stage->place == WEIR_PLACE_FUSED)
		weir_plan_fault(draft, stage->at,
			"'%s' cannot be fused: %s; take 'place: fused' "
			"out or change that",
			stage->name, why);
	else if (stage->place == WEIR_PLACE_CHANNEL && stage->type->source)
		weir_plan_fault(draft, stage->at,
			"'%s' has no input: 'place: channel' means nothing "
			"there; take it out",
			stage->name);
}

void weir_plan_join(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;
	unsigned *root_of = calloc(plan->instance_count + 1, sizeof(*root_of));

	if (!root_of) {
		weir_error_set(draft->error, -ENOMEM, "out of memory");
		return;
	}
	for (unsigned i = 0; i < plan->instance_count; i++) {
		struct weir_plan_instance *instance = &plan->instances[i];
		unsigned root = i;
		const char *why = why_root(draft, root_of, i, &root);

		instance->root = why != NULL;
		instance->reason = why ? why : "called by what is before it";
		root_of[i] = why ? i : root;
		check_place(draft, i, why);
	}
	for (unsigned i = 0; i < plan->edge_count; i++) {
		struct weir_plan_edge *edge = &plan->edges[i];

		edge->join = plan->instances[edge->to].root ? WEIR_PLAN_RING
							    : WEIR_PLAN_FUSED;
		edge->across = plan->instances[edge->from].executor !=
			       plan->instances[edge->to].executor;
	}
	free(root_of);
}
