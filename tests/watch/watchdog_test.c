// SPDX-License-Identifier: BSD-3-Clause
//
// Planted faults on an executor of a thread, under the watchdog. What the machine
// steals may hide one, so each is tried until it is seen; never is it called
// something else that would break the contract.
#include "task/executor.h"
#include "task/task.h"
#include "watch/book.h"
#include "watch/watchdog.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
static bool may_sleep; // the executor of begin may

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
	struct weir_executor_options options = {.name = "watched",
		.idle = may_sleep ? NULL : weir_idle_yield,
		.sleeps = may_sleep};
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

static void stop_it(void *arg)
{
	weir_executor_stop(weir_executor_self());
}

// alone runs fn as the only task of an executor of this thread, which then goes.
static void alone(void (*fn)(void *arg))
{
	struct weir_executor_options options = {.name = "watched"};
	struct weir_spawn_options how = {
		.name = "faulty", .steps = weir_contract_steps(contract)};

	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, fn, NULL, &how, stop_it), 0);
	weir_executor_run(executor);
	weir_executor_destroy(executor);
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

// Readings of another thread's CPU clock that take too long, four of each forty.
static bool wide;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static unsigned count;

	if (load_relaxed(&wide) && clock < 0 && count++ % 40 < 4) {
		uint64_t until = weir_in_us(40);

		while (weir_ticks() < until)
			cpu_relax();
	}
	return (int)syscall(SYS_clock_gettime, clock, t);
}

Test(watchdog, a_step_is_one_whatever_the_reading_of_a_clock_takes)
{
	begin(never_yield);
	store_relaxed(&wide, true);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	for (int i = 0; i < 300; i++) {
		usleep(1000);
		cr_assert_eq(read_state().blocked, 1);
		cr_assert_eq(read_state().unended, 1);
	}
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	end();
}

static void spin_a_while(void *arg)
{
	uint64_t until = weir_in_ms(20 * LIMIT_MS);

	while (weir_ticks() < until)
		cpu_relax();
}

Test(watchdog, one_that_ends_with_its_executor_has_ended)
{
	struct weir_contract_state state = {0};

	for (int i = 0; i < TRIES && !state.blocked; i++) {
		cr_assert_eq(weir_contract_create(
				     &contract, "class", LIMIT_MS * MS, &error),
			0);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		alone(spin_a_while);
		weir_watchdog_stop();
		state = read_state();
		weir_contract_destroy(contract);
		cr_expect_eq(state.unended, 0);
		cr_expect_eq(state.over, 1);
		cr_expect_geq(state.worst_ns, 20 * LIMIT_MS * MS);
	}
	cr_expect_eq(state.blocked, 1);
}

// ---- one that sleeps in the kernel ----

static bool cut_short;

static void sleep_long(void *arg)
{
	struct timespec nap = {.tv_nsec = 10 * LIMIT_MS * MS};

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

static void sleep_at_once(void *arg)
{
	usleep(10 * LIMIT_MS * 1000);
}

Test(watchdog, a_call_in_the_first_step_and_the_last_is_one)
{
	struct weir_contract_state state = {0};

	for (int i = 0; i < TRIES && !state.blocking; i++) {
		cr_assert_eq(weir_contract_create(
				     &contract, "class", LIMIT_MS * MS, &error),
			0);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		alone(sleep_at_once);
		weir_watchdog_stop();
		state = read_state();
		weir_contract_destroy(contract);
		cr_expect_eq(state.stolen, 0);
	}
	cr_expect_eq(state.blocking, 1);
}

// ---- one that sleeps and does not end ----

static int ends[2]; // of a pipe

static void read_for_ever(void *arg)
{
	char byte;

	cr_assert_eq(read(ends[0], &byte, 1), 1);
}

Test(watchdog, a_call_that_does_not_end_is_seen_while_it_sleeps)
{
	struct weir_contract_state state;
	struct weir_sighting worst;

	cr_assert_eq(pipe(ends), 0);
	begin(read_for_ever);
	for (int i = 0; i < 10000 && !read_state().blocking; i++)
		usleep(1000);
	weir_books_lock();
	worst = contract->worst[0];
	weir_books_unlock();
	state = read_state();
	cr_assert_eq(state.blocking, 1);
	cr_expect_eq(state.unended, 1);
	cr_expect_eq(state.steps, 0);
	cr_expect_geq(state.worst_ns, LIMIT_MS * MS * 3 / 2 + MS);
	cr_expect_eq(worst.found, WEIR_BLOCKING);
	cr_expect_eq(worst.call, SYS_read);
	cr_expect_str_eq(worst.task, "faulty");
	cr_assert_eq(write(ends[1], "", 1), 1);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	state = read_state();
	cr_expect_eq(state.unended, 0);
	cr_expect_eq(state.blocking, 1, "it is no other when it ends");
	cr_expect_eq(state.over, 1);
	end();
}

static void sleep_again_and_again(void *arg)
{
	for (int i = 0; i < 10; i++) {
		usleep((LIMIT_MS + 1) * 1000);
		(void)!weir_sleep(weir_in_ms(3));
	}
}

static void main_task(void *arg)
{
	struct weir_spawn_options how = {
		.name = "faulty", .steps = weir_contract_steps(contract)};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(
			     &scope, NULL, sleep_again_and_again, NULL, &how),
		0);
	(void)!weir_scope_close(&scope, WEIR_NEVER);
}

Test(watchdog, a_call_that_an_executor_of_weir_run_makes_is_one)
{
	struct weir_contract_state state;

	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_run(main_task, NULL), 0);
	weir_watchdog_stop();
	state = read_state();
	cr_expect_eq(state.stolen, 0);
	cr_expect_geq(state.blocking, 2);
	weir_contract_destroy(contract);
}

Test(watchdog, so_is_one_of_an_executor_that_may_sleep_between_steps)
{
	struct weir_contract_state state;

	may_sleep = true;
	begin(sleep_again_and_again);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.stolen, 0);
	cr_expect_geq(state.blocking, 2);
	end();
}

// ---- a class after another ----

static void sleep_long_enough(void *arg)
{
	usleep(4 * LIMIT_MS * 1000);
}

static void do_little(void *arg)
{
	for (int i = 0; i < 10; i++)
		(void)!weir_sleep(weir_in_ms(1));
}

static void child(void (*fn)(void *arg), struct weir_contract *of)
{
	struct weir_spawn_options how = {.steps = weir_contract_steps(of)};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, fn, NULL, &how), 0);
	(void)!weir_scope_close(&scope, WEIR_NEVER);
}

static void bad_then_good(void *arg)
{
	struct weir_contract *bad, *good;
	struct weir_contract_state state;

	for (int i = 0; i < 10; i++) {
		cr_assert_eq(weir_contract_create(
				     &bad, "bad", LIMIT_MS * MS, &error),
			0);
		child(sleep_long_enough, bad);
		weir_contract_destroy(bad);
		cr_assert_eq(weir_contract_create(
				     &good, "good", LIMIT_MS * MS, &error),
			0);
		child(do_little, good);
		weir_contract_read(good, 0, &state);
		cr_expect_eq(state.blocking, 0);
		cr_expect_eq(state.blocked, 0);
		cr_expect_eq(state.unended, 0);
		weir_contract_destroy(good);
	}
}

Test(watchdog, a_class_is_not_blamed_for_one_that_had_its_place)
{
	struct weir_contract *busy;

	// Rounds are short while there is a limit.
	cr_assert_eq(
		weir_contract_create(&busy, "busy", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_run(bad_then_good, NULL), 0);
	weir_watchdog_stop();
	weir_contract_destroy(busy);
}

static void be_bad(void *arg)
{
	child(sleep_long_enough, arg);
}

Test(watchdog, nor_for_one_that_went_before_there_was_a_watchdog)
{
	struct weir_executor_options options = {.name = "watched"};
	struct weir_contract *bad, *good;
	struct weir_contract_state state;

	cr_assert_eq(
		weir_contract_create(&bad, "bad", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, be_bad, bad, NULL, stop_it), 0);
	weir_executor_run(executor);
	weir_contract_destroy(bad);
	cr_assert_eq(
		weir_contract_create(&good, "good", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_settle();
	weir_contract_read(good, 0, &state);
	cr_expect_eq(state.blocking, 0);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(good);
}

// ---- what another has done ----

static void nap(void *arg)
{
	while (!load_relaxed(&go_on)) {
		usleep(50);
		if (weir_sleep(weir_in_ms(5)))
			break;
	}
}

static void end_toil(void *arg)
{
	store_release(&go_on, true);
}

static void toil(void *arg)
{
	uint64_t all = weir_in_ms(1500);

	while (weir_ticks() < all) {
		uint64_t one = weir_in_us(500);

		while (weir_ticks() < one)
			cpu_relax();
		weir_yield();
	}
}

static void pin(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void *steal(void *arg)
{
	const struct sched_param urgent = {.sched_priority = 10};

	pin();
	if (sched_setscheduler(0, SCHED_FIFO, &urgent))
		return NULL;
	while (!load_acquire(&go_on)) {
		uint64_t until;

		usleep(100000);
		until = weir_in_ms(4 * LIMIT_MS);
		while (weir_ticks() < until)
			cpu_relax();
	}
	return NULL;
}

static void *run_on_one(void *arg)
{
	pin();
	return run(arg);
}

Test(watchdog, a_core_that_was_stolen_while_another_took_naps_is_no_call)
{
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};
	struct weir_spawn_options worker = {.name = "worker"};
	struct weir_spawn_options napper = {.name = "napper"};
	struct weir_contract *other;
	struct weir_contract_state state;
	pthread_t thief;

	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	cr_assert_eq(
		weir_contract_create(&other, "other", LIMIT_MS * MS, &error),
		0);
	worker.steps = weir_contract_steps(contract);
	napper.steps = weir_contract_steps(other);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, toil, NULL, &worker, end_toil), 0);
	cr_assert_eq(weir_start(executor, nap, NULL, &napper, has_ended), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run_on_one, NULL), 0);
	cr_assert_eq(pthread_create(&thief, NULL, steal, NULL), 0);
	pthread_join(thief, NULL);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.blocking, 0);
	cr_expect_eq(state.blocked, 0);
	end();
	weir_contract_destroy(other);
}

// ---- how often ----

static void sleep_thrice(void *arg)
{
	// The first before the watchdog has looked.
	for (int i = 0; i < 3; i++) {
		usleep(1000);
		weir_yield();
	}
}

// sleeps_of runs fn to its end and answers how often its thread slept.
static uint64_t sleeps_of(void (*fn)(void *arg))
{
	uint64_t sleeps;

	begin(fn);
	while (!load_acquire(&ended))
		usleep(1000);
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	sleeps = weir_watchdog_sleeps(executor);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
	return sleeps;
}

Test(watchdog, each_sleep_of_a_thread_that_polls_is_counted)
{
	for (int i = 0; i < 5; i++)
		cr_expect_geq(sleeps_of(sleep_thrice), 3);
}

// be_stopped has the process stopped by another, five times.
static void be_stopped(void *arg)
{
	pid_t child = fork(), parent;

	if (child) {
		while (waitpid(child, NULL, WNOHANG) == 0)
			(void)!weir_sleep(weir_in_ms(1));
		return;
	}
	parent = getppid();
	for (int i = 0; i < 5; i++) {
		usleep(5000);
		kill(parent, SIGSTOP);
		usleep(1000);
		kill(parent, SIGCONT);
	}
	_exit(0);
}

Test(watchdog, stops_of_an_executor_that_has_gone_hide_no_sleep_of_the_next)
{
	for (int i = 0; i < 3; i++) {
		sleeps_of(be_stopped);
		cr_expect_geq(sleeps_of(sleep_thrice), 3);
	}
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
