// SPDX-License-Identifier: BSD-3-Clause
//
// To connect is to call connect until it says that it is done: the first call begins,
// each later one tells how far it is.
#include "reactor/address.h"
#include "reactor/fd_inline.h"
#include "reactor/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#define FULL_NS 1000000

static int wait_for_backlog(uint64_t deadline)
{
	uint64_t end = weir_in_ns(FULL_NS);

	if (deadline != WEIR_NEVER && (int64_t)(end - deadline) > 0)
		return weir_sleep(deadline) ? -ECANCELED : -ETIMEDOUT;
	return weir_sleep(end);
}

static int connect_step(
	const struct weir_fd *fd, const struct weir_address *address)
{
	int err;

	do {
		err = connect(fd->number, (const void *)address->of,
			      address->size)
			      ? -errno
			      : 0;
	} while (err == -EINTR);
	return err;
}

static int finish(struct weir_fd *fd, const struct weir_address *address,
	uint64_t deadline)
{
	int err, ended = 0;

	for (;;) {
		err = connect_step(fd, address);
		if (err != -EINPROGRESS && err != -EALREADY && err != -EAGAIN)
			return err;
		if (ended)
			return ended;
		weir_fd_empty(fd, WEIR_FD_WRITE);
		ended = err == -EAGAIN ? wait_for_backlog(deadline)
				       : weir_fd_await(fd, WEIR_FD_WRITE,
						 deadline, "weir_connect");
		if (ended == -ECANCELED)
			return ended;
	}
}

int weir_connect(struct weir_fd *connection, const struct weir_address *address,
	uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	int number, err;

	weir_task_only("weir_connect", "connect(2)");
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	number = socket(weir_address_family(address),
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (number < 0)
		return -errno;
	err = weir_fd_begin(connection, number);
	if (err) {
		close(number);
		return err;
	}
	err = finish(connection, address, deadline);
	if (err)
		weir_fd_close(connection);
	else
		connection->ready |= WEIR_FD_BIT(WEIR_FD_WRITE);
	return err;
}
