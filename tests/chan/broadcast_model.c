// SPDX-License-Identifier: BSD-3-Clause
//
// A broadcast of few slots and up to six receivers of both kinds that come and
// go at random, against a count of what was sent: each knows beforehand what it
// must be answered. Then the same with tasks that wait, of which each must get
// every value, or be told of it.
#include "chan/broadcast.h"
#include "seed.h"
#include "stepped.h"

#define RUNS 300
#define STEPS 300
#define RECEIVERS 6

static struct weir_random r;
static struct weir_broadcast_tx tx;
static struct {
	struct weir_broadcast_rx rx;
	bool here;
	enum weir_broadcast_kind kind;
	uint64_t next; // that it wants
} receivers[RECEIVERS];
static uint64_t sent;
static unsigned capacity;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static void send_one(void)
{
	enum weir_result right = WEIR_CLOSED;

	for (unsigned i = 0; i < RECEIVERS; i++) {
		if (!receivers[i].here)
			continue;
		if (right == WEIR_CLOSED)
			right = WEIR_SENT;
		if (receivers[i].kind == WEIR_LOSSLESS &&
			sent - receivers[i].next == capacity)
			right = WEIR_FULL;
	}
	cr_assert_eq(weir_broadcast_try_send(&tx, &sent), right);
	sent += right == WEIR_SENT;
}

static void recv_one(unsigned i)
{
	uint64_t got = 0, missed = 99, lost = 0, behind;
	enum weir_result result;

	behind = sent - receivers[i].next;
	result = weir_broadcast_try_recv(&receivers[i].rx, &got, &missed);
	if (receivers[i].kind == WEIR_LOSSY && behind > capacity)
		lost = behind - capacity;
	if (behind == 0) {
		cr_assert_eq(result, WEIR_EMPTY);
		return;
	}
	cr_assert_eq(result, WEIR_RECEIVED);
	cr_assert_eq(missed, lost);
	cr_assert_eq(got, receivers[i].next + lost);
	receivers[i].next = got + 1;
}

static void come_or_go(unsigned i)
{
	receivers[i].here = !receivers[i].here;
	if (!receivers[i].here) {
		weir_broadcast_rx_close(&receivers[i].rx);
		return;
	}
	receivers[i].kind = below(2) ? WEIR_LOSSLESS : WEIR_LOSSY;
	receivers[i].next = sent;
	cr_assert_eq(weir_broadcast_subscribe(
			     &tx, receivers[i].kind, &receivers[i].rx),
		0);
}

static void run(void)
{
	capacity = 1 + below(4);
	sent = 0;
	cr_assert_eq(weir_broadcast_open(capacity, 8, &tx), 0);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = below(RECEIVERS);

		if (below(2))
			send_one();
		else if (below(8) == 0)
			come_or_go(i);
		else if (receivers[i].here)
			recv_one(i);
	}
	for (unsigned i = 0; i < RECEIVERS; i++)
		if (receivers[i].here)
			come_or_go(i);
	weir_broadcast_tx_close(&tx);
}

Test(broadcast_model, each_answer_is_known_beforehand)
{
	r = random_of_test();
	for (unsigned i = 0; i < RUNS; i++)
		run();
}

// ---- with waits ----

static unsigned ended_count;
static struct weir_task *tasks[RECEIVERS];

static void receive_all(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;
	uint64_t next = 0, got, missed;
	enum weir_result result;

	tasks[i] = weir_task_self();
	do {
		uint64_t deadline =
			below(2) ? WEIR_NEVER : now_ticks + below(50);

		result = weir_broadcast_recv(
			&receivers[i].rx, &got, &missed, deadline);
		if (result == WEIR_RECEIVED) {
			cr_assert_eq(got, next + missed);
			next = got + 1;
		} else if (result == WEIR_CLOSED) {
			next += missed;
		}
		if (below(3) == 0)
			weir_yield();
	} while (result == WEIR_RECEIVED || result == WEIR_TIMED_OUT);
	tasks[i] = NULL;
	if (result == WEIR_CLOSED)
		cr_assert_eq(next, sent);
	else
		cr_assert_eq(result, WEIR_CANCELED);
	weir_broadcast_rx_close(&receivers[i].rx);
	ended_count++;
}

static void send_all(void *arg)
{
	for (uint64_t i = 0; i < 60; i++) {
		enum weir_result result =
			weir_broadcast_send(&tx, &i, WEIR_NEVER);

		if (result == WEIR_CLOSED)
			break;
		cr_assert_eq(result, WEIR_SENT);
		sent = i + 1;
		if (below(4) == 0)
			weir_yield();
	}
	weir_broadcast_tx_close(&tx);
	ended_count++;
}

static void run_waiting(void)
{
	unsigned steps = 0, spread = 1 + below(3), count = 1 + below(RECEIVERS);

	sent = 0;
	ended_count = 0;
	cr_assert_eq(weir_broadcast_open(1 + below(4), 8, &tx), 0);
	for (uintptr_t i = 0; i < count; i++) {
		cr_assert_eq(weir_broadcast_subscribe(&tx,
				     below(2) ? WEIR_LOSSLESS : WEIR_LOSSY,
				     &receivers[i].rx),
			0);
		cr_assert_eq(weir_start(on[below(spread)], receive_all,
				     (void *)i, NULL, NULL),
			0);
	}
	cr_assert_eq(
		weir_start(on[below(spread)], send_all, NULL, NULL, NULL), 0);
	while (ended_count <= count) {
		unsigned i = below(RECEIVERS);

		cr_assert_lt(steps++, 20000, "somebody waits for ever");
		weir_executor_turn(on[below(3)]);
		if (tasks[i] && below(300) == 0)
			weir_task_cancel(tasks[i]);
		now_ticks += below(10);
	}
	for (unsigned i = 0; i < 3; i++)
		turns(on[i], 2);
}

Test(broadcast_model, each_gets_or_is_told_of_every_value)
{
	r = random_of_test();
	executors(3);
	for (unsigned i = 0; i < RUNS; i++)
		run_waiting();
	executors_end(3);
}
