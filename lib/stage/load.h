// SPDX-License-Identifier: BSD-3-Clause
//
// Loads stages from a shared object, so that a pipeline can use what was built
// outside of this tree (WEIR_STAGE_EXPORT in stage/stage.h).
//
// What the object calls of weir is found in the process that loads it: in the
// program, if it exports weir's names (weir itself does), or in libweir.so, if
// the program links that. An object that would bring a second libweir or DPDK
// into the process is refused, as is one built for another ABI. Loading runs
// the object's constructors: load only what may run with your rights.
//
// Threads.  Set-up only: one thread.
// Memory.  An object stays until the process ends.
#ifndef WEIR_STAGE_LOAD_H
#define WEIR_STAGE_LOAD_H

#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// weir_stage_load makes known the stages that the shared object at path
// exports; the same object again does nothing. path is a file's, never looked
// for in folders of libraries. Answers 0, -ENOENT, -EINVAL or -EEXIST with a
// sentence that begins with path. After a fault some of its stages may be
// known.
int weir_stage_load(const char *path, struct weir_error *e);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
