// SPDX-License-Identifier: BSD-3-Clause
#include "reactor/fd.h"
#include "reactor/fd_inline.h"

#include <unistd.h>

static ssize_t try_read(struct weir_fd *fd, void *buffer, size_t size)
{
	ssize_t n;

	if (!weir_fd_may(fd, WEIR_FD_READ))
		return -EAGAIN;
	do {
		n = read(fd->number, buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		weir_fd_empty(fd, WEIR_FD_READ);
	return -errno;
}

ssize_t weir_try_read(struct weir_fd *fd, void *buffer, size_t size)
{
	weir_fd_check(fd, "weir_try_read");
	return try_read(fd, buffer, size);
}

ssize_t weir_read(
	struct weir_fd *fd, void *buffer, size_t size, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	ssize_t n;
	int ended = 0;

	weir_fd_check(fd, "weir_read");
	weir_task_only("weir_read", "read(2)");
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while ((n = try_read(fd, buffer, size)) == -EAGAIN) {
		if (ended)
			return ended;
		ended = weir_fd_await(fd, WEIR_FD_READ, deadline, "weir_read");
		if (ended == -ECANCELED)
			return ended;
	}
	return n;
}

int weir_read_all(struct weir_fd *fd, void *buffer, size_t size, size_t *done,
	uint64_t deadline)
{
	*done = 0;
	while (*done < size) {
		ssize_t n = weir_read(
			fd, (char *)buffer + *done, size - *done, deadline);

		if (n <= 0)
			return n < 0 ? (int)n : -ENODATA;
		*done += (size_t)n;
	}
	return 0;
}
