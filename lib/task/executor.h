// SPDX-License-Identifier: BSD-3-Clause
//
// An executor runs steps, one at a time, on one thread: an EAL lcore, a plain
// thread, or a test that calls weir_executor_turn by hand under a virtual
// clock. A step is the stretch of work between two waits: of a task with a
// stack (task/task.h), or a plain function (a kernel's shell).
//
// What one turn does, in this order:
//
//	1. at most WEIR_TURN_POSTS of what other threads posted
//	2. at most WEIR_TURN_HOT of the hot watches and WEIR_TURN_COLD of the
//	   cold ones, each kind in rotation
//	3. timers that are due, touching at most WEIR_TURN_TIMERS
//	4. every step that was runnable when 4 began, once, in FIFO order
//
// A task that never waits, because all that it asks for is there, is made to
// yield when one step has done WEIR_STEP_BUDGET operations that may wait.
//
// What becomes runnable during 4 waits for the next turn: a runnable step
// starts within two turns. There is no LIFO slot and no stealing.
//
// Time.  The clock is read once at a step's end, which is the next one's
// beginning. Each stretch goes to exactly one place: the histogram of the step,
// or one of the executor's regimes; together they are the whole. What 1 to 3
// took goes to WEIR_TIME_RUNTIME when they did something; else it is too short
// to pay for a clock read and goes to the step that follows. Where it took longer
// than tasks of no class may (watch/contract.h) it is a step of theirs instead.
//
// Threads.
//
//	                   post, stop   turn, run   all else
//	post, stop             -            -           -      - free to run together
//	turn, run                           X           X      X one thread only: the
//	all else                                        X        executor's own
//
// Memory.  create allocates all there will be; running never allocates.
#ifndef WEIR_TASK_EXECUTOR_H
#define WEIR_TASK_EXECUTOR_H

#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "count/count.h"
#include "count/histogram.h"
#include "task/post.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_TURN_POSTS 64
#define WEIR_TURN_HOT 256
#define WEIR_TURN_COLD 32
#define WEIR_TURN_TIMERS 256
#define WEIR_STEP_BUDGET 128

struct weir_executor;
struct weir_step;

// weir_step_fn does one step. It may make itself runnable again, and says how
// much it did with weir_executor_worked. It never waits.
typedef void weir_step_fn(
	struct weir_executor *executor, struct weir_step *step);

// A step that can be queued. Embed it; touch it only through the functions. A
// step that is queued must not move or go.
struct weir_step {
	struct weir_step *next;	      // in the run queue; of the executor
	weir_step_fn *run;	      // NULL: a task with a stack
	struct weir_histogram *steps; // every stretch is recorded here
	bool queued;
};

// Where the time goes that is not in a step.
enum weir_regime {
	WEIR_TIME_RUNTIME,   // the executor itself
	WEIR_TIME_WAITING,   // nothing to do: waiting for input
	WEIR_TIME_HELD_BACK, // there was input, but no room on an output
	WEIR_TIME_REGIMES,
};

// Counted by the executor, one writer. May lie in shared memory. now, turns
// and steps are brought up to date at each turn's end.
struct weir_executor_counts {
	uint64_t turns;
	uint64_t steps;
	uint64_t time[WEIR_TIME_REGIMES]; // ticks
	uint64_t started;		  // tick of the first turn
	uint64_t now;			  // tick of the last clock read
	uint64_t tasks;			  // gauge: that live
	uint64_t turn_ticks_max;
};

// The field table for weir_count_add, WEIR_EXECUTOR_FIELDS long.
#define WEIR_EXECUTOR_FIELDS 9
extern const struct weir_count_field weir_executor_fields[WEIR_EXECUTOR_FIELDS];

// weir_idle_fn is called by run after a turn that did no work: to spin, to
// yield the CPU, to sleep. until is a tick at or before that of the next timer,
// WEIR_NEVER when there is none. It may return early.
typedef void weir_idle_fn(
	void *arg, struct weir_executor *executor, uint64_t until);

// weir_idle_sleep sleeps in the kernel until there is something to do: a post, a
// timer, something on a channel that a task of the executor waits on. It is for
// executors with sleeps set, of the real clock; others get their CPU yielded. A
// function step that is ready keeps it from sleeping. It looks at each watch once
// more first, at most WEIR_TURN_HOT in a turn (task/wait.h).
weir_idle_fn weir_idle_sleep;

// weir_idle_spin tells the core that we spin; weir_idle_yield gives the CPU to
// whoever else wants it: for executors that share one. Both take no arg.
weir_idle_fn weir_idle_spin, weir_idle_yield;

struct weir_executor_options {
	const char *name; // copied, 31 characters; NULL: "executor"
	const struct weir_clock *clock; // borrowed; NULL: the real one
	unsigned stack_count;		// tasks that can live at once; 0: 64
	size_t stack_size;		// bytes; 0: 64 KiB
	int node;			// NUMA, or WEIR_NODE_ANY
	weir_idle_fn *idle;		// NULL: turn again at once
	void *idle_arg;
	// sleeps: it sleeps when it has nothing to do (idle is then
	// weir_idle_sleep, unless it is set), and may make system calls: it
	// wakes others that sleep itself. The others, which poll, leave that to
	// a thread of the library.
	bool sleeps;
	struct weir_executor_counts *counts; // borrowed; NULL: private
	// task_steps: for tasks of no class, and under its limit for what posts,
	// watches and timers take in a turn. NULL: private, without a limit.
	struct weir_histogram *task_steps;
	// ready_waits: how long tasks were ready and did not run. Each
	// WEIR_READY_SAMPLE-th is counted; max is of all. NULL: private.
	struct weir_histogram *ready_waits;
};

#define WEIR_READY_SAMPLE 16

// weir_executor_create makes an executor at rest. Answers 0 or -ENOMEM with the
// sentence in e.
int weir_executor_create(struct weir_executor **executor,
	const struct weir_executor_options *options, struct weir_error *e);

// weir_executor_destroy frees a stopped executor; NULL is harmless. All its
// tasks must have ended; one that has not is our caller's fault and is named
// before the program aborts.
void weir_executor_destroy(struct weir_executor *executor);

// weir_executor_turn does one turn on the calling thread and answers the work
// done: tasks resumed, posts, timers, wakes, and what step functions reported.
// It reads the clock first; the time since the last turn was waiting. Never
// from inside a step.
uint64_t weir_executor_turn(struct weir_executor *executor);

// weir_executor_run turns until weir_executor_stop. Where the watchdog was started
// before (watch/watchdog.h) its signal is not blocked meanwhile.
void weir_executor_run(struct weir_executor *executor);

// weir_executor_stop makes run return after the present turn; before run, it
// makes run return after one. Any thread, signal handlers too.
void weir_executor_stop(struct weir_executor *executor);

// weir_executor_self answers the executor that the calling code runs on, NULL
// on a thread that runs none.
struct weir_executor *weir_executor_self(void);

// weir_executor_name answers the name it was made with, which it owns.
const char *weir_executor_name(const struct weir_executor *executor);
const struct weir_clock *weir_executor_clock(
	const struct weir_executor *executor);
struct weir_executor_counts *weir_executor_counts(
	struct weir_executor *executor);
struct weir_histogram *weir_executor_task_steps(struct weir_executor *executor);

// weir_executor_ready_waits answers how long its tasks were ready before they
// ran. What a turn promises is that none waits longer than two turns, twice
// turn_ticks_max, from the beginning of the step that made it ready.
const struct weir_histogram *weir_executor_ready_waits(
	const struct weir_executor *executor);

// weir_executor_now answers the tick of the last clock read: the beginning of
// the present step. No clock is read.
uint64_t weir_executor_now(const struct weir_executor *executor);

// weir_executor_worked adds count to the work that the present turn reports.
void weir_executor_worked(struct weir_executor *executor, uint64_t count);

// weir_executor_lap ends a stretch inside a step: it reads the clock, records
// the time since the last read in steps, and answers the new tick. A function
// step that has lapped is not measured again when it returns: it laps up to its
// end. A task's step is: what it did since its last lap is its own.
// task/executor_inline.h has this and its neighbours for callers inside lib.
uint64_t weir_executor_lap(
	struct weir_executor *executor, struct weir_histogram *steps);

// weir_executor_lap_regime is the same for time that belongs to no step.
uint64_t weir_executor_lap_regime(
	struct weir_executor *executor, enum weir_regime regime);

// weir_step_init prepares a step that runs run and is measured in steps (NULL:
// with the executor's tasks of no class).
void weir_step_init(struct weir_step *step, weir_step_fn *run,
	struct weir_histogram *steps);

// A label gives a function step a name, which 'weir tasks' shows it by. Touch it
// only through the functions.
struct weir_step_label {
	struct weir_list link; // of the executor
	const struct weir_step *step;
	const char *name;
};

// weir_step_label labels a step of executor: its thread, or before it runs. It
// borrows all three until weir_step_unlabel, or as long as the executor lives.
void weir_step_label(struct weir_executor *executor,
	struct weir_step_label *label, const struct weir_step *step,
	const char *name);
void weir_step_unlabel(struct weir_step_label *label);

// weir_step_ready puts step at the tail of the run queue; no effect when it is
// there. The executor's thread, or before it runs.
void weir_step_ready(struct weir_executor *executor, struct weir_step *step);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
