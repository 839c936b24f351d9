// SPDX-License-Identifier: BSD-3-Clause
//
// The timer wheel: eleven levels of 64 slots over the 64 bits of a tick.
//
//	level 0   one tick a slot       level 1   64 ticks a slot     …
//	| | | | |t| | | |               | | | |t| | | | |
//	  ▲ now                           ▲ now
//
// A timer lies at the level of the highest digit (base 64) in which its tick
// differs from the wheel's now, in the slot of that digit. So all of a level
// comes before all of the next, and the earliest slot is found by two bit scans.
// When now reaches a slot of a higher level, its timers are moved down; at level
// 0 the slot's timers are due, exactly.
//
// Ticks are compared modulo 2^64: a tick is past when it is at most 2^63 behind.
// The highest level is a circle, so the wrap is nothing special.
//
// Cost.  set and cancel O(1); a timer is moved at most once a level. Expiring
// touches a bounded number of timers a call and goes on where it stopped.
//
// Threads.  One.
// Memory.  The caller's: it is part of an executor.
#ifndef WEIR_TASK_WHEEL_H
#define WEIR_TASK_WHEEL_H

#include "base/list.h"
#include "task/timer.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_WHEEL_BITS 6
#define WEIR_WHEEL_SLOTS (1u << WEIR_WHEEL_BITS)
#define WEIR_WHEEL_LEVELS 11

struct weir_wheel {
	uint64_t next; // nothing is to be done before this tick
	uint64_t now;  // that the timers in slots are placed by
	uint64_t used[WEIR_WHEEL_LEVELS]; // bit: the slot may hold timers
	struct weir_list late;	 // set in the past: fire in the next call
	struct weir_list moving; // of a slot that now has reached
	struct weir_list due;	 // not after now
	struct weir_list slot[WEIR_WHEEL_LEVELS][WEIR_WHEEL_SLOTS];
};

void weir_wheel_init(struct weir_wheel *wheel, uint64_t now);

// weir_wheel_set makes timer, which must not be pending, fire at tick. now is
// the present tick: what is not after it fires in the next call of expire.
void weir_wheel_set(struct weir_wheel *wheel, struct weir_timer *timer,
	uint64_t tick, uint64_t now);

// weir_wheel_expire calls fn of the timers whose tick is not after now, in the
// order of ticks, those of one tick in the order of set. It touches (fires or
// moves) at most budget timers and answers how many fired.
unsigned weir_wheel_expire(struct weir_wheel *wheel,
	struct weir_executor *executor, uint64_t now, unsigned budget);

// weir_wheel_next answers a tick at or before that of the next timer, or
// WEIR_NEVER when none is pending.
uint64_t weir_wheel_next(struct weir_wheel *wheel);

#endif
