// SPDX-License-Identifier: BSD-3-Clause
//
// The step of a shell whose root is a source.
#include "shell/burst.h"
#include "task/executor_inline.h"

// stamp marks the first packet that came, or all, with the tick at which they
// were asked for.
static void stamp(struct weir_shell *shell, struct weir_instance *source)
{
	for (unsigned i = 0; i < source->lane_count; i++) {
		struct weir_lane *lane = &source->out.lanes[i];

		for (unsigned j = 0; j < lane->count; j++) {
			weir_burst_stamp(lane->packets[j], source->out.now);
			if (!shell->latency_all)
				return;
		}
	}
}

uint32_t weir_limit_claim(struct weir_limit *limit, uint32_t wanted)
{
	uint64_t left = load_relaxed(&limit->left);
	uint32_t taken;

	wanted = wanted < WEIR_BURST ? wanted : WEIR_BURST;
	do {
		taken = left < wanted ? (uint32_t)left : wanted;
	} while (taken && !cas_acq_rel(&limit->left, &left, left - taken));
	return taken;
}

void weir_limit_settle(
	struct weir_limit *limit, uint32_t claimed, uint32_t came)
{
	add_acq_rel(&limit->left, claimed - came);
	add_acq_rel(&limit->taken, came);
}

static bool source_ended(const struct weir_shell *shell)
{
	const struct weir_instance *root = shell->root;

	return load_relaxed(shell->stop) ||
	       (shell->limit && weir_limit_reached(shell->limit)) ||
	       (root->type->ended && root->type->ended(root->state));
}

// call_source lets the source put up to room packets and answers how many came
// of it. What a port gives has come in; what a stage makes it says itself.
static unsigned call_source(struct weir_shell *shell, uint32_t room)
{
	struct weir_instance *root = shell->root;
	unsigned n;

	weir_burst_set_room(root, room);
	root->out.now = shell->now;
	root->kernel(root->state, NULL, 0, &root->out);
	n = weir_burst_emitted(root);
	if (root->port)
		count_add(&root->counts->in, n);
	return n;
}

void weir_shell_source_idle(struct weir_shell *shell)
{
	if (source_ended(shell))
		weir_shell_drain(shell);
	else
		weir_shell_idle(shell, WEIR_TIME_WAITING);
}

// burst brings one in and through the tree, and answers how many packets came.
static unsigned burst(
	struct weir_shell *shell, struct weir_instance *root, uint32_t room)
{
	uint64_t begin = shell->now;
	unsigned n;

	if (unlikely(shell->limit != NULL))
		room = weir_limit_claim(shell->limit, room);
	n = likely(room > 0) ? call_source(shell, room) : 0;
	if (unlikely(shell->limit != NULL))
		weir_limit_settle(shell->limit, room, n);
	if (!n)
		return 0;
	stamp(shell, root);
	shell->tail = NULL; // what it took is in this stretch
	shell->now = weir_executor_lap_inline(shell->executor, root->steps);
	if (weir_trace_is_on())
		weir_shell_trace_burst(shell, root, n, shell->now - begin);
	weir_burst_settle(shell, root);
	return n;
}

// bursts does as many as there are, up to a step's worth and to room: what a
// burst takes of it is at most its packets.
static unsigned bursts(
	struct weir_shell *shell, struct weir_instance *root, uint32_t room)
{
	uint64_t end = shell->now + shell->step_ticks;
	unsigned total = 0, n;

	for (unsigned i = 0; i < WEIR_STEP_BURSTS; i++) {
		n = burst(shell, root, room);
		total += n;
		room -= n;
		if (n < WEIR_BURST || room < WEIR_BURST || shell->now > end)
			break;
	}
	return total;
}

void weir_shell_step_source(
	struct weir_executor *executor, struct weir_step *step)
{
	struct weir_shell *shell = (struct weir_shell *)step;
	struct weir_instance *root = shell->root;
	uint32_t room;
	unsigned n;

	weir_burst_begin(shell, executor);
	if (unlikely(load_relaxed(shell->stop))) {
		weir_shell_drain(shell);
		return;
	}
	room = weir_burst_emit_room(shell, root);
	if (unlikely(!room)) {
		weir_shell_idle(shell, WEIR_TIME_HELD_BACK);
		return;
	}
	n = bursts(shell, root, room);
	if (!n) {
		weir_shell_source_idle(shell);
		return;
	}
	if (unlikely(shell->tail != NULL && !shell->alone))
		weir_shell_end_tail(shell); // what follows is another's
	weir_executor_worked_inline(executor, n);
	weir_shell_again(shell);
}
