// SPDX-License-Identifier: BSD-3-Clause
//
// A descriptor's inside, for the sources of this folder.
//
// An operation tries; on EAGAIN it says so (weir_fd_empty), waits until epoll tells
// otherwise (weir_fd_await), and tries again.
//
// Why nothing is missed: epoll tells each change once, from the time of the add on.
// What changes behind the EAGAIN is told by a later epoll_wait, and only the
// reactor's own thread calls that, between two steps. So ready is cleared before it
// can be set again.
//
// Threads.  Its reactor's.
#ifndef WEIR_REACTOR_FD_INLINE_H
#define WEIR_REACTOR_FD_INLINE_H

#include "reactor/fd.h"
#include "reactor/reactor_inline.h"
#include "task/task_inline.h"

#include <errno.h>

#define WEIR_FD_BIT(way) ((uint8_t)(1u << (way)))

// weir_fd_begin is weir_fd_open for a socket that does not block. 0 or -errno.
int weir_fd_begin(struct weir_fd *fd, int number);

// weir_fd_told is epoll's word on fd: its events.
void weir_fd_told(struct weir_fd *fd, uint32_t events);

// weir_fd_misuse ends the program: call may not be made on fd here.
__attribute__((noreturn, cold)) void weir_fd_misuse(
	const struct weir_fd *fd, const char *call);

// weir_fd_check ends the program unless call is made on fd's reactor.
static inline void weir_fd_check(const struct weir_fd *fd, const char *call)
{
	if (unlikely(!fd->reactor ||
		     fd->reactor->executor != weir_executor_current()))
		weir_fd_misuse(fd, call);
}

// weir_fd_may tells whether an operation is worth a try.
static inline bool weir_fd_may(const struct weir_fd *fd, enum weir_fd_way way)
{
	return fd->ready & WEIR_FD_BIT(way);
}

// weir_fd_empty says that the system has just answered EAGAIN.
static inline void weir_fd_empty(struct weir_fd *fd, enum weir_fd_way way)
{
	fd->ready &= (uint8_t)~WEIR_FD_BIT(way);
}

// weir_fd_await waits until it is worth while to try again: 0, or -ECANCELED. At
// the deadline it answers -ETIMEDOUT, and one try more is worth while.
int weir_fd_await(struct weir_fd *fd, enum weir_fd_way way, uint64_t deadline,
	const char *call);

#endif
