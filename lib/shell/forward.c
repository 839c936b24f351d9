// SPDX-License-Identifier: BSD-3-Clause
//
// The step of a shell that is nothing but rx and tx, on ports whose calls are
// brief: both are called without their kernels between, several bursts in a
// step, and what they count is written once.
//
// The clock is read after the first burst came in, which is also what a sampled
// packet's latency is taken from, and at the step's end where it had more than
// one burst: never more than once a burst. How many bursts a step may have is
// learnt from how long the last one took: as many as fit into WEIR_STEP_NS.
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

	if (weir_trace_is_on()) {
		weir_shell_trace_burst(shell, root, received, 0);
		weir_shell_trace_burst(shell, last, received, 0);
	}
	count_add(&root->counts->in, received);
	count_add(root->links[0].counter, received);
	count_add(&last->counts->in, received);
	count_add(&last->counts->consumed, sent);
	weir_executor_worked_inline(shell->executor, received);
}

// end reads the clock at the end of a step, and learns from it.
static void end(struct weir_shell *shell, unsigned bursts)
{
	uint64_t begin = shell->now;

	weir_shell_end_tail(shell);
	shell->forward_bursts = weir_forward_learn(shell->forward_bursts,
		bursts, shell->now - begin, shell->step_ticks);
}

// What a step has moved.
struct moved {
	unsigned bursts, received;
	bool more; // the last burst was full, and the port took all of it
};

static inline void move(struct moved *moved, struct weir_tx_stage *tx,
	struct rte_mbuf **packets, unsigned n, unsigned taken)
{
	moved->bursts += n > 0;
	moved->received += n;
	moved->more = n == WEIR_BURST && taken == n;
	if (unlikely(taken < n))
		weir_tx_hold(tx, packets + taken, n - taken);
}

// by_driver moves further bursts.
static void by_driver(struct weir_shell *shell, struct weir_rx_stage *rx,
	struct weir_tx_stage *tx, struct moved *moved)
{
	struct rte_mbuf **packets = shell->burst;

	while (moved->more && moved->bursts < shell->forward_bursts) {
		unsigned n = weir_rx_receive(rx, packets, WEIR_BURST);

		move(moved, tx, packets, n,
			n ? weir_tx_send(tx, packets, n) : 0);
	}
}

// A direct way, looked up once a step: what burst is called with stays as it is
// while lcores run (builtin/ends.h).
struct way {
	const uint32_t *gate;
	uint32_t open;
	void *const *watcher;
	uint16_t (*burst)(
		void *queue, struct rte_mbuf **packets, uint16_t count);
	void *queue;
};

static inline struct way look_up(const struct weir_port_direct *direct)
{
	return (struct way){
		.gate = direct->gate,
		.open = direct->open,
		.watcher = &(*direct->watchers)[direct->queue],
		.burst = *direct->burst,
		.queue = (*direct->queues)[direct->queue],
	};
}

static inline bool is_open(const struct way *way)
{
	return likely(load_relaxed(way->gate) == way->open &&
		      load_relaxed(way->watcher) == NULL);
}

// by_device moves further bursts while both ways are open. The step ends with one
// that is not full, which goes as all do.
static void by_device(struct weir_shell *shell, struct weir_rx_stage *rx,
	struct weir_tx_stage *tx, struct moved *moved)
{
	struct rte_mbuf **packets = shell->burst;
	const struct way in = look_up(&rx->direct), out = look_up(&tx->direct);
	unsigned left = shell->forward_bursts - moved->bursts, n, taken;

	while (left && is_open(&in)) {
		n = in.burst(in.queue, packets, WEIR_BURST);
		if (unlikely(n < WEIR_BURST || !is_open(&out))) {
			move(moved, tx, packets, n,
				n ? weir_tx_send(tx, packets, n) : 0);
			return;
		}
		taken = out.burst(out.queue, packets, WEIR_BURST);
		move(moved, tx, packets, n, taken);
		if (unlikely(taken < n))
			return;
		left--;
	}
}

// forward answers how many packets came in; the port has taken them, or tx
// holds them. tx holds none before.
static unsigned forward(struct weir_shell *shell, struct weir_tx_stage *tx)
{
	struct weir_rx_stage *rx = shell->root->state;
	struct moved moved = {0};
	unsigned n = weir_rx_receive(rx, shell->burst, WEIR_BURST);

	if (!n)
		return 0;
	move(&moved, tx, shell->burst, n, first(shell, tx, shell->burst, n));
	if (moved.more && weir_end_is_direct(&rx->direct) &&
		weir_end_is_direct(&tx->direct))
		by_device(shell, rx, tx, &moved);
	else
		by_driver(shell, rx, tx, &moved);
	book(shell, moved.received, moved.received - tx->count);
	shell->tail = shell->tree[1];
	if (moved.bursts > 1 || !shell->alone)
		end(shell, moved.bursts);
	return moved.received;
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
		weir_shell_again(shell);
		return;
	}
	weir_burst_begin(shell, executor);
	weir_shell_source_idle(shell);
}
