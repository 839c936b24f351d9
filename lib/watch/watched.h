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
struct weir_histogram;

// A step that is beyond its limit and goes on.
struct weir_case {
	bool open;
	uint64_t beat; // names it
	const struct weir_histogram *running;
	uint64_t limit;
	uint64_t seen;	   // ticks that it has taken by now
	bool looking;	   // a look is under way
	unsigned prompt;   // looks that were
	uint64_t last;	   // tick of the last look, 0: it was late
	uint64_t last_cpu; // of then
	uint64_t proved;   // ticks between prompt looks that follow each other
	bool asleep;	   // at the last sample
	uint64_t dozed;	   // ticks for which it was seen asleep
	long call;	   // in which call; -1: not known
	bool entered;	   // it is in the book, as not ended
	enum weir_found found; // and as this
	unsigned gone;	// rounds that saw what runs since, without a word of it
	uint64_t since; // the heartbeat of what runs since, as last seen
	uint64_t next;	// of a step that is overdue, and begun since; 0: none
	bool told;	// and in the log, as it does not end
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
	uint64_t run; // of the executor, that was last met; 0: none
	struct weir_witness witness;
	uint64_t turns;	  // that its thread had had of a CPU by the last sample
	uint64_t stopped; // ticks that the process may have been since then
	uint64_t halted;  // those of a stop that there was
	uint64_t halts;	  // of the thread, by stops
	struct weir_case now;
	struct weir_look look;
	uint64_t deaf;	// CPU time that went by without the answer to it
	bool deaf_told; // of this thread
	struct weir_telling telling;
};

// What one round of the watchdog knows.
struct weir_round {
	uint64_t
		known; // up to here it is known how long the process was stopped
	uint64_t
		away; // ticks for which it may have been, since the round before
	bool stopped;	       // it was
	bool accounts, robbed; // see struct weir_stretch
};

// weir_watched_is_exempt tells of an executor that may sleep, or whose ports must.
bool weir_watched_is_exempt(const struct weir_executor *executor);

// weir_watched_take has watched be that of an executor from now on. What was asked
// for stays: it may yet be answered.
void weir_watched_take(
	struct weir_watched *watched, const struct weir_executor *executor);

// weir_watchdog_ring ends the nap of the watchdog, if there is one: there is
// another limit to keep.
void weir_watchdog_ring(void);

// weir_watched_look does what a round does for an executor.
void weir_watched_look(struct weir_watched *watched,
	struct weir_executor *executor, const struct weir_round *round);

// weir_watched_forget drops the case of a class that goes.
void weir_watched_forget(
	struct weir_watched *watched, const struct weir_histogram *steps);

// weir_watchdog_forget judges what there is of a class that goes, none of whose
// steps goes on: what was written down names it by its address, which another may
// have soon. Without a watchdog it is dropped.
void weir_watchdog_forget(const struct weir_histogram *steps);

#endif
