// SPDX-License-Identifier: BSD-3-Clause
//
// Broadcasts beside a count of what was sent and of what each receiver wants
// next: a lossless one gets every value, a lossy one is told what it missed.
#include "core.h"

#include "chan/broadcast.h"
#include "chan/case.h"

#define SHOWS 2
#define RECEIVERS 4

struct receiver {
	struct weir_broadcast_rx rx;
	bool open, busy;
	enum weir_broadcast_kind kind;
	uint64_t next;
};

static struct show {
	unsigned capacity; // 0: not open
	struct weir_broadcast_tx tx;
	bool tx_open, tx_busy;
	uint64_t sent;
	struct receiver receivers[RECEIVERS];
} shows[SHOWS];

static struct show *show_of(uint8_t a)
{
	return &shows[a % SHOWS];
}

static struct receiver *receiver_of(uint8_t a)
{
	return &show_of(a)->receivers[a / SHOWS % RECEIVERS];
}

static struct show *show_with(const struct receiver *r)
{
	unsigned i = 0;

	while (r < shows[i].receivers || r >= shows[i].receivers + RECEIVERS)
		i++;
	return &shows[i];
}

static bool any_receiver(const struct show *show)
{
	for (unsigned i = 0; i < RECEIVERS; i++)
		if (show->receivers[i].open)
			return true;
	return false;
}

static bool is_full(const struct show *show)
{
	for (unsigned i = 0; i < RECEIVERS; i++) {
		const struct receiver *r = &show->receivers[i];

		if (r->open && r->kind == WEIR_LOSSLESS &&
			show->sent - r->next >= show->capacity)
			return true;
	}
	return false;
}

static void open(uint8_t a, uint8_t b)
{
	struct show *show = show_of(a);

	if (show->capacity)
		return;
	*show = (struct show){.capacity = 1 + b % 4, .tx_open = true};
	claim(weir_broadcast_open(show->capacity, 8, &show->tx) == 0);
}

static void subscribe(uint8_t a, uint8_t b)
{
	struct show *show = show_of(a);
	struct receiver *r = receiver_of(a);
	struct receiver *of = &show->receivers[b / 4 % RECEIVERS];

	if (r->open || !show->capacity)
		return;
	r->kind = b & 1 ? WEIR_LOSSLESS : WEIR_LOSSY;
	if (b & 2 && of->open)
		claim(weir_broadcast_clone(&of->rx, r->kind, &r->rx) == 0);
	else if (show->tx_open)
		claim(weir_broadcast_subscribe(&show->tx, r->kind, &r->rx) ==
			0);
	else
		return;
	r->open = true;
	r->next = show->sent;
}

static void forget(struct show *show)
{
	if (!show->tx_open && !any_receiver(show))
		show->capacity = 0;
}

static void close_tx(uint8_t a, uint8_t b)
{
	struct show *show = show_of(a);

	if (!show->tx_open || show->tx_busy)
		return;
	weir_broadcast_tx_close(&show->tx);
	show->tx_open = false;
	forget(show);
}

static void close_rx(uint8_t a, uint8_t b)
{
	struct receiver *r = receiver_of(a);

	if (!r->open || r->busy)
		return;
	weir_broadcast_rx_close(&r->rx);
	r->open = false;
	forget(show_of(a));
}

static void sent(struct show *show, enum weir_result result)
{
	claim(result != WEIR_SENT || any_receiver(show));
	claim(result != WEIR_SENT || !is_full(show));
	claim(result != WEIR_FULL || is_full(show));
	claim(result != WEIR_CLOSED || !any_receiver(show));
	show->sent += result == WEIR_SENT;
}

static void try_send(uint8_t a, uint8_t b)
{
	struct show *show = show_of(a);

	if (!show->tx_open || show->tx_busy)
		return;
	sent(show, weir_broadcast_try_send(&show->tx, &show->sent));
}

static void came(struct receiver *r, enum weir_result result, uint64_t value,
	uint64_t missed)
{
	const struct show *show = show_with(r);
	uint64_t behind = show->sent - r->next;
	uint64_t lost = behind > show->capacity ? behind - show->capacity : 0;

	switch (result) {
	case WEIR_RECEIVED:
		claim(behind > 0);
		claim(missed == lost && value == r->next + lost);
		claim(r->kind == WEIR_LOSSY || missed == 0);
		r->next = value + 1;
		break;
	case WEIR_CLOSED:
		claim(!show->tx_open && behind == missed);
		break;
	default:
		claim(result != WEIR_EMPTY || (show->tx_open && behind == 0));
	}
}

static void try_recv(uint8_t a, uint8_t b)
{
	struct receiver *r = receiver_of(a);
	uint64_t value = 0, missed = 0;
	enum weir_result result;

	if (!r->open || r->busy)
		return;
	result = weir_broadcast_try_recv(&r->rx, &value, &missed);
	came(r, result, value, missed);
}

// ---- in tasks ----

static bool begin_send(struct op *op)
{
	struct show *show = show_of(op->a);

	if (!show->tx_open || show->tx_busy)
		return false;
	show->tx_busy = true;
	op->object = show;
	return true;
}

static void send(struct op *op)
{
	struct show *show = op->object;
	enum weir_result result;

	for (unsigned i = op->b >> 5 & 3; i < 4; i++) {
		result = weir_broadcast_send(
			&show->tx, &show->sent, op->deadline);
		fuzz_allowed(op, (int)result);
		claim(result != WEIR_FULL);
		sent(show, result);
		if (result != WEIR_SENT)
			break;
	}
	show->tx_busy = false;
}

static bool send_waits(const struct op *op)
{
	const struct show *show = op->object;

	return any_receiver(show) && is_full(show);
}

static bool take(struct receiver *r)
{
	if (!r->open || r->busy)
		return false;
	r->busy = true;
	return true;
}

static bool begin_recv(struct op *op)
{
	op->object = receiver_of(op->a);
	return take(op->object);
}

static void recv(struct op *op)
{
	struct receiver *r = op->object;
	uint64_t value = 0, missed = 0;
	enum weir_result result =
		weir_broadcast_recv(&r->rx, &value, &missed, op->deadline);

	fuzz_allowed(op, (int)result);
	claim(result != WEIR_EMPTY);
	came(r, result, value, missed);
	r->busy = false;
}

static bool nothing_new(const struct receiver *r)
{
	const struct show *show = show_with(r);

	return show->tx_open && show->sent == r->next;
}

static bool recv_waits(const struct op *op)
{
	return nothing_new(op->object);
}

// ---- as a branch ----

static bool claim_it(struct op *op, struct branch *branch, unsigned pick)
{
	branch->object = receiver_of((uint8_t)pick);
	return take(branch->object);
}

static struct weir_case make(struct branch *branch)
{
	struct receiver *r = branch->object;

	return weir_case_broadcast(&r->rx, &branch->message);
}

static void served(struct op *op, struct branch *branch, int result)
{
	struct receiver *r = branch->object;

	came(r, (enum weir_result)result, branch->message,
		weir_broadcast_missed(&r->rx));
}

static void give_back(struct branch *branch)
{
	((struct receiver *)branch->object)->busy = false;
}

static bool blocked(const struct branch *branch)
{
	return nothing_new(branch->object);
}

const struct branch_kind fuzz_broadcast_branch = {
	claim_it, make, served, give_back, blocked, false};

static void close_all(void)
{
	for (unsigned i = 0; i < SHOWS * RECEIVERS; i++)
		close_rx((uint8_t)i, 0);
	for (unsigned i = 0; i < SHOWS; i++)
		close_tx((uint8_t)i, 0);
}

static const struct verb verbs[] = {
	{.name = "open", .now = open},
	{.name = "subscribe", .now = subscribe},
	{.name = "close tx", .now = close_tx},
	{.name = "close rx", .now = close_rx},
	{.name = "try send", .now = try_send},
	{.name = "try recv", .now = try_recv},
	{"send", NULL, begin_send, send, send_waits},
	{"recv", NULL, begin_recv, recv, recv_waits},
};

const struct object fuzz_broadcasts = {
	"broadcast", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, close_all};
