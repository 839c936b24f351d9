// SPDX-License-Identifier: BSD-3-Clause
//
// A connection that waits without a stack: thousands of them cost some hundred bytes
// each. When it has something to read, a stack is borrowed, and a task on it handles
// that in straight-line code; then it waits without one again.
//
//	               readable                      a stack is free
//	waits, 288 bytes ──▶ stands in line for a stack ──▶ handle, as a task
//	       ▲                                                │
//	       └───────────────── WEIR_CONNECTION_KEEP ◀────────┤
//	                ended, closed ◀── WEIR_CONNECTION_END ──┘
//
// The bounds.  As many are handled at once as the executor has stacks left; who finds
// none waits in line, and none is passed by. handle may wait anywhere, for the peer
// too: a peer that is slow in the middle of a request holds a stack meanwhile, so give
// its waits deadlines.
//
// Cancellation.  A connection that waits, or stands in line, ends; handle gets
// -ECANCELED from its waits, and the connection ends with it.
//
// Threads.  Its reactor's.
// Memory.  The caller's, embedded in what it serves; it must not move until ended is
// called, and is the caller's from then on.
#ifndef WEIR_REACTOR_CONNECTION_H
#define WEIR_REACTOR_CONNECTION_H

#include "reactor/fd.h"
#include "task/stepper.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_connection;
struct weir_histogram;
struct weir_scope;

enum weir_connection_next {
	WEIR_CONNECTION_KEEP, // wait for the next request
	WEIR_CONNECTION_END,
};

// What many connections have in common. Borrowed as long as one of them lives.
struct weir_connection_class {
	const char *name; // of the tasks that handle; 31 characters
	// handle runs as a task when there is something to read, or the end. What it
	// leaves unread makes it run again.
	enum weir_connection_next (*handle)(struct weir_connection *c);
	// ended is called once, when the descriptor is closed; it may free c.
	// NULL: nobody wants to know.
	void (*ended)(struct weir_connection *c);
	// idle_ns is how long a connection may wait for a request; then it ends.
	// 0: for ever.
	uint64_t idle_ns;
	struct weir_histogram *steps; // of handle; NULL: the executor's own
};

// fd is for handle. The rest is touched only through the functions.
struct weir_connection {
	struct weir_fd fd;
	struct weir_stepper stepper;
	const struct weir_connection_class *class_;
	struct weir_scope *scope;
};

// weir_connection_start lets c, whose fd is open on the calling reactor, live in
// scope, on its executor. Answers 0, or -ECANCELED when the scope is cancelled: fd
// is then still the caller's.
__attribute__((warn_unused_result)) int weir_connection_start(
	struct weir_scope *scope, struct weir_connection *c,
	const struct weir_connection_class *class_);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
