// SPDX-License-Identifier: BSD-3-Clause
//
// A case that waits on one side of a parking as a waiter does: for the sources
// of this folder. side is NULL when the executor has no place there.
#ifndef WEIR_CHAN_PARKED_CASE_H
#define WEIR_CHAN_PARKED_CASE_H

#include "chan/parking.h"
#include "task/select.h"

// weir_parked_case_enlist is enlist of a case, with what it has seen of what
// counts changes.
static inline bool weir_parked_case_enlist(struct weir_case *c,
	struct weir_side *side, uint64_t seen, struct weir_executor *executor,
	enum weir_wait_place place)
{
	if (!side)
		return false;
	weir_side_park(side, false, seen);
	weir_case_enlist(c, executor, &side->watch.queue, place);
	return true;
}

// weir_parked_case_delist is delist: the executor has a place for good, once it
// has one.
static inline bool weir_parked_case_delist(
	struct weir_case *c, struct weir_side *side)
{
	return !side || weir_side_unpark(side, false, c->woken);
}

// weir_parked_case_pass is pass.
static inline void weir_parked_case_pass(struct weir_side *side)
{
	if (!weir_wait_queue_empty(&side->watch.queue))
		weir_side_push(side);
}

#endif
