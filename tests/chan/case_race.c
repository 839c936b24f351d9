// SPDX-License-Identifier: BSD-3-Clause
//
// Two executors on threads of their own whose tasks select, over channels new all
// the time: each of a pair receives, sends and, some, look at the clock at once.
//
//	executor 0                    executor 1
//	talk ── tx ─▶ | 1..4 | ─▶ rx ── talk
//	     ◀─ rx ── | 1..4 | ◀─ tx ──
//
// Both channels may be full at once; who could only send or only receive would
// hang then. Nothing may be lost, or come out of order; a lost wakeup shows as a
// run that never ends.
#include "base/atomic.h"
#include "chan/case.h"
#include "task/select.h"
#include "task/two_threads.h"

#include <stdio.h>

#define PAIRS 1600
#define AT_ONCE 8
#define MESSAGES 20 // each way

static uint32_t alarm_count;

struct talker {
	struct weir_tx tx;
	struct weir_rx rx;
	bool patient; // needs no clock to look again
};

static void talk(void *arg)
{
	struct talker *t = arg;
	uint64_t in = 0, out = 0, received = 0;
	struct weir_case cases[] = {
		weir_case_recv(&t->rx, &in),
		weir_case_send(&t->tx, &out),
		weir_case_after(t->patient ? WEIR_NEVER : weir_in_us(20)),
	};

	for (;;) {
		int k = weir_select(cases, 3);

		if (k == 2) {
			add_relaxed(&alarm_count, 1);
			weir_case_set_after(&cases[2], weir_in_us(20));
		} else if (k == 1) {
			weir_assert(cases[1].result == WEIR_SENT);
			if (++out == MESSAGES) {
				cases[1].disabled = true;
				weir_tx_close(&t->tx);
			}
		} else if (cases[0].result == WEIR_CLOSED) {
			break;
		} else {
			weir_assert(in == received++);
		}
	}
	weir_assert(received == MESSAGES);
	while (out < MESSAGES) { // the other one may be further
		weir_assert(weir_send(&t->tx, &out) == WEIR_SENT);
		out++;
	}
	weir_tx_close(&t->tx);
	weir_rx_close(&t->rx);
}

static void open_pair(struct talker pair[2], unsigned i)
{
	const struct weir_channel_options options = {
		.class_ = i % 2 ? WEIR_SPSC : WEIR_MPMC, .message_size = 8};

	for (unsigned k = 0; k < 2; k++) {
		pair[k].patient = i % 3;
		weir_assert(!weir_channel_open_with(
			1 + i % 4, &options, &pair[k].tx, &pair[!k].rx));
	}
}

static void feed(void *arg)
{
	for (unsigned i = 0; i < PAIRS; i += AT_ONCE) {
		struct talker pairs[AT_ONCE][2];
		struct weir_scope scope;

		weir_scope_open(&scope);
		for (unsigned k = 0; k < AT_ONCE; k++) {
			open_pair(pairs[k], i + k);
			for (unsigned e = 0; e < 2; e++)
				weir_assert(!weir_spawn(&scope, executors[e],
					talk, &pairs[k][e]));
		}
		weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
	}
	stop_both();
}

int main(void)
{
	open_both();
	weir_assert(!weir_start(executors[0], feed, NULL, NULL, NULL));
	run_both();
	printf("%u pairs talked to the end, %u alarms\n", PAIRS, alarm_count);
	return 0;
}
