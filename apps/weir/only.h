// SPDX-License-Identifier: BSD-3-Clause
//
// The instance that is meant where none is named: the only one that lives.
#ifndef WEIR_APPS_ONLY_H
#define WEIR_APPS_ONLY_H

#include "base/error.h"
#include "count/count.h"

// weir_only_instance writes its name. -ENOENT: nothing runs, and hint says in
// the error what then; -EINVAL: several do, and the error names them.
int weir_only_instance(char instance[WEIR_COUNT_INSTANCE_SIZE],
	const char *hint, struct weir_error *e);

#endif
