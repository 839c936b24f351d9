// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots between an executor that polls, one that sleeps and threads that
// block: sent, closed, given up at a deadline, all at the same time, by senders
// some of which wait a while for their receiver to go. Each pointer is freed once, by who it belongs to at the end.
#include "base/assert.h"
#include "chan/oneshot.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOTS 3000

static struct weir_oneshot_tx txs[SHOTS];
static struct weir_oneshot_rx rxs[SHOTS];
static uint32_t delivered, returned, closed, learnt;

static void send_or_close(unsigned i)
{
	int *message = malloc(sizeof(*message));

	*message = (int)i;
	if (i % 11 == 0) {
		weir_oneshot_tx_close(&txs[i]);
	} else if (weir_oneshot_send(&txs[i], &message) == WEIR_SENT) {
		weir_assert(!message);
		return;
	}
	free(message);
	add_relaxed(&returned, 1);
}

static void end(unsigned i, enum weir_result result, int **got)
{
	int *message = *got;

	if (result == WEIR_TIMED_OUT)
		result = weir_oneshot_rx_close(&rxs[i], &message);
	if (result == WEIR_RECEIVED) {
		weir_assert(*message == (int)i);
		free(message);
		add_relaxed(&delivered, 1);
	} else {
		weir_assert(result == WEIR_CLOSED);
		add_relaxed(&closed, 1);
	}
}

static void recv_in_task(void *arg)
{
	for (unsigned i = 0; i < SHOTS; i++) {
		uint64_t deadline = i % 3 ? WEIR_NEVER : weir_in_us(i % 50);
		int *message = NULL;

		end(i, weir_oneshot_recv(&rxs[i], &message, deadline),
			&message);
	}
	weir_executor_stop(weir_executor_self());
}

static void *recv_in_thread(void *arg)
{
	for (unsigned i = 0; i < SHOTS; i++) {
		uint64_t deadline = i % 3 ? WEIR_NEVER : weir_in_us(i % 50);
		int *message = NULL;

		end(i, weir_oneshot_recv_blocking(&rxs[i], &message, deadline),
			&message);
	}
	return NULL;
}

// heed waits for the receiver to go, at times, but not for long.
static void heed(unsigned i)
{
	if (i % 5 > 1 || weir_oneshot_wait_closed(
				 &txs[i], weir_in_us(i % 40)) == WEIR_TIMED_OUT)
		return;
	weir_assert(weir_oneshot_closed(&txs[i]));
	add_relaxed(&learnt, 1);
}

static void send_in_task(void *arg)
{
	for (unsigned i = 0; i < SHOTS; i++) {
		heed(i);
		send_or_close(i);
		if (i % 4 == 0)
			weir_yield();
	}
	weir_executor_stop(weir_executor_self());
}

static void *send_in_thread(void *arg)
{
	for (unsigned i = 0; i < SHOTS; i++) {
		send_or_close(i);
		if (i % 4 == 0)
			sched_yield();
	}
	return NULL;
}

static void *run(void *arg)
{
	struct weir_executor *executor = arg;

	weir_executor_run(executor);
	return NULL;
}

// One side: a task on an executor that polls or sleeps, or a thread.
enum place { POLLS, SLEEPS, THREAD };

static struct weir_executor *begin(enum place place, void (*task)(void *arg),
	void *(*fn)(void *arg), pthread_t *thread)
{
	const struct weir_executor_options options = {
		.idle = place == POLLS ? weir_idle_yield : NULL,
		.sleeps = place == SLEEPS,
		.node = -1};
	struct weir_executor *executor = NULL;

	if (place == THREAD) {
		pthread_create(thread, NULL, fn, NULL);
		return NULL;
	}
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	weir_assert(!weir_start(executor, task, NULL, NULL, NULL));
	pthread_create(thread, NULL, run, executor);
	return executor;
}

static void end_of(struct weir_executor *executor)
{
	if (!executor)
		return;
	weir_executor_turn(executor);
	weir_executor_destroy(executor);
}

static void race(enum place from, enum place to)
{
	struct weir_executor *sends, *receives;
	pthread_t threads[2];

	delivered = returned = closed = 0;
	for (unsigned i = 0; i < SHOTS; i++)
		weir_assert(!weir_oneshot_open(0, &txs[i], &rxs[i]));
	receives = begin(to, recv_in_task, recv_in_thread, &threads[0]);
	sends = begin(from, send_in_task, send_in_thread, &threads[1]);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	end_of(receives);
	end_of(sends);
	weir_assert(delivered + closed == SHOTS);
	weir_assert(returned == closed);
}

int main(void)
{
	for (unsigned from = POLLS; from <= THREAD; from++)
		for (unsigned to = POLLS; to <= THREAD; to++)
			race((enum place)from, (enum place)to);
	printf("each message was delivered or came back, %u senders had seen "
	       "their receivers go\n",
		learnt);
	return 0;
}
