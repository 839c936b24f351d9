// SPDX-License-Identifier: BSD-3-Clause
//
// A trap catches every system call that a step makes: an executor that polls makes
// none. The call is written down with its stack, and then made, so that the step
// goes on as before, a few microseconds a call later.
//
//	step ── write() ──▶ kernel: SIGSYS ──▶ handler: writes down, makes the
//	     ◀── the kernel's answer ────────── call from the one place that may
//
// Not trapped are calls that a handler cannot make for another: those that end a
// process or a thread or replace it, return from a signal or set its stack; and
// sched_yield. Those that start one are made again from a place of their own; on
// aarch64 they are not trapped.
//
// A thread keeps its trap for life, and what it starts inherits it: a thread lives
// with it, and so does a process that is forked, but no program that is executed.
// It has no handler, and SIGSYS kills it at its first call.
//
// Threads.  enter: the executor's, before it runs. Outside of steps, and in what
// was started, nothing is written down.
// Reading: any thread, when the executor has stopped.
// Memory.  The caller's; zeroed, it is empty. It must stay as long as the thread
// runs the executor.
#ifndef WEIR_WATCH_TRAP_H
#define WEIR_WATCH_TRAP_H

#include "base/error.h"
#include "task/overrun.h"
#include "watch/stack.h"

#define WEIR_TRAPPED 32

struct weir_executor;
struct weir_histogram;

// A call of one class.
struct weir_trapped {
	const struct weir_histogram *steps;
	long call;
	uint64_t count;
	char task[WEIR_NAME_SIZE];
	struct weir_frames frames; // of the first
};

struct weir_trap {
	const struct weir_executor *executor;
	long thread; // as the system numbers it
	unsigned count;
	uint64_t lost; // calls for which there was no room
	struct weir_trapped at[WEIR_TRAPPED];
};

// weir_trap_open installs the handler and asks whether the system can do this:
// 0, or -errno in words.
int weir_trap_open(struct weir_error *e);

// weir_trap_enter traps the calls of the calling thread in steps of executor.
// Answers 0 or -errno.
int weir_trap_enter(
	struct weir_trap *trap, const struct weir_executor *executor);

// weir_trap_leave forgets the trap: nothing is written down any more.
void weir_trap_leave(void);

#endif
