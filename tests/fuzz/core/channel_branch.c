// SPDX-License-Identifier: BSD-3-Clause
//
// The ends of a channel as branches of a select, of a set, or of a stepper.
#include "channel.h"

#include "chan/case.h"

static bool claim_recv(struct op *op, struct branch *branch, unsigned pick)
{
	struct channel *channel = channel_of((uint8_t)pick);
	unsigned end = end_of((uint8_t)pick);

	if (!channel->rx_open[end] || channel->rx_busy[end])
		return false;
	channel->rx_busy[end] = true;
	branch->object = channel;
	branch->end = end;
	branch->message = UINT64_MAX;
	return true;
}

static struct weir_case make_recv(struct branch *branch)
{
	struct channel *channel = branch->object;

	return weir_case_recv(&channel->rx[branch->end], &branch->message);
}

static void recv_served(struct op *op, struct branch *branch, int result)
{
	received(branch->object, &branch->message, 1, result == WEIR_RECEIVED,
		(enum weir_result)result);
	branch->message = UINT64_MAX;
}

static void give_rx_back(struct branch *branch)
{
	struct channel *channel = branch->object;

	claim(branch->message == UINT64_MAX); // it holds nothing
	channel->rx_busy[branch->end] = false;
}

static bool recv_blocked(const struct branch *branch)
{
	const struct channel *channel = branch->object;

	return channel->senders && is_empty(channel);
}

static bool claim_send(struct op *op, struct branch *branch, unsigned pick)
{
	struct channel *channel = channel_of((uint8_t)pick);
	unsigned end = end_of((uint8_t)pick);

	if (!channel->tx_open[end] || channel->tx_busy[end])
		return false;
	channel->tx_busy[end] = true;
	branch->object = channel;
	branch->end = end;
	branch->message = message(end, channel->sent[end]);
	return true;
}

static struct weir_case make_send(struct branch *branch)
{
	struct channel *channel = branch->object;

	return weir_case_send(&channel->tx[branch->end], &branch->message);
}

static void send_served(struct op *op, struct branch *branch, int result)
{
	struct channel *channel = branch->object;

	sent(channel, branch->end, 1, result == WEIR_SENT,
		(enum weir_result)result);
	branch->message = message(branch->end, channel->sent[branch->end]);
}

static void give_tx_back(struct branch *branch)
{
	((struct channel *)branch->object)->tx_busy[branch->end] = false;
}

static bool send_blocked(const struct branch *branch)
{
	const struct channel *channel = branch->object;

	return channel->receivers && is_full(channel) && !channel->segments;
}

const struct branch_kind fuzz_recv_branch = {
	claim_recv, make_recv, recv_served, give_rx_back, recv_blocked, false};
const struct branch_kind fuzz_send_branch = {
	claim_send, make_send, send_served, give_tx_back, send_blocked, false};
