// SPDX-License-Identifier: BSD-3-Clause
//
// An interval is due each period.
//
//	weir_interval_init(&i, weir_in_ms(100), 100000000, WEIR_MISSED_SKIP);
//	while (weir_interval_wait(&i) > 0)
//		flush();
//
// It is never early. When its task comes late, periods were missed:
//
//	due every 10, the task was away     10                37
//	WEIR_MISSED_BURST  is served at     10  37 37  40 50 …    each one
//	WEIR_MISSED_DELAY                   10  37  47 57 …       from then on
//	WEIR_MISSED_SKIP                    10  37 (twice)  40 50 …
//
// Threads.  Tasks of one executor, one at a time.
// Memory.  The caller's.
#ifndef WEIR_TASK_INTERVAL_H
#define WEIR_TASK_INTERVAL_H

#include "task/select.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum weir_missed { WEIR_MISSED_BURST, WEIR_MISSED_DELAY, WEIR_MISSED_SKIP };

struct weir_interval {
	uint64_t next;	 // tick
	uint64_t period; // ticks
	enum weir_missed missed;
};

// weir_interval_init makes it due at tick first and each period_ns from then on.
// A period of less than a tick is one. Tasks only: it is their clock.
void weir_interval_init(struct weir_interval *interval, uint64_t first,
	uint64_t period_ns, enum weir_missed missed);

// weir_interval_take answers for how many periods it is due at now, 0 if it is
// not, and goes on to the next. More than one only with WEIR_MISSED_SKIP.
uint64_t weir_interval_take(struct weir_interval *interval, uint64_t now);

// weir_interval_wait waits until it is due. Answers what weir_interval_take
// does, at most INT_MAX; or -ECANCELED, and nothing was taken.
__attribute__((warn_unused_result)) int weir_interval_wait(
	struct weir_interval *interval);

// weir_case_tick is ready when interval, which it borrows, is due; its result is
// that of weir_interval_wait.
struct weir_case weir_case_tick(struct weir_interval *interval);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
