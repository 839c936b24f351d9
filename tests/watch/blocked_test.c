// SPDX-License-Identifier: BSD-3-Clause
//
// Steps that do not give their core back, each tried until it is seen: the machine
// may hide it, and never is it called something else that would break the contract.
#include "watch/faulty.h"

#include <sys/syscall.h>
#include <time.h>

Test(blocked, a_step_that_does_not_end_is_seen_with_its_task_and_stack)
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

// ---- one whose end finds no room to be written down ----

static void fill_up(const struct weir_histogram *nobodys)
{
	struct weir_overruns *overruns = &executor->overruns;
	const struct weir_overrun one = {
		.steps = nobodys, .begin = 1, .end = 2};
	uint64_t read = load_acquire(&overruns->read);

	// The watchdog takes some, and then waits for the books.
	for (int i = 0; i < WEIR_OVERRUNS; i++)
		weir_overruns_put(overruns, &one);
	while (load_acquire(&overruns->read) == read)
		cpu_relax();
	usleep(50000); // it takes as many as it finds in one go
	while (overruns->lost == 0)
		weir_overruns_put(overruns, &one);
}

static void end_unheard(void *arg)
{
	static struct weir_histogram nobodys;

	while (!load_relaxed(&go_on))
		cpu_relax();
	weir_books_lock();
	fill_up(&nobodys);
	weir_yield(); // ends the step, beyond its limit
	weir_books_unlock();
	(void)!weir_sleep(weir_in_ms(50)); // no step that is too long follows
}

Test(blocked, a_step_whose_end_finds_no_room_does_not_stay_one_that_goes_on)
{
	begin(end_unheard);
	for (int i = 0; i < 10000 && !read_state().unended; i++)
		usleep(1000);
	cr_assert_eq(read_state().unended, 1);
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 5000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(read_state().blocked, 1, "it is found once");
	cr_expect_eq(read_state().over, contract->steps->over_count);
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

// is_in: the step is in a function, or in a small one that it calls, which a build
// without optimizations does not inline.
static bool is_in(const struct weir_frames *frames, uintptr_t function)
{
	return frames->at[0] - function < 256 || frames->at[1] - function < 256;
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
	cr_expect(is_in(&contract->worst[0].frames, (uintptr_t)never_yield));
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

Test(blocked, a_post_is_under_the_contract_of_tasks_of_no_class)
{
	struct weir_post post = {.fn = post_never_ends};

	spin_outside(&post, NULL);
}

Test(blocked, so_is_a_timer)
{
	struct weir_timer timer;

	weir_timer_init(&timer, timer_never_ends);
	spin_outside(NULL, &timer);
}

// ---- a clock that is slow to read ----

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

Test(blocked, a_step_is_one_whatever_the_reading_of_a_clock_takes)
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

// ---- one that is the last ----

static void spin_a_while(void *arg)
{
	uint64_t until = weir_in_ms(20 * LIMIT_MS);

	while (weir_ticks() < until)
		cpu_relax();
}

Test(blocked, one_that_ends_with_its_executor_has_ended)
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
