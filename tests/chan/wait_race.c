// SPDX-License-Identifier: BSD-3-Clause
//
// Executors on threads of their own whose tasks park on channels and are woken
// from the other thread, with cancelled and timed-out waits in between; new
// channels all the time, so that the change from one executor to two is raced
// for each. A lost wakeup shows as a run that never ends: the timeout of the
// test.
#include "base/atomic.h"
#include "chan/chan.h"
#include "task/two_threads.h"

#include <sched.h>
#include <stdio.h>

#define CHANNELS 400
#define MESSAGES 20 // through each channel

struct pair {
	struct weir_tx tx;
	struct weir_rx rx;
	uint64_t received;
	uint32_t *left; // tasks that have not ended
};

static void ended(struct pair *pair)
{
	if (sub_acq_rel(pair->left, 1) == 1)
		stop_both();
}

static void send_numbers(void *arg)
{
	struct pair *pair = arg;

	for (uint64_t i = 0; i < MESSAGES;) {
		uint64_t message = i;
		uint64_t deadline = i % 3 ? WEIR_NEVER : weir_in_us(20);
		enum weir_result result =
			weir_send_until(&pair->tx, &message, deadline);

		if (result == WEIR_TIMED_OUT)
			continue;
		weir_assert(result == WEIR_SENT);
		i++;
		if (i % 7 == 0)
			weir_yield();
	}
	weir_tx_close(&pair->tx);
	ended(pair);
}

static void recv_numbers(void *arg)
{
	struct pair *pair = arg;
	enum weir_result result;
	uint64_t message;

	for (;;) {
		uint64_t deadline =
			pair->received % 3 ? WEIR_NEVER : weir_in_us(20);

		result = weir_recv_until(&pair->rx, &message, deadline);
		if (result == WEIR_TIMED_OUT)
			continue;
		if (result == WEIR_CLOSED)
			break;
		weir_assert(result == WEIR_RECEIVED);
		weir_assert(message == pair->received);
		pair->received++;
	}
	weir_assert(pair->received == MESSAGES);
	weir_rx_close(&pair->rx);
	ended(pair);
}

// feed opens channels and starts their tasks, a few at a time, on its own
// executor and, through a task of a scope, on the other.
static void feed(void *arg)
{
	unsigned first = *(unsigned *)arg;
	static struct pair pairs[2][CHANNELS];
	static uint32_t left = 2 * 2 * CHANNELS;

	for (unsigned i = 0; i < CHANNELS; i += 8) {
		struct weir_scope scope;

		weir_scope_open(&scope);
		for (unsigned k = i; k < i + 8; k++) {
			struct pair *pair = &pairs[first][k];
			const struct weir_channel_options options = {
				.class_ = k % 2 ? WEIR_SPSC : WEIR_MPMC,
				.message_size = 8};

			pair->left = &left;
			weir_assert(!weir_channel_open_with(
				1 + k % 4, &options, &pair->tx, &pair->rx));
			weir_assert(!weir_spawn(&scope, executors[first],
				k % 3 ? recv_numbers : send_numbers, pair));
			weir_assert(!weir_spawn(&scope, executors[!first],
				k % 3 ? send_numbers : recv_numbers, pair));
		}
		weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
	}
}

int main(void)
{
	static unsigned zero = 0, one = 1;
	open_both();
	weir_assert(!weir_start(executors[0], feed, &zero, NULL, NULL));
	weir_assert(!weir_start(executors[1], feed, &one, NULL, NULL));
	run_both();
	puts("nobody slept on");
	return 0;
}
