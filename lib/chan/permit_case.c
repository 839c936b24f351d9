// SPDX-License-Identifier: BSD-3-Clause
//
// Reserving as a case. It stands in line for room as a send does, and takes what
// there is only when it is served: a branch that loses never had it.
#include "chan/case.h"
#include "chan/channel.h"
#include "chan/parked_case.h"
#include "task/select_inline.h"

static void check(const struct weir_case *c)
{
	const struct weir_tx *tx = c->object;
	const struct weir_permits *permits = c->argument;

	weir_user_check_open(tx->channel);
	if (unlikely(permits->wanted == 0))
		weir_user_bug("the permits of a case of channel '%s' were "
			      "overwritten: the case keeps in them how many it "
			      "wants; leave them, or make the case anew",
			tx->channel->name);
	if (unlikely(permits->count > 0))
		weir_user_bug("a case reserves permits of channel '%s' into "
			      "those that hold %u still, which would be lost: "
			      "send on them or drop them first, or set "
			      "disabled meanwhile",
			tx->channel->name, permits->count);
}

static bool reserve_attempt(struct weir_case *c)
{
	struct weir_tx *tx = c->object;
	struct weir_permits *permits = c->argument;
	enum weir_result result;

	check(c);
	if (!c->woken && weir_channel_behind(tx->channel, WEIR_SIDE_SEND))
		return false;
	result = weir_try_reserve(tx, 1, permits->wanted, permits);
	if (result == WEIR_FULL)
		return false;
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static struct weir_side *side_of(const struct weir_case *c)
{
	const struct weir_tx *tx = c->object;

	return weir_parking_side(&tx->channel->parking, WEIR_SIDE_SEND);
}

static bool reserve_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(c, side_of(c), 0, executor, place);
}

static bool reserve_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, side_of(c));
}

static void reserve_pass(struct weir_case *c)
{
	weir_parked_case_pass(side_of(c));
}

static const struct weir_case_ops reserve_ops = {
	.kind = "room in channel",
	.name_from = offsetof(struct weir_tx, channel),
	.name_at = offsetof(struct weir_channel, name),
	.attempt = reserve_attempt,
	.enlist = reserve_enlist,
	.delist = reserve_delist,
	.pass = reserve_pass,
};

struct weir_case weir_case_reserve(
	struct weir_tx *tx, unsigned max, struct weir_permits *permits)
{
	if (max == 0)
		weir_misuse_end("weir_case_reserve",
			"it would never be served: max is at least 1");
	permits->wanted = max;
	return (struct weir_case){
		.ops = &reserve_ops, .object = tx, .argument = permits};
}
