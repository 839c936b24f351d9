// SPDX-License-Identifier: BSD-3-Clause
//
// The outputs that a stage has once its options are known: those that an option
// names (struct weir_stage.outputs_from), then those of its table.
//
// Threads.  Free.
// Memory.  names are borrowed from stage and options.
#ifndef WEIR_STAGE_OUTPUTS_H
#define WEIR_STAGE_OUTPUTS_H

#include "stage/stage.h"

// weir_stage_outputs writes the names, NULL-ended, and answers how many there
// are. options is a struct of state_size, or NULL: then the table's alone.
// -EINVAL for a name that is not one, stands twice or is one too many, with
// words in e that begin with it; names are then the table's.
int weir_stage_outputs(const struct weir_stage *stage, const void *options,
	const char *names[WEIR_STAGE_NAMES], struct weir_error *e);

// weir_stage_name_legal tells whether name is made as names of outputs, drops
// and counters are.
bool weir_stage_name_legal(const char *name);

#endif
