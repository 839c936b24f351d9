// SPDX-License-Identifier: BSD-3-Clause
//
// The stages that come with weir: one file each, listed in builtin.c.
#ifndef WEIR_BUILTIN_BUILTIN_H
#define WEIR_BUILTIN_BUILTIN_H

#include "base/error.h"
#include "stage/stage.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

extern const struct weir_stage weir_builtin_classify;
extern const struct weir_stage weir_builtin_count;
extern const struct weir_stage weir_builtin_delay;
extern const struct weir_stage weir_builtin_drop;
extern const struct weir_stage weir_builtin_filter;
extern const struct weir_stage weir_builtin_gen;
extern const struct weir_stage weir_builtin_merge;
extern const struct weir_stage weir_builtin_meter;
extern const struct weir_stage weir_builtin_repeat;
extern const struct weir_stage weir_builtin_rewrite;
extern const struct weir_stage weir_builtin_rx;
extern const struct weir_stage weir_builtin_sample;
extern const struct weir_stage weir_builtin_shape;
extern const struct weir_stage weir_builtin_shard;
extern const struct weir_stage weir_builtin_sink;
extern const struct weir_stage weir_builtin_tee;
extern const struct weir_stage weir_builtin_tx;

// weir_builtins_register makes all of them known; a second call does nothing.
// Answers 0 or what weir_stage_register answered.
int weir_builtins_register(struct weir_error *e);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
