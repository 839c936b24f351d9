// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting for several things at once. Each is a case: a receive, a send, a
// point in time, a wait queue, or what else has its operations (chan/case.h, the
// locks of sync/).
//
//	struct weir_case cases[] = {
//		weir_case_recv(&control, &command), // chan/case.h
//		weir_case_recv(&packets, &mbuf),
//		weir_case_after(weir_in_ms(100)),
//	};
//
//	switch (weir_select(cases, 3)) {
//	case 0: …                       // cases[0].result says how it went
//	case WEIR_CANCELED: …           // chan/chan.h; these are negative
//	}
//
// What it promises.  One case is served and has done its operation, all others
// have done nothing and hold nothing: what a case was woken for and did not take
// goes to who waits behind it.
//
// Order.  The first ready case after the one that was served last is served. So
// one that stays ready is passed over at most count - 1 times, exactly. The
// array (its first case) remembers: make it once, in front of the loop. What others wait for in
// front of the caller is not ready for it. Who was woken in vain stands again
// where it stood in every queue.
//
// A case that has nothing more to come (its channel is closed, its point in time
// was there) is served once with that result, and is disabled from then on.
//
// Threads.  Tasks only; all cases belong to the calling task's executor.
// Memory.  The caller's: an array, mostly on the task's stack. A case may be
// moved (copied, the old one forgotten) while nobody waits in it.
#ifndef WEIR_TASK_SELECT_H
#define WEIR_TASK_SELECT_H

#include "base/list.h"
#include "task/timer.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_case;

// What a kind of case does; for who makes one. All run on the executor's thread
// and never wait.
struct weir_case_ops {
	// attempt does the operation if it is ready, sets result, and
	// disabled if it was the last; false: not ready, nothing was done. If
	// woken is set it need not mind those who wait in line.
	bool (*attempt)(struct weir_case *c);
	// enlist sees to it that weir_case_wake is called, once, when attempt
	// may succeed; it need not look again itself. It puts node in a queue
	// with weir_case_enlist, or sets timer. false: it cannot, ask attempt
	// each turn.
	bool (*enlist)(struct weir_case *c, struct weir_executor *executor,
		enum weir_wait_place place);
	// delist ends what an enlist that answered true began; link is in no list any more. woken
	// tells whether it was woken, and takes back what that granted. false:
	// call it again in a later step. NULL: nothing to do.
	bool (*delist)(struct weir_case *c);
	// pass hands on what a case that was woken did not take, or left. It
	// follows delist, and attempt if there was one. NULL: nothing to do.
	void (*pass)(struct weir_case *c);
	// What one waits for, as in struct weir_wait_what; NULL: not said. Where
	// name_at is not 0 the object has a name: object points at something
	// that has, name_from bytes on, a pointer, and the text lies name_at
	// bytes behind that. (Readers of another process follow it.)
	const char *kind;
	uint16_t name_from, name_at;
};

struct weir_case {
	int result;    // of the operation, when it was served
	uint16_t next; // of the first in an array: where to begin
	// Not looked at; set and clear it as you like. A wait that goes on
	// learns of it when it looks again.
	bool disabled;
	bool woken : 1;	   // the rest is for select and its ops
	bool enlisted : 1; // in the present wait
	const struct weir_case_ops *ops;
	void *object, *argument;
	void (*wake)(struct weir_case *c);
	void *owner; // of wake
	union {
		struct weir_list link; // the first of both
		struct weir_wait_node node;
		struct weir_timer timer;
	};
};

#define WEIR_CASES_MAX UINT16_MAX

// weir_select waits until a case can be served, serves it, and answers its
// index; -ECANCELED when the task is cancelled; -EPIPE when all cases are
// disabled. chan/chan.h names these WEIR_CANCELED and WEIR_CLOSED.
__attribute__((warn_unused_result)) int weir_select(
	struct weir_case *cases, unsigned count);

// weir_select_until also answers -ETIMEDOUT (WEIR_TIMED_OUT) at the deadline,
// if no case is ready then. A deadline that is past makes it a try.
__attribute__((warn_unused_result)) int weir_select_until(
	struct weir_case *cases, unsigned count, uint64_t deadline);

// weir_case_after is ready from tick on, and served once; its result is 0. With
// WEIR_NEVER it never is.
struct weir_case weir_case_after(uint64_t tick);

// weir_case_set_after makes it ready again, from tick on.
void weir_case_set_after(struct weir_case *c, uint64_t tick);

// weir_case_queue is ready when it is woken in queue, as weir_wait is; its
// result is 0. If it is not served then, the wakeup goes to the next in the
// queue, or, without one, stays with the case.
struct weir_case weir_case_queue(struct weir_wait_queue *queue);

// ---- for who makes a kind of case ----

// weir_case_enlist is weir_wait_enlist for the node of a case.
void weir_case_enlist(struct weir_case *c, struct weir_executor *executor,
	struct weir_wait_queue *queue, enum weir_wait_place place);

// weir_case_alarm wakes the case at tick, unless it was woken before.
void weir_case_alarm(
	struct weir_case *c, struct weir_executor *executor, uint64_t tick);

// weir_case_wake says that attempt may succeed now. A queue and a timer call it
// by themselves. Only between enlist and delist; link must be in no list.
void weir_case_wake(struct weir_case *c);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
