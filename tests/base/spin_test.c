// SPDX-License-Identifier: BSD-3-Clause
#include "base/spin.h"
#include "task/executor.h"
#include "task/task.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct weir_spin spin;

Test(spin, try_takes_what_is_free)
{
	cr_assert(weir_spin_try_lock(&spin));
	cr_assert_not(weir_spin_try_lock(&spin));
	weir_spin_unlock(&spin);
	cr_assert(weir_spin_try_lock(&spin));
	weir_spin_unlock(&spin);
}

Test(spin, locks_and_unlocks_across_the_wrap_of_its_counters)
{
	spin.next = spin.serving = UINT32_MAX - 2;
	for (unsigned i = 0; i < 6; i++) {
		weir_spin_lock(&spin);
		cr_assert_not(weir_spin_try_lock(&spin));
		weir_spin_unlock(&spin);
	}
	cr_assert_eq(spin.next, 3);
	cr_assert(weir_spin_try_lock(&spin));
	weir_spin_unlock(&spin);
}

Test(spin, init_makes_it_free)
{
	spin.next = 7;
	weir_spin_init(&spin);
	cr_assert(weir_spin_try_lock(&spin));
	weir_spin_unlock(&spin);
}

static void hold_for_a_step(void *arg)
{
	weir_spin_lock(&spin);
	weir_spin_unlock(&spin);
	weir_yield();
}

Test(spin, given_back_before_the_wait_nothing_is_said)
{
	cr_assert_eq(weir_run(hold_for_a_step, NULL), 0);
}

#ifdef WEIR_DEBUG

static __attribute__((noinline)) void take_it_here(void)
{
	weir_spin_lock(&spin);
	__asm__ volatile("");
}

static __attribute__((noinline)) void yield_here(void)
{
	weir_yield();
	__asm__ volatile("");
}

static __attribute__((noinline)) void sleep_here(void)
{
	(void)!weir_sleep(weir_in_ms(1));
	__asm__ volatile("");
}

static void yield_with_it(void *arg)
{
	take_it_here();
	yield_here();
}

static void sleep_with_it(void *arg)
{
	take_it_here();
	sleep_here();
}

static void end_with_it(void *arg)
{
	take_it_here();
}

static void step_with_it(struct weir_executor *executor, struct weir_step *s)
{
	take_it_here();
}

static void run_step(void *arg)
{
	static struct weir_step step;

	weir_step_init(&step, step_with_it, NULL);
	weir_step_ready(weir_executor_self(), &step);
	weir_yield();
}

static char text[1 << 16];

// die_of runs fn in a child, whose words are text then; it must abort.
static void die_of(void (*fn)(void *arg))
{
	FILE *file = tmpfile();
	int status;
	pid_t child = fork();

	if (child == 0) {
		dup2(fileno(file), STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		weir_run(fn, NULL);
		_exit(0);
	}
	waitpid(child, &status, 0);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	cr_assert(
		WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s", text);
}

// names tells whether a line between from and to has an address within fn. The
// functions that are sought are short.
static bool names(const char *from, const char *to, void (*fn)(void))
{
	uintptr_t begin = (uintptr_t)fn;

	for (const char *p = from; p && p < to; p = strchr(p + 1, '\n')) {
		const char *at = strstr(p, "[0x");
		uintptr_t address = at ? strtoull(at + 1, NULL, 16) : 0;

		if (at && at < to && address > begin && address < begin + 96)
			return true;
	}
	return false;
}

static void both_stacks_are_there(void (*taken)(void), void (*waits)(void))
{
	const char *first = strstr(text, "where it was taken:");
	const char *second = strstr(text, "where the step stands:");

	cr_assert(first && second && first < second, "%s", text);
	cr_assert(names(first, second, taken), "%s", text);
	if (waits)
		cr_assert(
			names(second, text + strlen(text), waits), "%s", text);
}

Test(spin, tokio_4588_held_over_a_wait_aborts_with_both_stacks)
{
	die_of(sleep_with_it);
	cr_assert(strstr(text, "a step waits with a spin lock"), "%s", text);
	both_stacks_are_there(take_it_here, sleep_here);
}

Test(spin, held_over_a_yield_aborts_with_both_stacks)
{
	die_of(yield_with_it);
	both_stacks_are_there(take_it_here, yield_here);
}

Test(spin, held_over_the_end_of_a_task_aborts)
{
	die_of(end_with_it);
	cr_assert(strstr(text, "a step ends with a spin lock"), "%s", text);
	both_stacks_are_there(take_it_here, NULL);
}

Test(spin, held_over_the_end_of_a_step_aborts)
{
	die_of(run_step);
	cr_assert(strstr(text, "ends its step with a spin lock"), "%s", text);
	both_stacks_are_there(take_it_here, NULL);
}

Test(spin, taken_twice_by_one_thread_aborts, .signal = SIGABRT)
{
	weir_spin_lock(&spin);
	weir_spin_lock(&spin);
}

Test(spin, given_back_by_who_does_not_have_it_aborts, .signal = SIGABRT)
{
	weir_spin_unlock(&spin);
}

#endif
