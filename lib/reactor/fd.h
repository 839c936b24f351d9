// SPDX-License-Identifier: BSD-3-Clause
//
// A descriptor of the system that tasks wait for: a socket, a pipe, a terminal, a
// timerfd, a signalfd, whatever epoll takes.
//
//	struct weir_fd fd;
//
//	if (weir_fd_open(&fd, number, &e))
//		return;
//	n = weir_read(&fd, buffer, sizeof(buffer), weir_in_ms(1000));
//	…
//	weir_fd_close(&fd);
//
// What it promises.  The operations answer as the system's do, but for -errno in
// place of errno; they wait where those would answer EAGAIN, and go on after EINTR.
// What becomes ready between a look and the wait is not missed. SIGPIPE is never
// raised. -ECANCELED and -ETIMEDOUT: nothing was done. At the deadline they look once
// more; a deadline that is past makes them a try. Each takes one from the budget of
// the step, as all that may wait.
//
// The bounds.  One task reads and one writes at a time: a second one that would wait
// for the same is refused. Who waits must have gone before the descriptor is closed:
// cancel it, or shut the socket down. Both, a descriptor that was closed without
// weir_fd_close, and a call from elsewhere than its reactor, end the program in a
// sentence.
//
// Threads.  Its reactor's. What says "may wait" is for tasks.
// Memory.  The caller's, 64 bytes; it must not move while it is open.
#ifndef WEIR_REACTOR_FD_H
#define WEIR_REACTOR_FD_H

#include "base/error.h"
#include "task/select.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_reactor;

enum weir_fd_way { WEIR_FD_READ, WEIR_FD_WRITE, WEIR_FD_WAYS };

// Touch it only through the functions. All zero: closed.
struct weir_fd {
	struct weir_reactor *reactor;
	struct weir_wait_queue waiting[WEIR_FD_WAYS]; // one at most in each
	int number;
	uint8_t ready;	   // ways: epoll told so, and no EAGAIN since
	bool asks_room;	   // epoll tells of room, too
	bool is_socket;	   // can be written to without a signal
	bool was_blocking; // and is again afterwards
};

// weir_fd_open makes number, which it takes, a descriptor of the calling reactor,
// and non-blocking (for all who share it, as the system has it). Answers 0, or
// -errno with the sentence in e (may be NULL), and number is still the caller's:
// -EPERM for files and folders, which epoll does not take since they never wait.
int weir_fd_open(struct weir_fd *fd, int number, struct weir_error *e);

// weir_fd_close closes it. Never waits. Harmless when it is closed.
void weir_fd_close(struct weir_fd *fd);

// weir_fd_release gives the number back to the caller, open and as it was, to be
// opened on another reactor for example. Never waits.
int weir_fd_release(struct weir_fd *fd);

// weir_fd_number answers the system's number, which stays the descriptor's.
static inline int weir_fd_number(const struct weir_fd *fd)
{
	return fd->number;
}

// weir_fd_wait waits until a read, or a write, would not wait, or would fail: 0,
// -ETIMEDOUT or -ECANCELED. May wait.
__attribute__((warn_unused_result)) int weir_fd_wait(
	struct weir_fd *fd, enum weir_fd_way way, uint64_t deadline);

// weir_read reads up to size bytes: how many, 0 at the end, or -errno. May wait,
// until there is something.
__attribute__((warn_unused_result)) ssize_t weir_read(
	struct weir_fd *fd, void *buffer, size_t size, uint64_t deadline);

// weir_write writes up to size bytes: how many, fewer when there is no more room,
// or -errno. May wait, until there is some room.
__attribute__((warn_unused_result)) ssize_t weir_write(
	struct weir_fd *fd, const void *buffer, size_t size, uint64_t deadline);

// weir_read_all reads size bytes: 0; -ENODATA at the end, if there were fewer; or
// -errno. weir_write_all writes them. *done is how many were, also when it answers
// -ETIMEDOUT or -ECANCELED: it is not lost, and the rest can be read or written
// later. They may wait.
__attribute__((warn_unused_result)) int weir_read_all(struct weir_fd *fd,
	void *buffer, size_t size, size_t *done, uint64_t deadline);
__attribute__((warn_unused_result)) int weir_write_all(struct weir_fd *fd,
	const void *buffer, size_t size, size_t *done, uint64_t deadline);

// weir_try_read and weir_try_write never wait: -EAGAIN. They are for steppers and
// other steps, too. A loop over them without a wait or a yield sees nothing new: it
// is between steps that the reactor looks.
__attribute__((warn_unused_result)) ssize_t weir_try_read(
	struct weir_fd *fd, void *buffer, size_t size);
__attribute__((warn_unused_result)) ssize_t weir_try_write(
	struct weir_fd *fd, const void *buffer, size_t size);

// weir_case_readable and weir_case_writable are ready when a read, or a write, would
// not wait; their result is 0. They read and write nothing. They know what the
// reactor saw last (reactor/reactor.h), and ask the system once more before they say
// that it is so. One user a way, as above.
struct weir_case weir_case_readable(struct weir_fd *fd);
struct weir_case weir_case_writable(struct weir_fd *fd);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
