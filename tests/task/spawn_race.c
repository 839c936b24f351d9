// SPDX-License-Identifier: BSD-3-Clause
//
// Two executors on two threads spawn on each other and cancel: at the deadline,
// from a child, or from a third thread, while the children end by themselves.
// All end, and all records and stacks come home.
#include "base/assert.h"
#include "base/random.h"
#include "task/executor.h"
#include "task/task.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 2000
#define CHILDREN 6
#define STACKS 9 // at times too few

static struct weir_executor *sides[2];
static struct weir_random sources[2];
static unsigned ended_count;
static struct weir_scope *to_cancel[2]; // for the third thread, exchanged
static bool over;

static void count_end(void)
{
	add_relaxed(&ended_count, 1);
}

static void sleeper(void *arg)
{
	if (weir_sleep(weir_in_us((uintptr_t)arg)))
		weir_task_fail(-ECANCELED);
	count_end();
}

static void yielder(void *arg)
{
	for (uintptr_t i = 0; i < (uintptr_t)arg; i++)
		weir_yield();
	count_end();
}

static void canceler(void *arg)
{
	weir_yield();
	weir_scope_cancel(arg);
	count_end();
}

// fill spawns up to CHILDREN tasks over there and here; answers how many.
static unsigned fill(struct weir_scope *scope, unsigned side)
{
	struct weir_random *random = &sources[side];
	unsigned count = 0;

	for (unsigned i = 0; i < CHILDREN; i++) {
		struct weir_executor *on = sides[weir_random_below(random, 2)];
		uintptr_t n = weir_random_below(random, 40);
		uint64_t kind = weir_random_below(random, 8);
		int err;

		if (kind == 0)
			err = weir_spawn(scope, on, canceler, scope);
		else
			err = weir_spawn(scope, on,
				kind < 5 ? sleeper : yielder, (void *)n);
		weir_assert(!err || err == -ECANCELED || err == -EAGAIN);
		count += !err;
	}
	return count;
}

static void one_round(unsigned side)
{
	struct weir_random *random = &sources[side];
	uint64_t us = weir_random_below(random, 60);
	struct weir_scope scope;
	bool shared = weir_random_below(random, 4) == 0;
	int err;

	weir_scope_open(&scope);
	fill(&scope, side);
	if (shared)
		store_release(&to_cancel[side], &scope);
	weir_yield();
	// Taken back, or the third thread has cancelled it or is about to.
	while (shared && exchange_acq_rel(&to_cancel[side], NULL) == NULL &&
		!load_acquire(&scope.cancel_posted))
		weir_yield();
	err = weir_scope_close(&scope, weir_in_us(us));
	weir_assert(!err || err == -ETIMEDOUT || err == -ECANCELED ||
		    err == -EAGAIN);
}

static void play(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		one_round((unsigned)(uintptr_t)arg);
}

static unsigned finished;

static void on_end(void *arg)
{
	if (add_acq_rel(&finished, 1) == 1)
		for (int i = 0; i < 2; i++)
			weir_executor_stop(sides[i]);
}

static void *run(void *arg)
{
	weir_executor_run(arg);
	return NULL;
}

static void *cancel_all(void *arg)
{
	for (unsigned i = 0; !load_acquire(&over); i++) {
		struct weir_scope *scope =
			exchange_acq_rel(&to_cancel[i % 2], NULL);

		if (scope)
			weir_scope_cancel(scope);
		sched_yield();
	}
	return NULL;
}

int main(void)
{
	const struct weir_executor_options options = {
		.node = -1, .stack_count = STACKS, .idle = weir_idle_yield};
	const char *seed = getenv("WEIR_SEED");
	pthread_t threads[2], third;

	for (uintptr_t i = 0; i < 2; i++) {
		sources[i].state = (seed ? strtoull(seed, NULL, 0) : 1) + i;
		if (weir_executor_create(&sides[i], &options, NULL) ||
			weir_start(sides[i], play, (void *)i, NULL, on_end))
			return 1;
	}
	pthread_create(&third, NULL, cancel_all, NULL);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, run, sides[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	store_release(&over, true);
	pthread_join(third, NULL);
	for (int i = 0; i < 2; i++) {
		weir_assert(weir_executor_counts(sides[i])->tasks == 0);
		weir_executor_destroy(sides[i]);
	}
	printf("%u children ended\n", ended_count);
	return 0;
}
