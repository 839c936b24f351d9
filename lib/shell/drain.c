// SPDX-License-Identifier: BSD-3-Clause
//
// How a shell ends: each instance of its tree drains, in topological order,
// one call a turn at most; then nothing more can come out, and the edges that
// lead out of the tree are told so.
#include "shell/burst.h"

static void end_edges(struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->tree_count; i++) {
		const struct weir_instance *instance = shell->tree[i];

		for (unsigned lane = 0; lane < instance->lane_count; lane++)
			if (instance->links[lane].edge)
				weir_edge_end(instance->links[lane].edge);
	}
}

// drained tells whether the instance has nothing left to give or to wait for.
static bool drained(const struct weir_instance *instance)
{
	const struct weir_stage *type = instance->type;

	if (!type->source && type->ended)
		return type->ended(instance->state);
	return !weir_instance_held(instance);
}

// call_drain lets the instance give what it has room for. What only waits (a
// port that writes) is waiting, not a step.
static void call_drain(struct weir_shell *shell, struct weir_instance *instance)
{
	uint64_t consumed = instance->counts->consumed;
	uint32_t room = weir_burst_emit_room(shell, instance);
	uint64_t moved;

	weir_burst_set_room(instance, room);
	instance->out.now = shell->now;
	weir_executor_runs(shell->executor, instance->steps);
	instance->type->drain(instance->state, &instance->out);
	moved = instance->counts->consumed - consumed +
		weir_burst_emitted(instance);
	if (!moved)
		return;
	shell->now = weir_executor_lap_inline(shell->executor, instance->steps);
	weir_burst_settle(shell, instance);
	weir_executor_worked_inline(shell->executor, moved);
}

static void finish(struct weir_shell *shell)
{
	end_edges(shell);
	shell->now = weir_executor_lap_regime_inline(
		shell->executor, WEIR_TIME_RUNTIME);
	shell->done_tick = shell->now;
	for (unsigned i = 0; i < shell->tree_count; i++)
		WEIR_TRACE(stage_drained, shell->tree[i]);
	store_release(&shell->done, true);
}

void weir_shell_step_drain(
	struct weir_executor *executor, struct weir_step *step)
{
	struct weir_shell *shell = (struct weir_shell *)step;

	weir_burst_begin(shell, executor);
	for (; shell->drained < shell->tree_count; shell->drained++) {
		struct weir_instance *instance = shell->tree[shell->drained];

		if (!instance->type->drain)
			continue;
		if (!weir_burst_can_drop(shell)) {
			weir_shell_idle(shell, WEIR_TIME_HELD_BACK);
			return;
		}
		call_drain(shell, instance);
		if (!drained(instance)) {
			weir_shell_idle(shell, WEIR_TIME_WAITING);
			return;
		}
	}
	finish(shell);
}

void weir_shell_drain(struct weir_shell *shell)
{
	weir_step_init(&shell->step, weir_shell_step_drain, shell->root->steps);
	weir_shell_idle(shell, WEIR_TIME_RUNTIME);
}
