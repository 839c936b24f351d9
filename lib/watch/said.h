// SPDX-License-Identifier: BSD-3-Clause
//
// What an executor has said by one moment: which run it is on, and the steps of it
// and of runs before that took too long. Inside lib/watch only.
//
// Threads.  Whoever holds the watchdog's lock: an executor has one listener.
#ifndef WEIR_WATCH_SAID_H
#define WEIR_WATCH_SAID_H

#include "task/overrun.h"
#include "watch/witness.h"

struct weir_executor;

struct weir_said {
	uint64_t run; // that it is on, or was last
	struct weir_reading begun;
	bool over; // and it has ended before the overruns were taken
	struct weir_overrun overruns[WEIR_OVERRUNS];
	unsigned count;
	unsigned old; // of those, of runs before
};

// weir_said_take takes from the executor what it has written down.
void weir_said_take(struct weir_said *said, struct weir_executor *executor);

// weir_said_add has the witness remember what the executor itself has read at the
// end of those overruns, unless a later sample is there already. stopped, halted: what
// is known of stops since the last sample, which may have been in any of them.
void weir_said_add(struct weir_witness *witness,
	const struct weir_overrun *overruns, unsigned count, uint64_t stopped,
	uint64_t halted);

#endif
