// SPDX-License-Identifier: BSD-3-Clause
//
// A broadcast from one task to others on any executors, that come and go, are
// slow, and wait for it in selects. A lossless receiver gets every value and
// holds the sender back; a lossy one is told exactly how many it missed.
#include "play.h"

#include "chan/case.h"

#define RECEIVERS 4
#define VALUES 24
#define COPIES 5

struct value {
	uint64_t number, copies[COPIES];
};

struct show {
	uint64_t sent;
	unsigned capacity;
	bool closed;
};

struct receiver {
	struct sim_player player;
	struct show *show;
	struct weir_broadcast_rx rx;
	enum weir_broadcast_kind kind;
	uint64_t next;
};

static void check(
	const struct receiver *r, const struct value *value, uint64_t missed)
{
	for (unsigned i = 0; i < COPIES; i++)
		if (value->copies[i] != value->number + i)
			sim_fault("a broadcast value is torn");
	if (value->number != r->next + missed)
		sim_fault("value %u of a broadcast came after %u missed, %u "
			  "was next",
			(unsigned)value->number, (unsigned)missed,
			(unsigned)r->next);
	if (r->kind == WEIR_LOSSLESS && missed)
		sim_fault("a lossless receiver missed %u", (unsigned)missed);
	if (r->kind == WEIR_LOSSLESS &&
		r->show->sent > value->number + r->show->capacity)
		sim_fault("a lossless receiver did not hold the sender back");
	sim.report->missed += (unsigned)missed;
}

static enum weir_result select_it(struct receiver *r, struct value *value)
{
	struct weir_case cases[] = {
		weir_case_broadcast(&r->rx, value),
		weir_case_after(sim_alarm()),
	};
	int served = weir_select_until(cases, 2, sim_patience());

	return served == 1   ? WEIR_TIMED_OUT
	       : served == 0 ? (enum weir_result)cases[0].result
			     : (enum weir_result)served;
}

static enum weir_result recv(
	struct receiver *r, struct value *value, uint64_t *missed)
{
	enum weir_result result;

	*missed = 0;
	switch (sim_below(4)) {
	case 0:
		return weir_broadcast_try_recv(&r->rx, value, missed);
	case 1:
		result = select_it(r, value);
		if (result == WEIR_RECEIVED || result == WEIR_CLOSED)
			*missed = weir_broadcast_missed(&r->rx);
		return result;
	default:
		return weir_broadcast_recv(
			&r->rx, value, missed, sim_patience());
	}
}

// change takes the place of an end by a new one, of any kind.
static void change(struct receiver *r)
{
	enum weir_broadcast_kind kind =
		sim_below(2) ? WEIR_LOSSLESS : WEIR_LOSSY;
	struct weir_broadcast_rx rx;

	if (weir_broadcast_clone(&r->rx, kind, &rx))
		return;
	weir_broadcast_rx_close(&r->rx);
	r->rx = rx;
	r->kind = kind;
	r->next = r->show->sent;
}

static void receive(struct sim_player *player)
{
	struct receiver *r = weir_container(player, struct receiver, player);
	enum weir_result result = WEIR_EMPTY;
	struct value value;
	uint64_t missed;

	while (result != WEIR_CLOSED && result != WEIR_CANCELED &&
		sim_below(64)) {
		result = recv(r, &value, &missed);
		if (result == WEIR_RECEIVED && sim_planted(SIM_SKIP_VALUES, 8))
			continue;
		if (sim_planted(SIM_FORGET_MISSED, 1))
			missed = 0;
		if (result == WEIR_RECEIVED) {
			check(r, &value, missed);
			r->next = value.number + 1;
		}
		if (result == WEIR_CLOSED && r->next + missed != r->show->sent)
			sim_fault("a broadcast ended before its last value");
		if (sim_below(16) == 0)
			change(r);
		if (!sim_pause(player->executor))
			break;
	}
	weir_broadcast_rx_close(&r->rx);
}

static enum weir_result send(
	struct weir_broadcast_tx *tx, const struct value *value)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_broadcast_send(tx, value),
	};
	int served;

	switch (sim_below(4)) {
	case 0:
		return weir_broadcast_try_send(tx, value);
	case 1:
		served = weir_select_until(cases, 2, sim_patience());
		return served == 0   ? WEIR_TIMED_OUT
		       : served == 1 ? (enum weir_result)cases[1].result
				     : (enum weir_result)served;
	default:
		return weir_broadcast_send(tx, value, sim_patience());
	}
}

static void send_all(struct weir_executor *executor, struct show *show,
	struct weir_broadcast_tx *tx)
{
	enum weir_result result = WEIR_SENT;

	while (show->sent < VALUES && result != WEIR_CLOSED) {
		struct value value = {.number = show->sent};

		for (unsigned i = 0; i < COPIES; i++)
			value.copies[i] = value.number + i;
		result = send(tx, &value);
		show->sent += result == WEIR_SENT;
		if (!sim_rest(executor))
			break;
		if (result == WEIR_FULL)
			weir_yield();
	}
	weir_broadcast_tx_close(tx);
}

static bool play(struct weir_executor *executor)
{
	struct show show = {.capacity = 1 + sim_below(4)};
	struct receiver receivers[RECEIVERS];
	unsigned count = 1 + sim_below(RECEIVERS);
	struct weir_broadcast_tx tx;
	struct sim_troupe troupe;

	if (weir_broadcast_open(show.capacity, sizeof(struct value), &tx))
		return true;
	sim_troupe_open(&troupe);
	for (unsigned i = 0; i < count; i++) {
		struct receiver *r = &receivers[i];

		*r = (struct receiver){.show = &show,
			.kind = sim_below(2) ? WEIR_LOSSLESS : WEIR_LOSSY};
		if (weir_broadcast_subscribe(&tx, r->kind, &r->rx))
			sim_fault("a broadcast has no room for a receiver");
		sim_troupe_cast(&troupe, NULL, &r->player, receive);
	}
	sim_troupe_gather(&troupe);
	for (unsigned i = 0; i < count; i++)
		if (!receivers[i].player.begun)
			weir_broadcast_rx_close(&receivers[i].rx);
	send_all(executor, &show, &tx);
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

const struct sim_kind sim_broadcasts = {.name = "broadcast", .play = play};
