// SPDX-License-Identifier: BSD-3-Clause
//
// A look at what an executor's thread does now: a signal makes it write down its
// stack, its task and the tick at which it did so.
//
//	watcher                         the executor's thread
//	ask ────── signal ────────────▶ handler: writes, releases answered
//	is answered? ◀──────────────────
//
// How soon the handler ran is the proof of who had the core: where the thread was
// running it takes some 15 µs, and a thread whose core was taken away cannot
// answer until it has it back. That holds also where the machine does not account
// for the time that its host takes.
//
// The handler allocates nothing and takes no lock. A thread that sleeps in the
// kernel must not be asked: the signal would end its sleep.
//
// Threads.  One watcher asks; one look of a thread is under way at a time.
// Memory.  A look that was asked for must stay where it is until it is answered
// or the thread has gone.
#ifndef WEIR_WATCH_LOOK_H
#define WEIR_WATCH_LOOK_H

#include "base/error.h"
#include "task/overrun.h"
#include "watch/stack.h"

struct weir_executor;
struct weir_histogram;

struct weir_look {
	// The watcher writes.
	const struct weir_executor *executor;
	uint64_t asked_tick;
	unsigned asked;
	// The handler writes.
	unsigned answered;
	uint64_t tick; // of its entry
	uint64_t beat; // what the executor said of the stretch
	const struct weir_histogram *running;
	char task[WEIR_NAME_SIZE]; // "" outside of one
	struct weir_frames frames;
};

// weir_look_open installs the handler for WEIR_LOOK_SIGNAL, once. Answers 0,
// -EBUSY where the program has one for it, or -errno.
int weir_look_open(struct weir_error *e);

// weir_look_ask asks thread tid, which runs executor. false when it has gone.
bool weir_look_ask(
	struct weir_look *look, const struct weir_executor *executor, int tid);

// weir_look_is_answered tells whether the latest was: then all that the handler
// writes is there.
bool weir_look_is_answered(const struct weir_look *look);

// weir_look_here writes what a handler of a signal was called on: for another
// handler that wants the same.
struct weir_task;
void weir_look_here(void *context, const struct weir_task *task,
	struct weir_frames *frames);

#endif
