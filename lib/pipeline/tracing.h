// SPDX-License-Identifier: BSD-3-Clause
//
// Takes a trace of a pipeline: of all its executors, with what stages, channels
// and tasks are called.
//
// Threads.  As lib/pipeline/pipeline.h: EAL's main.
#ifndef WEIR_PIPELINE_TRACING_H
#define WEIR_PIPELINE_TRACING_H

#include "pipeline/pipeline.h"
#include "trace/trace.h"

// weir_tracing_start begins one, of an open pipeline. memory_size is that of each
// thread, 0: what weir_trace_start takes; pattern chooses points, NULL: all.
int weir_tracing_start(const struct weir_pipeline *pipeline,
	uint64_t memory_size, const char *pattern, struct weir_error *e);

// weir_tracing_end stops it, saves it into the empty folder and drops it, before
// weir_pipeline_finish.
int weir_tracing_end(const struct weir_pipeline *pipeline, int folder,
	struct weir_trace_sum *sum, struct weir_error *e);

#endif
