// SPDX-License-Identifier: BSD-3-Clause
//
// The inside of a pipeline: what it opened, what it runs. Inside lib/pipeline
// only.
//
//	runner.c    start, poll, stop, finish, close
//	open.c      all that it opens
//	pools.c     the pools
//	ports.c     the ports
//	executors.c the executors and what each runs
//	patience.c  how long it is waited for them when they shall stop
//	change.c    options while it runs
//	books.c     the equations
//	contracts.c how long steps may take, and what became of it
//	report.c    the report as an object
#ifndef WEIR_PIPELINE_RUNNER_H
#define WEIR_PIPELINE_RUNNER_H

#include "mem/pool.h"
#include "pipeline/pipeline.h"
#include "shell/shell.h"
#include "port/port.h"

#include <jansson.h>
#include <pthread.h>

// Published by housekeeping, for readers.
struct weir_port_gauges {
	struct weir_port_stats stats;
	uint64_t held;
};

struct weir_running_port {
	struct weir_port port; // as stages see it
	const struct weir_config_port *config;
	struct weir_port_gauges *gauges;
	unsigned rx_queues, tx_queues;
	bool opened;
	bool stopped;
};

// Frees what executors on threads are done with, on an lcore.
struct weir_freer {
	struct weir_step step; // first
	struct weir_edge **edges;
	unsigned count;
	struct weir_step_label label;
};

struct weir_runner {
	const struct weir_plan_executor *plan;
	struct weir_executor *executor;
	struct weir_executor_counts *counts;
	struct weir_histogram *others; // steps of no stage
	struct weir_histogram *ready;  // how long tasks were, and did not run
	struct weir_edge *giveback;    // of a thread
	struct weir_freer freer;       // of an lcore
	struct weir_trap *trap;	       // of its system calls, or NULL
	int untrapped;		       // -errno: it could not be entered
	pthread_t thread;
	bool running;
	bool returned; // released when it has run for the last time

	// of who waits for it (patience.c)
	uint64_t own_ns; // that it ran or slept since it is waited for
	uint64_t ran_ns; // its CPU time when it was last looked at
	bool looked, asleep;
};

// How a run came to its end; the first that happened.
enum weir_end {
	WEIR_END_NOT,
	WEIR_END_INPUTS,
	WEIR_END_DURATION,
	WEIR_END_PACKETS,
	WEIR_END_STOPPED,
	WEIR_END_AT_ONCE,
};

struct weir_change;
struct weir_contract;
struct weir_trap;

struct weir_pipeline {
	const struct weir_plan *plan;
	uint64_t duration; // ticks; 0: no limit
	const struct weir_clock *clock;
	struct weir_count_segment *segment;
	struct weir_count_reader *reader;
	struct rte_mempool *pool;   // of the lcores
	struct rte_mempool **pools; // by executor: of threads that have one
	uint64_t *pool_gauges;	    // size, held: of all
	unsigned pool_kept;	    // by ports that are closed
	struct weir_running_port *ports;
	struct weir_instance *instances;
	struct weir_edge *edges, *givebacks;
	struct weir_runner *runners;
	struct weir_shell *shells;
	unsigned shell_count;
	struct weir_change *changes; // of options, the latest first
	struct weir_contract **contracts;
	struct weir_contract_state *contract_states; // for the report
	unsigned contract_count, contract_flags;
	struct weir_limit limit;
	char instance[WEIR_COUNT_INSTANCE_SIZE];
	char pages_why[128]; // why memory is of these pages; ""

	// shared with shells and signal handlers
	bool stop, stop_at_once;

	// the main thread's
	bool quit; // inputs were told to end
	bool started;
	bool watched;
	bool told;     // that a step does not end, and so the drain does not
	bool given_up; // an executor did not stop: it still runs
	uint64_t stop_tick; // when it was first seen that it shall stop
	uint64_t patient_tick, look_tick; // since it is waited; the last look
	enum weir_end end;
	uint64_t started_tick, ended_tick;
	uint64_t started_ns; // CLOCK_REALTIME
	json_t *findings;
	json_t *report;
	bool failed;
};

// weir_finding adds a sentence to the report's findings; fault: one for which
// the verdict is 1.
__attribute__((format(printf, 3, 4))) void weir_finding(
	struct weir_pipeline *pipeline, bool fault, const char *format, ...);

// weir_pipeline_open_all opens all; what it opened before it failed is closed
// by weir_pipeline_close.
int weir_pipeline_open_all(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e);

// weir_port_fault stores that a port of the file cannot be opened, with where
// the file says it.
int weir_port_fault(const struct weir_config_port *port, int code,
	const char *text, struct weir_error *e);

// The pools. of answers the one that an executor takes packets from, NULL for a
// thread that takes none; held, how many packets are out of all of them.
int weir_pools_open(struct weir_pipeline *pipeline, struct weir_error *e);
struct rte_mempool *weir_pools_of(
	const struct weir_pipeline *pipeline, unsigned executor);
uint64_t weir_pools_held(const struct weir_pipeline *pipeline);
void weir_pools_close(struct weir_pipeline *pipeline);

// The ports. open those that receive and, last of all, when nothing else can
// fail any more, those that only send: opening empties a file; stop adds what went wrong to the
// findings; quit ends the inputs.
int weir_ports_open(struct weir_pipeline *pipeline, struct weir_error *e);
int weir_ports_open_outputs(
	struct weir_pipeline *pipeline, struct weir_error *e);
int weir_ports_start(struct weir_pipeline *pipeline, struct weir_error *e);
void weir_ports_quit(struct weir_pipeline *pipeline);
void weir_ports_stop(struct weir_pipeline *pipeline);
void weir_ports_watch(struct weir_pipeline *pipeline);
void weir_ports_publish(struct weir_pipeline *pipeline);
void weir_ports_close(struct weir_pipeline *pipeline);

// The executors. open makes them and their shells; stop returns when none runs.
int weir_runners_open(struct weir_pipeline *pipeline, struct weir_error *e);
int weir_runners_start(struct weir_pipeline *pipeline, struct weir_error *e);
// halt tells all to stop and answers whether they have, within a time: else what is
// theirs stays theirs, and stop leaves them alone.
bool weir_runners_halt(struct weir_pipeline *pipeline);
// weir_patience_begin begins to wait for the executors that run. ends looks at
// them, and tells whether each that has not returned has had limit_ns to itself,
// running or asleep, or has not been given as much for far longer.
void weir_patience_begin(struct weir_pipeline *pipeline);
bool weir_patience_ends(struct weir_pipeline *pipeline, uint64_t limit_ns);
void weir_runners_stop(struct weir_pipeline *pipeline);
void weir_runners_free_givebacks(struct weir_pipeline *pipeline);
void weir_runners_close(struct weir_pipeline *pipeline);

// weir_changes_close frees what changes of options left, when no executor runs.
void weir_changes_close(struct weir_pipeline *pipeline);

// weir_report_make builds the report, after the executors and ports have
// stopped; weir_report_end adds what the pool says after all was given back
// and the verdict.
int weir_report_make(struct weir_pipeline *pipeline);
void weir_report_end(struct weir_pipeline *pipeline, uint64_t pool_lost);

#endif
