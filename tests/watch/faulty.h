// SPDX-License-Identifier: BSD-3-Clause
//
// An executor of a thread under the watchdog, and what a test plants in it: one
// task, in a class of a short limit. Each test is a process of its own.
#ifndef WEIR_TESTS_WATCH_FAULTY_H
#define WEIR_TESTS_WATCH_FAULTY_H

#include "task/executor_inline.h"
#include "task/task.h"
#include "task/timer.h"
#include "watch/book.h"
#include "watch/watchdog.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define MS 1000000u
#define LIMIT_MS 5
#define TRIES 40 // what the machine steals may hide a fault

static struct weir_executor *executor;
static struct weir_contract *contract;
static struct weir_error error;
static pthread_t thread;
static bool go_on, ended;
static bool may_sleep; // the executor of begin may

static inline void *run(void *arg)
{
	weir_executor_run(executor);
	return arg;
}

static inline void has_ended(void *arg)
{
	store_release(&ended, true);
}

// begin runs fn as the only task of an executor, in the contract's class.
static inline void begin(void (*fn)(void *arg))
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

static inline void end(void)
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

static inline void stop_it(void *arg)
{
	weir_executor_stop(weir_executor_self());
}

// alone runs fn as the only task of an executor of this thread, which then goes.
static inline void alone(void (*fn)(void *arg))
{
	struct weir_executor_options options = {.name = "watched"};
	struct weir_spawn_options how = {
		.name = "faulty", .steps = weir_contract_steps(contract)};

	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, fn, NULL, &how, stop_it), 0);
	weir_executor_run(executor);
	weir_executor_destroy(executor);
}

static inline struct weir_contract_state read_state(void)
{
	struct weir_contract_state state;

	weir_contract_read(contract, 0, &state);
	cr_assert_eq(state.over, state.blocked + state.blocking + state.stolen +
					 state.unwitnessed);
	return state;
}

// never_yield is in a step until go_on.
__attribute__((noinline, unused)) static void never_yield(void *arg)
{
	while (!load_relaxed(&go_on))
		cpu_relax();
}

static inline void block_all(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &all, before), 0);
}

#endif
