// SPDX-License-Identifier: BSD-3-Clause
//
// An owner closes while a question is on its way into the line: who asked is
// told, whichever comes first. A question that stays in the line shows as a run
// that never ends.
#include "base/assert.h"
#include "base/random.h"
#include "sync/ask.h"
#include "task/executor.h"
#include "task/task.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define ROUNDS 100000

static struct weir_executor *executor;
static struct weir_asker asker;
static struct weir_owner owner;
static uint32_t opened, closed; // rounds

static void dawdle(struct weir_random *random)
{
	for (uint64_t n = weir_random_below(random, 200); n > 0; n--)
		cpu_relax();
}

static void ask(void *arg)
{
	struct weir_random random;
	uint64_t question = 1, answer;

	random.state = 1;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		weir_assert(!weir_ask_open(4, 8, 8, &asker, &owner));
		store_release(&opened, round);
		dawdle(&random);
		weir_assert(weir_ask(&asker, &question, &answer, WEIR_NEVER) ==
			    -ESHUTDOWN);
		weir_asker_close(&asker);
		while (load_acquire(&closed) != round)
			weir_yield();
	}
	weir_executor_stop(executor);
}

static void *run(void *arg)
{
	weir_executor_run(executor);
	return NULL;
}

int main(void)
{
	const struct weir_executor_options options = {
		.idle = weir_idle_yield, .node = -1};
	struct weir_random random;
	pthread_t thread;

	random.state = 2;
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	weir_assert(!weir_start(executor, ask, NULL, NULL, NULL));
	pthread_create(&thread, NULL, run, NULL);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		while (load_acquire(&opened) != round)
			sched_yield();
		dawdle(&random);
		weir_owner_close(&owner);
		store_release(&closed, round);
	}
	pthread_join(thread, NULL);
	weir_executor_destroy(executor);
	printf("%u questions, each was told\n", ROUNDS);
	return 0;
}
