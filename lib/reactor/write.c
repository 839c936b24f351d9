// SPDX-License-Identifier: BSD-3-Clause
//
// A socket is asked not to raise SIGPIPE. Of a pipe nobody can ask that: there the
// thread blocks the signal for the time of the call, and takes back what was raised
// meanwhile.
#include "reactor/fd.h"
#include "reactor/fd_inline.h"

#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static ssize_t write_quietly(int number, const void *buffer, size_t size)
{
	const struct timespec at_once = {0};
	sigset_t pipe_signal, before;
	ssize_t n;
	int code;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	n = write(number, buffer, size);
	code = errno;
	// Who has it blocked anyway may have one pending that is not ours.
	if (!sigismember(&before, SIGPIPE)) {
		if (n < 0 && code == EPIPE)
			sigtimedwait(&pipe_signal, NULL, &at_once);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	errno = code;
	return n;
}

static ssize_t try_write(struct weir_fd *fd, const void *buffer, size_t size)
{
	ssize_t n;

	if (!weir_fd_may(fd, WEIR_FD_WRITE))
		return -EAGAIN;
	do {
		n = fd->is_socket ? send(fd->number, buffer, size, MSG_NOSIGNAL)
				  : write_quietly(fd->number, buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		weir_fd_empty(fd, WEIR_FD_WRITE);
	return -errno;
}

ssize_t weir_try_write(struct weir_fd *fd, const void *buffer, size_t size)
{
	weir_fd_check(fd, "weir_try_write");
	return try_write(fd, buffer, size);
}

ssize_t weir_write(
	struct weir_fd *fd, const void *buffer, size_t size, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	ssize_t n;
	int ended = 0;

	weir_fd_check(fd, "weir_write");
	weir_task_only("weir_write", "write(2)");
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while ((n = try_write(fd, buffer, size)) == -EAGAIN) {
		if (ended)
			return ended;
		ended = weir_fd_await(
			fd, WEIR_FD_WRITE, deadline, "weir_write");
		if (ended == -ECANCELED)
			return ended;
	}
	return n;
}

int weir_write_all(struct weir_fd *fd, const void *buffer, size_t size,
	size_t *done, uint64_t deadline)
{
	*done = 0;
	while (*done < size) {
		ssize_t n = weir_write(fd, (const char *)buffer + *done,
			size - *done, deadline);

		if (n < 0)
			return (int)n;
		*done += (size_t)n;
	}
	return 0;
}
