// SPDX-License-Identifier: BSD-3-Clause
//
// A stage that is a task: it receives, sends and drops when it likes and waits
// where it must, while kernels on the same executor go on.
//
//	inputs ──▶ weir_stage_recv ─ task ─ weir_stage_send ──▶ fused instances, rings
//
// The task runs in a scope of its own, so that a hard stop can cancel it: recv
// then answers 0 and send sends no more, and what is not sent is still the
// task's to drop.
//
// Threads.  The shell's executor; cancel and ended: the main thread.
#ifndef WEIR_SHELL_TASK_STAGE_H
#define WEIR_SHELL_TASK_STAGE_H

#include "shell/shell.h"

// weir_task_stage_open prepares the task of a shell's root; -EINVAL for a stage
// with several ways out of one output, between which a task cannot choose.
int weir_task_stage_open(struct weir_shell *shell, struct weir_error *e);
void weir_task_stage_close(struct weir_shell *shell);

// weir_task_stage_start starts the task: before the executor runs.
int weir_task_stage_start(struct weir_shell *shell, struct weir_error *e);

// weir_task_stage_cancel makes every wait of the task answer that it is
// cancelled; a second call does nothing. weir_task_stage_ended tells whether the
// task has returned. Both harmless for shells without a task.
void weir_task_stage_cancel(struct weir_shell *shell);
bool weir_task_stage_ended(const struct weir_shell *shell);

// weir_task_stage_error answers why the task never ran, negative errno, once
// ended; 0 if it did, or was cancelled before.
int weir_task_stage_error(const struct weir_shell *shell);

#endif
