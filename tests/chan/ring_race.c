// SPDX-License-Identifier: BSD-3-Clause
//
// Threads on the two ends: one and one on a single-user ring, two and two on a
// multi-user one. Worth most under the thread sanitizer. An observer asks for
// len meanwhile, which must stay in its bounds.
#include "base/assert.h"
#include "chan/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY 3
#define MESSAGES 30000 // of each producer

struct message {
	uint32_t producer, number;
	uint32_t check;
};

struct run {
	struct rte_ring *ring;
	bool multi;
	unsigned producers;
	uint32_t received; // of all consumers
	bool done;
};

struct user {
	struct run *run;
	uint32_t id;
};

static uint32_t check_of(const struct message *m)
{
	return m->producer * 31 + m->number * 2654435761u;
}

static void *produce(void *arg)
{
	struct user *user = arg;
	struct run *run = user->run;
	struct weir_ring_tx tx;

	weir_ring_tx_init(&tx, run->ring, sizeof(struct message));
	for (uint32_t i = 0; i < MESSAGES;) {
		struct message burst[2];
		unsigned n = 1 + (i % 5 == 0 && i + 1 < MESSAGES);

		for (unsigned k = 0; k < n; k++) {
			burst[k] = (struct message){user->id, i + k, 0};
			burst[k].check = check_of(&burst[k]);
		}

		unsigned done = run->multi ? weir_ring_send_multi(&tx, burst, n)
					   : weir_ring_send(&tx, burst, n);

		i += done;
		if (done == 0)
			sched_yield();
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct user *user = arg;
	struct run *run = user->run;
	uint32_t next[2] = {0};
	struct weir_ring_rx rx;

	weir_ring_rx_init(&rx, run->ring, sizeof(struct message));
	while (load_acquire(&run->received) < run->producers * MESSAGES) {
		struct message burst[3];
		unsigned done = run->multi ? weir_ring_recv_multi(&rx, burst, 3)
					   : weir_ring_recv(&rx, burst, 3);

		for (unsigned i = 0; i < done; i++) {
			weir_assert(burst[i].check == check_of(&burst[i]));
			weir_assert(burst[i].number >= next[burst[i].producer]);
			next[burst[i].producer] = burst[i].number + 1;
		}
		add_acq_rel(&run->received, done);
		if (done == 0)
			sched_yield();
	}
	return NULL;
}

static void *observe(void *arg)
{
	struct run *run = arg;

	while (!load_acquire(&run->done)) {
		weir_assert(weir_ring_len(run->ring) <= CAPACITY);
		sched_yield();
	}
	return NULL;
}

static void race(bool multi)
{
	size_t bytes = weir_ring_memory_size(CAPACITY, sizeof(struct message));
	unsigned users = multi ? 2 : 1;
	pthread_t producer[2], consumer[2], observer;
	struct run run = {.multi = multi, .producers = users};
	struct user user[2] = {{&run, 0}, {&run, 1}};

	run.ring = weir_ring_init(aligned_alloc(WEIR_CACHE_LINE,
					  RTE_ALIGN(bytes, WEIR_CACHE_LINE)),
		"r", CAPACITY, multi);
	pthread_create(&observer, NULL, observe, &run);
	for (unsigned i = 0; i < users; i++) {
		pthread_create(&producer[i], NULL, produce, &user[i]);
		pthread_create(&consumer[i], NULL, consume, &user[i]);
	}
	for (unsigned i = 0; i < users; i++) {
		pthread_join(producer[i], NULL);
		pthread_join(consumer[i], NULL);
	}
	store_release(&run.done, true);
	pthread_join(observer, NULL);
	weir_assert(run.received == users * MESSAGES);
	weir_assert(weir_ring_len(run.ring) == 0);
	free(run.ring);
}

int main(void)
{
	race(false);
	race(true);
	puts("nothing lost, doubled or out of order");
	return 0;
}
