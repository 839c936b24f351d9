// SPDX-License-Identifier: BSD-3-Clause
//
// What operations on descriptors answer: partial ones, at the end, of a peer that has
// gone, when they are interrupted; and which descriptors there are.
#include "ends.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static char got[64];
static struct weir_fd second;

static char sent[1 << 20], arrived[sizeof(sent)];

static void read_it_all(void *arg)
{
	size_t size;

	cr_assert_eq(
		weir_read_all(&in, arrived, sizeof(arrived), &size, WEIR_NEVER),
		0);
	cr_assert_eq(memcmp(sent, arrived, sizeof(sent)), 0);
	cr_assert_eq(weir_read_all(&in, got, 8, &size, WEIR_NEVER), -ENODATA);
	cr_assert_eq(size, 3u);
}

static void write_much(void)
{
	struct weir_scope scope;
	size_t size;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 31 ^ i >> 8);
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, read_it_all, NULL), 0);
	cr_assert_eq(
		weir_write_all(&out, sent, sizeof(sent), &size, WEIR_NEVER), 0);
	cr_assert_eq(weir_write_all(&out, "end", 3, &size, WEIR_NEVER), 0);
	weir_fd_close(&out);
	weir_scope_close(&scope, WEIR_NEVER);
	close_ends();
}

static void write_much_to_a_pipe(void *arg)
{
	open_pipe();
	write_much();
}

static void write_much_to_a_socket(void *arg)
{
	open_pair();
	write_much();
}

Test(answer, what_is_more_than_there_is_room_for_goes_in_pieces)
{
	on_reactor(write_much_to_a_pipe);
	on_reactor(write_much_to_a_socket);
}

static void give_up_halfway(void *arg)
{
	size_t size, more;

	open_pair();
	cr_assert_eq(
		weir_write_all(&out, sent, sizeof(sent), &size, weir_in_ms(2)),
		-ETIMEDOUT);
	cr_assert_gt(size, 0u);
	cr_assert_lt(size, sizeof(sent));
	cr_assert_eq(weir_read_all(&in, arrived, size, &more, WEIR_NEVER), 0);
	cr_assert_eq(weir_read_all(&in, arrived, 1, &more, weir_in_ms(1)),
		-ETIMEDOUT);
	cr_assert_eq(more, 0u);
	close_ends();
}

Test(answer, what_was_done_before_a_deadline_is_told)
{
	on_reactor(give_up_halfway);
}

static void half_close(void *arg)
{
	open_pair();
	cr_assert_eq(weir_write(&out, "last", 4, WEIR_NEVER), 4);
	cr_assert_eq(shutdown(weir_fd_number(&out), SHUT_WR), 0);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 4);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 0);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 0);
	cr_assert_eq(weir_write(&in, "answer", 6, WEIR_NEVER), 6);
	cr_assert_eq(weir_read(&out, got, sizeof(got), WEIR_NEVER), 6);
	close_ends();
}

Test(answer, one_that_writes_no_more_may_still_read)
{
	on_reactor(half_close);
}

static bool was_raised;

static void on_sigpipe(int signal)
{
	was_raised = true;
}

static void write_to_nobody(void *arg)
{
	sigset_t pending, mask;

	signal(SIGPIPE, on_sigpipe);
	for (unsigned i = 0; i < 2; i++) {
		if (i == 0)
			open_pipe();
		else
			open_pair();
		weir_fd_close(&in);
		cr_assert_eq(weir_write(&out, "x", 1, WEIR_NEVER), -EPIPE);
		cr_assert_eq(weir_try_write(&out, "x", 1), -EPIPE);
		weir_fd_close(&out);
	}
	cr_assert_not(was_raised);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	cr_assert_not(sigismember(&pending, SIGPIPE));
	cr_assert_not(sigismember(&mask, SIGPIPE));
}

Test(answer, sigpipe_is_never_raised)
{
	on_reactor(write_to_nobody);
}

static unsigned interrupts;

static void interrupt(int signal)
{
	interrupts++;
}

static void work_while_interrupted(void *arg)
{
	const struct sigaction action = {.sa_handler = interrupt};
	const struct itimerval often = {{0, 100}, {0, 100}};

	sigaction(SIGALRM, &action, NULL); // no SA_RESTART
	setitimer(ITIMER_REAL, &often, NULL);
	while (interrupts < 100) {
		open_pipe();
		cr_assert_eq(
			weir_read(&in, got, 1, weir_in_us(300)), -ETIMEDOUT);
		write_much();
	}
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}

Test(answer, interrupts_end_no_wait_and_no_operation)
{
	on_reactor(work_while_interrupted);
}

// ---- kinds of descriptors ----

static void wait_for_timer(void *arg)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 3000000}};
	uint64_t times;

	open_end(&in, timerfd_create(CLOCK_MONOTONIC, 0));
	cr_assert_eq(weir_read(&in, &times, 8, weir_in_ms(1)), -ETIMEDOUT);
	cr_assert_eq(timerfd_settime(weir_fd_number(&in), 0, &soon, NULL), 0);
	cr_assert_eq(weir_read(&in, &times, 8, WEIR_NEVER), 8);
	cr_assert_eq(times, 1u);
	weir_fd_close(&in);
}

static void wait_for_signal(void *arg)
{
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	open_end(&in, signalfd(-1, &set, 0));
	cr_assert_eq(
		weir_read(&in, &info, sizeof(info), weir_in_ms(1)), -ETIMEDOUT);
	raise(SIGUSR1);
	cr_assert_eq(weir_read(&in, &info, sizeof(info), WEIR_NEVER),
		(ssize_t)sizeof(info));
	cr_assert_eq(info.ssi_signo, (uint32_t)SIGUSR1);
	weir_fd_close(&in);
}

Test(answer, timers_and_signals_of_the_system_are_descriptors)
{
	on_reactor(wait_for_timer);
	on_reactor(wait_for_signal);
}

static void open_what_never_waits(void *arg)
{
	int number = open("/proc/self/exe", O_RDONLY);
	struct weir_error e = {0};

	cr_assert_eq(weir_fd_open(&in, number, &e), -EPERM);
	cr_assert(strstr(e.text, "is a file or a folder"), "%s", e.text);
	cr_assert_eq(close(number), 0, "it was taken all the same");
	weir_error_clear(&e);
	cr_assert_eq(weir_fd_open(&in, number, &e), -EBADF);
	weir_fd_close(&in); // is closed
	open_pipe();
	weir_error_clear(&e);
	cr_assert_eq(weir_fd_open(&second, weir_fd_number(&in), &e), -EEXIST);
	cr_assert(strstr(e.text, "is open on this reactor already"), "%s",
		e.text);
	close_ends();
}

Test(answer, what_cannot_be_waited_for_is_refused_and_stays_the_callers)
{
	on_reactor(open_what_never_waits);
}

static void give_back(void *arg)
{
	int ends[2], same;

	cr_assert_eq(pipe(ends), 0);
	same = dup(ends[0]);
	open_end(&in, ends[0]);
	cr_assert(fcntl(same, F_GETFL) & O_NONBLOCK);
	cr_assert_eq(weir_fd_release(&in), ends[0]);
	cr_assert_not(fcntl(same, F_GETFL) & O_NONBLOCK);
	open_end(&in, ends[0]);
	weir_fd_close(&in);
	cr_assert_not(fcntl(same, F_GETFL) & O_NONBLOCK);
	// Nobody who has it too makes epoll tell of what is closed here.
	write_hello(ends[1]);
	cr_assert_eq(weir_sleep(weir_in_ms(1)), 0);
	close(same);
	close(ends[1]);
}

Test(answer, what_is_given_back_is_as_it_was)
{
	on_reactor(give_back);
}
