// SPDX-License-Identifier: BSD-3-Clause
//
// A wait under the face that matrix.h knows, and the oracle that all share.
#ifndef TESTS_CHAN_WAITS_KIND_H
#define TESTS_CHAN_WAITS_KIND_H

#include "chan/chan.h"
#include "sync/crew.h"
#include "task/select.h"
#include "task/set.h"
#include "task/stepper.h"

#define WAITERS_MAX 7
#define IDS 64

// Whom one feed reaches: the first, all, or the first, who passes it on.
enum reach { FIRST, ALL, IN_TURN };

struct kind {
	const char *name;
	void (*open)(bool near_wrap);
	int (*do_)(struct one *one);
	void (*undo)(struct one *one);
	void (*feed)(void);
	void (*shut)(void); // the peer closes its end
	void (*close)(void);
	void (*parked)(void);	 // when they wait already, or NULL
	void (*peer_exit)(void); // in a way of its own, or NULL
	void (*usable)(void); // sees afterwards that all is in order, or NULL
	// Of a case: what do_select, do_set and steppers wait for, and what is
	// answered to its result, or NULL.
	struct weir_case (*case_)(struct one *one);
	int (*came)(struct one *one, enum weir_result result);
	bool steps;	  // who waits is a stepper
	int fed;	  // what is answered to a feed: 0
	int shut_answer;  // what is answered to an end: 0 for -EPIPE
	int fed_and_shut; // what the first answers when both have come
	int gave_up;	  // what is answered to a deadline or a cancel, or 0
	enum reach reach;
	bool once;		 // there is one feed, and
	int spent;		 // what is answered afterwards
	bool late;		 // a feed wakes in the turn after
	bool timed;		 // a feed is a point in time
	bool looks_again;	 // late, it may find what the first passed on
	bool fed_past_end;	 // an end alone ends no wait: a feed does
	const char *never;	 // why nobody waits here, or NULL
	const char *one_user;	 // why one waits at most, or NULL
	const char *no_peer;	 // why no peer lives elsewhere, or NULL
	const char *no_close;	 // why nothing closes it, or NULL
	const char *no_deadline; // why it takes no deadline, or NULL
	enum weir_channel_class class_;
	bool local, segments;
};

static const struct kind *opened; // set by open_channel's caller
static struct one waiters[WAITERS_MAX];
static unsigned fed;
__attribute__((unused)) static struct weir_wait_queue nothing_comes;

__attribute__((unused)) static unsigned number_of(const struct one *one)
{
	return (unsigned)(one - waiters);
}

__attribute__((unused)) static int plainly(enum weir_result result)
{
	return (int)result < 0 ? (int)result : 0;
}

// ---- a case: in a select, in a set ----

static int came(struct one *one, int result)
{
	return opened->came ? opened->came(one, (enum weir_result)result)
			    : plainly((enum weir_result)result);
}

__attribute__((unused)) static int do_select(struct one *one)
{
	struct weir_case cases[] = {
		opened->case_(one), weir_case_queue(&nothing_comes)};
	int k = weir_select_until(cases, 2, one->deadline);

	if (k != 0)
		return k < 0 ? k : NOT_YET;
	return came(one, cases[0].result);
}

__attribute__((unused)) static int do_set(struct one *one)
{
	struct weir_member member, *served;
	struct weir_set set;
	int answer;

	weir_set_open(&set);
	weir_set_add(&set, &member, opened->case_(one));
	answer = weir_set_wait(&set, &served, one->deadline);
	if (answer == 0)
		answer = came(one, served->wait.result);
	weir_set_remove(&member);
	weir_set_close(&set);
	return answer;
}

// IN_SELECT and IN_SET are kinds of a case; BY_STEPPER of a stepper that waits
// for it. IN_ALL is all three.
#define IN_SELECT(name_, ...)                                           \
	{                                                               \
		.name = "select, " name_, .do_ = do_select, __VA_ARGS__ \
	}
#define IN_SET(name_, ...)                                        \
	{                                                         \
		.name = "set, " name_, .do_ = do_set, __VA_ARGS__ \
	}
#define BY_STEPPER(name_, ...)                                        \
	{                                                             \
		.name = "stepper, " name_, .steps = true, __VA_ARGS__ \
	}
#define IN_ALL(name_, ...)                                         \
	IN_SELECT(name_, __VA_ARGS__), IN_SET(name_, __VA_ARGS__), \
		BY_STEPPER(name_, __VA_ARGS__)

// ---- a peer on an executor of its own, which goes with it ----

__attribute__((unused)) static void on_peer(void (*fn)(void))
{
	struct weir_executor *peer = crew_executor("peer", 2);

	cr_assert_eq(weir_start(peer, run_fn, &fn, NULL, NULL), 0);
	weir_executor_turn(peer);
	cr_assert_eq(weir_executor_counts(peer)->tasks, 0);
	weir_executor_destroy(peer);
}

// ---- the oracle: what was sent was taken once, what was not, never ----

static unsigned sent[IDS], taken[IDS], next_id;
static const char *fault;

__attribute__((unused)) static void oracle_open(void)
{
	memset(sent, 0, sizeof(sent));
	memset(taken, 0, sizeof(taken));
	next_id = fed = 0;
	fault = NULL;
	weir_wait_queue_init(&nothing_comes);
}

__attribute__((unused)) static void claim(bool holds, const char *else_)
{
	if (!holds && !fault)
		fault = else_;
}

__attribute__((unused)) static const char *oracle_fault(void)
{
	for (unsigned i = 0; i < IDS; i++) {
		claim(taken[i] >= sent[i], "a message is lost");
		claim(taken[i] <= sent[i], "a message came twice, or unsent");
	}
	return fault;
}

__attribute__((unused)) static void release(void *arg, void *message)
{
	taken[*(uint64_t *)message]++;
}

#endif
