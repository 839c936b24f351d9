// SPDX-License-Identifier: BSD-3-Clause
//
// When there are no descriptors left, the one that the reactor keeps in reserve is
// given up, so that the next connection can be taken and closed.
#include "reactor/address.h"
#include "reactor/fd_inline.h"
#include "reactor/socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define GIVEN_UP 16 // that one call passes over
#define PAUSE_NS 10000000

// ---- listening ----

static int cannot(struct weir_error *e, const struct weir_address *address)
{
	int code = errno;
	char text[160];
	const char *instead = "";

	weir_address_print(address, text, sizeof(text));
	if (code == EADDRINUSE && weir_address_family(address) == AF_UNIX)
		instead = ": if no program uses it, remove it";
	else if (code == EADDRINUSE)
		instead = ": stop who has it (ss -ltnp), take another port, or "
			  "let all who listen there spread it";
	else if (code == EMFILE)
		instead = ": close some descriptors, or raise their limit: "
			  "ulimit -n";
	return weir_error_set(e, -code, "cannot listen at %s (%s)%s", text,
		strerror(code), instead);
}

static int set_up(int number, const struct weir_address *address,
	const struct weir_listen_options *options)
{
	const int yes = 1;
	bool tcp = weir_address_family(address) != AF_UNIX;

	if (tcp &&
		setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)))
		return -1;
	if (tcp && options->spread &&
		setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)))
		return -1;
	if (bind(number, (const void *)address->of, address->size))
		return -1;
	return listen(number, options->backlog ? options->backlog : BACKLOG);
}

int weir_listen(struct weir_fd *listener, const struct weir_address *address,
	const struct weir_listen_options *options, struct weir_error *e)
{
	const struct weir_listen_options none = {0};
	int number = socket(weir_address_family(address),
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (number < 0)
		return cannot(e, address);
	err = set_up(number, address, options ? options : &none)
		      ? cannot(e, address)
		      : weir_fd_open(listener, number, e);
	if (err)
		close(number);
	return err;
}

// ---- accepting ----

static bool gave_up(int code)
{
	return code == ECONNABORTED || code == EPROTO || code == ENETDOWN ||
	       code == ENOPROTOOPT || code == EHOSTDOWN || code == ENONET ||
	       code == EHOSTUNREACH || code == ENETUNREACH;
}

static int accept_one(const struct weir_fd *listener)
{
	int number = accept4(
		listener->number, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return number < 0 ? -errno : number;
}

static int accept_next(struct weir_fd *listener)
{
	int number = -EAGAIN;

	if (!weir_fd_may(listener, WEIR_FD_READ))
		return -EAGAIN;
	for (unsigned i = 0; i < GIVEN_UP; i++) {
		number = accept_one(listener);
		if (number == -EAGAIN)
			weir_fd_empty(listener, WEIR_FD_READ);
		if (number != -EINTR && !gave_up(-number))
			return number;
	}
	return -EAGAIN; // and there may be more
}

// refuse takes the next connection and closes it, for want of a descriptor. -EAGAIN:
// there is none; the system asks for a descriptor before it looks for a connection.
static int refuse(struct weir_fd *listener)
{
	struct weir_reactor *reactor = listener->reactor;
	int number;

	if (reactor->reserve >= 0)
		close(reactor->reserve);
	number = accept_one(listener);
	if (number >= 0)
		close(number);
	if (number == -EAGAIN)
		weir_fd_empty(listener, WEIR_FD_READ);
	reactor->reserve = weir_reactor_reserve();
	return number;
}

static bool wants_descriptors(int err)
{
	return err == -EMFILE || err == -ENFILE;
}

// try_accept is weir_try_accept; *refused tells whether a connection was.
static int try_accept(
	struct weir_fd *listener, struct weir_fd *connection, bool *refused)
{
	int number = accept_next(listener), err;

	if (unlikely(wants_descriptors(number))) {
		err = refuse(listener);
		*refused = err >= 0;
		return err == -EAGAIN ? err : number;
	}
	if (number < 0)
		return number;
	if (unlikely(listener->reactor->reserve < 0))
		listener->reactor->reserve = weir_reactor_reserve();
	err = weir_fd_begin(connection, number);
	if (err) {
		*refused = true;
		close(number);
	}
	return err;
}

int weir_try_accept(struct weir_fd *listener, struct weir_fd *connection)
{
	bool refused;

	weir_fd_check(listener, "weir_try_accept");
	return try_accept(listener, connection, &refused);
}

static bool is_short(int err)
{
	return wants_descriptors(err) || err == -ENOMEM || err == -ENOBUFS;
}

// pause waits a little: what is short may be there then.
static int pause_for(int err, uint64_t deadline)
{
	uint64_t end = weir_in_ns(PAUSE_NS);

	if (deadline != WEIR_NEVER && (int64_t)(end - deadline) > 0)
		end = deadline;
	return weir_sleep(end) ? -ECANCELED : err;
}

int weir_accept(
	struct weir_fd *listener, struct weir_fd *connection, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	bool refused = false;
	int err, ended = 0;

	weir_fd_check(listener, "weir_accept");
	weir_task_only("weir_accept", "accept(2)");
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while (ended != -ECANCELED) {
		err = try_accept(listener, connection, &refused);
		if (is_short(err) && !refused)
			return pause_for(err, deadline);
		if (err != -EAGAIN)
			return err;
		if (weir_fd_may(listener, WEIR_FD_READ))
			weir_yield_if_over(GIVEN_UP);
		else if (ended)
			return ended;
		else
			ended = weir_fd_await(listener, WEIR_FD_READ, deadline,
				"weir_accept");
	}
	return ended;
}
