// SPDX-License-Identifier: BSD-3-Clause
//
// Threads pass points all the while, others come and go, and one takes trace
// after trace: what is saved is whole, and nobody writes to what was given back.
#include "trace/events.h"

#include <pthread.h>

#define TRACES 200
#define WRITERS 3

static bool done;

static void *write_all(void *arg)
{
	uint64_t number = 0;

	weir_trace_thread("writer");
	while (!load_acquire(&done)) {
		WEIR_TRACE(executor_turn, arg, ++number);
		WEIR_TRACE(task_resumed, arg);
	}
	return NULL;
}

static void *write_once(void *arg)
{
	WEIR_TRACE(executor_turn, arg, 1);
	return NULL;
}

// check answers how many events there are in a thread's file: numbers follow
// each other, and between two of them stands a task.
static unsigned check(const struct saved *saved, const char *name)
{
	unsigned turn = number_of(saved, "executor.turn");
	unsigned resumed = number_of(saved, "task.resumed");
	uint64_t last = 0, number, tick = 0;
	size_t size, at = HEAD_SIZE;
	char *bytes = read_file(saved, name, &size);
	unsigned count = 0;

	if (!bytes)
		return 0;
	if (size > at &&
		event_at(bytes + at).number == number_of(saved, "trace.lost"))
		at += LOST_SIZE;
	for (; at < size; count++) {
		struct event event = event_at(bytes + at);

		weir_assert(event.tick >= tick);
		tick = event.tick;
		if (event.number == resumed) {
			at += 16;
			continue;
		}
		weir_assert(event.number == turn);
		number = field_u64(&event, 8);
		weir_assert(!last || number == last + 1);
		last = number;
		at += 24;
	}
	weir_assert(at == size);
	free(bytes);
	return count;
}

int main(void)
{
	pthread_t writers[WRITERS], passer;
	unsigned events = 0;

	events_open();
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, write_all, &done);
	for (unsigned i = 0; i < TRACES; i++) {
		struct saved saved;

		start_tracing(WEIR_TRACE_MEMORY_MIN, WRITERS + 1);
		if (i % 8 == 0) {
			pthread_create(&passer, NULL, write_once, NULL);
			pthread_join(passer, NULL);
		}
		usleep(i % 4 * 500);
		weir_trace_stop();
		if (i % 4 == 3) {
			save(&saved);
			for (unsigned j = 0; j < WRITERS + 30; j++) {
				char name[32];

				snprintf(name, sizeof(name), "channel0_%u", j);
				events += check(&saved, name);
			}
			forget(&saved);
		}
		weir_trace_drop();
	}
	store_release(&done, true);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	weir_eal_close();
	weir_assert(events > 0);
	puts("no race");
	return 0;
}
