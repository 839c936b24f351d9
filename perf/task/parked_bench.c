// SPDX-License-Identifier: BSD-3-Clause
//
// What is parked costs memory and no time.
//
//	parked.turn    a turn in which one stepper is woken, steps and parks
//	               again, while so many are parked on queues of their own;
//	               the same one, and each in its turn, whose lines are cold
//	parked.memory  resident bytes of one that is parked: a stepper with the
//	               queue that it waits in; a task that has run on its stack
//	spawn_join     a child is started, runs, gives a result and is joined
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "task/executor.h"
#include "task/join.h"
#include "task/stepper.h"
#include "task/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST 1000000
#define TURNS 20000

struct parked {
	struct weir_stepper stepper;
	struct weir_wait_queue queue;
};

static struct weir_executor *executor;
static struct parked *parked;
static unsigned parked_count;
static bool ending;

static enum weir_stepper_next wait_again(struct weir_stepper *s)
{
	struct parked *p = weir_container(s, struct parked, stepper);

	if (ending)
		return WEIR_STEPPER_END;
	return weir_stepper_wait(s, weir_case_queue(&p->queue), WEIR_NEVER);
}

static const struct weir_stepper_class waiters = {
	.name = "waiter", .step = wait_again};

static void park_up_to(unsigned count)
{
	for (; parked_count < count; parked_count++) {
		struct parked *p = &parked[parked_count];

		weir_wait_queue_init(&p->queue);
		weir_stepper_start(executor, &p->stepper, &waiters);
	}
	weir_executor_turn(executor);
}

static double ns_each(uint64_t ticks, unsigned count)
{
	return (double)weir_clock_ns(weir_clock_real(), ticks * 1000) / count /
	       1000;
}

static double turns(void *arg)
{
	static unsigned next; // goes on where the last run ended
	bool same = *(bool *)arg;
	unsigned k = same ? 0 : next % parked_count;
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < TURNS; i++) {
		weir_wake(&parked[k].queue);
		weir_executor_turn(executor);
		k = same ? 0 : (k + 7919) % parked_count;
	}
	next = same ? next : k;
	return ns_each(weir_ticks() - begin, TURNS);
}

// ---- memory ----

static size_t resident(void)
{
	unsigned long size = 0, pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	weir_assert(file && fscanf(file, "%lu %lu", &size, &pages) == 2);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static double stepper_bytes(void *arg)
{
	return *(double *)arg;
}

static void curve(void)
{
	static bool same = true, other = false;
	const struct bench_variant variants[] = {
		{"same", turns, &same}, {"other", turns, &other}};
	size_t before = resident();
	double bytes;

	for (unsigned count = 1; count <= MOST; count *= 10) {
		char text[32];

		park_up_to(count);
		snprintf(text, sizeof(text), "parked=%u", count);
		bench_compare("parked.turn", text, "ns", variants, 2, false);
	}
	bytes = (double)(resident() - before) / MOST;
	bench_measure(
		"parked.memory", "stepper", "bytes", stepper_bytes, &bytes);
	ending = true;
	for (unsigned i = 0; i < MOST; i++)
		weir_wake(&parked[i].queue);
	weir_executor_turn(executor);
	weir_assert(weir_executor_counts(executor)->tasks == 0);
}

#define TASKS 1000

static struct weir_wait_queue all;

static void wait_once(void *arg)
{
	weir_assert(weir_wait(&all, WEIR_NEVER, WEIR_WAIT_BACK) == 0);
}

// Also what the executor has made for them beforehand.
static void task_memory(void)
{
	const struct weir_executor_options options = {
		.stack_count = TASKS, .node = -1};
	struct weir_executor *many;
	size_t before = resident();
	double bytes;

	weir_wait_queue_init(&all);
	weir_assert(!weir_executor_create(&many, &options, NULL));
	for (unsigned i = 0; i < TASKS; i++)
		weir_assert(!weir_start(many, wait_once, NULL, NULL, NULL));
	weir_executor_turn(many);
	bytes = (double)(resident() - before) / TASKS;
	bench_measure("parked.memory", "task", "bytes", stepper_bytes, &bytes);
	weir_wake_all(&all);
	weir_executor_turn(many);
	weir_executor_destroy(many);
}

// ---- spawn and join ----

#define CHILDREN 2000

static uint64_t spent;

static void give(void *arg)
{
	weir_task_give(arg);
}

static void spawn_and_join(void *arg)
{
	struct weir_scope scope;
	uint64_t begin = weir_ticks();

	weir_scope_open(&scope);
	for (unsigned i = 0; i < CHILDREN; i++) {
		struct weir_join join;
		const struct weir_spawn_options options = {.join = &join};

		weir_assert(
			!weir_spawn_with(&scope, NULL, give, &scope, &options));
		weir_assert(!weir_join(&join, WEIR_NEVER));
		weir_assert(join.result == &scope);
	}
	weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
	spent = weir_ticks() - begin;
}

static double spawn_join(void *arg)
{
	weir_assert(!weir_start(executor, spawn_and_join, NULL, NULL, NULL));
	do {
		weir_executor_turn(executor);
	} while (weir_executor_counts(executor)->tasks > 0);
	return ns_each(spent, CHILDREN);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	weir_assert(!weir_executor_create(
		&executor, &(struct weir_executor_options){.node = -1}, NULL));
	bench_measure("spawn_join", "here", "ns", spawn_join, NULL);
	task_memory();
	parked = mmap(NULL, MOST * sizeof(struct parked),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	weir_assert(parked != MAP_FAILED);
	curve();
	munmap(parked, MOST * sizeof(struct parked));
	weir_executor_destroy(executor);
	return bench_end();
}
