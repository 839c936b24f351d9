// SPDX-License-Identifier: BSD-3-Clause
//
// Room is asked for from the first time on that somebody waits for it: else each
// message that a peer takes from a unix socket would wake the reactor.
#include "reactor/fd.h"
#include "reactor/fd_inline.h"
#include "task/misuse.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct weir_fd) <= 64, "its header says so");

static const struct weir_wait_what what[WEIR_FD_WAYS] = {
	[WEIR_FD_READ] = {"data from a descriptor", NULL},
	[WEIR_FD_WRITE] = {"room in a descriptor", NULL},
};

void weir_fd_misuse(const struct weir_fd *fd, const char *call)
{
	char why[160];

	if (!fd->reactor)
		weir_misuse_end(call,
			"the descriptor is closed, or was never opened: call "
			"it between weir_fd_open and weir_fd_close");
	snprintf(why, sizeof(why),
		"descriptor %d belongs to the reactor '%s': call it in a task "
		"of that one",
		fd->number, fd->reactor->executor->name);
	weir_misuse_end(call, why);
}

static __attribute__((noreturn, cold)) void bug(
	const struct weir_fd *fd, const char *call, const char *wrong)
{
	char why[200];

	snprintf(why, sizeof(why), "descriptor %d %s", fd->number, wrong);
	weir_misuse_end(call, why);
}

// ---- open and close ----

static int refuse(struct weir_error *e, int code, int number)
{
	if (code == EPERM)
		return weir_error_set(e, -code,
			"descriptor %d is a file or a folder, which is always "
			"ready: read and write it without waiting",
			number);
	if (code == EEXIST)
		return weir_error_set(e, -code,
			"descriptor %d is open on this reactor already: use "
			"that one, or close it first",
			number);
	return weir_error_set(e, -code, "cannot wait for descriptor %d: %s",
		number, strerror(code));
}

// ask tells epoll what it shall tell of fd.
static int ask(struct weir_fd *fd, int op)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLET |
			  (fd->asks_room ? EPOLLOUT : 0),
		.data.ptr = fd,
	};

	return epoll_ctl(fd->reactor->set, op, fd->number, &event) ? errno : 0;
}

// unblock makes it non-blocking; answers errno.
static int unblock(struct weir_fd *fd)
{
	int flags = fcntl(fd->number, F_GETFL);

	if (flags < 0)
		return errno;
	fd->was_blocking = !(flags & O_NONBLOCK);
	if (fd->was_blocking && fcntl(fd->number, F_SETFL, flags | O_NONBLOCK))
		return errno;
	return 0;
}

static void block_again(const struct weir_fd *fd)
{
	int flags;

	if (!fd->was_blocking)
		return;
	flags = fcntl(fd->number, F_GETFL);
	if (flags >= 0)
		fcntl(fd->number, F_SETFL, flags & ~O_NONBLOCK);
}

static bool is_socket(int number)
{
	struct stat s;

	return fstat(number, &s) == 0 && S_ISSOCK(s.st_mode);
}

int weir_fd_begin(struct weir_fd *fd, int number)
{
	struct weir_reactor *reactor = weir_reactor_self();
	int code;

	if (!reactor)
		weir_misuse_end("weir_fd_open",
			"only a reactor can wait for descriptors: call it on "
			"one, as in weir_reactor_run");
	*fd = (struct weir_fd){
		.reactor = reactor,
		.number = number,
		.ready = WEIR_FD_BIT(WEIR_FD_READ) | WEIR_FD_BIT(WEIR_FD_WRITE),
		.is_socket = true,
	};
	for (unsigned way = 0; way < WEIR_FD_WAYS; way++)
		weir_wait_queue_says(&fd->waiting[way], &what[way]);
	code = ask(fd, EPOLL_CTL_ADD);
	if (code) {
		fd->reactor = NULL;
		return -code;
	}
	reactor->fd_count++;
	WEIR_TRACE(fd_opened, fd, (uint32_t)number);
	return 0;
}

int weir_fd_open(struct weir_fd *fd, int number, struct weir_error *e)
{
	int err = weir_fd_begin(fd, number);

	if (err)
		return refuse(e, -err, number);
	err = -unblock(fd);
	if (err) {
		weir_fd_release(fd);
		return refuse(e, -err, number);
	}
	fd->is_socket = is_socket(number);
	return 0;
}

// leave ends that epoll tells of fd. Who else has the same open file would keep it
// in the set beyond its close.
static void leave(struct weir_fd *fd, const char *call)
{
	struct weir_reactor *reactor = fd->reactor;

	weir_fd_check(fd, call);
	if (!weir_wait_queue_empty(&fd->waiting[WEIR_FD_READ]))
		bug(fd, call,
			"is waited for, to be read: end that wait first "
			"(cancel "
			"it, or shutdown(2))");
	if (!weir_wait_queue_empty(&fd->waiting[WEIR_FD_WRITE]))
		bug(fd, call,
			"is waited for, to be written: end that wait first "
			"(cancel it, or shutdown(2))");
	if (epoll_ctl(reactor->set, EPOLL_CTL_DEL, fd->number, NULL))
		bug(fd, call,
			"is no longer the one that was opened: somebody else "
			"has closed it, and may have closed another's by now");
	block_again(fd);
	WEIR_TRACE(fd_closed, fd, (uint32_t)fd->number);
	fd->reactor = NULL;
	reactor->fd_count--;
}

void weir_fd_close(struct weir_fd *fd)
{
	if (!fd->reactor)
		return;
	leave(fd, "weir_fd_close");
	close(fd->number); // it is closed, whatever that answers
}

int weir_fd_release(struct weir_fd *fd)
{
	leave(fd, "weir_fd_release");
	return fd->number;
}

// ---- waits ----

void weir_fd_told(struct weir_fd *fd, uint32_t events)
{
	uint8_t ways = 0;

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		ways |= WEIR_FD_BIT(WEIR_FD_READ);
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		ways |= WEIR_FD_BIT(WEIR_FD_WRITE);
	WEIR_TRACE(fd_ready, fd, (uint32_t)fd->number, ways);
	fd->ready |= ways;
	for (unsigned way = 0; way < WEIR_FD_WAYS; way++)
		if (ways & WEIR_FD_BIT(way))
			weir_wake(&fd->waiting[way]);
}

// prepare comes before a wait, of a task or in a case: nobody else may wait for
// the same, and epoll must tell of it.
static void prepare(struct weir_fd *fd, enum weir_fd_way way, const char *call)
{
	static const char *const wrong[WEIR_FD_WAYS] = {
		"is waited for already, to be read: one task reads at a time",
		"is waited for already, to be written: one task writes at a "
		"time",
	};

	if (unlikely(!weir_wait_queue_empty(&fd->waiting[way])))
		bug(fd, call, wrong[way]);
	if (way == WEIR_FD_READ || likely(fd->asks_room))
		return;
	fd->asks_room = true;
	if (ask(fd, EPOLL_CTL_MOD)) // what is so already, it tells anew
		bug(fd, call,
			"is no longer the one that was opened: somebody else "
			"has closed it");
}

int weir_fd_await(struct weir_fd *fd, enum weir_fd_way way, uint64_t deadline,
	const char *call)
{
	int err;

	prepare(fd, way, call);
	err = weir_wait(&fd->waiting[way], deadline, WEIR_WAIT_BACK);
	if (err != -ECANCELED)
		fd->ready |= WEIR_FD_BIT(way);
	return err;
}

// is_ready asks the system, if epoll told something since it was last empty.
static bool is_ready(struct weir_fd *fd, enum weir_fd_way way)
{
	struct pollfd ask = {
		.fd = fd->number,
		.events = way == WEIR_FD_READ ? POLLIN | POLLRDHUP : POLLOUT,
	};

	if (!weir_fd_may(fd, way))
		return false;
	while (poll(&ask, 1, 0) < 0)
		if (errno != EINTR)
			return true; // the operation will say it
	if (ask.revents)
		return true;
	weir_fd_empty(fd, way);
	return false;
}

int weir_fd_wait(struct weir_fd *fd, enum weir_fd_way way, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	int ended = 0;

	weir_fd_check(fd, "weir_fd_wait");
	weir_task_only("weir_fd_wait", NULL);
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while (!is_ready(fd, way)) {
		if (ended)
			return ended;
		ended = weir_fd_await(fd, way, deadline, "weir_fd_wait");
		if (ended == -ECANCELED)
			return ended;
	}
	return 0;
}

// ---- cases ----

static enum weir_fd_way way_of(const struct weir_case *c)
{
	return (enum weir_fd_way)(uintptr_t)c->argument;
}

static bool attempt(struct weir_case *c)
{
	struct weir_fd *fd = c->object;

	weir_fd_check(fd, "weir_select");
	if (!is_ready(fd, way_of(c)))
		return false;
	c->result = 0;
	return true;
}

static bool enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_fd *fd = c->object;

	prepare(fd, way_of(c), "weir_select");
	weir_case_enlist(c, executor, &fd->waiting[way_of(c)], place);
	return true;
}

static const struct weir_case_ops read_ops = {
	.kind = "data from a descriptor",
	.attempt = attempt,
	.enlist = enlist,
};

static const struct weir_case_ops write_ops = {
	.kind = "room in a descriptor",
	.attempt = attempt,
	.enlist = enlist,
};

struct weir_case weir_case_readable(struct weir_fd *fd)
{
	return (struct weir_case){.ops = &read_ops,
		.object = fd,
		.argument = (void *)(uintptr_t)WEIR_FD_READ};
}

struct weir_case weir_case_writable(struct weir_fd *fd)
{
	return (struct weir_case){.ops = &write_ops,
		.object = fd,
		.argument = (void *)(uintptr_t)WEIR_FD_WRITE};
}
