// SPDX-License-Identifier: BSD-3-Clause
//
// Many one-shots at random: sent, closed, waited for with deadlines and cancels
// on three executors and by the test's thread, in any order. The plainest thing
// that could be right: a message has one place at any time, and each line comes
// back once.
#include "chan/oneshot.h"
#include "seed.h"
#include "stepped.h"

#define RUNS 20000

enum where { WITH_SENDER, UNDERWAY, WITH_RECEIVER };

static struct weir_random r;
static struct weir_oneshot line;
static struct weir_oneshot_tx tx;
static struct weir_oneshot_rx rx;
static enum where where;
static bool tx_gone, rx_gone, canceled, heeds;
static unsigned done_count;
static struct weir_task *waiting;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static void done(struct weir_oneshot *oneshot)
{
	done_count++;
	memset(oneshot, 0xee, sizeof(*oneshot));
}

// The sender waits for the receiver to go, for a while.
static void heed(void)
{
	uint64_t deadline = now_ticks + below(40);
	enum weir_result result;

	heeds = true;
	result = weir_oneshot_wait_closed(&tx, deadline);
	heeds = false;
	cr_assert_eq(result == WEIR_CLOSED, weir_oneshot_closed(&tx));
	cr_assert(result == WEIR_CLOSED ? rx_gone : deadline <= now_ticks);
}

static void act_tx(void *arg)
{
	uint64_t message = 42;
	enum weir_result result;

	if (tx_gone || heeds)
		return;
	if (weir_task_self() && below(2))
		heed();
	if (tx_gone || heeds)
		return;
	tx_gone = true;
	if (below(3) == 0) {
		weir_oneshot_tx_close(&tx);
		return;
	}
	result = weir_oneshot_send(&tx, &message);
	cr_assert_eq(result, rx_gone ? WEIR_CLOSED : WEIR_SENT);
	where = rx_gone ? WITH_SENDER : UNDERWAY;
}

static void got(enum weir_result result, const uint64_t *message)
{
	if (result == WEIR_RECEIVED) {
		cr_assert_eq(*message, 42);
		cr_assert_eq(where, UNDERWAY);
		where = WITH_RECEIVER;
		rx_gone = true;
	} else if (result == WEIR_CLOSED) {
		cr_assert(tx_gone && where != UNDERWAY);
		rx_gone = true;
	}
}

static void wait_rx(uint64_t *message)
{
	uint64_t deadline = below(2) ? WEIR_NEVER : now_ticks + below(40);
	enum weir_result result;

	waiting = weir_task_self();
	result = weir_oneshot_recv(&rx, message, deadline);
	waiting = NULL;
	got(result, message);
	if (result == WEIR_TIMED_OUT)
		cr_assert_leq(deadline, now_ticks);
	else if (result == WEIR_CANCELED)
		cr_assert(canceled);
}

static void close_rx(uint64_t *message)
{
	bool sent = where == UNDERWAY;

	cr_assert_eq(weir_oneshot_rx_close(&rx, message),
		sent ? WEIR_RECEIVED : WEIR_CLOSED);
	if (sent)
		where = WITH_RECEIVER;
	rx_gone = true;
}

static void act_rx(void *arg)
{
	uint64_t message = 0;

	while (!rx_gone) {
		switch (below(4)) {
		case 0:
			got(weir_oneshot_try_recv(&rx, &message), &message);
			break;
		case 1:
			close_rx(&message);
			break;
		default:
			if (canceled)
				close_rx(&message);
			else
				wait_rx(&message);
		}
	}
}

static void run(void)
{
	unsigned steps = 0, home = below(3), away = below(4);

	where = WITH_SENDER;
	tx_gone = rx_gone = canceled = false;
	done_count = 0;
	cr_assert_eq(weir_oneshot_open_in(&line, 8, done, &tx, &rx), 0);
	cr_assert_eq(weir_start(on[home], act_rx, NULL, NULL, NULL), 0);
	while (!tx_gone || !rx_gone) {
		cr_assert_lt(steps++, 2000, "the receiver waits for ever");
		switch (below(6)) {
		case 0:
			if (away == 3)
				act_tx(NULL);
			else
				cr_assert_eq(weir_start(on[away], act_tx, NULL,
						     NULL, NULL),
					0);
			break;
		case 1:
			if (waiting && below(4) == 0) {
				canceled = true;
				weir_task_cancel(waiting);
			}
			break;
		}
		weir_executor_turn(on[below(3)]);
		now_ticks += below(10);
	}
	for (unsigned i = 0; i < 3; i++)
		turns(on[i], 2);
	cr_assert_eq(done_count, 1);
	cr_assert_neq(where, UNDERWAY);
}

Test(oneshot_model, a_message_is_in_one_place)
{
	r = random_of_test();
	executors(3);
	for (unsigned i = 0; i < RUNS; i++)
		run();
	executors_end(3);
}
