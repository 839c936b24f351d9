// SPDX-License-Identifier: BSD-3-Clause
//
// A permit is room that was reserved: who holds one can send a message without
// waiting and without being told that there is no room. So a task gets room
// first, does what is costly or cannot be undone, and then sends.
//
// For channels opened with permits set. A permit is a credit, not a place in the
// ring: messages of others, sent later, may arrive before. Room that is reserved
// is not there for others; closing the last receiver ends that.
//
// Counts.  The messages held and the permits that are out are together never
// more than the capacity. weir_tx_len counts messages only, weir_tx_reserved
// permits only: each is exact when quiet and never outside 0..capacity.
//
// Threads.  A permit is used by the user of the tx it is of, which stays where it
// is and open until the permits are used up or dropped.
// Memory.  The caller's; nothing is allocated.
#ifndef WEIR_CHAN_PERMIT_H
#define WEIR_CHAN_PERMIT_H

#include "chan/chan.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_permits {
	struct weir_tx *tx;
	unsigned count;	 // that are left
	unsigned wanted; // of a case (chan/case.h)
};

// weir_try_reserve reserves min..max permits, as many as there are at once:
// RESERVED, FULL (fewer than min; nothing was reserved) or CLOSED. FULL for good
// when min is above max or the capacity. permits must hold none, and be all zero
// before they are first used: what they held would be lost, and builds with checks
// say so.
WEIR_CHECKED enum weir_result weir_try_reserve(struct weir_tx *tx, unsigned min,
	unsigned max, struct weir_permits *permits);

// weir_reserve waits for them: RESERVED, CLOSED, TIMED_OUT or CANCELED, of which
// all but the first reserve nothing; FULL at once when min is above max or the
// capacity. Senders that come later wait behind it, however much it wants. Tasks
// only. As a case of a select: weir_case_reserve.
WEIR_CHECKED enum weir_result weir_reserve(struct weir_tx *tx, unsigned min,
	unsigned max, struct weir_permits *permits, uint64_t deadline);

// weir_permits_send sends one message on one permit: SENT; or CLOSED, the
// message is still the caller's. Either uses one up. Never waits.
WEIR_CHECKED enum weir_result weir_permits_send(
	struct weir_permits *permits, void *message);

// weir_permits_drop gives back what is left; harmless when nothing is.
void weir_permits_drop(struct weir_permits *permits);

// weir_tx_reserved answers how many permits are out, of all senders.
unsigned weir_tx_reserved(const struct weir_tx *tx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
