// SPDX-License-Identifier: BSD-3-Clause
//
// Timers of one executor: a hierarchical wheel (task/wheel.h), intrusive, never
// early. A timer fires in the first turn that begins at or after its tick, as
// far as WEIR_TURN_TIMERS allows; those due fire in the order of their ticks,
// those of one tick in the order in which they were set.
//
// Ticks are compared modulo 2^64: one is past when it is at most 2^63 behind.
//
// Threads.  The executor's own.
// Memory.  The caller's; a pending timer must not move.
#ifndef WEIR_TASK_TIMER_H
#define WEIR_TASK_TIMER_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

struct weir_timer {
	struct weir_list link; // of the wheel
	uint64_t tick;
	void (*fn)(struct weir_executor *executor, struct weir_timer *timer);
};

// weir_timer_init prepares a timer that will call fn on the executor's thread,
// outside any step. fn may set and cancel any timer, its own too.
void weir_timer_init(struct weir_timer *timer,
	void (*fn)(struct weir_executor *executor, struct weir_timer *timer));

// weir_timer_set makes timer fire at tick, instead of when it was to fire
// before. A tick that is past fires in the next turn; WEIR_NEVER cancels.
void weir_timer_set(struct weir_executor *executor, struct weir_timer *timer,
	uint64_t tick);

// weir_timer_cancel takes timer back; false when it was not pending.
bool weir_timer_cancel(struct weir_timer *timer);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
