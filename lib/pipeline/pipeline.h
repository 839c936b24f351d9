// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a plan: opens the ports, makes the rings, starts the executors, watches
// over them, drains, counts, reports.
//
// Life: open → start → (poll, change)* → stop → wait → report → close.
//
// A run ends when all inputs have ended, after a time or a number of packets, or when it is
// told to; then sources stop, what is inside drains in order, and the books
// are made up: in + made = out + held + dropped + consumed, everywhere.
//
// Threads.  One thread, EAL's main; weir_pipeline_stop from any thread and from signal handlers.
#ifndef WEIR_PIPELINE_PIPELINE_H
#define WEIR_PIPELINE_PIPELINE_H

#include "base/error.h"
#include "count/count.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_pipeline;
struct json_t;

// What is asked of the contracts of a run (watch/contract.h). One that the file
// says (max_exec) is held against the run in any case.
enum weir_contract_asked {
	WEIR_CONTRACT_AS_FILED,
	WEIR_CONTRACT_ASKED, // every class has one: WEIR_CONTRACT_DEFAULT_NS
			     // where the file says nothing
	WEIR_CONTRACT_ASKED_STRICTLY, // and what nobody witnessed breaks it
};

#define WEIR_CONTRACT_DEFAULT_NS 1000000u

struct weir_pipeline_options {
	const char *instance; // name of the counter segment; NULL: private
	uint64_t duration_ns; // 0: no limit
	uint64_t packets;     // stop after this many came in; 0: no limit
	const char *const *eal_args; // NULL-ended; or NULL
	enum weir_contract_asked contract;
	// check_blocking traps the system calls that stages make on lcores whose
	// ports make none: each is a finding that fails the run.
	bool check_blocking;
};

// weir_pipeline_open starts EAL if need be and prepares all of plan, which it
// borrows. -EEXIST: a living process has the name options.instance.
int weir_pipeline_open(struct weir_pipeline **pipeline,
	const struct weir_plan *plan,
	const struct weir_pipeline_options *options, struct weir_error *e);

// weir_pipeline_start starts ports and lcores, and answers when packets may move.
int weir_pipeline_start(struct weir_pipeline *pipeline, struct weir_error *e);

// weir_pipeline_poll does housekeeping and tells whether the run goes on. Call
// it some ten times a second, or more.
bool weir_pipeline_poll(struct weir_pipeline *pipeline);

// weir_pipeline_change gives a stage new values of options that are live, before
// or while it runs: "name=value", NULL-ended (of a list, once for each value);
// what is not named stays. All replicas change, each between two of its steps,
// and what they had before is freed when every executor has passed a turn.
// Answers 0, or -errno with words, and nothing has changed; after -ETIMEDOUT it
// will, when the executor that holds it up goes on.
int weir_pipeline_change(struct weir_pipeline *pipeline, const char *stage,
	const char *const *options, struct weir_error *e);

// weir_pipeline_stop ends the inputs: what is inside drains. hard does not
// wait for that: what is inside is then held, and counted.
void weir_pipeline_stop(struct weir_pipeline *pipeline, bool hard);

// weir_pipeline_finish waits until all has drained, joins the executors, stops
// the ports and makes up the books. After a hard stop it gives a step 2 s to end, else
// see weir_pipeline_given_up. Answers 0; what went wrong on the way
// (a truncated input, a full disk) is a finding of the report.
int weir_pipeline_finish(struct weir_pipeline *pipeline, struct weir_error *e);

// weir_pipeline_reader answers the counters, for the live table.
struct weir_count_reader *weir_pipeline_reader(struct weir_pipeline *pipeline);

// weir_pipeline_report answers the report as a new jansson object, after
// finish. weir_report_print writes such an object for people.
struct json_t *weir_pipeline_report(struct weir_pipeline *pipeline);
void weir_report_print(const struct json_t *report, FILE *to, bool colour);

// weir_pipeline_verdict answers the exit code: 0 or 1 (see decision 15 in
// the design: unaccounted, drops nobody asked for, truncated input, …).
int weir_pipeline_verdict(const struct weir_pipeline *pipeline);

// weir_pipeline_given_up tells, after finish, that a step did not end though all was
// stopped at once: its executor still runs. Then close frees nothing, and the
// program should end by _exit.
bool weir_pipeline_given_up(const struct weir_pipeline *pipeline);

// weir_pipeline_close frees all of it. NULL is harmless.
void weir_pipeline_close(struct weir_pipeline *pipeline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
