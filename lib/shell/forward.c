// SPDX-License-Identifier: BSD-3-Clause
//
// The step of a shell that is nothing but rx and tx, on ports whose calls are
// brief: both are called without their kernels between, several bursts in a
// step, and what they count is written once.
//
// The clock is read after the first burst came in, which is also what a sampled
// packet's latency is taken from, and at the step's end where it had more than
// one burst: never more than once a burst.
#include "builtin/builtin.h"
#include "builtin/ends.h"
#include "shell/burst.h"
#include "task/executor_inline.h"

bool weir_shell_forwards(const struct weir_shell *shell)
{
	const struct weir_instance *last = shell->tree[shell->tree_count - 1];

	return shell->tree_count == 2 &&
	       shell->root->type == &weir_builtin_rx &&
	       last->type == &weir_builtin_tx && last->timed_with &&
	       last->sampled_first && !shell->limit && !shell->giveback;
}

// first gives the first burst of a step, with the sampled packet.
static unsigned first(struct weir_shell *shell, struct weir_tx_stage *tx,
	struct rte_mbuf **packets, unsigned n)
{
	weir_burst_stamp(packets[0], shell->now);
	shell->now =
		weir_executor_lap_inline(shell->executor, shell->root->steps);
	return weir_tx_send_first(tx, packets, n, shell->now);
}

// book enters what a step moved.
static void book(struct weir_shell *shell, unsigned received, unsigned sent)
{
	struct weir_instance *root = shell->root, *last = shell->tree[1];

	count_add(&root->counts->in, received);
	count_add(root->links[0].counter, received);
	count_add(&last->counts->in, received);
	count_add(&last->counts->consumed, sent);
	weir_executor_worked_inline(shell->executor, received);
}

// forward answers how many packets came in; the port has taken them, or tx
// holds them. tx holds none before.
static unsigned forward(struct weir_shell *shell, struct weir_tx_stage *tx)
{
	const struct weir_rx_stage *rx = shell->root->state;
	struct rte_mbuf **packets = shell->burst;
	unsigned received = 0, sent = 0, bursts = 0, n, taken;

	do {
		n = weir_rx_receive(rx, packets, WEIR_BURST);
		if (!n)
			break;
		received += n;
		taken = bursts++ ? weir_tx_send(tx, packets, n)
				 : first(shell, tx, packets, n);
		sent += taken;
		if (unlikely(taken < n)) {
			weir_tx_hold(tx, packets + taken, n - taken);
			break;
		}
	} while (n == WEIR_BURST && bursts < WEIR_STEP_BURSTS);
	if (!received)
		return 0;
	book(shell, received, sent);
	shell->tail = shell->tree[1];
	if (bursts > 1 || !shell->alone)
		weir_shell_end_tail(shell);
	return received;
}

void weir_shell_step_forward(
	struct weir_executor *executor, struct weir_step *step)
{
	struct weir_shell *shell = (struct weir_shell *)step;
	struct weir_tx_stage *tx = shell->tree[1]->state;

	if (unlikely(tx->count || load_relaxed(shell->stop))) {
		weir_shell_step_source(executor, step);
		return;
	}
	shell->now = weir_executor_now_inline(executor);
	weir_burst_beat(shell);
	if (likely(forward(shell, tx))) {
		tx->sent = false; // what its tick would do
		weir_shell_again(shell);
		return;
	}
	weir_burst_begin(shell, executor);
	weir_shell_source_idle(shell);
}
