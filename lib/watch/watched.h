// SPDX-License-Identifier: BSD-3-Clause
//
// What the watchdog keeps of an executor that it watches: its samples, the case of
// a step that does not end, what is known of its sleeps. Inside lib/watch only.
//
// Threads.  Whoever holds the watchdog's lock.
#ifndef WEIR_WATCH_WATCHED_H
#define WEIR_WATCH_WATCHED_H

#include "base/list.h"
#include "watch/look.h"
#include "watch/witness.h"

struct weir_executor;

// A step that is beyond its limit and goes on.
struct weir_case {
	bool open;
	uint64_t beat; // names it
	const struct weir_histogram *running;
	uint64_t limit;
	uint64_t seen;	   // ticks that it had taken when it was entered
	bool looking;	   // a look is under way
	unsigned prompt;   // looks that were
	uint64_t last;	   // tick of the last look, 0: it was late
	uint64_t last_cpu; // of then
	uint64_t proved;   // ticks between prompt looks that follow each other
	bool slept;	   // it was seen asleep in the kernel
	long call;	   // in which call; -1: not known
	bool entered;	   // it is in the book, as not ended
	unsigned gone;	   // rounds since it has ended, without a word of it
	bool told;	   // and in the log, as it does not end
	char task[WEIR_NAME_SIZE];
	struct weir_frames frames;
};

// What is to be said of an executor.
struct weir_telling {
	bool unended; // a step of it does not end: this one, of that class
	char of[WEIR_CLASS_SIZE];
	struct weir_sighting sighting;
	bool deaf; // it does not answer looks
	char executor[WEIR_NAME_SIZE];
};

struct weir_watched {
	struct weir_list link;
	const struct weir_executor *executor; // NULL: free
	bool seen;			      // in the present round
	int thread;
	struct weir_witness witness;
	uint64_t sleeps;      // of the thread, when they were last read
	uint64_t sleeps_tick; // when that was
	uint64_t slept_from, slept_to; // between these it slept last
	uint64_t stops;		       // of the process, while it ran
	struct weir_case now;
	struct weir_look look;
	uint64_t deaf;	// CPU time that went by without the answer to it
	bool deaf_told; // of this thread
	struct weir_telling telling;
};

// What one round of the watchdog knows.
struct weir_round {
	uint64_t tick;
	bool stopped;  // the process was, since the round before
	bool accounts; // see struct weir_stretch
	struct weir_list *watched;
};

// weir_watched_is_exempt tells of an executor that may sleep, or whose ports must.
bool weir_watched_is_exempt(const struct weir_executor *executor);

// weir_watchdog_ring ends the nap of the watchdog, if there is one: there is
// another limit to keep.
void weir_watchdog_ring(void);

// weir_watched_look does what a round does for an executor.
void weir_watched_look(struct weir_watched *watched,
	struct weir_executor *executor, const struct weir_round *round);

#endif
