// SPDX-License-Identifier: BSD-3-Clause
//
// Plain threads and try_: many on each end, and ends that close in each order
// while others use them. Each message is received once or released once.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/random.h"
#include "chan/chan.h"
#include "chan/segments.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USERS_MAX 2
#define MESSAGES 4000 // of each sender
#define ROUNDS 60

struct run {
	uint32_t sent, received, released; // all users
	uint8_t seen[USERS_MAX][MESSAGES];
	unsigned stop_after; // messages that each receiver takes; 0: all
};

struct user {
	struct run *run;
	struct weir_tx tx;
	struct weir_rx rx;
	uint32_t id;
};

// The message is a pointer to memory that only its owner touches, so that the
// thread sanitizer sees whether ownership moves with it.
struct message {
	uint32_t sender, number;
};

static void see(struct run *run, struct message *message)
{
	uint8_t *seen = &run->seen[message->sender][message->number];

	weir_assert(exchange_acq_rel(seen, 1) == 0);
	free(message);
}

static void release(void *arg, void *message)
{
	struct run *run = arg;

	see(run, message);
	add_relaxed(&run->released, 1);
}

static bool has_no_room(enum weir_result result)
{
	return result == WEIR_FULL || result == WEIR_AT_CAP ||
	       result == WEIR_NO_SEGMENT;
}

static void *send_all(void *arg)
{
	struct user *user = arg;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		struct message *message = malloc(sizeof(*message));
		enum weir_result result;

		*message = (struct message){user->id, i};
		do {
			result = weir_try_send(&user->tx, &message);
			if (has_no_room(result))
				sched_yield();
		} while (has_no_room(result));
		if (result == WEIR_CLOSED) {
			weir_assert(message && message->number == i);
			free(message);
			break;
		}
		weir_assert(!message);
		add_relaxed(&user->run->sent, 1);
	}
	weir_tx_close(&user->tx);
	return NULL;
}

static void *recv_some(void *arg)
{
	struct user *user = arg;
	unsigned stop = user->run->stop_after;
	uint32_t next[USERS_MAX] = {0};

	for (unsigned taken = 0; !stop || taken < stop;) {
		struct message *message;
		enum weir_result result = weir_try_recv(&user->rx, &message);

		if (result == WEIR_CLOSED)
			break;
		if (result == WEIR_EMPTY) {
			sched_yield();
			continue;
		}
		weir_assert(message->number >= next[message->sender]);
		next[message->sender] = message->number + 1;
		see(user->run, message);
		add_relaxed(&user->run->received, 1);
		taken++;
	}
	weir_rx_close(&user->rx);
	return NULL;
}

// What is under the channel: a ring, a ring with permits, segments.
enum kind { RING, PERMITS, SEGMENTS, KINDS };

static struct weir_segments *segments;

static void race(enum weir_channel_class class_, enum kind kind,
	unsigned capacity, unsigned stop_after)
{
	unsigned txs = class_ == WEIR_MPMC || class_ == WEIR_MPSC ? 2 : 1;
	unsigned rxs = class_ == WEIR_MPMC || class_ == WEIR_SPMC ? 2 : 1;
	struct run *run = calloc(1, sizeof(*run));
	const struct weir_channel_options options = {.class_ = class_,
		.permits = kind == PERMITS,
		.segments = kind == SEGMENTS ? segments : NULL,
		.release = release,
		.release_arg = run};
	struct user senders[USERS_MAX], receivers[USERS_MAX];
	pthread_t threads[2 * USERS_MAX];

	run->stop_after = stop_after;
	weir_assert(!weir_channel_open_with(
		capacity, &options, &senders[0].tx, &receivers[0].rx));
	for (unsigned i = 1; i < txs; i++)
		weir_assert(!weir_tx_clone(&senders[0].tx, &senders[i].tx));
	for (unsigned i = 1; i < rxs; i++)
		weir_assert(!weir_rx_clone(&receivers[0].rx, &receivers[i].rx));
	for (unsigned i = 0; i < rxs; i++) {
		receivers[i].run = run;
		pthread_create(&threads[i], NULL, recv_some, &receivers[i]);
	}
	for (unsigned i = 0; i < txs; i++) {
		senders[i].run = run;
		senders[i].id = i;
		pthread_create(&threads[rxs + i], NULL, send_all, &senders[i]);
	}
	for (unsigned i = 0; i < txs + rxs; i++)
		pthread_join(threads[i], NULL);
	weir_assert(run->sent == run->received + run->released);
	weir_assert(stop_after || run->received == txs * MESSAGES);
	free(run);
}

int main(void)
{
	struct weir_random r = {42};

	weir_assert(!weir_segments_open(&segments, 4, 2, 0));
	for (unsigned c = WEIR_MPMC; c <= WEIR_SPMC; c++)
		for (unsigned kind = 0; kind < KINDS; kind++)
			race((enum weir_channel_class)c, (enum kind)kind, 3, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned stop = 1 + (unsigned)weir_random_below(&r, 200);

		for (unsigned c = WEIR_MPMC; c <= WEIR_SPMC; c++)
			race((enum weir_channel_class)c, i % KINDS, 1 + i % 4,
				stop);
	}
	weir_assert(weir_segments_free_count(segments) == 4);
	weir_assert(!weir_segments_close(segments));
	puts("each message was received once or released once");
	return 0;
}
