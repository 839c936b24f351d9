// SPDX-License-Identifier: BSD-3-Clause
//
// A shell runs a root instance and all that is fused below it, as one step that
// makes itself runnable every turn.
//
//	inputs (rings) or a source ──▶ root ──▶ fused instances ──▶ rings, ports
//
// A step: ticks; credit, the least room over the leaves; a burst of at most
// that many packets through the tree, a clock read for each kernel and burst.
// When the inputs have ended it drains the tree in topological order, ends its
// outgoing edges, and is done.
//
// Threads.  The executor's, once started. stop and limit are shared with other
// shells and the main thread; done is read by anyone.
#ifndef WEIR_SHELL_SHELL_H
#define WEIR_SHELL_SHELL_H

#include "shell/instance.h"
#include "task/executor.h"

#include <stdbool.h>
#include <stdint.h>

// The way back of packets from a thread to an lcore that frees them.
#define WEIR_GIVEBACK_DEPTH 16384

// How many packets all sources together may still bring in. One for a
// pipeline; unused where the run has no such limit.
struct weir_limit {
	uint64_t left;	// to be claimed
	uint64_t taken; // that really came
	uint64_t all;
};

// weir_limit_claim takes up to wanted packets, and a burst at most, out of what
// may still come in; weir_limit_settle says how many of them came.
// weir_limit_reached tells that no more will: what others claimed may yet come
// back. Any thread.
uint32_t weir_limit_claim(struct weir_limit *limit, uint32_t wanted);
void weir_limit_settle(
	struct weir_limit *limit, uint32_t claimed, uint32_t came);

static inline bool weir_limit_reached(const struct weir_limit *limit)
{
	return limit->all && load_relaxed(&limit->taken) >= limit->all;
}

struct weir_shell {
	struct weir_step step; // first: the executor hands it back
	struct weir_instance *root;
	uint64_t now;		 // tick of the last clock read
	uint64_t step_ticks;	 // after which a step takes no other burst
	unsigned forward_bursts; // of a step of rx and tx alone, as learnt
	struct weir_executor *executor;
	struct weir_instance **ticking;
	unsigned ticking_count;
	unsigned beat;	     // steps, for what is done now and then
	unsigned char idles; // 1 + the regime that the trace knows it to be in
	struct weir_edge **inputs;
	unsigned input_count, next_input;
	bool trims;		    // an input drops its oldest
	bool latency_all;	    // stamp every packet
	bool alone;		    // on its executor
	struct weir_instance *tail; // of a chain timed as one, that was called
	const bool *stop;	    // sources end
	struct weir_limit *limit;   // or NULL
	struct weir_edge *giveback; // on a thread: where packets are freed
	struct rte_mbuf *burst[WEIR_BURST];
	struct rte_mbuf **trash; // of all instances, WEIR_TRASH_SIZE

	// the end
	struct weir_instance **tree; // in topological order, the root first
	unsigned tree_count, drained;
	struct weir_stage_io *io; // of a task stage
	uint64_t done_tick;
	bool done; // released after all else; read by the main thread
	struct weir_step_label label;
};

// weir_shell_open prepares a shell for root: finds its tree and inputs and
// points the lanes' trash at the shell's. giveback is where an executor on a
// plain thread sends what is to be freed; NULL on lcores.
int weir_shell_open(struct weir_shell *shell, struct weir_instance *root,
	struct weir_instance *instances, const struct weir_plan *plan,
	struct weir_edge *edges, struct weir_edge *giveback,
	struct weir_error *e);
void weir_shell_close(struct weir_shell *shell);

// weir_shell_start makes the shell runnable on executor. Before it runs, or on
// its thread. Answers 0, or -EAGAIN when a task stage finds no stack.
int weir_shell_start(struct weir_shell *shell, struct weir_executor *executor,
	struct weir_error *e);

#endif
