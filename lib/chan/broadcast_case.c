// SPDX-License-Identifier: BSD-3-Clause
//
// A broadcast in a select: its ends as cases.
#include "chan/broadcast.h"
#include "chan/broadcast_parking.h"
#include "chan/case.h"
#include "chan/parked_case.h"

// ---- receiving ----

static bool recv_attempt(struct weir_case *c)
{
	struct weir_broadcast_rx *rx = c->object;
	uint64_t missed = 0;
	enum weir_result result =
		weir_broadcast_try_recv(rx, c->argument, &missed);

	if (result == WEIR_EMPTY)
		return false;
	rx->missed = missed; // until it is asked for
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static struct weir_side *recv_side(const struct weir_case *c)
{
	const struct weir_broadcast_rx *rx = c->object;

	return weir_parking_side(
		weir_broadcast_parking(rx->broadcast), WEIR_SIDE_RECV);
}

static bool recv_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	const struct weir_broadcast_rx *rx = c->object;

	return weir_parked_case_enlist(
		c, recv_side(c), rx->next, executor, place);
}

static bool recv_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, recv_side(c));
}

static const struct weir_case_ops recv_ops = {
	.kind = "a value of a broadcast",
	.attempt = recv_attempt,
	.enlist = recv_enlist,
	.delist = recv_delist,
};

struct weir_case weir_case_broadcast(struct weir_broadcast_rx *rx, void *value)
{
	return (struct weir_case){
		.ops = &recv_ops, .object = rx, .argument = value};
}

// ---- sending ----

static bool send_attempt(struct weir_case *c)
{
	enum weir_result result =
		weir_broadcast_try_send(c->object, c->argument);

	if (result == WEIR_FULL)
		return false;
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static struct weir_side *send_side(const struct weir_case *c)
{
	const struct weir_broadcast_tx *tx = c->object;

	return weir_parking_side(
		weir_broadcast_parking(tx->broadcast), WEIR_SIDE_SEND);
}

static bool send_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(c, send_side(c), 0, executor, place);
}

static bool send_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, send_side(c));
}

static const struct weir_case_ops send_ops = {
	.attempt = send_attempt,
	.enlist = send_enlist,
	.delist = send_delist,
};

struct weir_case weir_case_broadcast_send(
	struct weir_broadcast_tx *tx, const void *value)
{
	return (struct weir_case){.ops = &send_ops,
		.object = tx,
		.argument = (void *)(uintptr_t)value};
}
