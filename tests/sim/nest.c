// SPDX-License-Identifier: BSD-3-Clause
//
// Nests: scopes in scopes, with children on any executor that work a while, play
// in turn, fail, or cancel the scope from where they are. What a scope promises
// is looked at in troupe.c.
#include "play.h"

#include <errno.h>

#define CHILDREN 3

static void child(struct sim_player *player)
{
	for (unsigned i = sim_below(4); i > 0; i--)
		if (!sim_pause(player->executor))
			break;
	if (sim_below(3) == 0)
		sim_play(player->executor);
	if (sim_below(8) == 0)
		weir_task_fail(-EIO);
	if (!sim.patient && sim_below(8) == 0) {
		sim.report->cancels++;
		weir_scope_cancel(&player->troupe->scope);
	}
}

static bool play(struct weir_executor *executor)
{
	struct sim_player children[CHILDREN];
	struct sim_troupe troupe;

	sim_troupe_open(&troupe);
	for (unsigned i = sim_below(CHILDREN + 1); i > 0; i--)
		sim_troupe_cast(&troupe, NULL, &children[i - 1], child);
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

const struct sim_kind sim_nests = {.name = "nest", .play = play};
