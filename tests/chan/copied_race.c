// SPDX-License-Identifier: BSD-3-Clause
//
// A latest value and a broadcast, written and read by threads at the same time:
// no value is torn, no version goes back, no value is lost without a word. Some
// readers block, and receivers come and go while the sender runs.
#include "base/assert.h"
#include "chan/broadcast.h"
#include "chan/latest.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define WORDS 32
#define WRITES 20000

struct value {
	uint64_t words[WORDS];
};

static struct weir_latest_tx latest_tx;
static struct weir_latest_rx latest_rx[3];
static struct weir_broadcast_tx tx;
static struct weir_broadcast_rx rx[3];

static struct value value_of(uint64_t number)
{
	struct value value;

	for (unsigned i = 0; i < WORDS; i++)
		value.words[i] = number * (i + 1);
	return value;
}

static uint64_t whole(const struct value *value)
{
	for (unsigned i = 0; i < WORDS; i++)
		weir_assert(value->words[i] == value->words[0] * (i + 1));
	return value->words[0];
}

static void *write_latest(void *arg)
{
	for (uint64_t i = 1; i <= WRITES; i++) {
		struct value value = value_of(i);

		weir_assert(weir_latest_write(&latest_tx, &value) == i);
		if (i % 64 == 0)
			sched_yield();
	}
	weir_latest_tx_close(&latest_tx);
	return NULL;
}

static void *read_latest(void *arg)
{
	struct weir_latest_rx *mine = arg;
	bool blocks = mine == &latest_rx[0];
	enum weir_result result = WEIR_RECEIVED;
	uint64_t seen = 0;

	while (result != WEIR_CLOSED && seen < WRITES) {
		struct value value;
		uint64_t version;

		if (blocks)
			result = weir_latest_changed_blocking(
				mine, seen, WEIR_NEVER);
		version = weir_latest_read(mine, &value);
		weir_assert(version >= seen);
		weir_assert(!version || whole(&value) == version);
		seen = version;
	}
	weir_latest_rx_close(mine);
	return NULL;
}

static void *send_all(void *arg)
{
	for (uint64_t i = 0; i < WRITES; i++) {
		struct value value = value_of(i);

		weir_assert(weir_broadcast_send_blocking(
				    &tx, &value, WEIR_NEVER) == WEIR_SENT);
	}
	weir_broadcast_tx_close(&tx);
	return NULL;
}

// rx[0] blocks and is lossless, rx[1] tries and is lossless, rx[2] is lossy.
static void *recv_all(void *arg)
{
	struct weir_broadcast_rx *mine = arg;
	uint64_t next = 0, missed = 0, come = 0;
	enum weir_result result;

	do {
		struct weir_broadcast_rx guest;
		struct value value;

		result = mine == &rx[0] ? weir_broadcast_recv_blocking(mine,
						  &value, &missed, WEIR_NEVER)
					: weir_broadcast_try_recv(
						  mine, &value, &missed);
		if (result == WEIR_RECEIVED) {
			weir_assert(whole(&value) == next + missed);
			next += missed + 1;
		} else {
			sched_yield();
		}
		if (mine == &rx[2] && ++come % 16 == 0) {
			weir_assert(!weir_broadcast_clone(
				mine, WEIR_LOSSLESS, &guest));
			if (weir_broadcast_try_recv(&guest, &value, &missed) ==
				WEIR_RECEIVED)
				weir_assert(
					whole(&value) >= next - 1 || next == 0);
			weir_broadcast_rx_close(&guest);
		}
	} while (result != WEIR_CLOSED);
	weir_assert(next + (mine == &rx[2] ? missed : 0) == WRITES);
	weir_broadcast_rx_close(mine);
	return NULL;
}

static void race(
	void *(*one)(void *), void *(*each)(void *), void *ends, size_t size)
{
	pthread_t threads[4];

	for (unsigned i = 0; i < 3; i++)
		pthread_create(
			&threads[i], NULL, each, (char *)ends + i * size);
	pthread_create(&threads[3], NULL, one, NULL);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	weir_assert(!weir_latest_open(
		sizeof(struct value), NULL, &latest_tx, &latest_rx[0]));
	weir_latest_clone(&latest_rx[0], &latest_rx[1]);
	weir_latest_clone(&latest_rx[0], &latest_rx[2]);
	race(write_latest, read_latest, latest_rx, sizeof(latest_rx[0]));
	weir_assert(!weir_broadcast_open(8, sizeof(struct value), &tx));
	for (unsigned i = 0; i < 3; i++)
		weir_assert(!weir_broadcast_subscribe(
			&tx, i == 2 ? WEIR_LOSSY : WEIR_LOSSLESS, &rx[i]));
	race(send_all, recv_all, rx, sizeof(rx[0]));
	puts("nothing torn, and nothing lost without a word");
	return 0;
}
