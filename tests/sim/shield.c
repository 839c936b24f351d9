// SPDX-License-Identifier: BSD-3-Clause
//
// A child works behind a shield and is cancelled meanwhile. Up to the shield's
// deadline no wait says so; who had been cancelled is told by the first wait
// after the shield is closed.
#include "play.h"

#include "task/shield.h"

struct work {
	struct sim_player player;
	bool canceled; // by its scope, from outside
};

static void behind(struct sim_player *player, uint64_t until, bool forever)
{
	for (unsigned i = sim_below(6); i > 0; i--) {
		bool told = weir_sleep(sim_in(sim_below(30)));
		uint64_t now = weir_executor_now(player->executor);

		if (!told && !weir_task_canceled())
			continue;
		if (forever || (int64_t)(now - until) < 0)
			sim_fault("a cancel came through a shield");
	}
}

static void work(struct sim_player *player)
{
	bool forever = sim_below(4) == 0, before = weir_task_canceled();
	uint64_t until = sim_in(20 + sim_below(100));
	struct weir_shield shield;

	// A mistake: it says more than it does.
	weir_shield_open(&shield, sim_planted(SIM_THIN_SHIELD, 1) ? sim_in(1)
				  : forever			  ? WEIR_NEVER
								  : until);
	behind(player, until, forever);
	weir_shield_close(&shield);
	if (before && (!weir_task_canceled() || !weir_sleep(sim_in(5))))
		sim_fault("a shield swallowed a cancel");
	sim.report->shields++;
	for (unsigned i = sim_below(3); i > 0; i--)
		(void)sim_rest(player->executor);
	if (sim_below(2))
		return;
	before = weir_task_canceled(); // now more often
	weir_shield_open(&shield, WEIR_NEVER);
	behind(player, 0, true);
	weir_shield_close(&shield);
	if (before && !weir_sleep(sim_in(5)))
		sim_fault("a shield swallowed a cancel");
}

static bool play(struct weir_executor *executor)
{
	struct sim_troupe troupe;
	struct work works[2];

	sim_troupe_open(&troupe);
	for (unsigned i = 0; i < 2; i++)
		sim_troupe_cast(&troupe, NULL, &works[i].player, work);
	sim_troupe_gather(&troupe);
	(void)sim_rest(executor);
	if (sim_below(2)) {
		sim.report->cancels++;
		weir_scope_cancel(&troupe.scope);
	}
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

const struct sim_kind sim_shields = {.name = "shield", .play = play};
