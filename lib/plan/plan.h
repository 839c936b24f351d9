// SPDX-License-Identifier: BSD-3-Clause
//
// The planner turns what a file says into what will run: instances of stages,
// edges between them, what is fused, on which executor each runs, and how much
// memory all takes. It refuses what could not work: an output without a
// consumer, a cycle of bounded channels, an lcore that does not exist.
//
// A plan is data: it can be printed, drawn, compared and tested without
// running anything.
#ifndef WEIR_PLAN_PLAN_H
#define WEIR_PLAN_PLAN_H

#include "base/error.h"
#include "config/config.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct json_t; // of jansson

enum weir_plan_executor_kind { WEIR_PLAN_LCORE, WEIR_PLAN_THREAD };

struct weir_plan_executor {
	enum weir_plan_executor_kind kind;
	unsigned id; // EAL's lcore id; for threads: counted from 0
	unsigned cpu;
	int node;
	bool shares_cpu;    // with another executor: it yields when idle
	bool own_pool;	    // of a thread that takes packets from a pool
	const char *reason; // why this CPU, a phrase
};

// How two instances are joined.
enum weir_plan_join {
	WEIR_PLAN_FUSED, // a call
	WEIR_PLAN_RING,	 // an SPSC ring: on one executor, or across
};

// An edge leads from one way of an instance's output to an instance.
struct weir_plan_edge {
	unsigned from, output, way; // instance, its output, its way there
	unsigned to;		    // instance
	const struct weir_config_input *input; // what the file says of it
	enum weir_plan_join join;
	uint32_t depth; // messages; of a ring
	bool across;	// the two ends are on different executors
};

struct weir_plan_instance {
	const char *name; // "web[0]", or "web" where there is one
	unsigned stage;	  // index in config
	unsigned index;	  // replica
	unsigned executor;
	int port_queue; // of its port; -1: none
	bool root;	// has a shell of its own; else it is fused below one
	unsigned ways[WEIR_STAGE_NAMES]; // of each output; one that the file
					 // drops has one way and no edge
	const char *reason;		 // why here, a phrase
};

struct weir_plan {
	const struct weir_config *config; // borrowed
	struct weir_plan_executor *executors;
	unsigned executor_count;
	struct weir_plan_instance *instances; // in topological order
	unsigned instance_count;
	struct weir_plan_edge *edges;
	unsigned edge_count;
	uint32_t packet_count; // mbufs for a pool
	uint64_t memory_size;  // EAL memory, bytes
	bool no_huge;	       // no port needs hugepages, nor does the file
	bool no_pci;	       // no port is a PCI device
	unsigned main_cpu;     // housekeeping and threads
	unsigned merge_bound;  // most packets of other inputs that are served
			       // before a waiting one; 0: nothing joins
};

struct weir_plan_machine {
	unsigned cpu_count;   // that may be used
	const unsigned *cpus; // their numbers, ascending
};

// weir_plan_machine_here fills in the CPUs that this process may use.
void weir_plan_machine_here(struct weir_plan_machine *machine);

// weir_plan_create plans config, which it borrows, for machine (NULL: this
// one). Warnings (more lcores than CPUs) go to the log. Answers 0, or -EINVAL with "FILE:LINE:COLUMN: error: …" lines.
int weir_plan_create(struct weir_plan **plan, const struct weir_config *config,
	const struct weir_plan_machine *machine, struct weir_error *e);
void weir_plan_destroy(struct weir_plan *plan);

// weir_plan_print writes it for people; weir_plan_dot for Graphviz;
// weir_plan_json answers a new jansson object.
void weir_plan_print(const struct weir_plan *plan, FILE *to, bool colour);
void weir_plan_dot(const struct weir_plan *plan, FILE *to);
struct json_t *weir_plan_json(const struct weir_plan *plan);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
