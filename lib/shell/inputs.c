// SPDX-License-Identifier: BSD-3-Clause
//
// The step of a shell whose root is fed by rings. They are served round robin,
// each with a burst at most: while others wait, a flooding input gets no more.
#include "shell/burst.h"
#include "task/executor_inline.h"

void weir_shell_trim(struct weir_shell *shell)
{
	if (likely(!shell->trims))
		return;
	for (unsigned i = 0; i < shell->input_count; i++) {
		struct weir_edge *edge = shell->inputs[i];
		uint32_t excess;

		if (edge->when_full != WEIR_WHEN_FULL_DROP_OLDEST ||
			!weir_burst_can_drop(shell))
			continue;
		excess = weir_edge_excess(edge);
		if (excess > WEIR_TRASH_SIZE)
			excess = WEIR_TRASH_SIZE;
		excess = weir_edge_recv(edge, shell->trash, excess);
		if (!excess)
			continue;
		count_add(&edge->taken->overrun, excess);
		weir_burst_discard(shell, shell->trash, excess);
		weir_executor_worked_inline(shell->executor, excess);
	}
}

unsigned weir_shell_gather(
	struct weir_shell *shell, struct rte_mbuf **packets, unsigned n)
{
	unsigned got = 0;

	for (unsigned i = 0; i < shell->input_count && got < n; i++) {
		struct weir_edge *edge = shell->inputs[shell->next_input];
		unsigned count = weir_edge_recv(edge, packets + got, n - got);

		if (++shell->next_input == shell->input_count)
			shell->next_input = 0;
		if (count)
			count_add(&edge->taken->out, count);
		got += count;
	}
	return got;
}

bool weir_shell_input_waits(const struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->input_count; i++)
		if (weir_edge_ready(shell->inputs[i]))
			return true;
	return false;
}

bool weir_shell_inputs_ended(const struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->input_count; i++)
		if (!weir_edge_ended(shell->inputs[i]))
			return false;
	return true;
}

// bursts does as many as wait, up to a step's worth and to credit: what a burst
// takes of it is at most its packets.
static unsigned bursts(struct weir_shell *shell, uint32_t credit)
{
	uint64_t end = shell->now + shell->step_ticks;
	unsigned total = 0, n;

	for (unsigned i = 0; i < WEIR_STEP_BURSTS; i++) {
		n = weir_shell_gather(shell, shell->burst,
			credit < WEIR_BURST ? credit : WEIR_BURST);
		if (!n)
			break;
		weir_burst_run(shell, shell->root, shell->burst, n);
		total += n;
		credit -= n;
		if (n < WEIR_BURST || credit < WEIR_BURST || shell->now > end)
			break;
	}
	return total;
}

void weir_shell_step_inputs(
	struct weir_executor *executor, struct weir_step *step)
{
	struct weir_shell *shell = (struct weir_shell *)step;
	uint32_t credit;
	unsigned n = 0;

	weir_burst_begin(shell, executor);
	weir_shell_trim(shell);
	credit = weir_burst_credit(shell);
	if (likely(credit > 0))
		n = bursts(shell, credit);
	if (n) {
		weir_executor_worked_inline(executor, n);
		weir_shell_again(shell);
	} else if (weir_shell_inputs_ended(shell)) {
		weir_shell_drain(shell);
	} else {
		bool held = !credit && weir_shell_input_waits(shell);

		weir_shell_idle(
			shell, held ? WEIR_TIME_HELD_BACK : WEIR_TIME_WAITING);
	}
}
