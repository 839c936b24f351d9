// SPDX-License-Identifier: BSD-3-Clause
//
// Plays: what any task of the world may do between two operations, and a table
// of their kinds.
//
//	           ┌ open ── what it needs in a world, for as long as that lasts
//	sim_kind ──┤ play ── by any task, on any executor, as often as it is drawn
//	           │ tend ── between two turns: the world does something itself
//	           │ look ── between two turns: what must hold always
//	           └ close ─ all has ended: what must be back
//
// A play that needs others casts children: a troupe is their scope. They run on
// any executor, play in turn, are cancelled as anybody is; or never begin, for
// want of a stack or because a cancel was faster. So who plays first gathers
// the troupe, and gives up for those who did not come what it had for them.
#ifndef TESTS_SIM_PLAY_H
#define TESTS_SIM_PLAY_H

#include "world.h"

// Functions that are NULL are not called. play answers false when the task is
// cancelled.
struct sim_kind {
	const char *name;
	void (*open)(void);
	bool (*play)(struct weir_executor *executor);
	void (*tend)(void);
	void (*look)(void);
	void (*close)(void);
};

extern const struct sim_kind sim_nests, sim_oneshots, sim_broadcasts,
	sim_latests, sim_servers, sim_steppers, sim_joins, sim_intervals,
	sim_shields, sim_questions, sim_mutexes, sim_rwlocks, sim_semaphores,
	sim_events, sim_barriers, sim_onces, sim_gates, sim_descriptors;
extern const struct sim_kind *const sim_kinds[SIM_KINDS];

// sim_plays_draw draws which kinds this world has, and sim_plays_have tells it. The
// others call what the kinds of this world have.
void sim_plays_draw(void);
bool sim_plays_have(const struct sim_kind *kind);
void sim_plays_open(void);
void sim_plays_tend(void);
void sim_plays_look(void);
void sim_plays_close(void);

// sim_play plays, if all that is there allows it; false: the task is cancelled.
bool sim_play(struct weir_executor *executor);

// sim_at answers the number of an executor in the world, sim_turn in which turn
// it is. sim_promptly finds fault when more than one turn has begun since: what
// was woken then runs in the next.
unsigned sim_at(const struct weir_executor *executor);
uint64_t sim_turn(struct weir_executor *executor);
void sim_promptly(
	struct weir_executor *executor, uint64_t since, const char *who);

struct sim_troupe {
	struct weir_scope scope;
	unsigned promised, begun, ended; // children
	bool closed;
};

// A child; embed it. fn is called in it.
struct sim_player {
	struct sim_troupe *troupe;
	void (*fn)(struct sim_player *player);
	struct weir_executor *executor;
	bool begun;
};

// sim_troupe_open begins one, sim_troupe_cast adds a child, on any executor
// where that is NULL.
// False: there will be none. sim_troupe_gather returns when it is known which
// have begun. sim_troupe_close now and then cancels them, and ends the troupe.
void sim_troupe_open(struct sim_troupe *troupe);
bool sim_troupe_cast(struct sim_troupe *troupe, struct weir_executor *where,
	struct sim_player *player, void (*fn)(struct sim_player *player));
void sim_troupe_gather(struct sim_troupe *troupe);
void sim_troupe_close(struct sim_troupe *troupe);

#endif
