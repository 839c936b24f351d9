// SPDX-License-Identifier: BSD-3-Clause
//
// A stepper is a task without a stack, for what must wait in great numbers: a
// function that does one step at a time and says what it waits for next.
//
//	static enum weir_stepper_next serve(struct weir_stepper *s)
//	{
//		struct session *me = weir_container(s, struct session, stepper);
//
//		switch (s->state) {
//		case ASK:
//			s->state = ANSWER;
//			return weir_stepper_wait(s,
//				weir_case_queue(&me->asked), WEIR_NEVER);
//		case ANSWER:
//			if (s->answer) // -ECANCELED
//				return WEIR_STEPPER_END;
//			answer(me);
//			s->state = ASK;
//			return WEIR_STEPPER_AGAIN;
//		}
//	}
//
// It takes 192 bytes where a task takes a stack. While it waits on what lives on
// its own executor a turn costs nothing for it; on a channel that is used
// elsewhere its executor asks for it in turn (task/wait.h).
//
// A wait is for one case of task/select.h: a wait queue, a receive, a send, a
// point in time, a join; with a deadline. What is ready is done at once, in the
// same step, up to WEIR_STEP_BUDGET times.
//
// Cancellation is level-triggered as a task's is, without shields.
//
// Threads.  Its executor's.
// Memory.  The caller's, embedded in what it serves; it must not move from start
// on. It is the caller's again when ended is called, or, if there is none, when
// its scope is closed.
#ifndef WEIR_TASK_STEPPER_H
#define WEIR_TASK_STEPPER_H

#include "task/executor.h"
#include "task/select.h"
#include "task/timer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_scope;
struct weir_stepper;

// What a step function answers.
enum weir_stepper_next {
	WEIR_STEPPER_WAIT,  // from weir_stepper_wait only
	WEIR_STEPPER_AGAIN, // in the next turn
	WEIR_STEPPER_END,
};

// What many steppers have in common. Borrowed for as long as one of them lives.
struct weir_stepper_class {
	const char *name;
	enum weir_stepper_next (*step)(struct weir_stepper *s);
	// ended is called on the executor's thread when a stepper has ended;
	// it may free it. NULL: nobody wants to know.
	void (*ended)(struct weir_stepper *s);
	struct weir_histogram *steps; // NULL: the executor's own
	// name_at is where a stepper has a name of its own: a text of up to 63
	// characters, in what it is embedded in, so many bytes from its own
	// beginning on (WEIR_STEPPER_NAME). 0: it has none. For 'weir tasks'.
	ptrdiff_t name_at;
};

// WEIR_STEPPER_NAME is name_at for a member of type, an array of char, where the
// member stepper is the stepper.
#define WEIR_STEPPER_NAME(type, stepper, member) \
	((ptrdiff_t)offsetof(type, member) - (ptrdiff_t)offsetof(type, stepper))

// answer and state are for the step function, wait.result after a wait. The rest
// is touched only through the functions.
struct weir_stepper {
	struct weir_step step;
	struct weir_case wait;
	struct weir_timer timer; // its deadline
	struct weir_executor *executor;
	const struct weir_stepper_class *class_;
	struct weir_scope *scope;
	struct weir_list link; // in the scope
	int16_t answer;	       // of the last wait: 0 it was served, or -errno
	int16_t error;	       // of weir_stepper_fail
	uint16_t state;	       // yours; 0 at the start
	uint8_t phase;
	bool canceled;
};

// weir_stepper_spawn starts s as a child of scope, on its executor: its thread
// only. Its first step is in the next turn. Answers 0, or -ECANCELED when the
// scope is cancelled.
__attribute__((warn_unused_result)) int weir_stepper_spawn(
	struct weir_scope *scope, struct weir_stepper *s,
	const struct weir_stepper_class *class_);

// weir_stepper_start starts s in no scope: executor's thread, or before it runs.
void weir_stepper_start(struct weir_executor *executor, struct weir_stepper *s,
	const struct weir_stepper_class *class_);

// weir_stepper_wait makes s wait for c until the deadline, if its step function
// returns what it answers. The next step finds 0 in answer, and c's result in
// wait.result; or -ETIMEDOUT, -ECANCELED or, when c is disabled, -EPIPE, and
// nothing was done.
static inline enum weir_stepper_next weir_stepper_wait(
	struct weir_stepper *s, struct weir_case c, uint64_t deadline)
{
	s->wait = c;
	s->timer.tick = deadline;
	return WEIR_STEPPER_WAIT;
}

// weir_stepper_fail sets the error (-errno) that s will have ended with, for its
// scope.
void weir_stepper_fail(struct weir_stepper *s, int error);

// weir_stepper_cancel cancels s: its wait ends, and each one after it answers
// -ECANCELED at once. Its executor's thread.
void weir_stepper_cancel(struct weir_stepper *s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
