// SPDX-License-Identifier: BSD-3-Clause
//
// What a switch, a yield, a spawn and a turn cost. All with the step clock on:
// it is part of the executor and cannot be turned off.
//
//	switch.bare       resume and yield: two switches between two contexts;
//	                  "called": from functions that are not inlined and so
//	                  save the registers of their callers
//	yield             weir_yield through run queue, step clock, histogram,
//	                  from depth calls deep; "mixed": half of the tasks come
//	                  from other code, as in a real program
//	spawn_join        scope open, spawn of count tasks, close; per task
//	turn              a turn in which count tasks run one step; per turn
#include "bench.h"

#include "base/assert.h"
#include "mem/stack.h"
#include "task/executor.h"
#include "task/switch.h"
#include "task/task.h"

#include <stdio.h>

#define STEPS 20000 // in a run

static struct weir_executor *open_executor(unsigned count)
{
	const struct weir_executor_options options = {
		.stack_count = count, .stack_size = 16 << 10, .node = -1};
	struct weir_executor *executor;

	weir_assert(!weir_executor_create(&executor, &options, NULL));
	return executor;
}

// ---- the bare switch ----

static struct weir_context here, there;

static void there_and_back(void)
{
	weir_switch_entry();
	for (;;)
		weir_switch(&there, &here);
}

static double bare(void *arg)
{
	uint64_t begin = weir_ticks();

	for (int i = 0; i < STEPS; i++)
		weir_switch(&here, &there);
	return (double)(weir_ticks() - begin) / STEPS;
}

static __attribute__((noinline)) void call_back(void)
{
	weir_switch(&there, &here);
}

static void there_and_call_back(void)
{
	weir_switch_entry();
	for (;;)
		call_back();
}

static __attribute__((noinline)) void call_there(void)
{
	weir_switch(&here, &there);
}

static double called(void *arg)
{
	uint64_t begin = weir_ticks();

	for (int i = 0; i < STEPS; i++)
		call_there();
	return (double)(weir_ticks() - begin) / STEPS;
}

static void bench_bare(void)
{
	struct weir_stack_pool *pool;
	struct weir_stack *stack;
	char *top;

	weir_assert(!weir_stack_pool_create(&pool, 1, 16 << 10, -1, NULL));
	stack = weir_stack_get(pool);
	top = stack->base + stack->size;
	weir_context_thread(&here);
	weir_context_init(
		&there, there_and_back, stack->base, top, &stack->fiber);
	bench_measure("switch.bare", "", "cycles", bare, NULL);
	weir_context_init(
		&there, there_and_call_back, stack->base, top, &stack->fiber);
	bench_measure("switch.bare", "called", "cycles", called, NULL);
	weir_context_forget(&stack->fiber);
	weir_stack_put(stack);
	weir_stack_pool_destroy(pool);
}

// ---- yield ----

static struct weir_executor *running;
static uint64_t steps; // left in this run

// A task's loop ends with its executor's: when stop is set.
static bool stop;

static void count_step(void)
{
	if (steps-- == 0)
		weir_executor_stop(running);
}

// A frame that calls the next one, so that each return needs its own entry of
// the processor's return stack. The names in the assembly keep the compiler
// from making one function of two that do the same.
#define FRAME(name, next)                                \
	static __attribute__((noinline)) void name(void) \
	{                                                \
		next();                                  \
		__asm__ volatile("# " #name);            \
	}

#define CHAIN(letter)                \
	FRAME(letter##2, weir_yield) \
	FRAME(letter##3, letter##2)  \
	FRAME(letter##4, letter##3)  \
	FRAME(letter##5, letter##4)  \
	FRAME(letter##6, letter##5)  \
	FRAME(letter##7, letter##6)  \
	FRAME(letter##8, letter##7)

CHAIN(a)
CHAIN(b)

#define LOOP(name, call)                              \
	static void name(void *arg)                   \
	{                                             \
		while (!stop) {                       \
			count_step();                 \
			call();                       \
			__asm__ volatile("# " #name); \
		}                                     \
	}

LOOP(a_from_1, weir_yield)
LOOP(a_from_4, a4)
LOOP(a_from_8, a8)
LOOP(b_from_1, weir_yield)
LOOP(b_from_4, b4)
LOOP(b_from_8, b8)

// run lets the executor run STEPS steps or a little more, and answers how many
// ticks it took.
static double run(struct weir_executor *executor)
{
	uint64_t begin;

	steps = STEPS;
	running = executor;
	begin = weir_ticks();
	weir_executor_run(executor);
	return (double)(weir_ticks() - begin);
}

static double per_yield(void *arg)
{
	struct weir_executor_counts *counts = weir_executor_counts(arg);
	uint64_t before = counts->steps;
	double took = run(arg);

	return took / (double)(counts->steps - before);
}

static double per_turn(void *arg)
{
	struct weir_executor_counts *counts = weir_executor_counts(arg);
	uint64_t before = counts->turns;
	double took = run(arg);

	return took / (double)(counts->turns - before);
}

struct pair {
	unsigned depth;
	void (*a)(void *arg), (*b)(void *arg);
};

static void end_tasks(struct weir_executor *executor)
{
	stop = true;
	while (weir_executor_counts(executor)->tasks > 0)
		weir_executor_turn(executor);
	stop = false;
	weir_executor_destroy(executor);
}

static void bench_yield_of(const struct pair *pair, unsigned count, bool mixed)
{
	struct weir_executor *executor = open_executor(count);
	char parameters[64];

	for (unsigned i = 0; i < count; i++)
		weir_assert(!weir_start(executor,
			mixed && i % 2 ? pair->b : pair->a, NULL, NULL, NULL));
	snprintf(parameters, sizeof(parameters), "depth=%u,tasks=%u%s",
		pair->depth, count, mixed ? ",mixed" : "");
	bench_measure("yield", parameters, "cycles", per_yield, executor);
	end_tasks(executor);
}

static void bench_yield(void)
{
	static const struct pair pairs[] = {{1, a_from_1, b_from_1},
		{4, a_from_4, b_from_4}, {8, a_from_8, b_from_8}};
	static const unsigned counts[] = {2, 64, 1000};

	for (int p = 0; p < 3; p++)
		for (int c = 0; c < 3; c++)
			for (int mixed = 0; mixed < 2; mixed++)
				bench_yield_of(&pairs[p], counts[c], mixed);
}

// ---- turn ----

static void bench_turn(void)
{
	static const unsigned counts[] = {1, 64, 4096};

	for (int c = 0; c < 3; c++) {
		struct weir_executor *executor = open_executor(counts[c]);
		char parameters[32];

		for (unsigned i = 0; i < counts[c]; i++)
			weir_assert(!weir_start(
				executor, a_from_1, NULL, NULL, NULL));
		snprintf(parameters, sizeof(parameters), "tasks=%u", counts[c]);
		bench_measure("turn", parameters, "cycles", per_turn, executor);
		end_tasks(executor);
	}
}

// ---- spawn and join ----

static void nothing(void *arg)
{
}

static unsigned children;
static double spawn_cost;

static void spawn_and_join(void *arg)
{
	unsigned rounds = STEPS / 10 / children;
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < rounds; i++) {
		struct weir_scope scope;

		weir_scope_open(&scope);
		for (unsigned c = 0; c < children; c++)
			weir_assert(!weir_spawn(&scope, NULL, nothing, NULL));
		weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
	}
	spawn_cost =
		(double)(weir_ticks() - begin) / (double)(rounds * children);
}

static double spawns(void *arg)
{
	struct weir_executor *executor = arg;

	weir_assert(!weir_start(executor, spawn_and_join, NULL, NULL, NULL));
	while (weir_executor_counts(executor)->tasks > 0)
		weir_executor_turn(executor);
	return spawn_cost;
}

static void bench_spawn(void)
{
	struct weir_executor *executor = open_executor(65);

	children = 1;
	bench_measure("spawn_join", "tasks=1", "cycles", spawns, executor);
	children = 64;
	bench_measure("spawn_join", "tasks=64", "cycles", spawns, executor);
	weir_executor_destroy(executor);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	bench_bare();
	bench_yield();
	bench_turn();
	bench_spawn();
	return bench_end();
}
