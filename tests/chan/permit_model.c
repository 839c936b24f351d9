// SPDX-License-Identifier: BSD-3-Clause
//
// Senders that reserve, send on permits, send without, drop and are cancelled,
// at random, beside three counts: what is held, what is reserved, what is free.
// Their sum is the capacity, and each answer is known beforehand.
#include "chan/case.h"
#include "seed.h"
#include "stepped.h"

#define RUNS 400
#define SENDERS 4
#define OPS 60

struct sender {
	struct weir_tx tx;
	struct weir_permits permits;
	struct weir_task *waiting;
	bool canceled, ended;
};

static struct weir_random r;
static struct sender senders[SENDERS];
static struct weir_rx rx;
static unsigned capacity, held, reserved;
static uint64_t sent, received;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void check(struct sender *s)
{
	cr_assert_eq(weir_tx_len(&s->tx), held);
	cr_assert_eq(weir_tx_reserved(&s->tx), reserved);
	cr_assert_eq(weir_tx_room(&s->tx), capacity - held - reserved);
}

static enum weir_result reserve_as_a_case(
	struct sender *s, unsigned max, uint64_t deadline)
{
	struct weir_case c = weir_case_reserve(&s->tx, max, &s->permits);
	int answer = weir_select_until(&c, 1, deadline);

	return (enum weir_result)(answer < 0 ? answer : c.result);
}

static void reserve(struct sender *s)
{
	unsigned min = below(capacity + 1), max = min + below(3), had;
	uint64_t deadline = below(3) ? now_ticks + 200 : now_ticks - 1;
	enum weir_result result;

	if (s->permits.count)
		return;
	had = capacity - held - reserved;
	if (below(2)) {
		result = weir_try_reserve(&s->tx, min, max, &s->permits);
		cr_assert_eq(result, had < min ? WEIR_FULL : WEIR_RESERVED);
		if (result == WEIR_RESERVED)
			cr_assert_eq(s->permits.count, least(had, max));
	} else {
		bool select = max && below(2);

		s->waiting = weir_task_self();
		if (select)
			min = 1;
		result = select ? reserve_as_a_case(s, max, deadline)
				: weir_reserve(&s->tx, min, max, &s->permits,
					  deadline);
		s->waiting = NULL;
		if (result == WEIR_RESERVED)
			cr_assert(s->permits.count >= min &&
				  s->permits.count <= max);
		else
			cr_assert(result == WEIR_TIMED_OUT
					  ? deadline <= now_ticks
					  : s->canceled);
	}
	if (result == WEIR_RESERVED)
		reserved += s->permits.count;
}

static void send_plain(struct sender *s)
{
	bool room = held + reserved < capacity;
	enum weir_result result = weir_try_send(&s->tx, &sent);

	cr_assert_eq(result, room ? WEIR_SENT : WEIR_FULL);
	held += room;
	sent += room;
}

static void operate(struct sender *s)
{
	switch (below(5)) {
	case 0:
		send_plain(s);
		break;
	case 1:
		reserved -= s->permits.count;
		weir_permits_drop(&s->permits);
		break;
	case 2:
		reserve(s);
		break;
	default:
		if (!s->permits.count)
			break;
		cr_assert_eq(weir_permits_send(&s->permits, &sent), WEIR_SENT);
		reserved--;
		held++;
		sent++;
	}
	check(s);
}

static void run_sender(void *arg)
{
	struct sender *s = arg;

	for (unsigned i = 0; i < OPS && !s->canceled; i++) {
		operate(s);
		if (below(2))
			weir_yield();
	}
	reserved -= s->permits.count;
	weir_permits_drop(&s->permits);
	check(s);
	weir_tx_close(&s->tx);
	s->ended = true;
}

static bool receive(void)
{
	uint64_t message;
	enum weir_result result = weir_try_recv(&rx, &message);

	if (result == WEIR_RECEIVED) {
		cr_assert_eq(message, received++);
		held--;
	}
	return result != WEIR_CLOSED;
}

static void run(void)
{
	const struct weir_channel_options options = {
		.class_ = below(2) ? WEIR_MPMC : WEIR_MPSC,
		.message_size = 8,
		.permits = true};
	unsigned spread = 1 + below(3), steps = 0;

	capacity = 1 + below(4);
	held = reserved = 0;
	sent = received = 0;
	cr_assert_eq(
		weir_channel_open_with(capacity, &options, &senders[0].tx, &rx),
		0);
	for (unsigned i = 0; i < SENDERS; i++) {
		struct weir_tx end = senders[0].tx;

		if (i > 0)
			cr_assert_eq(weir_tx_clone(&senders[0].tx, &end), 0);
		senders[i] = (struct sender){.tx = end};
	}
	for (unsigned i = 0; i < SENDERS; i++)
		cr_assert_eq(weir_start(on[below(spread)], run_sender,
				     &senders[i], NULL, NULL),
			0);
	while (receive()) {
		struct sender *s = &senders[below(SENDERS)];

		cr_assert_lt(steps++, 20000, "somebody waits for ever");
		weir_executor_turn(on[below(3)]);
		if (s->waiting && below(20) == 0) {
			s->canceled = true;
			weir_task_cancel(s->waiting);
		}
		now_ticks += below(20);
	}
	cr_assert_eq(sent, received);
	cr_assert_eq(held + reserved, 0);
	weir_rx_close(&rx);
	for (unsigned i = 0; i < 3; i++)
		turns(on[i], 2);
}

Test(permit_model, held_and_reserved_and_free_are_the_capacity)
{
	r = random_of_test();
	executors(3);
	for (unsigned i = 0; i < RUNS; i++)
		run();
	executors_end(3);
}
