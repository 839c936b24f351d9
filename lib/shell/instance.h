// SPDX-License-Identifier: BSD-3-Clause
//
// An instance is one running copy of a stage: its state, its lanes and where
// each leads, its books.
//
//	in ──▶ kernel(state) ──▶ lane 0 ──▶ a fused instance: called
//	                     ──▶ lane 1 ──▶ an edge: its ring
//	                     ──▶ lane 2 ──▶ nobody: dropped, as the file says
//
// Credit.  A leaf is a place that can be full: an edge that waits, or a stage
// that says how much room it has. For each leaf below an instance we know at
// open how many copies of one packet can get there at most, so that room ÷
// copies packets may be taken without anything overflowing.
//
// Threads.  The executor that runs it; counts may be read by anyone.
#ifndef WEIR_SHELL_INSTANCE_H
#define WEIR_SHELL_INSTANCE_H

#include "count/count.h"
#include "shell/edge.h"
#include "plan/plan.h"
#include "stage/ethernet.h"
#include "stage/stage.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;
struct weir_instance;

// What one call may drop at most: what it was given and what the stage held.
#define WEIR_TRASH_SIZE 4096

// Counted by the executor.
struct weir_instance_counts {
	uint64_t in, made, consumed;
	uint64_t held; // gauge, looked at now and then
	uint64_t out[WEIR_STAGE_NAMES];
	uint64_t dropped[WEIR_STAGE_NAMES]; // by the stage's reasons
	uint64_t rest[WEIR_STAGE_NAMES];    // outputs that the file drops
	uint64_t no_mbuf; // written to, shared, and no packet for a copy
	struct weir_ethernet_sifted sifted;
};

// Where a lane leads: to one of next and edge, or to nobody.
struct weir_link {
	uint64_t *counter; // of the output
	struct weir_instance *next;
	struct weir_edge *edge;
};

struct weir_leaf {
	struct weir_edge *edge; // or:
	const struct weir_instance *instance;
	uint32_t copies; // of one packet that can get there, at most
	uint32_t wanted; // for a burst
};

// What is full first, for packets that enter at a certain place.
struct weir_leaves {
	struct weir_leaf *at;
	unsigned count;
};

struct weir_instance {
	// what a call needs
	void (*kernel)(void *state, struct rte_mbuf **in, unsigned n,
		struct weir_out *out);
	void *state;
	struct weir_instance_counts *counts;
	struct weir_histogram *steps;
	struct weir_histogram *timed_in; // steps, or those of timed_with
	struct weir_link *links;	 // one for each lane
	uint32_t lane_count;
	bool special; // one of the three:
	bool writes, ethernet;
	bool emits; // by itself: needs its room told
	const struct weir_instance *timed_with; // in whose steps; or NULL
	struct weir_out out;

	// what is used now and then
	struct weir_leaves take; // for a packet that the instance is given
	struct weir_leaves emit; // for one packet on each lane
	uint32_t take_trash, emit_trash; // packets that may be dropped for it
	const struct weir_stage *type;
	const struct weir_plan_instance *plan;
	const struct weir_config_stage *config;
	struct rte_mempool *pool;
	struct weir_port *port; // or NULL
	uint64_t *own;		// counters of the stage's own, published
	bool ready;		// init has answered 0
	bool sampled_first;	// see struct weir_stage_setup
	void *memory;		// lanes
};

// weir_instance_open makes the state from the options and allots the books;
// lanes come with weir_wire.
int weir_instance_open(struct weir_instance *instance,
	const struct weir_plan *plan, unsigned index,
	struct weir_count_segment *segment, int node, struct weir_error *e);

// weir_instance_close calls fini where init was called, and frees.
void weir_instance_close(struct weir_instance *instance);

// weir_instance_publish copies the stage's own counters to the segment.
// Housekeeping.
void weir_instance_publish(struct weir_instance *instance);

// weir_instance_held asks the stage.
static inline uint64_t weir_instance_held(const struct weir_instance *instance)
{
	return instance->type->held ? instance->type->held(instance->state) : 0;
}

// weir_leaves_room answers how many packets may enter so that nothing
// overflows; UINT32_MAX where nothing can.
static inline uint32_t weir_leaves_room(const struct weir_leaves *leaves)
{
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < leaves->count; i++) {
		const struct weir_leaf *leaf = &leaves->at[i];
		uint32_t room =
			leaf->edge ? weir_edge_room(leaf->edge, leaf->wanted)
				   : leaf->instance->type->room(
					     leaf->instance->state);

		if (unlikely(leaf->copies > 1))
			room /= leaf->copies;
		least = room < least ? room : least;
	}
	return least;
}

#endif
