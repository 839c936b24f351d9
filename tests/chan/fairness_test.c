// SPDX-License-Identifier: BSD-3-Clause
//
// How long anybody waits beside one who floods, in turns: the bound that follows
// from what chan/chan.h and task/executor.h promise is printed beside the worst
// that was measured, and the two are the same.
//
//	7 who send one message at a time ─┐
//	1 who floods                     ─┴▶ | 4 messages | ──▶ 1, one a turn
//
// and the same the other way round. Between executors there is no order, hence
// no such bound: there a receiver drains rings of one producer each, round robin
// (tests/shell/inputs_test.c).
#include "base/random.h"
#include "stepped.h"

#include <inttypes.h>
#include <stdio.h>

#define USERS 8
#define ROUNDS 100000u

static struct weir_tx txs[USERS];
static struct weir_rx rxs[USERS];
static uint64_t turn_number, worst, moved[USERS];
static unsigned flood_burst, index_of[USERS];
static struct weir_random chance;
static struct weir_task *tasks[USERS + 1];
static unsigned task_count;

static void open_eight(unsigned capacity)
{
	const struct weir_channel_options options = {.message_size = 8};

	executors(1);
	worst = turn_number = 0;
	chance = (struct weir_random){42};
	cr_assert_eq(
		weir_channel_open_with(capacity, &options, &txs[0], &rxs[0]),
		0);
	for (unsigned i = 0; i < USERS; i++) {
		index_of[i] = i;
		moved[i] = 0;
		if (i == 0)
			continue;
		cr_assert_eq(weir_tx_clone(&txs[0], &txs[i]), 0);
		cr_assert_eq(weir_rx_clone(&rxs[0], &rxs[i]), 0);
	}
}

static void close_eight(void)
{
	for (unsigned i = 0; i < task_count; i++)
		weir_task_cancel(tasks[i]);
	turns(on[0], 20);
	for (unsigned i = 0; i < USERS; i++) {
		weir_tx_close(&txs[i]);
		weir_rx_close(&rxs[i]);
	}
	executors_end(1);
}

// Who asks waits for what all seven others, who came before, want once: a message
// each, or a whole burst, one a turn; then it is its own turn.
static void tell(const char *who, uint64_t bound)
{
	fprintf(stderr,
		"%s: bound %" PRIu64 " turns, worst of the seven others "
		"%" PRIu64 "\n",
		who, bound, worst);
	cr_assert_eq(worst, bound);
}

// pause_a_while lets up to 7 turns pass, so that who asks finds the others at any point
// of their round.
static void pause_a_while(void)
{
	for (uint64_t n = weir_random_below(&chance, 8); n > 0; n--)
		weir_yield();
}

// ---- senders ----

// One message, then another: counted from when it asks until it has sent.
static void send_singly(void *arg)
{
	unsigned me = *(unsigned *)arg;
	uint64_t message = me, asked = turn_number;

	tasks[task_count++] = weir_task_self();
	while (weir_send(&txs[me], &message) == WEIR_SENT) {
		if (turn_number - asked > worst)
			worst = turn_number - asked;
		moved[me]++;
		pause_a_while();
		asked = turn_number;
	}
}

static void send_flood(void *arg)
{
	unsigned me = *(unsigned *)arg, done;
	uint64_t messages[64] = {0};

	tasks[task_count++] = weir_task_self();
	while (weir_send_burst(&txs[me], messages, flood_burst, &done,
		       WEIR_NEVER) == WEIR_SENT)
		moved[me] += done;
}

static void recv_singly(void *arg)
{
	uint64_t message;

	tasks[task_count++] = weir_task_self();
	while (weir_recv(&rxs[0], &message) == WEIR_RECEIVED)
		weir_yield();
}

static void start_on(void (*fn)(void *arg), unsigned user)
{
	cr_assert_eq(weir_start(on[0], fn, &index_of[user], NULL, NULL), 0);
}

static void run(void)
{
	for (; turn_number < ROUNDS; turn_number++)
		turns(on[0], 1);
}

static void run_senders(unsigned burst)
{
	open_eight(4);
	flood_burst = burst;
	for (unsigned i = 0; i < USERS; i++)
		start_on(i ? send_singly : send_flood, i);
	start_on(recv_singly, 0);
	run();
}

Test(fairness, seven_senders_beside_one_that_floods)
{
	run_senders(1);
	tell("a sender that floods", USERS);
	close_eight();
}

Test(fairness, seven_senders_beside_one_that_floods_in_bursts)
{
	run_senders(16);
	tell("a sender that floods in bursts of 16", 16 + USERS - 1);
	close_eight();
}

// ---- receivers ----

static void take_singly(void *arg)
{
	unsigned me = *(unsigned *)arg;
	uint64_t message, asked = turn_number;

	tasks[task_count++] = weir_task_self();
	while (weir_recv(&rxs[me], &message) == WEIR_RECEIVED) {
		if (turn_number - asked > worst)
			worst = turn_number - asked;
		moved[me]++;
		pause_a_while();
		asked = turn_number;
	}
}

static void take_flood(void *arg)
{
	unsigned me = *(unsigned *)arg, done;
	uint64_t messages[64];

	tasks[task_count++] = weir_task_self();
	while (weir_recv_burst(&rxs[me], messages, 64, &done, WEIR_NEVER) ==
		WEIR_RECEIVED)
		moved[me] += done;
}

static void feed_singly(void *arg)
{
	uint64_t message = 0;

	tasks[task_count++] = weir_task_self();
	while (weir_send(&txs[0], &message) == WEIR_SENT)
		weir_yield();
}

Test(fairness, seven_receivers_beside_one_that_floods)
{
	open_eight(4);
	for (unsigned i = 0; i < USERS; i++)
		start_on(i ? take_singly : take_flood, i);
	start_on(feed_singly, 0);
	run();
	tell("a receiver that floods", USERS);
	close_eight();
}
