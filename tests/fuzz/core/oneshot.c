// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots: the message is with exactly one of the two, and each answer is known
// beforehand.
#include "core.h"

#include "chan/case.h"
#include "chan/oneshot.h"

#define SHOTS 3

static struct shot {
	struct weir_oneshot_tx tx;
	struct weir_oneshot_rx rx;
	bool tx_open, rx_open, rx_busy, sent;
	uint64_t number; // of the message
} shots[SHOTS];

static struct shot *shot_of(uint8_t a)
{
	return &shots[a % SHOTS];
}

static void open(uint8_t a, uint8_t b)
{
	struct shot *shot = shot_of(a);

	if (shot->tx_open || shot->rx_open)
		return;
	claim(weir_oneshot_open(8, &shot->tx, &shot->rx) == 0);
	*shot = (struct shot){.tx = shot->tx,
		.rx = shot->rx,
		.tx_open = true,
		.rx_open = true,
		.number = shot->number + 1};
}

static void send(uint8_t a, uint8_t b)
{
	struct shot *shot = shot_of(a);
	uint64_t message = shot->number;
	enum weir_result result;

	if (!shot->tx_open)
		return;
	claim(weir_oneshot_closed(&shot->tx) == !shot->rx_open);
	result = weir_oneshot_send(&shot->tx, &message);
	claim(result == (shot->rx_open ? WEIR_SENT : WEIR_CLOSED));
	shot->tx_open = false;
	shot->sent = result == WEIR_SENT;
}

static void close_tx(uint8_t a, uint8_t b)
{
	struct shot *shot = shot_of(a);

	weir_oneshot_tx_close(&shot->tx);
	shot->tx_open = false;
}

// came claims what a receive may come to; all but EMPTY uses the end up.
static void came(struct shot *shot, enum weir_result result, uint64_t message)
{
	switch (result) {
	case WEIR_RECEIVED:
		claim(shot->sent && message == shot->number);
		shot->sent = shot->rx_open = false;
		break;
	case WEIR_CLOSED:
		claim(!shot->sent && !shot->tx_open);
		shot->rx_open = false;
		break;
	default:
		claim(result != WEIR_EMPTY || (shot->tx_open && !shot->sent));
	}
}

static void try_recv(uint8_t a, uint8_t b)
{
	struct shot *shot = shot_of(a);
	uint64_t message = 0;

	if (!shot->rx_open || shot->rx_busy)
		return;
	came(shot, weir_oneshot_try_recv(&shot->rx, &message), message);
}

static void close_rx(uint8_t a, uint8_t b)
{
	struct shot *shot = shot_of(a);
	enum weir_result result;
	uint64_t message = 0;

	if (!shot->rx_open || shot->rx_busy)
		return;
	result = weir_oneshot_rx_close(&shot->rx, &message);
	claim(result == (shot->sent ? WEIR_RECEIVED : WEIR_CLOSED));
	claim(!shot->sent || message == shot->number);
	shot->sent = shot->rx_open = false;
}

// ---- in a task, and as a branch ----

static bool take(struct shot *shot)
{
	if (!shot->rx_open || shot->rx_busy)
		return false;
	shot->rx_busy = true;
	return true;
}

static bool begin(struct op *op)
{
	op->object = shot_of(op->a);
	return take(op->object);
}

static void recv(struct op *op)
{
	struct shot *shot = op->object;
	uint64_t message = 0;
	enum weir_result result =
		weir_oneshot_recv(&shot->rx, &message, op->deadline);

	fuzz_allowed(op, (int)result);
	claim(result != WEIR_EMPTY);
	came(shot, result, message);
	shot->rx_busy = false;
}

static bool waits(const struct op *op)
{
	const struct shot *shot = op->object;

	return shot->tx_open && !shot->sent;
}

static bool claim_it(struct op *op, struct branch *branch, unsigned pick)
{
	branch->object = shot_of((uint8_t)pick);
	return take(branch->object);
}

static struct weir_case make(struct branch *branch)
{
	struct shot *shot = branch->object;

	return weir_case_oneshot(&shot->rx, &branch->message);
}

static void served(struct op *op, struct branch *branch, int result)
{
	came(branch->object, (enum weir_result)result, branch->message);
}

static void give_back(struct branch *branch)
{
	((struct shot *)branch->object)->rx_busy = false;
}

static bool blocked(const struct branch *branch)
{
	const struct shot *shot = branch->object;

	return !shot->rx_open || (shot->tx_open && !shot->sent);
}

const struct branch_kind fuzz_oneshot_branch = {
	claim_it, make, served, give_back, blocked, false};

static void close_all(void)
{
	for (uint8_t i = 0; i < SHOTS; i++) {
		if (i % 2)
			close_rx(i, 0);
		close_tx(i, 0);
		close_rx(i, 0);
		claim(!shots[i].sent);
	}
}

static const struct verb verbs[] = {
	{.name = "open", .now = open},
	{.name = "send", .now = send},
	{.name = "close tx", .now = close_tx},
	{.name = "try recv", .now = try_recv},
	{.name = "close rx", .now = close_rx},
	{"recv", NULL, begin, recv, waits},
};

const struct object fuzz_oneshots = {
	"one-shot", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, close_all};
