// SPDX-License-Identifier: BSD-3-Clause
//
// Set-up of shells: which instances lie below a root, which of them tick, what
// feeds it.
#include "shell/burst.h"
#include "mem/mem.h"
#include "shell/task_stage.h"

#include <errno.h>
#include <string.h>

static bool in_tree(
	const struct weir_shell *shell, const struct weir_instance *instance)
{
	for (unsigned i = 0; i < shell->tree_count; i++)
		if (shell->tree[i] == instance)
			return true;
	return false;
}

static bool is_fed_by_tree(const struct weir_shell *shell,
	struct weir_instance *instances, const struct weir_plan *plan,
	unsigned index)
{
	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *edge = &plan->edges[i];

		if (edge->to == index && edge->join == WEIR_PLAN_FUSED &&
			in_tree(shell, &instances[edge->from]))
			return true;
	}
	return false;
}

// The plan's order is topological: what feeds an instance was looked at before
// it.
static void find_tree(struct weir_shell *shell, struct weir_instance *instances,
	const struct weir_plan *plan)
{
	for (unsigned i = 0; i < plan->instance_count; i++) {
		struct weir_instance *instance = &instances[i];

		if (instance != shell->root &&
			!is_fed_by_tree(shell, instances, plan, i))
			continue;
		shell->tree[shell->tree_count++] = instance;
		if (instance->type->tick)
			shell->ticking[shell->ticking_count++] = instance;
	}
}

static void find_inputs(struct weir_shell *shell,
	struct weir_instance *instances, const struct weir_plan *plan,
	struct weir_edge *edges)
{
	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *edge = &plan->edges[i];

		if (&instances[edge->to] != shell->root ||
			edge->join == WEIR_PLAN_FUSED)
			continue;
		shell->inputs[shell->input_count++] = &edges[i];
		if (edges[i].when_full == WEIR_WHEN_FULL_DROP_OLDEST)
			shell->trims = true;
	}
}

// Instances of a tree are called one inside the other, but each empties its
// trash before it calls the next: they share one.
static void point_trash(struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->tree_count; i++) {
		struct weir_out *out = &shell->tree[i]->out;

		out->trash = (struct weir_lane){
			.packets = shell->trash, .size = WEIR_TRASH_SIZE};
	}
}

static bool is_alone(
	const struct weir_shell *shell, const struct weir_plan *plan)
{
	unsigned roots = 0;

	for (unsigned i = 0; i < plan->executor_count; i++)
		if (plan->executors[i].kind == WEIR_PLAN_THREAD)
			return false; // an lcore frees what a thread is done with
	for (unsigned i = 0; i < plan->instance_count; i++)
		roots += plan->instances[i].root &&
			 plan->instances[i].executor ==
				 shell->root->plan->executor;
	return roots == 1;
}

static bool is_brief(const struct weir_instance *instance)
{
	return instance->port && instance->port->traits.brief_calls &&
	       !instance->port->traits.makes_system_calls;
}

// In a chain from port to port, alone on its executor, the last call and the
// first of the next step follow each other. A clock read between them would
// cost more than 2 % of net_null's rate, so both are timed as one, with the
// source; every stage between them still has a stretch of its own. One that has a
// contract of its own is timed alone.
static void time_as_one(
	const struct weir_shell *shell, const struct weir_plan *plan)
{
	struct weir_instance *last = shell->tree[shell->tree_count - 1];

	if (!shell->root->type->source || !is_brief(shell->root) ||
		!is_brief(last) || last->lane_count || last == shell->root ||
		last->special || (!shell->alone && shell->tree_count > 2))
		return;
	if (shell->root->config->max_exec_ns || last->config->max_exec_ns)
		return;
	for (unsigned i = 0; i + 1 < shell->tree_count; i++)
		if (shell->tree[i]->lane_count != 1)
			return;
	last->timed_with = shell->root;
	last->timed_in = shell->root->steps;
}

// The order of a source's burst survives where no stage emits by itself.
static bool keeps_order(const struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->tree_count; i++)
		if (shell->tree[i]->type->tick && shell->tree[i]->lane_count)
			return false;
	return shell->root->type->source && !shell->latency_all;
}

static weir_step_fn *first_step(const struct weir_shell *shell)
{
	const struct weir_stage *type = shell->root->type;

	if (type->task)
		return weir_shell_step_task;
	if (weir_shell_forwards(shell))
		return weir_shell_step_forward;
	return type->source ? weir_shell_step_source : weir_shell_step_inputs;
}

int weir_shell_open(struct weir_shell *shell, struct weir_instance *root,
	struct weir_instance *instances, const struct weir_plan *plan,
	struct weir_edge *edges, struct weir_edge *giveback,
	struct weir_error *e)
{
	unsigned most = plan->instance_count;
	int node = plan->executors[root->plan->executor].node;

	shell->root = root;
	shell->giveback = giveback;
	shell->tree = weir_mem_create(most * sizeof(void *), node);
	shell->ticking = weir_mem_create(most * sizeof(void *), node);
	shell->inputs =
		weir_mem_create((plan->edge_count + 1) * sizeof(void *), node);
	shell->trash = weir_mem_create(WEIR_TRASH_SIZE * sizeof(void *), node);
	if (!shell->tree || !shell->ticking || !shell->inputs || !shell->trash)
		return weir_error_set(e, -ENOMEM,
			"stage '%s': no memory to run it: give runtime.memory "
			"more",
			root->plan->name);
	find_tree(shell, instances, plan);
	find_inputs(shell, instances, plan, edges);
	point_trash(shell);
	shell->alone = is_alone(shell, plan);
	time_as_one(shell, plan);
	for (unsigned i = 0; keeps_order(shell) && i < shell->tree_count; i++)
		shell->tree[i]->sampled_first = true;
	weir_step_init(&shell->step, first_step(shell), shell->root->steps);
	return root->type->task ? weir_task_stage_open(shell, e) : 0;
}

void weir_shell_close(struct weir_shell *shell)
{
	weir_task_stage_close(shell);
	weir_mem_destroy(shell->trash);
	weir_mem_destroy(shell->inputs);
	weir_mem_destroy(shell->ticking);
	weir_mem_destroy(shell->tree);
	memset(shell, 0, sizeof(*shell));
}

int weir_shell_start(struct weir_shell *shell, struct weir_executor *executor,
	struct weir_error *e)
{
	shell->executor = executor;
	shell->forward_bursts = WEIR_STEP_BURSTS;
	shell->step_ticks =
		weir_clock_ticks(weir_executor_clock(executor), WEIR_STEP_NS);
	for (unsigned i = 0; i < shell->tree_count; i++)
		shell->tree[i]->out.executor = executor;
	weir_step_label(
		executor, &shell->label, &shell->step, shell->root->plan->name);
	weir_step_ready(executor, &shell->step);
	return shell->io ? weir_task_stage_start(shell, e) : 0;
}
