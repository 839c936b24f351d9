// SPDX-License-Identifier: BSD-3-Clause
//
// The files that `weir new` writes, with a name put in. All or none: what is
// there already is never written over, and what was written before a fault is
// taken away.
#ifndef WEIR_APPS_NEW_H
#define WEIR_APPS_NEW_H

#include "base/error.h"

#include <stdbool.h>

// weir_new_stage writes the start of a stage called name into folder, which it
// makes if need be; of a task, or of a kernel. Answers 0, or -errno with a
// sentence that names the file.
int weir_new_stage(
	const char *folder, const char *name, bool task, struct weir_error *e);

#endif
