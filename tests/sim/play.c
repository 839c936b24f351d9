// SPDX-License-Identifier: BSD-3-Clause
#include "play.h"

#define PLAYS_MAX 8    // at once
#define PLAYS_TOTAL 80 // plays play in turn: without a bound, for ever

const struct sim_kind *const sim_kinds[SIM_KINDS] = {
	&sim_nests,
	&sim_oneshots,
	&sim_broadcasts,
	&sim_latests,
	&sim_servers,
	&sim_steppers,
	&sim_joins,
	&sim_intervals,
	&sim_shields,
	&sim_questions,
	&sim_mutexes,
	&sim_rwlocks,
	&sim_semaphores,
	&sim_events,
	&sim_barriers,
	&sim_onces,
	&sim_gates,
	&sim_descriptors,
};

static bool present(unsigned kind)
{
	return sim.kinds >> kind & 1;
}

void sim_plays_draw(void)
{
	// Few kinds, so that many meet at one; now and then all.
	for (unsigned i = 1 + sim_below(4); i > 0; i--)
		sim.kinds |= 1u << sim_below(SIM_KINDS);
	if (sim_below(8) == 0)
		sim.kinds = (1u << SIM_KINDS) - 1;
}

bool sim_plays_have(const struct sim_kind *kind)
{
	for (unsigned i = 0; i < SIM_KINDS; i++)
		if (sim_kinds[i] == kind)
			return present(i);
	return false;
}

void sim_plays_open(void)
{
	for (unsigned i = 0; i < SIM_KINDS; i++)
		if (present(i) && sim_kinds[i]->open)
			sim_kinds[i]->open();
}

void sim_plays_tend(void)
{
	for (unsigned i = 0; i < SIM_KINDS; i++)
		if (present(i) && sim_kinds[i]->tend)
			sim_kinds[i]->tend();
}

void sim_plays_look(void)
{
	for (unsigned i = 0; i < SIM_KINDS; i++)
		if (present(i) && sim_kinds[i]->look)
			sim_kinds[i]->look();
}

void sim_plays_close(void)
{
	for (unsigned i = 0; i < SIM_KINDS; i++)
		if (present(i) && sim_kinds[i]->close)
			sim_kinds[i]->close();
}

static unsigned draw_kind(void)
{
	unsigned kind = sim_below(SIM_KINDS);

	while (!present(kind))
		kind = (kind + 1) % SIM_KINDS;
	return kind;
}

// ---- a crowd before one object of an executor ----

#define CROWD 4

struct guest {
	struct sim_player player;
	const struct sim_kind *kind;
};

static void visit(struct sim_player *player)
{
	struct guest *guest = weir_container(player, struct guest, player);

	for (unsigned i = sim_below(6); i > 0; i--)
		if (!guest->kind->play(player->executor))
			break;
}

static bool bring_crowd(
	struct weir_executor *executor, const struct sim_kind *kind)
{
	struct guest guests[CROWD];
	struct sim_troupe troupe;

	sim_troupe_open(&troupe);
	for (unsigned i = 0; i < CROWD; i++) {
		guests[i].kind = kind;
		sim_troupe_cast(&troupe, executor, &guests[i].player, visit);
	}
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

static bool play(struct weir_executor *executor, const struct sim_kind *kind)
{
	// What has to be opened is one object that many meet at.
	if (kind->open && sim_below(2))
		return bring_crowd(executor, kind);
	return kind->play(executor);
}

bool sim_play(struct weir_executor *executor)
{
	unsigned kind;
	bool goes_on;

	// Until all actors have begun nobody else takes a stack.
	if (sim.playing == PLAYS_MAX || sim.played == PLAYS_TOTAL ||
		!sim_actors_all())
		return !weir_task_canceled();
	kind = draw_kind();
	sim.playing++;
	sim.played++;
	sim.report->plays[kind]++;
	goes_on = play(executor, sim_kinds[kind]);
	sim.playing--;
	sim_note((uint64_t)kind << 8 | goes_on);
	return goes_on;
}

// ---- for all kinds ----

unsigned sim_at(const struct weir_executor *executor)
{
	unsigned i = 0;

	while (sim.executors[i] != executor)
		i++;
	return i;
}

uint64_t sim_turn(struct weir_executor *executor)
{
	return weir_executor_counts(executor)->turns;
}

void sim_promptly(
	struct weir_executor *executor, uint64_t since, const char *who)
{
	uint64_t turns = sim_turn(executor) - since;

	if (turns > 1)
		sim_fault("%s ran %u turns after it was woken", who,
			(unsigned)turns);
}
