// SPDX-License-Identifier: BSD-3-Clause
//
// What of a run is traced: the whole, where --trace says so, and what 'weir
// trace' asks for while it goes on.
//
// Who asks makes a folder, writes into it what it wants (WEIR_TRACE_REQUEST), and
// sends the run WEIR_TRACE_SIGNAL with the number of its descriptor of the
// folder, which the run opens through /proc. So the kernel sees to it that only
// the same user can ask, and nothing has a name that somebody else could take.
// The run takes the request away when it begins, and answers by "metadata" in the
// folder, or by WEIR_TRACE_ERROR. When who asked has ended before, the trace ends
// and nothing is written.
//
// Threads.  The main one.
#ifndef WEIR_APPS_TRACED_H
#define WEIR_APPS_TRACED_H

#include "base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define WEIR_TRACE_SIGNAL (SIGRTMIN + 5)
#define WEIR_TRACE_MIB_MAX UINT64_C(2047) // of memory for each thread
#define WEIR_TRACE_REQUEST ".request"	  // "NANOSECONDS BYTES PATTERN"
#define WEIR_TRACE_ERROR ".error"	  // a sentence

struct weir_pipeline;

struct weir_traced {
	const struct weir_pipeline *pipeline;
	const char *path; // of the whole run's; NULL: none
	int signals;	  // a descriptor
	int folder;	  // that the present trace goes into; -1: none is taken
	uint64_t until_ns; // CLOCK_MONOTONIC; UINT64_MAX: the run's end
	int asker;	   // a descriptor of the process that asked; -1: none
};

// weir_traced_open is called before there are threads: they inherit that the
// signal is not theirs. path is that of a folder to be made, or NULL.
int weir_traced_open(
	struct weir_traced *traced, const char *path, struct weir_error *e);

// weir_traced_begin is called when the pipeline is open and does not run yet.
int weir_traced_begin(struct weir_traced *traced,
	const struct weir_pipeline *pipeline, uint64_t memory_size,
	struct weir_error *e);

// weir_traced_poll does what was asked for and is due.
void weir_traced_poll(struct weir_traced *traced);

// weir_traced_end ends what is taken, before the pipeline finishes; quiet: it
// says nothing of a trace that is whole.
int weir_traced_end(
	struct weir_traced *traced, bool quiet, struct weir_error *e);

void weir_traced_close(struct weir_traced *traced);

// weir_folder_make makes a folder, or takes an empty one, and answers a
// descriptor of it, or -errno in words.
int weir_folder_make(const char *path, struct weir_error *e);

#endif
