// SPDX-License-Identifier: BSD-3-Clause
//
// A gate guards the end of something that many use: who is inside may finish,
// nobody new comes in, and who closed it learns when all have left.
//
//	enter ─▶ inside ─▶ leave        close, wait ─▶ nobody is inside
//
// It does not know who is inside: who waits for it from inside waits for ever.
//
// What every lock promises, and how misuse is answered: sync/sync.h.
//
// Threads.  wait: the tasks of its executor; all else also what else runs there,
// such as timers, posts and step functions. None of that waits.
// Memory.  The caller's.
#ifndef WEIR_SYNC_GATE_H
#define WEIR_SYNC_GATE_H

#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

// Touch it only through the functions.
struct weir_gate {
	struct weir_executor *executor;
	struct weir_wait_queue waiters; // for the last to leave
	uint64_t inside;
	bool closed;
};

// weir_gate_init makes an open gate of executor (NULL: the caller's).
void weir_gate_init(struct weir_gate *gate, struct weir_executor *executor);

// weir_gate_fini asserts that nobody is inside or waits.
void weir_gate_fini(struct weir_gate *gate);

// weir_gate_enter never waits: 0, or -ESHUTDOWN when the gate is closed. Each
// who entered leaves once; cancelled tasks too.
__attribute__((warn_unused_result)) int weir_gate_enter(struct weir_gate *gate);

// weir_gate_leave lets one out. Answers 0 when one was inside, else -EPERM.
int weir_gate_leave(struct weir_gate *gate);

// weir_gate_close closes it for good; once more is harmless. Answers 0.
int weir_gate_close(struct weir_gate *gate);

// weir_gate_wait waits until it is closed and nobody is inside: 0 or -ECANCELED.
// weir_gate_wait_until also answers -ETIMEDOUT. It closes nothing.
// weir_gate_try_wait never waits: 0 or -EAGAIN.
__attribute__((warn_unused_result)) int weir_gate_wait(struct weir_gate *gate);
__attribute__((warn_unused_result)) int weir_gate_wait_until(
	struct weir_gate *gate, uint64_t deadline);
__attribute__((warn_unused_result)) int weir_gate_try_wait(
	const struct weir_gate *gate);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
