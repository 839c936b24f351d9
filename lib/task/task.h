// SPDX-License-Identifier: BSD-3-Clause
//
// A task is straight-line code with a small stack of its own that may wait
// anywhere. Tasks of one executor run one at a time, each until it waits or
// yields.
//
//	static void hello(void *arg) { puts(arg); }
//	int main(void) { return weir_run(hello, "hello"); }
//
// Structure.  A task belongs to a scope, which does not close before its tasks
// have ended.
//
// Cancellation is level-triggered: a cancelled task gets -ECANCELED from every
// wait until it ends; a wait that answers so has done nothing.
//
// Threads.  What says "calling task" is for tasks. Spawning and cancelling work
// across executors.
#ifndef WEIR_TASK_TASK_H
#define WEIR_TASK_TASK_H

#include "base/clock.h"
#include "base/list.h"
#include "task/post.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;
struct weir_histogram;
struct weir_join;
struct weir_task;

// weir_run runs fn(arg) as a task on an executor of its own on the calling
// thread, with no EAL and no root, until it and all tasks in its scopes have
// ended; up to WEIR_RUN_TASKS at once. It spins a while when there is nothing to
// do, then yields the CPU. Answers 0, or 1 after saying on standard error what
// went wrong: the error the task failed with, or that all tasks wait for what
// can never come. Then their stacks stay, with what they hold.
#define WEIR_RUN_TASKS 256
int weir_run(void (*fn)(void *arg), void *arg);

struct weir_run_options {
	// steps: where steps of tasks of no class of their own are recorded, fn's
	// too, and under its limit what posts, watches and timers take in a turn:
	// weir_contract_steps. Borrowed; NULL: private, without a limit.
	struct weir_histogram *steps;
};

// weir_run_with is weir_run with options; NULL: none.
int weir_run_with(void (*fn)(void *arg), void *arg,
	const struct weir_run_options *options);

// weir_yield lets every other runnable step run once. Not a wait: a cancelled
// task yields too. Tasks only.
void weir_yield(void);

// weir_yield_if_over is for loops that never wait: it takes count from the
// budget of the present step (WEIR_STEP_BUDGET, of which each operation that may
// wait takes one) and yields when nothing is left. Answers whether it did.
bool weir_yield_if_over(unsigned count);

// weir_sleep waits until the deadline. Answers 0 or -ECANCELED.
__attribute__((warn_unused_result)) int weir_sleep(uint64_t deadline);

// weir_in_ns, _us, _ms answer the deadline that far from now on the calling
// task's clock (on a thread without an executor: the real clock).
uint64_t weir_in_ns(uint64_t ns);
uint64_t weir_in_us(uint64_t us);
uint64_t weir_in_ms(uint64_t ms);

// weir_task_self answers the calling task, NULL outside of one.
struct weir_task *weir_task_self(void);

// weir_task_name answers the task's name, "" for NULL.
const char *weir_task_name(const struct weir_task *task);

// weir_task_canceled tells whether the calling task was cancelled, and no shield
// (task/shield.h) holds that off.
bool weir_task_canceled(void);

// weir_task_fail sets the error (-errno) with which the calling task will have
// ended; the first of a scope is what weir_scope_close answers.
void weir_task_fail(int error);

// A scope. On the stack of the task that opens it; touch it only through the
// functions. A task closes its scopes before it ends.
struct weir_scope {
	struct weir_executor *executor; // of the task that opened it
	struct weir_list tasks;		// that live here
	struct weir_list abroad;	// those on other executors
	struct weir_list steppers;	// task/stepper.h
	struct weir_list link;		// of the executor, if there were some
	struct weir_wait_queue closer;	// who closes it
	unsigned live_count;
	int error; // the first
	bool canceled;
	bool cancel_on_error;
	struct weir_post cancel; // from another executor
	bool cancel_posted;	 // written by anyone
	bool cancel_handled;
};

// weir_scope_open opens a scope for the calling task.
void weir_scope_open(struct weir_scope *scope);

struct weir_scope_options {
	// cancel_on_error cancels all tasks of the scope when the first of
	// them fails (weir_task_fail); who opened it waits as before.
	bool cancel_on_error;
};

// weir_scope_open_with is weir_scope_open with options; NULL: none.
void weir_scope_open_with(
	struct weir_scope *scope, const struct weir_scope_options *options);

// weir_scope_close waits until all tasks of the scope have ended; at the
// deadline, or when the caller is cancelled, it cancels them and goes on
// waiting. Answers what went wrong first: the error of a task (weir_task_fail),
// -ETIMEDOUT or -ECANCELED when it had to cancel; or 0. A scope that is closed, or
// was never opened (all zero), is of no further use: a call on it ends the
// program in a sentence.
int weir_scope_close(struct weir_scope *scope, uint64_t deadline);

// weir_scope_cancel cancels all tasks of the scope, now and to come: spawn then
// answers -ECANCELED. Any thread, as long as the scope is not closed: its own
// tasks always may.
void weir_scope_cancel(struct weir_scope *scope);

struct weir_spawn_options {
	const char *name; // copied, 31 characters; NULL: "task"
	// steps is the class that the task is measured in; its executor
	// records there. NULL: the executor's own.
	struct weir_histogram *steps;
	// join is told when the task has ended (task/join.h); it borrows it
	// until then. Of weir_start it is not looked at.
	struct weir_join *join;
};

// weir_spawn starts fn(arg) as a task of scope on executor (NULL: the
// caller's). Answers 0; -EAGAIN when executor has no free stack; -ECANCELED
// when the scope is cancelled. On another executor the stack is taken there:
// the answer is 0 and a lack of stacks becomes the scope's error (-EAGAIN);
// an executor can have as many children elsewhere as it has stacks, beyond that
// the answer is -EAGAIN. The scope's executor only.
__attribute__((warn_unused_result)) int weir_spawn(struct weir_scope *scope,
	struct weir_executor *executor, void (*fn)(void *arg), void *arg);

// weir_spawn_with is weir_spawn with options.
__attribute__((warn_unused_result)) int weir_spawn_with(
	struct weir_scope *scope, struct weir_executor *executor,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options);

// weir_start starts a root task, in no scope, on executor: from its own thread
// or before it runs. ended (may be NULL) is called on the executor's thread when
// the task has ended. Answers 0 or -EAGAIN.
__attribute__((warn_unused_result)) int weir_start(
	struct weir_executor *executor, void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options, void (*ended)(void *arg));

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
