// SPDX-License-Identifier: BSD-3-Clause
//
// Who is not to blame: what another did, what one did before it, nothing at all.
#include "watch/faulty.h"

#include <sched.h>

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

Test(blame, a_class_is_not_blamed_for_one_that_had_its_place)
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

Test(blame, nor_for_one_that_went_before_there_was_a_watchdog)
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

Test(blame, a_core_that_was_stolen_while_another_took_naps_is_no_call)
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

Test(blame, a_task_that_behaves_is_blamed_for_nothing)
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
