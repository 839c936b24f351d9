// SPDX-License-Identifier: BSD-3-Clause
//
// The life of the watchdog: the signals of the program and its own, starts and stops,
// naps.
#include "watch/faulty.h"
#include "watch/threads.h"

#include "task/bell.h"
#include "task/roster.h"
#include "watch/thread.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

// ---- signals that are blocked ----

static bool blocks(int number)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, number);
}

// As a server does whose one thread takes all signals.
Test(watchdog, a_program_that_blocks_all_signals_is_witnessed_too)
{
	block_all(NULL);
	begin(never_yield);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	store_release(&go_on, true);
	end();
}

static bool blocked_in_a_step, blocked_another;

static void look_at_mask(void *arg)
{
	blocked_in_a_step = blocks(WEIR_LOOK_SIGNAL);
	blocked_another = blocks(SIGRTMIN + 7);
	weir_executor_stop(weir_executor_self());
}

Test(watchdog, a_mask_is_after_a_run_what_it_was_before)
{
	struct weir_executor_options options = {.name = "own"};

	block_all(NULL);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(
			weir_executor_create(&executor, &options, &error), 0);
		cr_assert_eq(
			weir_start(executor, look_at_mask, NULL, NULL, NULL),
			0);
		weir_executor_run(executor);
		weir_executor_destroy(executor);
		cr_expect_eq(blocked_in_a_step, i == 0,
			"before there was a watchdog it is the program's");
		cr_expect(blocked_another);
		cr_expect(blocks(WEIR_LOOK_SIGNAL));
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	}
}

static void own_handler(int number)
{
}

Test(watchdog, a_handler_of_the_program_is_not_replaced)
{
	struct sigaction own = {.sa_handler = own_handler}, now;

	cr_assert_eq(sigaction(WEIR_LOOK_SIGNAL, &own, NULL), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), -EBUSY);
	cr_expect(strstr(error.text, "has a handler of the program"), "%s",
		error.text);
	cr_assert_eq(sigaction(WEIR_LOOK_SIGNAL, NULL, &now), 0);
	cr_expect_eq(now.sa_handler, own_handler);
	signal(WEIR_LOOK_SIGNAL, SIG_DFL);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
}

// ---- the program's own signals ----

static volatile sig_atomic_t came;

static void on_signal(int number)
{
	came = 1;
}

// A server blocks what it takes with signalfd, and may do so late: a thread of the
// library that left it open would take it first.
Test(watchdog, threads_of_the_library_take_no_signal_of_the_program)
{
	struct signalfd_siginfo info;
	sigset_t term;
	int file;

	signal(SIGTERM, on_signal);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	cr_assert_eq(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert(weir_bell_of_thread());
	cr_assert_eq(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	file = signalfd(-1, &term, SFD_NONBLOCK);
	cr_assert_geq(file, 0);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(kill(getpid(), SIGTERM), 0);
		usleep(1000);
		cr_assert_eq(came, 0, "the handler ran elsewhere");
		cr_assert_eq(read(file, &info, sizeof(info)), sizeof(info));
	}
	close(file);
	weir_watchdog_stop();
}

// ---- its users ----

Test(watchdog, it_serves_several_and_ends_with_the_last)
{
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_watchdog_start(0, &error), 0);
	weir_watchdog_stop();
	weir_watchdog_settle();
	weir_watchdog_stop();
	weir_watchdog_settle();
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
}

static void *stop(void *arg)
{
	weir_watchdog_stop();
	return arg;
}

Test(watchdog, who_starts_it_while_the_last_user_stops_it_holds_up_nobody,
	.timeout = 20)
{
	for (int i = 0; i < 5; i++) {
		pthread_t stopper;

		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		usleep(10000); // it sleeps, for longer than what follows
		cr_assert_eq(pthread_create(&stopper, NULL, stop, NULL), 0);
		usleep(10000);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		cr_assert_eq(pthread_join(stopper, NULL), 0);
		for (int j = 0; j < 1000 && threads("weir-watchdog") != 1; j++)
			usleep(1000);
		cr_assert_eq(threads("weir-watchdog"), 1);
		weir_watchdog_stop();
		cr_assert_eq(threads("weir-watchdog"), 0);
	}
}

Test(watchdog, a_stop_without_a_start_is_our_caller_s_fault, .signal = SIGABRT)
{
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
	weir_watchdog_stop();
}

// ---- its naps ----

// start_and_wait starts it and waits until it naps, for long as there is no limit.
static void start_and_wait(void)
{
	long call = -1;

	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	while (threads("weir-watchdog") != 1 ||
		!weir_thread_is_asleep(
			0, thread_named("weir-watchdog"), &call) ||
		call != SYS_futex)
		usleep(100);
	usleep(2000); // that was not a lock
}

// What may be late on a busy machine is tried until it is not.
Test(watchdog, a_stop_does_not_wait_for_the_end_of_a_nap)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES && least > 50 * MS; i++) {
		uint64_t begin, ns;

		start_and_wait();
		begin = weir_ticks();
		weir_watchdog_stop();
		ns = weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
		least = ns < least ? ns : least;
	}
	cr_expect_lt(least, 50 * MS);
}

// naps answers how often the watchdog went to sleep so far.
static uint64_t naps(void)
{
	uint64_t count = 0;

	cr_assert(weir_thread_sleeps(thread_named("weir-watchdog"), &count));
	return count;
}

static uint64_t ns_since(uint64_t tick)
{
	return weir_clock_ns(weir_clock_real(), weir_ticks() - tick);
}

// A nap that has just begun would last 100 ms.
Test(watchdog, it_takes_up_a_limit_when_it_is_set)
{
	uint64_t before, begun, count = 0;
	bool prompt = false;

	for (int i = 0; i < TRIES && !prompt; i++) {
		start_and_wait();
		before = naps();
		do {
			begun = weir_ticks();
			usleep(100);
		} while (naps() == before);
		before = naps();
		cr_assert_eq(
			weir_contract_create(&contract, "late", MS, &error), 0);
		usleep(30000);
		count = naps() - before;
		prompt = count > 5 && ns_since(begun) < 90 * MS;
		weir_watchdog_stop();
		weir_contract_destroy(contract);
	}
	cr_expect(prompt, "%ju", (uintmax_t)count);
}

// ---- executors that go ----

Test(watchdog, what_an_executor_wrote_down_is_judged_before_it_goes)
{
	struct weir_executor_options options = {.name = "silent"};
	struct weir_overrun overrun = {.begin = 1, .end = 2};
	struct weir_executor *silent;
	struct weir_contract *class;

	cr_assert_eq(weir_contract_create(&class, "class", MS, &error), 0);
	overrun.steps = weir_contract_steps(class);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_executor_create(&silent, &options, &error), 0);
	// A round of the watchdog may come between, but not each time.
	for (int i = 0; i < 1000; i++) {
		weir_overruns_put(&silent->overruns, &overrun);
		weir_roster_remove(silent);
		cr_assert_eq(silent->overruns.read, silent->overruns.written);
		weir_roster_add(silent);
	}
	weir_watchdog_stop();
	weir_executor_destroy(silent);
	weir_contract_destroy(class);
}
