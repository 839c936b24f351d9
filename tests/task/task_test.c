// SPDX-License-Identifier: BSD-3-Clause
//
// Tasks: yield, sleep, start, names, registers, backtraces.
#include "task/hand.h"

#include <execinfo.h>
#include <signal.h>

TestSuite(task, .init = open_executor, .fini = close_executor);

static void say_thrice(void *arg)
{
	for (int i = 0; i < 3; i++) {
		say(arg);
		weir_yield();
	}
}

Test(task, yield_lets_every_other_task_run_once)
{
	start(say_thrice, "a");
	start(say_thrice, "b");
	start(say_thrice, "c");
	settle();
	cr_assert_str_eq(said, "abcabcabc");
}

Test(task, glommio_431_a_task_that_yields_is_not_put_in_front)
{
	start(say_thrice, "a");
	turn();
	start(say_thrice, "b");
	settle();
	cr_assert_str_eq(said, "aababb");
}

static void say_name(void *arg)
{
	say(weir_task_name(weir_task_self()));
}

Test(task, a_name_is_copied_and_cut_at_31_characters)
{
	char name[] = "a name that is far longer than it has to be";
	const struct weir_spawn_options options = {.name = name};

	cr_assert_eq(weir_start(executor, say_name, NULL, &options, NULL), 0);
	memset(name, 'x', sizeof(name) - 1);
	settle();
	cr_assert_str_eq(said, "a name that is far longer than ");
}

Test(task, one_without_a_name_is_called_task)
{
	const struct weir_spawn_options options = {.name = "a longer name"};

	cr_assert_eq(weir_start(executor, say_name, NULL, &options, NULL), 0);
	settle();
	start(say_name, NULL);
	settle();
	cr_assert_str_eq(said, "a longer nametask");
}

Test(task, outside_of_tasks_there_is_no_self)
{
	cr_assert_null(weir_task_self());
	cr_assert_str_eq(weir_task_name(NULL), "");
	cr_assert_not(weir_task_canceled());
}

static void note_end(void *arg)
{
	cr_assert_null(weir_task_self());
	say(arg);
}

Test(task, ended_is_called_with_the_task_s_argument)
{
	cr_assert_eq(weir_start(executor, say_thrice, "a", NULL, note_end), 0);
	settle();
	cr_assert_str_eq(said, "aaaa");
}

Test(task, start_answers_eagain_when_stacks_are_out)
{
	for (int i = 0; i < STACKS; i++)
		start(say_thrice, "");
	cr_assert_eq(weir_start(executor, say_thrice, "", NULL, NULL), -EAGAIN);
	settle();
	cr_assert_eq(live(), 0);
	start(say_thrice, "again");
	settle();
}

Test(task, a_class_of_its_own_is_what_it_is_measured_in)
{
	struct weir_histogram class_ = {0};
	const struct weir_spawn_options options = {.steps = &class_};

	cr_assert_eq(weir_start(executor, say_thrice, "", &options, NULL), 0);
	settle();
	cr_assert_eq(weir_histogram_count(&class_), 4);
	cr_assert_eq(
		weir_histogram_count(weir_executor_task_steps(executor)), 0);
}

// ---- sleep ----

static uint64_t woke_at;

static void sleep_until(void *arg)
{
	uint64_t deadline = *(uint64_t *)arg;

	cr_assert_eq(weir_sleep(deadline), 0);
	woke_at = weir_executor_now(executor);
}

// The wraps that a wheel of 6-bit digits has, and those of 64 bits.
static uint64_t wrap(int i)
{
	return i < 10 ? UINT64_C(1) << (6 * (i + 1)) : 0;
}

Test(task_at_wraps, tokio_8334_sleep_is_exact_one_second_around_every_wrap)
{
	for (int i = 0; i < 11; i++) {
		uint64_t deadline, begin = wrap(i) - HZ;

		ticks = begin;
		executor = hand_executor(1);
		deadline = begin + HZ + 12345;
		start(sleep_until, &deadline);
		woke_at = 0;
		for (uint64_t t = 0; t < HZ + 12345; t += HZ / 1000) {
			ticks = begin + t;
			turn();
			cr_assert_eq(live(), 1, "early at wrap %d", i);
		}
		ticks = deadline - 1;
		turn();
		cr_assert_eq(live(), 1, "a tick early at wrap %d", i);
		ticks = deadline;
		settle();
		cr_assert_eq(woke_at, deadline, "late at wrap %d", i);
		weir_executor_destroy(executor);
	}
}

static int sleep_answer = 1;

static void sleep_long(void *arg)
{
	sleep_answer = weir_sleep(WEIR_NEVER);
}

static void cancel_sleeper(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, sleep_long, NULL), 0);
	weir_yield();
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(task, a_sleep_that_never_ends_can_be_cancelled)
{
	start(cancel_sleeper, NULL);
	settle();
	cr_assert_eq(sleep_answer, -ECANCELED);
}

static void deadlines(void *arg)
{
	ticks = UINT64_MAX - 5000;
	cr_assert_eq(weir_in_us(1), UINT64_MAX - 4000);
	cr_assert_eq(weir_in_us(7), 1999);
	cr_assert_eq(weir_in_ns(5000), 0); // never is not a time
	cr_assert_eq(weir_in_ns(UINT64_MAX), WEIR_NEVER);
	cr_assert_eq(weir_in_ms(UINT64_MAX), WEIR_NEVER);
	ticks = 100;
	cr_assert_eq(weir_in_ms(3), 3000100);
}

Test(task, deadlines_count_from_now_on_the_task_s_clock)
{
	start(deadlines, NULL);
	settle();
}

Test(task, deadlines_outside_of_executors_are_on_the_real_clock)
{
	uint64_t now = weir_ticks();

	cr_assert_gt(weir_in_ms(1000), now);
	cr_assert_eq(weir_in_ns(UINT64_MAX), WEIR_NEVER);
}

// ---- what a switch keeps ----

static double sink;

// Enough values that live over a yield to fill all registers, callee-saved
// ones and vectors too.
static void hold(void *arg)
{
	uint64_t n = (uintptr_t)arg, a[12];
	double d[16];
	long double l = (long double)n + 0.25L;

	for (unsigned i = 0; i < 12; i++)
		a[i] = n * (i + 3);
	for (unsigned i = 0; i < 16; i++)
		d[i] = (double)n * (i + 0.5);
	for (int round = 0; round < 50; round++) {
		weir_yield();
		for (unsigned i = 0; i < 12; i++)
			cr_assert_eq(a[i] + (uint64_t)round,
				n * (i + 3) + (uint64_t)round);
		for (unsigned i = 0; i < 16; i++)
			cr_assert_eq(d[i], (double)n * (i + 0.5));
		sink += d[round % 16];
		cr_assert(l == (long double)n + 0.25L);
	}
}

Test(task, a_switch_keeps_what_lives)
{
	for (uintptr_t i = 1; i <= STACKS; i++)
		start(hold, (void *)(i * 1000003));
	settle();
	cr_assert_eq(live(), 0);
}

static int frames;

static void take_backtrace(void *arg)
{
	void *pc[64];

	weir_yield();
	frames = backtrace(pc, 64);
}

Test(task, a_backtrace_ends_at_the_task_s_entry)
{
	start(take_backtrace, NULL);
	settle();
	cr_assert_geq(frames, 2);
	cr_assert_leq(frames, 6);
}

static unsigned links;

static void walk(void *arg)
{
	uintptr_t *frame = __builtin_frame_address(0);

	for (links = 0; frame && links < 100; links++)
		frame = (uintptr_t *)frame[0];
}

Test(task, the_chain_of_frame_pointers_ends_at_the_task_s_entry)
{
	start(walk, NULL);
	settle();
	cr_assert_geq(links, 1);
	cr_assert_leq(links, 4);
}

#define STORM 1000000

static uint64_t storm_rounds;

static void storm(void *arg)
{
	while (storm_rounds < STORM) {
		storm_rounds++;
		weir_yield();
	}
}

Test(task, a_million_yields_leave_everything_as_it_was)
{
	for (int i = 0; i < STACKS; i++)
		start(storm, NULL);
	while (live() > 0)
		turn();
	cr_assert_geq(storm_rounds, STORM);
}

Test(yield, outside_of_a_task_it_aborts_in_words, .signal = SIGABRT)
{
	weir_yield();
}
