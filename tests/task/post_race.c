// SPDX-License-Identifier: BSD-3-Clause
//
// Several threads post to one executor as fast as they can: each post is
// handled once, in the order of its thread, and stop from a thread ends it.
#include "base/assert.h"
#include "base/list.h"
#include "task/executor.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define THREADS 3
#define POSTS 200
#define ROUNDS 200

struct poster;

struct item {
	struct weir_post post;
	struct poster *poster;
	unsigned number;
};

struct poster {
	pthread_t thread;
	struct item items[POSTS];
	unsigned handled; // by the executor's thread
	unsigned done;	  // rounds: released by it, acquired by the poster
};

static struct weir_executor *executor;
static struct poster posters[THREADS];

static void handle(struct weir_executor *x, struct weir_post *post)
{
	struct item *item = weir_container(post, struct item, post);
	struct poster *poster = item->poster;

	weir_assert(x == executor && weir_executor_self() == x);
	weir_assert(item->number == poster->handled % POSTS);
	if (++poster->handled % POSTS == 0)
		store_release(&poster->done, poster->done + 1);
}

static void *storm(void *arg)
{
	struct poster *poster = arg;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < POSTS; i++) {
			struct item *item = &poster->items[i];

			item->post.fn = handle;
			item->poster = poster;
			item->number = i;
			weir_executor_post(executor, &item->post);
		}
		while (load_acquire(&poster->done) <= round)
			sched_yield();
	}
	return NULL;
}

static void *run(void *arg)
{
	weir_executor_run(executor);
	return NULL;
}

int main(void)
{
	const struct weir_executor_options options = {
		.node = -1, .stack_count = 1, .idle = weir_idle_yield};
	pthread_t runner;

	if (weir_executor_create(&executor, &options, NULL))
		return 1;
	pthread_create(&runner, NULL, run, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&posters[i].thread, NULL, storm, &posters[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(posters[i].thread, NULL);
	weir_executor_stop(executor);
	pthread_join(runner, NULL);
	for (int i = 0; i < THREADS; i++)
		weir_assert(posters[i].handled == ROUNDS * POSTS);
	weir_executor_destroy(executor);
	return 0;
}
