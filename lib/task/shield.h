// SPDX-License-Identifier: BSD-3-Clause
//
// A shield holds cancellation off for a stretch of a task, up to a deadline: to
// say goodbye, to write down what was done.
//
//	struct weir_shield shield;
//
//	weir_shield_open(&shield, weir_in_ms(50));
//	err = weir_wait(&written, …); // although it is cancelled
//	weir_shield_close(&shield);
//
// Until it is closed or the deadline comes, no wait answers -ECANCELED, a cancel
// that was there before included. From then on all do: at the deadline the wait
// that is under way too. Of several, each holds: the last that ends decides.
//
// Threads.  The calling task's.
// Memory.  On the stack of the task; it closes it before it ends.
#ifndef WEIR_TASK_SHIELD_H
#define WEIR_TASK_SHIELD_H

#include "task/timer.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// Touch it only through the functions.
struct weir_shield {
	struct weir_timer timer;
	struct weir_task *task;
	bool holds;
};

// weir_shield_open holds cancellation off until the deadline, at the latest. One
// that is past holds nothing; WEIR_NEVER sets no bound.
void weir_shield_open(struct weir_shield *shield, uint64_t deadline);

// weir_shield_close ends it. Not a wait.
void weir_shield_close(struct weir_shield *shield);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
