// SPDX-License-Identifier: BSD-3-Clause
//
// What a program does wrong with descriptors ends it in a sentence that says what
// and what to do.
#include "dies.h"
#include "ends.h"

#include <fcntl.h>

static char byte;

static void ignore(ssize_t n)
{
}

static void read_one(void *arg)
{
	ignore(weir_read(&in, &byte, 1, WEIR_NEVER));
}

static void with_a_reader(void (*fn)(void))
{
	struct weir_scope scope;

	open_pipe();
	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, read_one, NULL))
		_exit(1);
	weir_yield();
	fn();
}

static void read_too(void)
{
	read_one(NULL);
}

static void two_readers(void *arg)
{
	with_a_reader(read_too);
}

static void select_too(void)
{
	struct weir_case c = weir_case_readable(&in);

	ignore(weir_select(&c, 1));
}

static void a_reader_and_a_select(void *arg)
{
	with_a_reader(select_too);
}

static void close_in(void)
{
	weir_fd_close(&in);
}

static void close_under_a_reader(void *arg)
{
	with_a_reader(close_in);
}

static void release_in(void)
{
	ignore(weir_fd_release(&in));
}

static void release_under_a_reader(void *arg)
{
	with_a_reader(release_in);
}

Test(misuse, two_that_wait_for_the_same)
{
	dies_saying(two_readers, "task 'main' of executor 'main' calls "
				 "weir_read: descriptor ");
	dies_saying(two_readers, "one task reads at a time");
	dies_saying(a_reader_and_a_select, "calls weir_select: descriptor ");
}

Test(misuse, closed_while_somebody_waits)
{
	dies_saying(close_under_a_reader,
		"is waited for, to be read: end that wait first");
	dies_saying(release_under_a_reader, "calls weir_fd_release");
}

static void closed_by_others(void *arg)
{
	open_pipe();
	close(weir_fd_number(&in));
	weir_fd_close(&in);
}

static void used_by_others(void *arg)
{
	open_pipe();
	close(weir_fd_number(&in));
	ignore(open("/dev/null", O_RDONLY)); // has its number now
	weir_fd_close(&in);
}

Test(misuse, closed_behind_weirs_back)
{
	dies_saying(closed_by_others, "is no longer the one that was opened");
	dies_saying(used_by_others, "is no longer the one that was opened");
}

static void used_closed(void *arg)
{
	open_pipe();
	weir_fd_close(&in);
	read_one(NULL);
}

static void never_opened(void *arg)
{
	struct weir_fd fd = {0};

	ignore(weir_try_write(&fd, "", 1));
}

static void closed_twice(void *arg)
{
	open_pipe();
	close_ends();
	close_ends();
}

Test(misuse, used_while_it_is_closed)
{
	dies_saying(used_closed, "calls weir_read: the descriptor is closed");
	dies_saying(never_opened, "calls weir_try_write: the descriptor is");
	on_reactor(closed_twice);
}

static void *read_elsewhere(void *arg)
{
	const struct weir_reactor_options options = {
		.executor = {.name = "other", .node = -1}};
	struct weir_reactor *other;

	if (weir_reactor_create(&other, &options, NULL) ||
		weir_start(weir_reactor_executor(other), read_one, NULL, NULL,
			NULL))
		_exit(1);
	weir_executor_run(weir_reactor_executor(other));
	return NULL;
}

static void on_another_reactor(void *arg)
{
	pthread_t thread;

	open_pipe();
	pthread_create(&thread, NULL, read_elsewhere, NULL);
	pthread_join(thread, NULL);
}

static void open_both(void *arg)
{
	open_pipe();
}

static void on_no_reactor(void)
{
	weir_run(open_both, NULL);
}

static void outside_of_a_task(void)
{
	struct weir_reactor *reactor;

	if (weir_reactor_create(&reactor, NULL, NULL) == 0)
		read_one(NULL);
}

Test(misuse, used_elsewhere)
{
	char said[2000];

	dies_saying(on_another_reactor,
		"belongs to the reactor 'main': call it in a task of that "
		"one");
	cr_assert(dies(on_no_reactor, said, sizeof(said)));
	cr_assert(strstr(said, "only a reactor can wait for descriptors"), "%s",
		said);
	cr_assert(dies(outside_of_a_task, said, sizeof(said)));
	cr_assert(strstr(said, "a thread that runs no executor"), "%s", said);
}

static void left_open(void *arg)
{
	open_pipe();
}

static void run_inside(void *arg)
{
	weir_reactor_run(left_open, NULL);
}

Test(misuse, a_reactor_that_goes_with_descriptors_open)
{
	dies_saying(left_open, "2 descriptors are open on 'main'");
	dies_saying(run_inside, "this thread runs an executor already");
}
