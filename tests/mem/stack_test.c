// SPDX-License-Identifier: BSD-3-Clause
#include "base/atomic.h"
#include "mem/mem.h"
#include "mem/stack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define SIZE 16384

static struct weir_stack_pool *pool_of(unsigned count)
{
	struct weir_stack_pool *pool;
	struct weir_error e = {0};

	cr_assert_eq(
		weir_stack_pool_create(&pool, count, SIZE, WEIR_NODE_ANY, &e),
		0, "%s", e.text);
	return pool;
}

Test(stack, a_pool_has_as_many_as_it_was_made_with)
{
	struct weir_stack_pool *pool = pool_of(4);
	struct weir_stack *stacks[4];

	cr_expect_eq(weir_stack_pool_count(pool), 4);
	for (int i = 0; i < 4; i++) {
		stacks[i] = weir_stack_get(pool);
		cr_assert_not_null(stacks[i]);
		cr_expect_eq(weir_stack_pool_used(pool), (unsigned)i + 1);
	}
	cr_expect_null(weir_stack_get(pool));
	for (int i = 0; i < 4; i++)
		weir_stack_put(stacks[i]);
	cr_expect_eq(weir_stack_pool_used(pool), 0);
	cr_expect_eq(weir_stack_pool_used_max(pool), 4);
	weir_stack_pool_destroy(pool);
}

Test(stack, what_was_put_back_is_got_again)
{
	struct weir_stack_pool *pool = pool_of(1);

	for (int i = 0; i < 10; i++) {
		struct weir_stack *stack = weir_stack_get(pool);

		cr_assert_not_null(stack);
		weir_stack_put(stack);
	}
	cr_expect_eq(weir_stack_pool_used_max(pool), 1);
	weir_stack_pool_destroy(pool);
}

Test(stack, every_byte_of_it_can_be_written_and_none_is_shared)
{
	struct weir_stack_pool *pool = pool_of(70);
	struct weir_stack *stacks[70];

	for (int i = 0; i < 70; i++) {
		stacks[i] = weir_stack_get(pool);
		cr_assert_geq(stacks[i]->size, (size_t)SIZE);
		memset(stacks[i]->base, i + 1, stacks[i]->size);
	}
	for (int i = 0; i < 70; i++) {
		cr_expect_eq(stacks[i]->base[0], (char)(i + 1));
		cr_expect_eq(
			stacks[i]->base[stacks[i]->size - 1], (char)(i + 1));
		weir_stack_put(stacks[i]);
	}
	weir_stack_pool_destroy(pool);
}

Test(stack, tops_of_neighbours_lie_in_different_lines_of_a_page)
{
	struct weir_stack_pool *pool = pool_of(64);
	struct weir_stack *stacks[64];
	bool seen[64] = {false};

	for (int i = 0; i < 64; i++) {
		uintptr_t top;

		stacks[i] = weir_stack_get(pool);
		top = (uintptr_t)stacks[i]->base + stacks[i]->size;
		cr_expect_eq(top % WEIR_CACHE_LINE, 0);
		cr_expect_not(seen[top % 4096 / WEIR_CACHE_LINE]);
		seen[top % 4096 / WEIR_CACHE_LINE] = true;
	}
	for (int i = 0; i < 64; i++)
		weir_stack_put(stacks[i]);
	weir_stack_pool_destroy(pool);
}

Test(stack, high_water_is_the_deepest_touch)
{
	struct weir_stack_pool *pool = pool_of(2);
	struct weir_stack *stack = weir_stack_get(pool);

	cr_expect_eq(weir_stack_high_water(stack), 0);
	stack->base[stack->size - 1000] = 1;
	cr_expect_eq(weir_stack_high_water(stack), 1000);
	stack->base[stack->size - 10] = 1;
	cr_expect_eq(weir_stack_high_water(stack), 1000);
	cr_expect_eq(weir_stack_pool_high_water(pool), 1000);
	stack->base[0] = 1;
	cr_expect_eq(weir_stack_high_water(stack), stack->size);
	weir_stack_put(stack);
	cr_expect_eq(weir_stack_pool_high_water(pool), stack->size);
	weir_stack_pool_destroy(pool);
}

static unsigned long map_limit(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long limit = 0;

	if (!file || fscanf(file, "%lu", &limit) != 1)
		limit = 0;
	if (file)
		fclose(file);
	return limit;
}

Test(stack, too_many_are_refused_with_the_remedy)
{
	struct weir_stack_pool *pool = NULL;
	struct weir_error e = {0};

	if (map_limit() == 0 || map_limit() > 100000)
		cr_skip("this machine allows more");
	cr_expect_eq(
		weir_stack_pool_create(&pool, 60000, 4096, WEIR_NODE_ANY, &e),
		-ENOMEM);
	cr_expect(strstr(e.text, "sysctl -w vm.max_map_count="), "%s", e.text);
	cr_expect_null(pool);
}

// ---- overflow: in a child, whose standard error we read ----

static struct weir_stack *overflowing;

static const char *name_of(const void *address)
{
	return address == overflowing->base ? "deep" : "another";
}

struct end {
	int status;
	char said[8192];
};

static struct end run_child(void (*fn)(void))
{
	struct end end = {0};
	size_t used = 0;
	ssize_t n;
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], end.said + used,
			sizeof(end.said) - 1 - used)) > 0)
		used += (size_t)n;
	close(ends[0]);
	waitpid(pid, &end.status, 0);
	return end;
}

static void expect_overflow(struct end end)
{
	cr_expect(WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGABRT,
		"status %x", (unsigned)end.status);
	cr_expect(strstr(end.said, "weir: task 'deep' overflowed its stack of "
				   "16 KiB: "),
		"said: %s", end.said);
}

static void prepare(void)
{
	struct weir_stack_pool *pool = pool_of(3);

	weir_stack_get(pool);
	overflowing = weir_stack_get(pool);
	weir_stack_watch(name_of);
}

static void touch_below(void)
{
	prepare();
	*(volatile char *)(overflowing->base - 1) = 1;
}

static void touch_the_lowest_of_the_guard(void)
{
	prepare();
	*(volatile char *)(overflowing->base - 65536) = 1;
}

Test(stack, a_touch_of_the_guard_names_the_task)
{
	expect_overflow(run_child(touch_below));
	expect_overflow(run_child(touch_the_lowest_of_the_guard));
}

static volatile int depth;

__attribute__((noinline, no_sanitize("address"))) static int recurse(int n)
{
	volatile char frame[256];

	frame[0] = (char)n;
	depth = n;
	return n > 1000000 ? 0 : recurse(n + 1) + frame[0];
}

static void run_deep(void)
{
	recurse(0);
}

static void recurse_on_the_stack(void)
{
	ucontext_t here, there;

	prepare();
	getcontext(&there);
	there.uc_stack.ss_sp = overflowing->base;
	there.uc_stack.ss_size = overflowing->size;
	there.uc_link = &here;
	makecontext(&there, run_deep, 0);
	swapcontext(&here, &there);
}

Test(stack, a_recursion_without_end_names_the_task)
{
	expect_overflow(run_child(recurse_on_the_stack));
}

static void *overflow_on_a_thread(void *arg)
{
	weir_stack_watch(name_of);
	*(volatile char *)(overflowing->base - 1) = 1;
	return NULL;
}

static void overflow_elsewhere(void)
{
	pthread_t thread;

	prepare();
	pthread_create(&thread, NULL, overflow_on_a_thread, NULL);
	pthread_join(thread, NULL);
}

Test(stack, other_threads_are_watched_too)
{
	expect_overflow(run_child(overflow_elsewhere));
}

static void exit_42(int signal, siginfo_t *info, void *context)
{
	_exit(42);
}

static void *protected_page(void)
{
	return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fault_elsewhere(void)
{
	struct sigaction action = {
		.sa_sigaction = exit_42, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &action, NULL);
	prepare();
	*(volatile char *)protected_page() = 1;
}

Test(stack, another_fault_goes_to_the_handler_that_was_there)
{
	struct end end = run_child(fault_elsewhere);

	cr_expect(WIFEXITED(end.status) && WEXITSTATUS(end.status) == 42,
		"status %x", (unsigned)end.status);
	cr_expect_null(strstr(end.said, "overflowed"));
}

static void fault_by_default(void)
{
	signal(SIGSEGV, SIG_DFL);
	prepare();
	*(volatile char *)protected_page() = 1;
}

static void signal_by_default(void)
{
	signal(SIGSEGV, SIG_DFL);
	prepare();
	raise(SIGSEGV);
}

Test(stack, another_fault_kills_where_there_was_no_handler)
{
	struct end faulted = run_child(fault_by_default);
	struct end raised = run_child(signal_by_default);

	cr_expect(WIFSIGNALED(faulted.status) &&
		  WTERMSIG(faulted.status) == SIGSEGV);
	cr_expect(WIFSIGNALED(raised.status) &&
		  WTERMSIG(raised.status) == SIGSEGV);
}

static void overflow_of_a_pool_that_is_gone(void)
{
	struct weir_stack_pool *pool = pool_of(1);
	char *guard;

	signal(SIGSEGV, SIG_DFL);
	overflowing = weir_stack_get(pool);
	weir_stack_watch(name_of);
	guard = overflowing->base - 1;
	weir_stack_put(overflowing);
	weir_stack_pool_destroy(pool);
	pool_of(0x10); // takes the node that is free
	mmap((void *)((uintptr_t)guard & ~4095ul), 4096, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile char *)protected_page() = 1;
}

Test(stack, a_pool_that_is_gone_is_not_blamed)
{
	struct end end = run_child(overflow_of_a_pool_that_is_gone);

	cr_expect(WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGSEGV);
	cr_expect_null(strstr(end.said, "overflowed"));
}

static void *watch(void *arg)
{
	*(int *)arg |= weir_stack_watch(name_of);
	return NULL;
}

Test(stack, threads_that_were_watched_come_and_go)
{
	int failed = 0;

	for (int i = 0; i < 200; i++) {
		pthread_t thread;

		pthread_create(&thread, NULL, watch, &failed);
		pthread_join(thread, NULL);
	}
	cr_expect_eq(failed, 0);
}
