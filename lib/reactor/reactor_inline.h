// SPDX-License-Identifier: BSD-3-Clause
//
// A reactor's inside, for the sources of this folder.
//
// Threads.  Its executor's.
#ifndef WEIR_REACTOR_REACTOR_INLINE_H
#define WEIR_REACTOR_REACTOR_INLINE_H

#include "reactor/reactor.h"
#include "task/executor_inline.h"
#include "task/timer.h"
#include "task/wait.h"

#include <sys/epoll.h>

struct weir_reactor {
	struct weir_executor *executor;
	struct weir_step look; // always ready: looks at the set when it is time
	int set;	       // of epoll
	int reserve;	       // a descriptor, or -1: see listen.c
	bool waits_in_ms;      // the system has no finer epoll
	uint64_t look_ticks;   // between two looks while there is work
	uint64_t poll_ticks;   // how long it sleeps at most; WEIR_NEVER
	uint64_t looked;       // when
	bool later; // it has not yet asked all watches since it last slept
	unsigned fd_count; // that are open here
	uint64_t wakes;	   // how often it slept; for tests
	// Connections that wait for a stack: connection.c.
	struct weir_wait_queue line;
	unsigned promised; // woken for a stack, and have not run since
	unsigned handlers; // connections that have one
	struct weir_timer line_timer;
	uint64_t line_ticks;
	struct epoll_event events[WEIR_REACTOR_EVENTS];
};

// weir_connection_line_due is what line_timer does.
void weir_connection_line_due(
	struct weir_executor *executor, struct weir_timer *timer);

// weir_reactor_reserve opens a descriptor for nothing else than to have it; -1:
// there is none.
int weir_reactor_reserve(void);

#endif
