// SPDX-License-Identifier: BSD-3-Clause
//
// A case stands on its side of the channel as a waiter for one message does. Its
// attempt looks before it does anything, since most attempts find nothing.
#include "chan/case.h"
#include "chan/channel.h"
#include "chan/parked_case.h"
#include "task/select_inline.h"

static __attribute__((noinline)) bool recv_ready(struct weir_case *c)
{
	struct weir_rx *rx = c->object;
	enum weir_result result;

	if (!c->woken && weir_channel_behind(rx->channel, WEIR_SIDE_RECV))
		return false;
	result = weir_try_recv(rx, c->argument);
	if (unlikely(result == WEIR_EMPTY)) // another was faster
		return false;
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static bool recv_attempt(struct weir_case *c)
{
	const struct weir_rx *rx = c->object;

	weir_user_check_open(rx->channel);
	return !weir_channel_is_empty(rx->channel) && recv_ready(c);
}

static __attribute__((noinline)) bool send_ready(struct weir_case *c)
{
	struct weir_tx *tx = c->object;
	enum weir_result result;

	if (!c->woken && weir_channel_behind(tx->channel, WEIR_SIDE_SEND))
		return false;
	result = weir_try_send(tx, c->argument);
	if (unlikely(result == WEIR_FULL))
		return false;
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static bool send_attempt(struct weir_case *c)
{
	const struct weir_tx *tx = c->object;

	weir_user_check_open(tx->channel);
	return !weir_channel_is_full(tx->channel) && send_ready(c);
}

// ---- standing in line ----

static struct weir_side *recv_side(const struct weir_case *c)
{
	const struct weir_rx *rx = c->object;

	return weir_parking_side(&rx->channel->parking, WEIR_SIDE_RECV);
}

static struct weir_side *send_side(const struct weir_case *c)
{
	const struct weir_tx *tx = c->object;

	return weir_parking_side(&tx->channel->parking, WEIR_SIDE_SEND);
}

static bool recv_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(c, recv_side(c), 0, executor, place);
}

static bool send_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(c, send_side(c), 0, executor, place);
}

static bool recv_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, recv_side(c));
}

static bool send_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, send_side(c));
}

static void recv_pass(struct weir_case *c)
{
	weir_parked_case_pass(recv_side(c));
}

static void send_pass(struct weir_case *c)
{
	weir_parked_case_pass(send_side(c));
}

static const struct weir_case_ops recv_ops = {
	.kind = "a message from channel",
	.name_from = offsetof(struct weir_rx, channel),
	.name_at = offsetof(struct weir_channel, name),
	.attempt = recv_attempt,
	.enlist = recv_enlist,
	.delist = recv_delist,
	.pass = recv_pass,
};

static const struct weir_case_ops send_ops = {
	.kind = "room in channel",
	.name_from = offsetof(struct weir_tx, channel),
	.name_at = offsetof(struct weir_channel, name),
	.attempt = send_attempt,
	.enlist = send_enlist,
	.delist = send_delist,
	.pass = send_pass,
};

struct weir_case weir_case_recv(struct weir_rx *rx, void *message)
{
	return (struct weir_case){
		.ops = &recv_ops, .object = rx, .argument = message};
}

struct weir_case weir_case_send(struct weir_tx *tx, void *message)
{
	return (struct weir_case){
		.ops = &send_ops, .object = tx, .argument = message};
}

// ---- the end of the other side: all who wait for it are woken at once ----

static bool closed_attempt(struct weir_case *c)
{
	if (!weir_tx_closed(c->object))
		return false;
	c->result = WEIR_CLOSED;
	c->disabled = true;
	return true;
}

static struct weir_side *closed_side(const struct weir_case *c)
{
	const struct weir_tx *tx = c->object;

	return weir_parking_side(&tx->channel->parking, WEIR_SIDE_CLOSED);
}

static bool closed_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(c, closed_side(c), 0, executor, place);
}

static bool closed_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, closed_side(c));
}

static const struct weir_case_ops closed_ops = {
	.kind = "the last receiver to leave channel",
	.name_from = offsetof(struct weir_tx, channel),
	.name_at = offsetof(struct weir_channel, name),
	.attempt = closed_attempt,
	.enlist = closed_enlist,
	.delist = closed_delist,
};

struct weir_case weir_case_closed(struct weir_tx *tx)
{
	return (struct weir_case){.ops = &closed_ops, .object = tx};
}
