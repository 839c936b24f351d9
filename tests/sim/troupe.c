// SPDX-License-Identifier: BSD-3-Clause
//
// The children of a play. A scope closes after all its children have ended; of
// those that were promised each has begun, unless the scope says why not.
#include "play.h"

#include <errno.h>

static void begin(void *arg)
{
	struct sim_player *player = arg;
	struct sim_troupe *troupe = player->troupe;

	player->begun = true;
	player->executor = weir_executor_self();
	troupe->begun++;
	player->fn(player);
	if (troupe->closed)
		sim_fault("a scope closed before its child had ended");
	troupe->ended++;
}

void sim_troupe_open(struct sim_troupe *troupe)
{
	*troupe = (struct sim_troupe){0};
	weir_scope_open(&troupe->scope);
	sim.scopes_open++;
	sim.report->scopes++;
}

bool sim_troupe_cast(struct sim_troupe *troupe, struct weir_executor *where,
	struct sim_player *player, void (*fn)(struct sim_player *player))
{
	int err;

	if (!where)
		where = sim.executors[sim_below(sim.executor_count)];
	*player = (struct sim_player){.troupe = troupe, .fn = fn};
	err = weir_spawn(&troupe->scope, where, begin, player);
	if (err && err != -EAGAIN && err != -ECANCELED)
		sim_fault("spawn answered %d", err);
	sim.report->full += err == -EAGAIN;
	troupe->promised += !err;
	return !err;
}

// Those who live and have not begun may still come.
void sim_troupe_gather(struct sim_troupe *troupe)
{
	while (troupe->begun < troupe->ended + troupe->scope.live_count)
		weir_yield();
}

static bool is_answer(int err)
{
	return err == 0 || err == -EIO || err == -EAGAIN || err == -ETIMEDOUT ||
	       err == -ECANCELED;
}

void sim_troupe_close(struct sim_troupe *troupe)
{
	int err;

	if (!sim.patient && sim_below(6) == 0) {
		sim.report->cancels++;
		weir_scope_cancel(&troupe->scope);
	}
	err = weir_scope_close(&troupe->scope, sim_patience());
	troupe->closed = true;
	sim.scopes_open--;
	sim_note((uint64_t)(int64_t)err << 8 | troupe->ended);
	if (!is_answer(err))
		sim_fault("a scope's close answered %d", err);
	if (troupe->begun != troupe->ended)
		sim_fault("%u children began, %u ended", troupe->begun,
			troupe->ended);
	if (troupe->ended > troupe->promised ||
		(err == 0 && troupe->ended != troupe->promised))
		sim_fault("%u children of %u ended, and close answered %d",
			troupe->ended, troupe->promised, err);
}
