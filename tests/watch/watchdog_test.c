// SPDX-License-Identifier: BSD-3-Clause
//
// Planted faults on an executor of a thread, under the watchdog. What the machine
// steals may hide one, so each is tried until it is seen; never is it called
// something else that would break the contract.
#include "base/log.h"
#include "task/bell.h"
#include "task/executor_inline.h"
#include "task/task.h"
#include "task/timer.h"
#include "watch/book.h"
#include "watch/thread.h"
#include "watch/watchdog.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000u
#define LIMIT_MS 5
#define TRIES 40

static struct weir_executor *executor;
static struct weir_contract *contract;
static struct weir_error error;
static pthread_t thread;
static bool go_on, ended;

static void *run(void *arg)
{
	weir_executor_run(executor);
	return arg;
}

static void has_ended(void *arg)
{
	store_release(&ended, true);
}

// begin runs fn as the only task of an executor, in the contract's class.
static void begin(void (*fn)(void *arg))
{
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};
	struct weir_spawn_options how = {.name = "faulty"};

	ended = go_on = false;
	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	how.steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, fn, NULL, &how, has_ended), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void end(void)
{
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000); // let it be judged
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
}

static struct weir_contract_state read_state(void)
{
	struct weir_contract_state state;

	weir_contract_read(contract, 0, &state);
	cr_assert_eq(state.over, state.blocked + state.blocking + state.stolen +
					 state.unwitnessed);
	return state;
}

// ---- a task that never yields ----

__attribute__((noinline)) static void never_yield(void *arg)
{
	while (!load_relaxed(&go_on))
		cpu_relax();
}

Test(watchdog, a_step_that_does_not_end_is_seen_with_its_task_and_stack)
{
	struct weir_sighting worst = {0};

	begin(never_yield);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_assert_eq(read_state().blocked, 1);
	cr_expect_eq(read_state().unended, 1);
	cr_expect_eq(read_state().steps, 0);
	weir_books_lock();
	worst = contract->worst[0];
	weir_books_unlock();
	cr_expect_eq(worst.found, WEIR_BLOCKED);
	cr_expect_geq(worst.ns, LIMIT_MS * MS);
	cr_expect_str_eq(worst.task, "faulty");
	cr_expect_str_eq(worst.executor, "watched");
	cr_assert_geq(worst.frames.count, 1);
	cr_expect_lt(worst.frames.at[0] - (uintptr_t)never_yield, 256,
		"the stack begins in the function that spins");
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().unended, 0, "it is no other when it ends");
	cr_expect_geq(read_state().over, 1);
	cr_expect_eq(read_state().blocked, 1);
	end();
}

// ---- a post, a timer ----

static void post_never_ends(struct weir_executor *x, struct weir_post *post)
{
	never_yield(NULL);
	weir_executor_stop(x);
}

static void timer_never_ends(struct weir_executor *x, struct weir_timer *timer)
{
	never_yield(NULL);
	weir_executor_stop(x);
}

// spin_outside lets an executor do that, whose tasks of no class have a contract.
static void spin_outside(struct weir_post *post, struct weir_timer *timer)
{
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};

	cr_assert_eq(weir_contract_create(
			     &contract, "(runtime)", LIMIT_MS * MS, &error),
		0);
	options.task_steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	if (timer)
		weir_timer_set(executor, timer, weir_ticks());
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
	if (post)
		weir_executor_post(executor, post);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	cr_expect_eq(read_state().unended, 1);
	weir_books_lock();
	cr_expect_str_eq(contract->worst[0].task, "");
	cr_expect_lt(
		contract->worst[0].frames.at[0] - (uintptr_t)never_yield, 256);
	weir_books_unlock();
	store_release(&go_on, true);
	pthread_join(thread, NULL);
	weir_watchdog_settle();
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(read_state().blocked, 1);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
}

Test(watchdog, a_post_is_under_the_contract_of_tasks_of_no_class)
{
	struct weir_post post = {.fn = post_never_ends};

	spin_outside(&post, NULL);
}

Test(watchdog, so_is_a_timer)
{
	struct weir_timer timer;

	weir_timer_init(&timer, timer_never_ends);
	spin_outside(NULL, &timer);
}

// ---- what is said of it ----

// How many lines were said of an event.
struct heard {
	const char *event;
	unsigned count;
	char line[2048]; // the last
};

static void hear(void *arg, enum weir_log_level level, const char *event,
	const char *line)
{
	struct heard *heard = arg;

	if (strcmp(event, heard->event))
		return;
	snprintf(heard->line, sizeof(heard->line), "%s", line);
	store_release(&heard->count, heard->count + 1);
}

// each_thread answers how many threads of this name the process has; *tid is one.
static unsigned each_thread(const char *wanted, int *tid)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	unsigned count = 0;
	char line[32];

	cr_assert(tasks);
	snprintf(line, sizeof(line), "%s\n", wanted);
	while ((task = readdir(tasks))) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(name, line)) {
			count++;
			*tid = atoi(task->d_name);
		}
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static unsigned threads(const char *wanted)
{
	int tid;

	return each_thread(wanted, &tid);
}

static int thread_named(const char *wanted)
{
	int tid = 0;

	cr_assert_eq(each_thread(wanted, &tid), 1);
	return tid;
}

// fill_pipe gives standard error to a pipe that is full and that nobody reads.
static void fill_pipe(int ends[2])
{
	char bytes[4096] = "";

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
	cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
}

Test(watchdog, who_cannot_say_it_holds_up_nobody, .timeout = 60)
{
	struct weir_executor_options options = {.name = "another"};
	int ends[2], kept = dup(STDERR_FILENO);
	struct weir_executor *another;

	fill_pipe(ends);
	begin(never_yield);
	for (int i = 0; i < 10000 && !threads("weir-warns"); i++)
		usleep(1000);
	cr_assert_eq(threads("weir-warns"), 1, "it says it");
	usleep(300000);
	cr_assert_eq(threads("weir-warns"), 1, "and cannot");
	cr_assert_eq(weir_executor_create(&another, &options, &error), 0);
	weir_watchdog_settle();
	cr_expect_eq(read_state().blocked, 1);
	weir_executor_destroy(another);
	store_release(&go_on, true);
	end();
	cr_assert_eq(threads("weir-warns"), 1);
	close(ends[0]);
	dup2(kept, STDERR_FILENO);
}

// ---- one that sleeps in the kernel ----

static bool cut_short;

static void sleep_long(void *arg)
{
	struct timespec nap = {.tv_nsec = 10 * LIMIT_MS * MS};

	// The watchdog must have seen the thread before.
	(void)!weir_sleep(weir_in_ms(20));
	cut_short = nanosleep(&nap, NULL) != 0;
}

Test(watchdog, a_call_that_sleeps_is_named_and_not_cut_short)
{
	struct weir_contract_state state = {0};
	bool named = false;

	for (int i = 0; i < TRIES && !named; i++) {
		begin(sleep_long);
		while (!load_acquire(&ended))
			usleep(1000);
		usleep(20000);
		state = read_state();
		named = contract->worst_count && contract->worst[0].call >= 0;
		end();
		cr_assert_not(cut_short);
		cr_assert_eq(state.blocked, 0);
		cr_assert_geq(state.over, 1);
	}
	cr_expect_geq(state.blocking, 1);
	cr_expect(named);
}

// ---- nothing wrong ----

static void behave(void *arg)
{
	for (int i = 0; i < 200; i++) {
		uint64_t until = weir_in_us(20);

		while (weir_ticks() < until)
			cpu_relax();
		weir_yield();
		if (weir_sleep(weir_in_us(100)))
			break;
	}
}

Test(watchdog, a_task_that_behaves_is_blamed_for_nothing)
{
	struct weir_contract_state state;

	begin(behave);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.blocked, 0);
	cr_expect_eq(state.blocking, 0);
	cr_expect_gt(state.steps, 200);
	end();
}

// ---- signals that are blocked ----

static void block_all(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &all, before), 0);
}

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

static void block_and_never_yield(void *arg)
{
	block_all(NULL);
	never_yield(arg);
}

Test(watchdog, a_thread_that_does_not_answer_is_told_of_once)
{
	struct heard heard = {.event = "watch.deaf"};

	weir_log_hook(hear, &heard);
	begin(block_and_never_yield);
	for (int i = 0; i < 20000 && !load_acquire(&heard.count); i++)
		usleep(1000);
	usleep(1500000);
	cr_expect_eq(load_acquire(&heard.count), 1);
	cr_expect(strstr(heard.line, "'watched' does not answer signal"), "%s",
		heard.line);
	store_release(&go_on, true);
	end();
	weir_log_hook(NULL, NULL);
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

// ---- its naps ----

// start_and_wait starts it and waits until it naps, for long as there is no limit.
static void start_and_wait(void)
{
	long call = -1;

	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	while (threads("weir-watchdog") != 1 ||
		!weir_thread_is_asleep(thread_named("weir-watchdog"), &call) ||
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
