// SPDX-License-Identifier: BSD-3-Clause
//
// Both ends of a pipe or a pair of sockets, opened on the reactor of the test's
// first task; and a thread that does something after a while.
#ifndef WEIR_TESTS_REACTOR_ENDS_H
#define WEIR_TESTS_REACTOR_ENDS_H

#include "reactor/fd.h"
#include "reactor/reactor.h"
#include "task/executor.h"
#include "task/task.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct weir_fd in, out;

__attribute__((unused)) static void open_end(struct weir_fd *fd, int number)
{
	struct weir_error e = {0};

	cr_assert_eq(weir_fd_open(fd, number, &e), 0, "%s", e.text);
}

// open_pipe opens what is written to out and read from in.
__attribute__((unused)) static void open_pipe(void)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	open_end(&in, ends[0]);
	open_end(&out, ends[1]);
}

__attribute__((unused)) static void open_pair(void)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	open_end(&in, ends[0]);
	open_end(&out, ends[1]);
}

__attribute__((unused)) static void close_ends(void)
{
	weir_fd_close(&in);
	weir_fd_close(&out);
}

// on_reactor runs fn as the first task of a reactor.
__attribute__((unused)) static void on_reactor(void (*fn)(void *arg))
{
	cr_assert_eq(weir_reactor_run(fn, NULL), 0);
}

// later does fn(arg) on a thread of its own, some milliseconds from now.
struct later {
	pthread_t thread;
	void (*fn)(int number);
	int number;
};

static void *do_later(void *arg)
{
	const struct later *later = arg;

	usleep(5000);
	later->fn(later->number);
	return NULL;
}

__attribute__((unused)) static void begin_later(
	struct later *later, void (*fn)(int number), int number)
{
	later->fn = fn;
	later->number = number;
	cr_assert_eq(pthread_create(&later->thread, NULL, do_later, later), 0);
}

__attribute__((unused)) static void end_later(struct later *later)
{
	pthread_join(later->thread, NULL);
}

__attribute__((unused)) static void write_hello(int number)
{
	if (write(number, "hello", 5) != 5)
		perror("write");
}

#endif
