// SPDX-License-Identifier: BSD-3-Clause
//
// An event tells those who wait that something has changed. What changed lies
// elsewhere, in the program's own variables; the event has a state, a number
// that each signal changes. Who waits names the state that it saw before it
// looked, so a signal between the look and the wait is not missed:
//
//	uint64_t seen = weir_event_state(&event);
//
//	while (!there_is_work())
//		if (weir_event_wait(&event, &seen))
//			return; // cancelled
//
// A signal wakes all who wait. The state is 64 bits wide: it does not come back.
//
// What every lock promises, and how misuse is answered: sync/sync.h.
//
// Threads.  The tasks of its executor; signal also what else runs there.
// Memory.  The caller's.
#ifndef WEIR_SYNC_EVENT_H
#define WEIR_SYNC_EVENT_H

#include "task/select.h"
#include "task/wait.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

// Touch it only through the functions.
struct weir_event {
	struct weir_executor *executor;
	uint64_t state;
	struct weir_wait_queue waiters;
};

// weir_event_init makes one of executor (NULL: the caller's).
void weir_event_init(struct weir_event *event, struct weir_executor *executor);

// weir_event_fini asserts that nobody waits.
void weir_event_fini(struct weir_event *event);

// weir_event_state answers the present state. Read it before you look.
static inline uint64_t weir_event_state(const struct weir_event *event)
{
	return event->state;
}

// weir_event_try_wait never waits: 0 and the present state in *seen when that is
// another than *seen, else -EAGAIN.
__attribute__((warn_unused_result)) int weir_event_try_wait(
	const struct weir_event *event, uint64_t *seen);

// weir_event_wait waits until the state is another than *seen, and puts it there:
// 0 or -ECANCELED. weir_event_wait_until also answers -ETIMEDOUT.
__attribute__((warn_unused_result)) int weir_event_wait(
	struct weir_event *event, uint64_t *seen);
__attribute__((warn_unused_result)) int weir_event_wait_until(
	struct weir_event *event, uint64_t *seen, uint64_t deadline);

// weir_event_signal changes the state and wakes all who wait. Never waits; takes
// as long as there are waiters. Answers 0.
int weir_event_signal(struct weir_event *event);

// weir_case_event is ready when the state is another than *seen, which it sets as
// weir_event_wait does: its result is 0. Where that answers a fault (sync/sync.h),
// that is its result, and its last.
struct weir_case weir_case_event(struct weir_event *event, uint64_t *seen);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
