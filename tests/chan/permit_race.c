// SPDX-License-Identifier: BSD-3-Clause
//
// Threads that reserve, send on permits, drop them and send without, one that
// receives, one that watches the counts, and one that makes strong ends of a weak
// handle: no count leaves its bounds, no credit is lost, and the channel closes
// when the last strong sender goes.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/random.h"
#include "chan/permit.h"
#include "chan/weak.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define CAPACITY 4
#define SENDERS 2
#define MESSAGES 20000 // of each sender

static struct weir_tx tx[SENDERS], watched;
static struct weir_rx rx;
static struct weir_weak_tx weak;
static bool received_all;

static unsigned send_reserved(
	struct weir_tx *end, struct weir_random *r, uint64_t id, unsigned next)
{
	struct weir_permits permits = {0};
	unsigned sent = 0;

	if (weir_try_reserve(end, 1, 3, &permits) != WEIR_RESERVED)
		return 0;
	while (permits.count > 0 && next + sent < MESSAGES &&
		weir_random_below(r, 4)) {
		uint64_t message = id << 32 | (next + sent);

		weir_assert(weir_permits_send(&permits, &message) == WEIR_SENT);
		sent++;
	}
	weir_permits_drop(&permits);
	return sent;
}

static void *send_all(void *arg)
{
	uint64_t id = (uint64_t)(uintptr_t)arg;
	struct weir_random r = {id + 1};

	for (unsigned next = 0; next < MESSAGES;) {
		uint64_t message = id << 32 | next;
		unsigned sent = 0;

		if (weir_random_below(&r, 3))
			sent = send_reserved(&tx[id], &r, id, next);
		else
			sent = weir_try_send(&tx[id], &message) == WEIR_SENT;
		if (!sent)
			sched_yield();
		next += sent;
	}
	weir_tx_close(&tx[id]);
	return NULL;
}

static void *recv_all(void *arg)
{
	uint32_t next[SENDERS] = {0};
	enum weir_result result;
	uint64_t message;

	while ((result = weir_try_recv(&rx, &message)) != WEIR_CLOSED) {
		if (result == WEIR_RECEIVED)
			weir_assert((uint32_t)message == next[message >> 32]++);
		else
			sched_yield();
		if (next[0] + next[1] == SENDERS * MESSAGES)
			store_release(&received_all, true);
	}
	weir_assert(next[0] == MESSAGES && next[1] == MESSAGES);
	return NULL;
}

static void *watch(void *arg)
{
	while (!load_acquire(&received_all)) {
		weir_assert(weir_tx_len(&watched) <= CAPACITY);
		weir_assert(weir_tx_reserved(&watched) <= CAPACITY);
		weir_assert(weir_tx_room(&watched) <= CAPACITY);
		sched_yield();
	}
	while (weir_tx_room(&watched) < CAPACITY) // the last may still drop
		sched_yield();
	weir_assert(weir_tx_reserved(&watched) == 0);
	weir_assert(weir_tx_len(&watched) == 0);
	weir_tx_close(&watched);
	return NULL;
}

static void *upgrade(void *arg)
{
	struct weir_tx strong;

	while (weir_weak_tx_upgrade(&weak, &strong)) {
		sched_yield();
		weir_tx_close(&strong);
		sched_yield();
	}
	weir_weak_tx_drop(&weak);
	return NULL;
}

int main(void)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_MPSC, .message_size = 8, .permits = true};
	void *(*const fns[])(void *) = {
		send_all, send_all, recv_all, watch, upgrade};
	pthread_t threads[5];

	weir_assert(!weir_channel_open_with(CAPACITY, &options, &tx[0], &rx));
	weir_assert(!weir_tx_clone(&tx[0], &tx[1]));
	weir_assert(!weir_tx_clone(&tx[0], &watched));
	weir_assert(!weir_tx_weak(&tx[0], &weak, NULL));
	for (uintptr_t i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, fns[i], (void *)i);
	for (unsigned i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	weir_rx_close(&rx);
	puts("no credit was lost");
	return 0;
}
