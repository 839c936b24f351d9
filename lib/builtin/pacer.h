// SPDX-License-Identifier: BSD-3-Clause
//
// A pacer tells when the next packet may go, so that a rate is kept: packets
// or bits in a second, exactly over any length of time.
//
//	due   now            a packet goes at due or later, and moves due on
//	 │─────│─────▶       by what it costs
//	 └ at most slack behind now: what was missed beyond that is missed
//
// Time is counted in ticks with 16 binary digits behind the point, modulo 2^64:
// it is right for some hours from one call to the next. Who may sleep longer
// looks first.
//
// Threads.  One.
#ifndef WEIR_BUILTIN_PACER_H
#define WEIR_BUILTIN_PACER_H

#include "option/value.h"

#include <stdbool.h>
#include <stdint.h>

struct weir_pacer {
	uint64_t due;	   // ticks << 16
	uint64_t looked;   // tick
	uint64_t per_unit; // ticks << 32 for a bit or a packet; 0: no limit
	uint64_t slack;	   // ticks << 16
	bool packets;
};

#define WEIR_PACER_COST_MAX (UINT64_MAX >> 3)

// weir_pacer_cost answers what a packet of so many bytes takes.
static inline uint64_t weir_pacer_cost(
	const struct weir_pacer *pacer, uint64_t bytes)
{
	unsigned __int128 cost = (unsigned __int128)pacer->per_unit *
				 (pacer->packets ? 1 : 8 * bytes);

	cost >>= 16;
	return cost < WEIR_PACER_COST_MAX ? (uint64_t)cost
					  : WEIR_PACER_COST_MAX;
}

// weir_pacer_set makes it keep rate, of which share instances have an equal
// part each, on a clock of hz; from the next packet on, what is due stays.
static inline void weir_pacer_set(struct weir_pacer *pacer,
	const struct weir_rate *rate, unsigned share, uint64_t hz)
{
	unsigned __int128 per_unit = 0;

	if (rate->per_second)
		per_unit = ((unsigned __int128)hz << 32) * share /
			   rate->per_second;
	pacer->per_unit =
		per_unit < UINT64_MAX ? (uint64_t)per_unit : UINT64_MAX;
	pacer->packets = rate->packets;
}

static inline void weir_pacer_start(struct weir_pacer *pacer, uint64_t now)
{
	pacer->due = now << 16;
	pacer->looked = now;
}

// weir_pacer_look comes before the others where one may have slept: after more
// than quiet ticks, whatever was due is long past, and it starts anew.
static inline void weir_pacer_look(
	struct weir_pacer *pacer, uint64_t now, uint64_t quiet)
{
	if (now - pacer->looked > quiet)
		weir_pacer_start(pacer, now);
	pacer->looked = now;
}

// weir_pacer_ready tells whether a packet may go at now.
static inline bool weir_pacer_ready(
	const struct weir_pacer *pacer, uint64_t now)
{
	return !pacer->per_unit || (int64_t)((now << 16) - pacer->due) >= 0;
}

static inline void weir_pacer_took(struct weir_pacer *pacer, uint64_t cost)
{
	pacer->due += cost;
}

// weir_pacer_miss gives up what is due longer than slack, whole packets of cost
// each, and answers how many.
static inline uint64_t weir_pacer_miss(
	struct weir_pacer *pacer, uint64_t now, uint64_t cost)
{
	int64_t behind = (int64_t)((now << 16) - pacer->due);
	uint64_t missed;

	if (!cost || behind <= 0 || (uint64_t)behind <= pacer->slack)
		return 0;
	missed = ((uint64_t)behind - pacer->slack + cost - 1) / cost;
	pacer->due += missed * cost;
	return missed;
}

// weir_pacer_left answers how many ticks are left until a packet may go.
static inline uint64_t weir_pacer_left(
	const struct weir_pacer *pacer, uint64_t now)
{
	int64_t ahead = (int64_t)(pacer->due - (now << 16));

	return ahead > 0 ? ((uint64_t)ahead + 0xffff) >> 16 : 0;
}

#endif
