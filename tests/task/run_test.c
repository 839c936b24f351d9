// SPDX-License-Identifier: BSD-3-Clause
//
// Whole programs: what weir_run answers and what it says, in a child process.
#include "task/bell.h"
#include "task/hand.h"
#include "task/select.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[4096]; // what the child wrote on standard error

// in_child runs fn in a child and answers its exit status as wait gives it.
static int in_child(int (*fn)(void))
{
	int pipes[2], status;
	size_t size = 0;
	ssize_t n;
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		_exit(fn());
	}
	close(pipes[1]);
	while ((n = read(pipes[0], text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)n;
	close(pipes[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static bool says(const char *words)
{
	return strstr(text, words);
}

static void say_arg(void *arg)
{
	say(arg);
}

Test(run, answers_0_when_the_task_has_ended)
{
	cr_assert_eq(weir_run(say_arg, "hello"), 0);
	cr_assert_str_eq(said, "hello");
}

static void yield_and_say(void *arg)
{
	weir_yield();
	say(arg);
}

static void with_children(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(weir_spawn(&scope, NULL, yield_and_say, "c"), 0);
	cr_assert_eq(weir_sleep(weir_in_us(50)), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	say("!");
}

Test(run, ends_after_all_tasks)
{
	cr_assert_eq(weir_run(with_children, NULL), 0);
	cr_assert_str_eq(said, "ccc!");
}

Test(run, can_be_called_again)
{
	cr_assert_eq(weir_run(say_arg, "a"), 0);
	cr_assert_eq(weir_run(say_arg, "b"), 0);
	cr_assert_str_eq(said, "ab");
}

static void fail(void *arg)
{
	weir_task_fail(-ENOSPC);
}

static int run_fail(void)
{
	return weir_run(fail, NULL);
}

Test(run, answers_1_and_says_with_what_the_task_failed)
{
	int status = in_child(run_fail);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	cr_assert(says("'main' failed: No space left on device"), "%s", text);
}

static struct weir_wait_queue queue;

static void wait_for_ever(void *arg)
{
	int err = weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK);

	weir_task_fail(err);
}

static void wait_with_others(void *arg)
{
	const struct weir_spawn_options lazy = {.name = "lazy"};
	struct weir_scope scope;

	weir_wait_queue_init(&queue);
	weir_scope_open(&scope);
	cr_assert_eq(
		weir_spawn_with(&scope, NULL, wait_for_ever, NULL, &lazy), 0);
	weir_scope_close(&scope, WEIR_NEVER);
}

static int run_stuck(void)
{
	return weir_run(wait_with_others, NULL);
}

Test(run, says_who_waits_when_nothing_can_wake_them)
{
	int status = in_child(run_stuck);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", text);
	cr_assert(says("every task waits"), "%s", text);
	cr_assert(says("'main' for the tasks of its scope, 'lazy' for a "
		       "wakeup"),
		"%s", text);
}

static void wait_for_named(void *arg)
{
	static const struct weir_wait_what moon = {
		.kind = "the moon", .name = "full"};
	struct weir_case cases[] = {
		weir_case_queue(&queue), weir_case_after(WEIR_NEVER)};
	struct weir_wait_queue sky;

	weir_wait_queue_says(&sky, &moon);
	if (arg)
		weir_task_fail(weir_wait(&sky, WEIR_NEVER, WEIR_WAIT_BACK));
	else
		weir_task_fail(weir_select(cases, 2));
}

static void wait_for_several(void *arg)
{
	const struct weir_spawn_options poet = {.name = "poet"};
	struct weir_scope scope;

	weir_wait_queue_init(&queue);
	weir_scope_open(&scope);
	cr_assert_eq(
		weir_spawn_with(&scope, NULL, wait_for_named, &queue, &poet),
		0);
	wait_for_named(NULL);
	weir_scope_close(&scope, WEIR_NEVER);
}

static int run_stuck_in_several(void)
{
	return weir_run(wait_for_several, NULL);
}

Test(run, says_for_what_each_waits)
{
	int status = in_child(run_stuck_in_several);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", text);
	cr_assert(says("'main' for a wakeup or a point in time, 'poet' for the "
		       "moon 'full'. Give"),
		"%s", text);
}

static int run_stuck_beside_a_bell(void)
{
	alarm(10); // else it would spin for ever
	return weir_bell_of_thread() ? weir_run(wait_with_others, NULL) : 2;
}

Test(run, says_who_waits_though_the_keeper_of_the_bells_is_there)
{
	int status = in_child(run_stuck_beside_a_bell);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", text);
	cr_assert(says("every task waits"), "%s", text);
}

static void *wake_later(void *arg)
{
	usleep(50000);
	weir_scope_cancel(arg);
	return NULL;
}

static void wait_for_thread(void *arg)
{
	struct weir_scope scope;
	pthread_t thread;

	weir_wait_queue_init(&queue);
	weir_scope_open(&scope);
	pthread_create(&thread, NULL, wake_later, &scope);
	cr_assert_eq(weir_spawn(&scope, NULL, wait_for_ever, NULL), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), -ECANCELED);
	pthread_join(thread, NULL);
	say("!");
}

Test(run, a_thread_that_may_wake_them_is_waited_for)
{
	cr_assert_eq(weir_run(wait_for_thread, NULL), 0);
	cr_assert_str_eq(said, "!");
}

// ---- what only a task may do, and what it may not ----

static void run_again(void *arg)
{
	weir_run(say_arg, "inner");
}

static int run_nested(void)
{
	return weir_run(run_again, NULL);
}

static int sleep_outside(void)
{
	return weir_sleep(weir_in_ms(1));
}

static int yield_outside(void)
{
	weir_yield();
	return 0;
}

static int yield_if_over_outside(void)
{
	return weir_yield_if_over(1);
}

static int wait_outside(void)
{
	return weir_wait(&queue, 0, WEIR_WAIT_BACK);
}

Test(run, who_waits_outside_of_a_task_is_named)
{
	static const struct {
		int (*fn)(void);
		const char *words;
	} faults[] = {
		{run_nested, "task 'main' of executor 'main' calls weir_run: "
			     "this thread runs an executor already"},
		{sleep_outside, "a thread that runs no executor calls "
				"weir_sleep: only a task can wait"},
		{yield_outside, "calls weir_yield: only a task can wait"},
		{yield_if_over_outside, "calls weir_yield_if_over: only"},
		{wait_outside, "calls weir_wait: only a task can wait"},
	};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		int status;

		memset(text, 0, sizeof(text));
		status = in_child(faults[i].fn);
		cr_expect(WIFSIGNALED(status), "%s", faults[i].words);
		cr_expect(says(faults[i].words), "%s", text);
		cr_expect(!says("Please report"), "%s", text);
	}
}

// ---- overflow ----

static volatile char sink;

static __attribute__((noinline)) void dig(unsigned depth)
{
	volatile char hole[512];

	hole[depth % 512] = (char)depth;
	if (depth < 1000000)
		dig(depth + 1);
	sink = hole[0];
}

static void dig_down(void *arg)
{
	dig(0);
}

static void spawn_digger(void *arg)
{
	const struct weir_spawn_options options = {.name = "digger"};
	struct weir_scope scope;

	weir_scope_open(&scope);
	if (weir_spawn_with(&scope, NULL, dig_down, NULL, &options) == 0)
		weir_scope_close(&scope, WEIR_NEVER);
}

static int run_digger(void)
{
	return weir_run(spawn_digger, NULL);
}

Test(run, a_stack_overflow_names_the_task)
{
	int status = in_child(run_digger);

	cr_assert(WIFSIGNALED(status), "%s", text);
	cr_assert(says("task 'digger' overflowed its stack"), "%s", text);
}
