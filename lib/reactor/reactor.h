// SPDX-License-Identifier: BSD-3-Clause
//
// A reactor is an executor that sleeps in epoll when it has nothing to do: for
// tasks that wait for sockets, pipes, timers and signals of the system.
//
//	descriptors ──┐                    ┌──▶ tasks that wait for them
//	the bell ─────┴─▶ one epoll set ───┴──▶ what was posted, sent, or is due
//
// It is an executor in all else: channels, locks, timers, scopes and steppers
// work on it as anywhere. What has many connections runs several reactors, each
// on a thread of its own; a descriptor (reactor/fd.h) belongs to one.
//
//	static void serve(void *arg) { … weir_read(&fd, …) … }
//	int main(void) { return weir_reactor_run(serve, NULL); }
//
// While it has nothing to do, it makes no system call but the one it sleeps in.
// While it has, it looks at the descriptors once in WEIR_REACTOR_LOOK_NS, and takes
// at most WEIR_REACTOR_EVENTS of them then; what is left comes with the next look.
//
// Threads.
//
//	                run    create, destroy, executor
//	run              -                X              X callers must exclude each
//	create, …                         -                other
//
// Memory.  create allocates all there will be; it opens three descriptors, one of
// which stays the process's for good, and serves again.
#ifndef WEIR_REACTOR_REACTOR_H
#define WEIR_REACTOR_REACTOR_H

#include "base/error.h"
#include "task/executor.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_REACTOR_EVENTS 64
#define WEIR_REACTOR_LOOK_NS 20000

struct weir_reactor;

// How it learns of what executors that poll have sent to it, since those make no
// system calls. RELAY: they say so, and a thread of the library rings within
// WEIR_BELL_PERIOD_NS and what the system takes; that thread turns that often while
// somebody sleeps. POLL: it wakes each poll_ns and looks itself; the thread is not
// needed, and posts of other threads are found no earlier either.
enum weir_reactor_bell { WEIR_REACTOR_RELAY, WEIR_REACTOR_POLL };

struct weir_reactor_options {
	// Its sleeps, idle and idle_arg are the reactor's, whatever they say.
	struct weir_executor_options executor;
	enum weir_reactor_bell bell;
	uint64_t poll_ns; // of POLL; 0: 50 µs
};

// weir_reactor_create makes a reactor at rest. Answers 0 or -errno with the
// sentence in e. options may be NULL.
int weir_reactor_create(struct weir_reactor **reactor,
	const struct weir_reactor_options *options, struct weir_error *e);

// weir_reactor_destroy frees a stopped reactor and its executor; NULL is harmless.
// All its descriptors must be closed, all its tasks must have ended: else the
// program ends in a sentence.
void weir_reactor_destroy(struct weir_reactor *reactor);

// weir_reactor_executor answers its executor, which it owns: to start tasks on, to
// run, to stop.
struct weir_executor *weir_reactor_executor(struct weir_reactor *reactor);

// weir_reactor_self answers the reactor that the calling code runs on, NULL where
// the executor is none.
struct weir_reactor *weir_reactor_self(void);

// weir_reactor_run runs fn(arg) as a task on a reactor of its own on the calling
// thread, until it and all tasks in its scopes have ended; up to WEIR_RUN_TASKS at
// once. Answers 0, or 1 after saying on standard error what went wrong.
int weir_reactor_run(void (*fn)(void *arg), void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
