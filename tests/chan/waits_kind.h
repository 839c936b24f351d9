// SPDX-License-Identifier: BSD-3-Clause
//
// A wait under the face that matrix.h knows, and the oracle that all share.
#ifndef TESTS_CHAN_WAITS_KIND_H
#define TESTS_CHAN_WAITS_KIND_H

#include "chan/chan.h"
#include "sync/crew.h"

#define WAITERS_MAX 7
#define IDS 64

enum reach { FIRST, ALL }; // whom one feed reaches

struct kind {
	const char *name;
	void (*open)(bool near_wrap);
	int (*do_)(struct one *one);
	void (*undo)(struct one *one);
	void (*feed)(void);
	void (*shut)(void); // the peer closes its end
	void (*close)(void);
	int fed;	  // what is answered to a feed: 0
	int fed_and_shut; // what the first answers when both have come
	enum reach reach;
	bool once;		 // there is one feed, and
	int spent;		 // what is answered afterwards
	bool late;		 // a feed wakes in the turn after
	bool timed;		 // a feed is a point in time
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
