// SPDX-License-Identifier: BSD-3-Clause
//
// A step that was seen not to end, and the word of its end, which may come late:
// the thread that writes it may be given no CPU for long.
#include "watch/book.h"
#include "watch/watched.h"
#include "task/executor_inline.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define LIMIT_NS MS

static struct weir_executor *executor;
static struct weir_contract *contract;
static struct weir_watched watched;
static const struct weir_round round_ = {.accounts = true};
static uint64_t first, second; // heartbeats
static pthread_t thread;
static int ends[2]; // of a pipe
static int tid;

// sleep_on is the executor's thread as the system has it: asleep.
static void *sleep_on(void *arg)
{
	char byte;

	store_release(&tid, gettid());
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	return arg;
}

static void look(void)
{
	weir_watched_look(&watched, executor, &round_);
}

static struct weir_contract_state read_state(void)
{
	struct weir_contract_state state;

	weir_contract_read(contract, 0, &state);
	return state;
}

// begin has a step of the class be in the book as one that does not end.
static void begin(void)
{
	const struct weir_executor_options options = {.name = "slow"};
	struct weir_sighting sighting = {.found = WEIR_BLOCKING};
	struct weir_error e = {0};

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(pthread_create(&thread, NULL, sleep_on, NULL), 0);
	while (!load_acquire(&tid))
		usleep(1000);
	cr_assert_eq(weir_contract_create(&contract, "class", LIMIT_NS, &e), 0);
	cr_assert_eq(weir_executor_create(&executor, &options, &e), 0);
	executor->thread = tid;
	executor->run = 1;
	first = weir_clock_now(weir_clock_real());
	second = first + weir_clock_ticks(weir_clock_real(), 2 * LIMIT_NS);
	executor->begun.tick = executor->now = first;
	weir_watched_take(&watched, executor);
	look();
	watched.now = (struct weir_case){.open = true,
		.entered = true,
		.beat = first,
		.running = weir_contract_steps(contract),
		.found = WEIR_BLOCKING,
		.call = -1};
	weir_books_lock();
	weir_book_enter(contract, &sighting, true);
	weir_books_unlock();
	cr_assert_eq(read_state().unended, 1);
}

static void end(void)
{
	cr_assert_eq(write(ends[1], "", 1), 1);
	pthread_join(thread, NULL);
	executor->thread = 0;
	executor->running = NULL;
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
}

// say writes down that the first step has ended.
static void say(void)
{
	struct weir_histogram *steps = weir_contract_steps(contract);
	const struct weir_overrun overrun = {
		.steps = steps, .begin = first, .end = second};

	weir_histogram_record(steps, second - first);
	weir_overruns_put(&executor->overruns, &overrun);
}

static void is_one(void)
{
	struct weir_contract_state state = read_state();

	cr_expect_eq(state.unended, 0);
	cr_expect_eq(state.over, 1);
	cr_expect_eq(state.blocking, 1);
	cr_expect_eq(state.unwitnessed, 0);
}

Test(word, that_comes_late_is_of_the_step_that_was_seen)
{
	begin();
	executor->now = second; // it has ended, and got no further
	for (int i = 0; i < 100; i++)
		look();
	cr_assert_eq(read_state().unended, 1);
	say();
	look();
	is_one();
	end();
}

Test(word, that_never_comes_is_not_waited_for)
{
	begin();
	for (int i = 0; i < 10 && read_state().unended; i++) {
		executor->now = second + (uint64_t)i;
		look();
	}
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(read_state().blocking, 1);
	end();
}

// The round was told of nothing, and was then late itself.
Test(word, that_is_on_its_way_as_the_next_step_is_overdue_is_waited_for)
{
	begin();
	executor->running = weir_contract_steps(contract);
	executor->now = second;
	usleep(20000);
	look();
	cr_assert_eq(read_state().unended, 1);
	say();
	look();
	is_one();
	cr_expect_eq(watched.now.beat, second, "the next one has a case");
	end();
}

Test(word, of_a_step_that_others_have_followed_for_long_is_lost)
{
	begin();
	executor->running = weir_contract_steps(contract);
	executor->now = second;
	usleep(20000);
	for (int i = 0; i < 3; i++)
		look();
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(watched.now.beat, second);
	end();
}
