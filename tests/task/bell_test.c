// SPDX-License-Identifier: BSD-3-Clause
//
// Bells of those who sleep in epoll, and when the keeper has to turn.
#include "task/bell.h"
#include "base/atomic.h"
#include "task/executor.h"
#include "task/task.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_rung(int descriptor, int ms)
{
	struct pollfd ask = {.fd = descriptor, .events = POLLIN};

	return poll(&ask, 1, ms) == 1;
}

static void ring(struct weir_bell *bell)
{
	fence_full();
	weir_bell_ring(bell);
}

Test(bell, that_sleeps_in_epoll_is_rung_by_its_descriptor)
{
	struct weir_bell *bell = weir_bell_get();
	int descriptor = weir_bell_descriptor(bell);

	cr_assert_geq(descriptor, 0);
	ring(bell);
	cr_assert_not(is_rung(descriptor, 0), "nobody sleeps");
	weir_bell_arm(bell);
	ring(bell);
	weir_bell_disarm(bell);
	cr_assert(is_rung(descriptor, 0));
	weir_bell_put(bell);
}

static void *ring_a_while(void *arg)
{
	usleep(3000);
	ring(arg);
	return NULL;
}

Test(bell, keeps_its_descriptor_and_serves_others_without)
{
	struct weir_bell *bell = weir_bell_get();
	int descriptor = weir_bell_descriptor(bell);
	pthread_t thread;

	weir_bell_put(bell);
	// A late ring writes to nobody's file.
	cr_assert_eq(write(descriptor, &(uint64_t){1}, 8), 8);
	cr_assert_eq(weir_bell_get(), bell);
	weir_bell_arm(bell);
	pthread_create(&thread, NULL, ring_a_while, bell);
	weir_bell_sleep(bell, WEIR_NEVER); // on the word
	weir_bell_disarm(bell);
	pthread_join(thread, NULL);
	cr_assert_eq(weir_bell_descriptor(bell), descriptor);
	weir_bell_put(bell);
}

// ---- the keeper ----

// naps answers how often the keeper has slept; -1: there is none.
static long naps(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], line[128];
	long count = -1;

	while ((entry = readdir(tasks))) {
		FILE *status;
		bool keeper = false;

		snprintf(path, sizeof(path), "/proc/self/task/%s/status",
			entry->d_name);
		status = fopen(path, "r");
		while (status && fgets(line, sizeof(line), status)) {
			keeper |= strcmp(line, "Name:\tweir-bells\n") == 0;
			if (keeper &&
				sscanf(line, "voluntary_ctxt_switches: %ld",
					&count) == 1)
				break;
		}
		if (status)
			fclose(status);
	}
	closedir(tasks);
	return count;
}

static struct weir_executor *polling(void)
{
	const struct weir_executor_options options = {.node = -1};
	struct weir_executor *executor;

	cr_assert_eq(weir_executor_create(&executor, &options, NULL), 0);
	return executor;
}

Test(bell, the_keeper_sleeps_while_no_executor_polls)
{
	struct weir_bell *bell = weir_bell_get();
	struct weir_executor *executor;
	long before;

	while (naps() < 0)
		usleep(100); // it has its name
	weir_bell_arm(bell);
	before = naps();
	executor = polling();
	while (naps() < before + 20)
		usleep(100); // it turns
	weir_executor_destroy(executor);
	usleep(2000);
	before = naps();
	usleep(30000); // 600 periods
	cr_assert_leq(naps() - before, 1);
	weir_bell_disarm(bell);
	weir_bell_put(bell);
}

static void ask(void *arg)
{
	ring(arg);
}

// The one who asks goes at once, and takes the keeper's reason to turn with it.
Test(bell, what_was_asked_is_rung_although_the_asker_has_gone)
{
	struct weir_bell *bell = weir_bell_get();
	int descriptor = weir_bell_descriptor(bell);

	for (unsigned i = 0; i < 50; i++) {
		struct weir_executor *executor = polling();
		uint64_t rings;

		weir_bell_arm(bell);
		cr_assert_eq(weir_start(executor, ask, bell, NULL, NULL), 0);
		weir_executor_turn(executor);
		weir_executor_destroy(executor);
		cr_assert(is_rung(descriptor, -1));
		cr_assert_eq(read(descriptor, &rings, 8), 8);
		weir_bell_disarm(bell);
	}
	weir_bell_put(bell);
}
