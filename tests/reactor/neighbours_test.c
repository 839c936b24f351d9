// SPDX-License-Identifier: BSD-3-Clause
//
// What went wrong elsewhere with descriptors and those who wait for them.
// docs/neighbours.md lists them all.
#include "chan/case.h"
#include "ends.h"

#include <signal.h>
#include <sys/wait.h>

static char got[64];
static bool over;

// ---- who was told, and was cancelled ----

static ssize_t answer;

static void read_five(void *arg)
{
	answer = weir_read(&in, got, 5, WEIR_NEVER);
}

// The reactor has told the reader, which has not run yet: it is before it in line.
static void cancel_who_was_told(void *arg)
{
	struct weir_scope *readers = arg;

	while (weir_wait_queue_empty(&in.waiting[WEIR_FD_READ]))
		weir_yield(); // until it waits
	write_hello(weir_fd_number(&out));
	while (!weir_wait_queue_empty(&in.waiting[WEIR_FD_READ]))
		weir_yield(); // until it was told
	weir_scope_cancel(readers);
}

static void read_after_a_cancel(void *arg)
{
	struct weir_scope readers, others;

	open_pipe();
	for (unsigned i = 0; i < 100; i++) {
		weir_scope_open(&readers);
		weir_scope_open(&others);
		cr_assert_eq(weir_spawn(&others, NULL, cancel_who_was_told,
				     &readers),
			0);
		cr_assert_eq(weir_spawn(&readers, NULL, read_five, NULL), 0);
		cr_assert_eq(weir_scope_close(&others, WEIR_NEVER), 0);
		cr_assert_eq(weir_scope_close(&readers, WEIR_NEVER), 0);
		cr_assert(answer == 5 || answer == -ECANCELED);
		if (answer == -ECANCELED)
			cr_assert_eq(weir_read(&in, got, 5, WEIR_NEVER), 5);
		cr_assert_eq(weir_try_read(&in, got, 5), -EAGAIN);
	}
	close_ends();
}

// flume#104, of a descriptor: the system tells once that there is something. Who
// was told and then cancelled takes that along, and the next who reads waits for
// ever beside what is there.
Test(neighbours, flume_104_what_a_cancelled_reader_was_told_is_not_lost)
{
	on_reactor(read_after_a_cancel);
}

// ---- what is always ready ----

static struct weir_tx tx;
static struct weir_rx rx;

static int select_once(struct weir_case cases[2])
{
	char *word = "word";
	int k = weir_select(cases, 2);

	if (k == 0) // and it is full again
		cr_assert_eq(weir_send(&tx, &word), WEIR_SENT);
	return k;
}

static void select_beside_a_full_channel(void *arg)
{
	unsigned served[2] = {0};
	char *word = "word";

	cr_assert_eq(weir_channel_open(1, &tx, &rx), 0);
	open_pipe();

	struct weir_case cases[] = {
		weir_case_recv(&rx, &word),
		weir_case_readable(&in),
	};

	cr_assert_eq(weir_send(&tx, &word), WEIR_SENT);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(select_once(cases), 0);
	write_hello(weir_fd_number(&out));
	while (select_once(cases) == 0)
		; // its step's budget makes it yield
	for (unsigned i = 0; i < 1000; i++)
		served[select_once(cases)]++;
	cr_assert_eq(served[0], 500);
	cr_assert_eq(served[1], 500);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	close_ends();
}

// tokio#2542: a branch that was always ready hid the one beside it; here a
// channel that is never empty, and a descriptor.
Test(neighbours, tokio_2542_a_full_channel_does_not_hide_a_descriptor)
{
	on_reactor(select_beside_a_full_channel);
}

static void feed_itself(void *arg)
{
	char byte = 'x';

	while (!over) {
		cr_assert_eq(weir_write(&out, &byte, 1, WEIR_NEVER), 1);
		cr_assert_eq(weir_read(&in, &byte, 1, WEIR_NEVER), 1);
	}
}

static void read_beside_it(void *arg)
{
	struct weir_fd from, to;
	int ends[2];
	size_t done;

	cr_assert_eq(pipe(ends), 0);
	open_end(&from, ends[0]);
	open_end(&to, ends[1]);
	for (unsigned i = 0; i < 100; i++) {
		write_hello(ends[1]);
		cr_assert_eq(
			weir_read_all(&from, got, 5, &done, WEIR_NEVER), 0);
		cr_assert_eq(weir_sleep(weir_in_us(10)), 0);
	}
	weir_fd_close(&from);
	weir_fd_close(&to);
	over = true;
}

static void feed_and_read(void *arg)
{
	struct weir_scope scope;

	open_pipe();
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, feed_itself, NULL), 0);
	cr_assert_eq(weir_spawn(&scope, NULL, read_beside_it, NULL), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	close_ends();
}

// spdk#2586: a loop over what had come made what came next, and never ended. Here
// a task that writes into the pipe that it reads; its neighbour's descriptor and
// timer are looked at all the same.
Test(neighbours, spdk_2586_who_feeds_the_pipe_that_it_reads_starves_nobody)
{
	on_reactor(feed_and_read);
}

// ---- a peer that dies ----

static ssize_t read_answer;
static int write_answer;

static void read_to_the_end(void *arg)
{
	do {
		read_answer = weir_read(&in, got, sizeof(got), WEIR_NEVER);
	} while (read_answer > 0);
}

static void write_without_an_end(void *arg)
{
	static const char much[4096];
	size_t done;

	do {
		write_answer = weir_write_all(
			&in, much, sizeof(much), &done, WEIR_NEVER);
	} while (write_answer == 0);
}

// The peer says half a sentence, reads nothing, and waits for its death.
static pid_t begin_peer(int number)
{
	pid_t child = fork();

	if (child == 0) {
		write_hello(number);
		for (;;)
			pause();
	}
	close(number);
	return child;
}

static void outlive_a_peer(void)
{
	struct weir_executor *here = weir_executor_self();
	struct weir_scope scope;
	int ends[2], status;
	pid_t child;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	child = begin_peer(ends[1]);
	open_end(&in, ends[0]);
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, read_to_the_end, NULL), 0);
	cr_assert_eq(weir_spawn(&scope, NULL, write_without_an_end, NULL), 0);
	while (weir_wait_queue_empty(&in.waiting[WEIR_FD_READ]) ||
		weir_wait_queue_empty(&in.waiting[WEIR_FD_WRITE]))
		cr_assert_eq(weir_sleep(weir_in_us(100)), 0);
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	cr_assert(read_answer == 0 || read_answer == -ECONNRESET);
	cr_assert(write_answer == -EPIPE || write_answer == -ECONNRESET);
	cr_assert_eq(waitpid(child, &status, 0), child);
	weir_fd_close(&in);
	cr_assert_eq(weir_executor_counts(here)->tasks, 1);
}

static void outlive_peers(void *arg)
{
	int before = dup(0), after;

	close(before);
	for (unsigned i = 0; i < 20; i++)
		outlive_a_peer();
	after = dup(0);
	close(after);
	cr_assert_eq(after, before, "a descriptor is left over");
}

// f-stack#804, erpc#87, as far as a reactor goes: a process is killed in the
// middle of a conversation. Who waits for it learns of it, and all that it was
// given is back: tasks, stacks, descriptors.
Test(neighbours, f_stack_804_erpc_87_a_peer_that_is_killed_leaves_nothing)
{
	on_reactor(outlive_peers);
}
