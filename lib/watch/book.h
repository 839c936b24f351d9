// SPDX-License-Identifier: BSD-3-Clause
//
// The book of a contract holds what was found of its steps: how many of each
// finding, and the worst of them with their stacks. The watchdog writes it,
// reports read it.
//
// Threads.  Any that may sleep; one lock for all books.
#ifndef WEIR_WATCH_BOOK_H
#define WEIR_WATCH_BOOK_H

#include "base/clock.h"
#include "base/list.h"
#include "count/histogram.h"
#include "task/overrun.h"
#include "watch/contract.h"
#include "watch/stack.h"

#define WEIR_CLASS_SIZE 48
#define WEIR_SIGHTINGS 3

enum weir_found {
	WEIR_BLOCKED,
	WEIR_BLOCKING,
	WEIR_STOLEN,
	WEIR_UNWITNESSED,
	WEIR_FOUNDS,
};

// One step that was too long, as it was seen.
struct weir_sighting {
	enum weir_found found;
	uint64_t begin; // the tick that names the step on its executor
	uint64_t ns;	// so far, where it had not ended
	char task[WEIR_NAME_SIZE];
	char executor[WEIR_NAME_SIZE];
	bool excused; // a call, where calls may be made: no fault
	long call;    // of the system, that it slept in; -1: not known
	struct weir_frames frames; // count 0: not taken
};

struct weir_contract {
	struct weir_list link;
	char name[WEIR_CLASS_SIZE];
	bool borrowed; // a pipeline's: its own report tells of it
	struct weir_histogram *steps;
	struct weir_histogram *own; // or NULL
	const struct weir_clock *clock;
	uint64_t found[WEIR_FOUNDS]; // the last one is not counted here
	uint64_t excused;	     // of the calls, those that may be
	uint64_t unended;	     // of these, what is not over yet
	uint64_t going_ns;	     // how long that has taken so far
	struct weir_sighting worst[WEIR_SIGHTINGS]; // the longest first
	unsigned worst_count;
};

// weir_contract_borrow makes a contract of steps that are the caller's, and sets
// their limit; 0: none.
int weir_contract_borrow(struct weir_contract **contract, const char *name,
	struct weir_histogram *steps, const struct weir_clock *clock,
	uint64_t max_exec_ns, struct weir_error *e);

// weir_books_find answers the contract whose steps these are, or NULL; with the
// books locked, until weir_books_unlock. weir_books_lock alone does that too.
struct weir_contract *weir_books_find(const struct weir_histogram *steps);
void weir_books_lock(void);
void weir_books_unlock(void);

// weir_books_least answers the least limit that any contract has, in ticks; 0:
// none has one.
uint64_t weir_books_least(void);

// weir_book_enter counts a finding, and keeps it if it is one of the worst.
// unended: the step goes on. Then weir_book_go_on says how long it has taken by
// now, as often as one likes, and weir_book_end how long in all. The books are
// locked.
void weir_book_enter(struct weir_contract *contract,
	const struct weir_sighting *sighting, bool unended);
void weir_book_go_on(
	struct weir_contract *contract, const struct weir_sighting *sighting);
void weir_book_end(
	struct weir_contract *contract, const struct weir_sighting *sighting);

// weir_book_read is weir_contract_read with the books locked.
void weir_book_read(const struct weir_contract *contract, unsigned flags,
	struct weir_contract_state *state);

// weir_books_each calls each for every contract, with the books locked.
void weir_books_each(
	void (*each)(struct weir_contract *contract, void *arg), void *arg);

#endif
