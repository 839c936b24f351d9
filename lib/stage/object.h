// SPDX-License-Identifier: BSD-3-Clause
//
// A look at a file that is to be loaded as a shared object, before the dynamic
// linker maps it: that trusts what it reads, and a file that was cut off would
// end the process with SIGBUS, a pipe would let it wait for ever.
#ifndef WEIR_STAGE_OBJECT_H
#define WEIR_STAGE_OBJECT_H

#include "base/error.h"

// weir_object_check tells whether the file at path is a whole shared object for
// this machine. Answers 0 or -errno with a sentence that begins with path.
int weir_object_check(const char *path, struct weir_error *e);

#endif
