// SPDX-License-Identifier: BSD-3-Clause
//
// Permits: reserved by plain code and by tasks, sent on, dropped.
#include "channel.h"

static void check(struct channel *channel, unsigned end)
{
	const struct weir_tx *tx = &channel->tx[end];

	if (channel->bursts)
		return;
	claim(weir_tx_reserved(tx) == channel->reserved);
	claim(weir_tx_len(tx) == length(channel));
	if (channel->receivers)
		claim(weir_tx_room(&channel->tx[end]) ==
			channel->capacity - length(channel) -
				channel->reserved);
}

static bool is_there(struct channel *channel, unsigned end)
{
	return channel->tx_open[end] && !channel->tx_busy[end] &&
	       channel->permits;
}

static void reserved(struct channel *channel, unsigned end, unsigned min,
	unsigned max, enum weir_result result)
{
	unsigned count = channel->in_hand[end].count;

	claim((result == WEIR_RESERVED) ==
			(count >= min && count <= max && count > 0) ||
		(result == WEIR_RESERVED && min == 0 && count == 0));
	claim(result != WEIR_CLOSED || channel->receivers == 0);
	channel->reserved += count;
}

static void try_reserve(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a), min = b % 6, max = min + b / 6 % 4, room;
	enum weir_result result;

	if (!is_there(channel, end) || channel->in_hand[end].count)
		return;
	room = channel->capacity - length(channel) - channel->reserved;
	result = weir_try_reserve(
		&channel->tx[end], min, max, &channel->in_hand[end]);
	claim(result == WEIR_RESERVED || result == WEIR_FULL ||
		result == WEIR_CLOSED);
	if (!channel->bursts && channel->receivers)
		claim((result == WEIR_FULL) == (room < min));
	reserved(channel, end, min, max, result);
	check(channel, end);
}

static void send_on(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);
	uint64_t m = message(end, channel->sent[end]);
	enum weir_result result;

	if (!is_there(channel, end) || !channel->in_hand[end].count)
		return;
	result = weir_permits_send(&channel->in_hand[end], &m);
	channel->reserved--;
	claim(result == (channel->receivers ? WEIR_SENT : WEIR_CLOSED));
	sent(channel, end, 1, result == WEIR_SENT, result);
	check(channel, end);
}

void fuzz_drop_permits(struct channel *channel, unsigned end)
{
	channel->reserved -= channel->in_hand[end].count;
	weir_permits_drop(&channel->in_hand[end]);
	claim(channel->in_hand[end].count == 0);
}

static void drop(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);

	if (!is_there(channel, end))
		return;
	fuzz_drop_permits(channel, end);
	check(channel, end);
}

// ---- in tasks ----

static bool begin(struct op *op)
{
	struct channel *channel = channel_of(op->a);

	if (!channel->permits || channel->in_hand[end_of(op->a)].count ||
		!take_tx(op))
		return false;
	channel->bursts++; // who waits for many holds others back
	return true;
}

static void reserve(struct op *op)
{
	struct channel *channel = op->object;
	unsigned min = op->count, max = min + op->b % 3;
	enum weir_result result = weir_reserve(&channel->tx[op->end], min, max,
		&channel->in_hand[op->end], op->deadline);

	channel->bursts--;
	fuzz_allowed(op, (int)result);
	claim(result != WEIR_FULL || min > channel->capacity);
	reserved(channel, op->end, min, max, result);
	channel->tx_busy[op->end] = false;
}

static bool reserve_waits(const struct op *op)
{
	const struct channel *channel = op->object;

	if (!channel->receivers)
		return false;
	// Others that want many may stand before it.
	return channel->bursts > 1 ||
	       channel->capacity - length(channel) - channel->reserved <
		       op->count;
}

static const struct verb verbs[] = {
	{.name = "try reserve", .now = try_reserve},
	{.name = "send on permit", .now = send_on},
	{.name = "drop permits", .now = drop},
	{"reserve", NULL, begin, reserve, reserve_waits},
};

const struct object fuzz_permits = {
	"permit", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, NULL};
