// SPDX-License-Identifier: BSD-3-Clause
//
// A join waits for one child of a scope and has what it answered.
//
//	struct weir_join join;
//	const struct weir_spawn_options with = {.join = &join};
//
//	if (weir_spawn_with(&scope, NULL, count, file, &with) == 0 &&
//		weir_join(&join, weir_in_ms(100)) == 0)
//		print(join.result); // what count gave with weir_task_give
//
// A child on another executor is joined in the same way.
//
// Threads.  Tasks of the scope's executor; several may wait for the same child.
// Memory.  The caller's, until the child has ended or the scope is closed. The
// result is the caller's as soon as the child has ended.
#ifndef WEIR_TASK_JOIN_H
#define WEIR_TASK_JOIN_H

#include "task/select.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// spawn prepares it. Read it when the child has ended.
struct weir_join {
	struct weir_wait_queue waiters;
	void *result; // of weir_task_give; NULL if there was none
	int error;    // of weir_task_fail, or 0
	bool ended;
};

// weir_join waits until the child has ended: 0. -ETIMEDOUT or -ECANCELED: it
// runs on, and may be joined again.
__attribute__((warn_unused_result)) int weir_join(
	struct weir_join *join, uint64_t deadline);

// weir_task_give is the calling task's result for who joins it. Nobody: it is
// lost, and what it points to too.
void weir_task_give(void *result);

// weir_case_join is ready when the child has ended, and served once.
struct weir_case weir_case_join(struct weir_join *join);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
