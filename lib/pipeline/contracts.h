// SPDX-License-Identifier: BSD-3-Clause
//
// The contracts of a pipeline: one for each instance, and one for the steps of no
// stage on each executor. Inside lib/pipeline only.
//
// Threads.  The main one.
#ifndef WEIR_PIPELINE_CONTRACTS_H
#define WEIR_PIPELINE_CONTRACTS_H

#include "pipeline/runner.h"

// weir_contracts_open gives each its limit: the stage's max_exec, else the
// runtime's, else, where the run asks for contracts, WEIR_CONTRACT_DEFAULT_NS.
// Before the executors run.
int weir_contracts_open(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e);
void weir_contracts_close(struct weir_pipeline *pipeline);

// weir_traps_open makes the traps of system calls that a run asks for: of each
// lcore whose ports make none.
int weir_traps_open(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e);

// weir_stuck_step says of executor index, if a step on it has gone on for a second,
// which one it is; else it answers false.
bool weir_stuck_step(struct weir_pipeline *pipeline, unsigned index, char *text,
	size_t size);

// weir_report_contracts adds what became of them to the report, and those that
// were broken to the findings. After the executors have stopped.
void weir_report_contracts(struct weir_pipeline *pipeline, json_t *report);

// weir_report_remarks adds what is worth a look in the tasks of its executors.
void weir_report_remarks(struct weir_pipeline *pipeline, json_t *report);

#endif
