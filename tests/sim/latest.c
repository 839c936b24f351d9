// SPDX-License-Identifier: BSD-3-Clause
//
// A latest value, which one task writes and others on any executors read and
// wait for. A read is whole, its version the one that it was written as; it
// never goes back, and who reads to the end has the last.
#include "play.h"

#include "chan/case.h"

#define READERS 3
#define WRITES 16
#define COPIES 6

struct value {
	uint64_t version, copies[COPIES];
};

struct board {
	uint64_t written;
};

struct reader {
	struct sim_player player;
	const struct board *board;
	struct weir_latest_rx rx;
	uint64_t seen;
	struct value old;
};

static void read(struct reader *r)
{
	struct value value;
	uint64_t version = weir_latest_read(&r->rx, &value);

	if (sim_planted(SIM_READ_OLD, 4) && r->old.version) {
		value = r->old;
		version = value.version;
	}
	if (version < r->seen || version != r->board->written)
		sim_fault("version %u was read after %u, %u is the latest",
			(unsigned)version, (unsigned)r->seen,
			(unsigned)r->board->written);
	if (version == 0)
		return;
	for (unsigned i = 0; i < COPIES; i++)
		if (value.copies[i] != version + i || value.version != version)
			sim_fault("version %u is torn", (unsigned)version);
	r->old = value;
	r->seen = version;
}

static enum weir_result wait(struct reader *r)
{
	struct weir_case cases[] = {
		weir_case_latest(&r->rx, &r->seen),
		weir_case_after(sim_alarm()),
	};
	int served;

	if (sim_below(3))
		return weir_latest_changed(&r->rx, r->seen, sim_patience());
	served = weir_select_until(cases, 2, sim_patience());
	return served == 1   ? WEIR_TIMED_OUT
	       : served == 0 ? (enum weir_result)cases[0].result
			     : (enum weir_result)served;
}

static void watch(struct sim_player *player)
{
	struct reader *r = weir_container(player, struct reader, player);
	enum weir_result result = WEIR_TIMED_OUT;

	while (result != WEIR_CLOSED && result != WEIR_CANCELED &&
		sim_below(64)) {
		result = wait(r);
		if (result == WEIR_RECEIVED &&
			weir_latest_version(&r->rx) == r->seen)
			sim_fault("a latest value changed to the one seen");
		if (result == WEIR_CLOSED && r->seen != r->board->written)
			sim_fault("a latest value ended unread");
		read(r);
		if (!sim_pause(player->executor))
			break;
	}
	weir_latest_rx_close(&r->rx);
}

static void write(struct board *board, struct weir_latest_tx *tx)
{
	struct value value = {.version = board->written + 1};

	for (unsigned i = 0; i < COPIES; i++)
		value.copies[i] = value.version + i;
	if (sim_planted(SIM_TEAR, 4))
		value.copies[COPIES - 1]--;
	if (weir_latest_write(tx, &value) != ++board->written)
		sim_fault("a latest value has another version");
}

static bool play(struct weir_executor *executor)
{
	struct board board = {.written = 0};
	unsigned count = 1 + sim_below(READERS);
	struct reader readers[READERS] = {0};
	struct weir_latest_tx tx;
	struct sim_troupe troupe;

	if (weir_latest_open(sizeof(struct value), NULL, &tx, &readers[0].rx))
		return true;
	sim_troupe_open(&troupe);
	for (unsigned i = 0; i < count; i++) {
		readers[i].board = &board;
		if (i > 0)
			weir_latest_clone(&readers[0].rx, &readers[i].rx);
	}
	for (unsigned i = 0; i < count; i++)
		sim_troupe_cast(&troupe, NULL, &readers[i].player, watch);
	sim_troupe_gather(&troupe);
	for (unsigned i = 0; i < count; i++)
		if (!readers[i].player.begun)
			weir_latest_rx_close(&readers[i].rx);
	for (unsigned i = sim_below(WRITES); i > 0; i--) {
		write(&board, &tx);
		if (!sim_rest(executor) || weir_latest_unread(&tx))
			break;
	}
	weir_latest_tx_close(&tx);
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

const struct sim_kind sim_latests = {.name = "latest", .play = play};
