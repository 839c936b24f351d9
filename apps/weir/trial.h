// SPDX-License-Identifier: BSD-3-Clause
//
// A trial is one test of a pipeline file, tried: the pipeline runs in a process
// of its own, since EAL starts once in a process, with a capture for its input
// and files in a folder of its own for its outputs.
#ifndef WEIR_APPS_TRIAL_H
#define WEIR_APPS_TRIAL_H

#include "config/config.h"

#include <stdbool.h>

#define WEIR_TRIAL_FAULTS 16

struct weir_trial {
	const struct weir_config *config;
	const struct weir_config_test *test;
	const char *file;		     // of the pipeline
	const char *const *sets;	     // NULL-ended, the user's own
	const char *const *loads;	     // so too
	char folder[32];		     // of what it writes
	char faults[WEIR_TRIAL_FAULTS][512]; // what was not as expected
	unsigned fault_count;
};

// weir_trial_run runs it and fills in the faults; none: passed.
void weir_trial_run(struct weir_trial *trial);

#endif
