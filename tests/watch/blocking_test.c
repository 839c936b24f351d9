// SPDX-License-Identifier: BSD-3-Clause
//
// Steps that sleep in the kernel, and the count of sleeps. What the machine steals
// may hide one, so each is tried until it is seen; never is it stolen or blocked.
#include "watch/faulty.h"
#include "watch/seen.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

// ---- one that sleeps in the kernel ----

static bool cut_short;

static void sleep_long(void *arg)
{
	struct timespec nap = {.tv_nsec = 10 * LIMIT_MS * MS};

	cut_short = nanosleep(&nap, NULL) != 0;
}

Test(blocking, a_call_that_sleeps_is_named_and_not_cut_short)
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

Test(blocking, a_call_in_the_first_step_and_the_last_is_one)
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

Test(blocking, a_call_that_does_not_end_is_seen_while_it_sleeps)
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

// ---- a lock of pthreads ----

static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;

static void take_lock(void *arg)
{
	cr_assert_eq(pthread_mutex_lock(&contended), 0);
	pthread_mutex_unlock(&contended);
}

static void find_lock(void *arg, const char *sentence)
{
	*(bool *)arg |=
		strstr(sentence,
			"executor 'watched' sleeps in the kernel in the "
			"middle of a step: it waits for a lock of "
			"pthreads") != NULL;
}

Test(blocking, a_lock_of_pthreads_is_remarked_on_while_a_step_waits_for_it)
{
	bool found = false;

	cr_assert_eq(pthread_mutex_lock(&contended), 0);
	begin(take_lock);
	while (!found) {
		usleep(10000);
		weir_own_remarks(NULL, 0, find_lock, &found);
	}
	pthread_mutex_unlock(&contended);
	end();
	found = false;
	weir_own_remarks(NULL, 0, find_lock, &found);
	cr_expect_not(found);
}

// ---- where calls may be made ----

static void sleep_until_told(void *arg)
{
	while (!load_acquire(&go_on))
		usleep(3 * LIMIT_MS * 1000);
}

Test(blocking, a_call_breaks_nothing_where_calls_may_be_made)
{
	struct weir_contract_state state = {0};
	struct weir_spawn_options how = {.name = "faulty"};
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};

	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	how.steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	executor->makes_calls = true;
	cr_assert_eq(
		weir_start(executor, sleep_until_told, NULL, &how, has_ended),
		0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
	while (!(state = read_state()).blocking)
		usleep(1000);
	store_release(&go_on, true);
	cr_expect_eq(state.excused, state.blocking);
	cr_expect_not(state.broken);
	end();
}

// ---- of other executors ----

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

Test(blocking, a_call_that_an_executor_of_weir_run_makes_is_one)
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

Test(blocking, so_is_one_of_an_executor_that_may_sleep_between_steps)
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

Test(blocking, each_sleep_of_a_thread_that_polls_is_counted)
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

Test(blocking, stops_of_an_executor_that_has_gone_hide_no_sleep_of_the_next)
{
	for (int i = 0; i < 3; i++) {
		sleeps_of(be_stopped);
		cr_expect_geq(sleeps_of(sleep_thrice), 3);
	}
}
