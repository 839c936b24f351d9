// SPDX-License-Identifier: BSD-3-Clause
//
// A parking is where tasks wait on what several executors and threads use: a
// channel, a broadcast, a latest value.
//
//	                       ┌─ places: one for each executor that waits
//	channel ─▶ weir_parking┤
//	                       └─ thread: the bell of a thread that blocks
//
// Who wakes.  owner says who has used the object so far:
//
//	nobody ──▶ one executor ──▶ sharing ──▶ shared
//	    └────────────────────────────────────▲
//
// It only goes forward, and each user makes itself known there before it first
// touches the object. While there is one executor, whoever makes room or sends
// something wakes those that wait for it, and nobody watches. Once shared, each
// executor with waiters watches the object itself.
//
// The change.  The second user takes owner to sharing. If the first has
// waiters, it posts to it: the first then starts its watches and only there
// takes owner to shared. A waiter does not leave before that, so that the first
// executor and the object live as long as the post does.
// Ordering, "the change": the first writes parked, then reads owner, when it
// parks and when it leaves; the second writes owner, then reads parked; a full
// fence between the two on both sides. So either the first sees the change and
// watches by itself, or the second sees the waiter and posts; and who leaves
// sees that there is a post, or the second that nobody is there.
//
// Who sleeps.  Before it first parks here, a thread that blocks, or an executor
// that sleeps and does not own the object, sets sleepy and has a fence put into
// every other thread of the process; sleepy is to be relied on only when that
// is done, for a second sleeper may come meanwhile. Who acts looks at sleepy
// after it has acted, and rings: the owner too, since somebody may have come,
// found nothing and gone to sleep while it was inside the operation. Where no fence
// can be put into others, sleepy is set from the start.
// Ordering, "the bell": who acts writes the object, then reads sleepy, then,
// behind a full fence, the bell; who sleeps arms its bell, and behind a full
// fence looks at the object once more.
//
// Threads.  As the object's.
// Memory.  The object embeds it.
#ifndef WEIR_CHAN_PARKING_H
#define WEIR_CHAN_PARKING_H

#include "task/bell.h"
#include "task/executor_inline.h"
#include "task/wait.h"

#include <errno.h>
#include <stdalign.h>

// The executors that can park on one object, over its life: a place is not given
// back, for who acts may be reading it. A task of one more looks again each turn
// instead.
#define WEIR_CHANNEL_PLACES 16

// What one waits for: messages, room for them, or that nobody is left at the
// other end.
enum weir_side_kind {
	WEIR_SIDE_RECV,
	WEIR_SIDE_SEND,
	WEIR_SIDE_CLOSED,
	WEIR_SIDES
};

// The threads that can block on one object and be rung for. One more naps.
#define WEIR_PARKING_THREADS 8

#define WEIR_AVAILABLE_ALL UINT32_MAX

// Those who wait for one thing on one executor; its thread alone touches it.
struct weir_side {
	struct weir_watch watch;
	struct weir_place *place;
	unsigned granted; // woken, and have not run yet
	unsigned greedy;  // parked or granted, and can take more than one
	unsigned need;	  // of the first: what it cannot do with less than
	uint64_t seen;	  // by all that are parked, of what counts changes
};

struct weir_place {
	// Written once, by its executor.
	alignas(WEIR_CACHE_LINE) struct weir_executor *executor;
	struct weir_bell *bell; // of an executor that sleeps
	struct weir_parking *parking;
	// The executor's thread writes.
	uint32_t parked; // parked or granted, of all sides; read by others
	struct weir_side side[WEIR_SIDES];
	// Who takes owner to sharing writes.
	struct weir_post post;
};

enum {
	WEIR_OWNER_NOBODY = 1, // no executor lies here
	WEIR_OWNER_SHARING,
	WEIR_OWNER_SHARED,
};

// Whoever acts looks for bells unless nobody sleeps; it is certain to do so from
// WEIR_SLEEPY_KNOWN on.
enum { WEIR_SLEEPY_NOBODY, WEIR_SLEEPY_SET, WEIR_SLEEPY_KNOWN };

struct weir_parking {
	uintptr_t owner;  // see "Who wakes"
	uint32_t sleepy;  // WEIR_SLEEPY_…, see "Who sleeps"
	bool local;	  // never used but by the first executor
	const char *name; // of the object, which it owns
	char owner_name[32];
	// available answers how many waiters of a side could go on;
	// WEIR_AVAILABLE_ALL: all there are.
	unsigned (*available)(const struct weir_side *side);
	// shared is told when owner became shared; may be NULL.
	void (*shared)(struct weir_parking *parking);
	struct weir_bell *threads[WEIR_PARKING_THREADS]; // of those that block
	struct weir_wait_what what[WEIR_SIDES];
	// The first is the owner's, the others belong to who claims them.
	struct weir_place places[WEIR_CHANNEL_PLACES];
};

// weir_parking_init makes one that nobody has used yet. kinds says of each side
// what one waits for there; name is the object's, or NULL. It borrows both.
void weir_parking_init(struct weir_parking *parking,
	unsigned (*available)(const struct weir_side *side),
	const char *const kinds[WEIR_SIDES], const char *name);

static inline enum weir_side_kind weir_side_kind_of(
	const struct weir_side *side)
{
	return (enum weir_side_kind)(side - side->place->side);
}

// weir_parking_meet is the rest of weir_parking_enter.
struct weir_place *weir_parking_meet(struct weir_parking *parking);

// weir_parking_enter makes the caller known as a user, which each operation
// does first. Answers the place whose waiters the caller must wake, or NULL.
static inline struct weir_place *weir_parking_enter(
	struct weir_parking *parking)
{
	uintptr_t owner = load_relaxed(&parking->owner);

	if (likely(owner == WEIR_OWNER_SHARED))
		return NULL;
	if (likely(owner == (uintptr_t)weir_executor_current()))
		return &parking->places[0];
	return weir_parking_meet(parking);
}

// weir_side_push wakes those that can go on now.
void weir_side_push(struct weir_side *side);

// weir_parking_ring rings for all who sleep; first it is a full fence.
__attribute__((cold)) void weir_parking_ring(struct weir_parking *parking);

// weir_parking_is_sleepy tells whether there may be somebody to ring for: after
// something was done for them.
static inline bool weir_parking_is_sleepy(const struct weir_parking *parking)
{
	// "The bell": the object is written, sleepy read. The fence between
	// the two is put here by who sets sleepy.
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return unlikely(load_relaxed(&parking->sleepy) != WEIR_SLEEPY_NOBODY);
}

// weir_parking_acted rings for who sleeps, if there is such a one.
static inline void weir_parking_acted(struct weir_parking *parking)
{
	if (weir_parking_is_sleepy(parking))
		weir_parking_ring(parking);
}

// weir_parking_push wakes the waiters of one side on the calling executor; place
// is the answer of weir_parking_enter.
static inline void weir_parking_push(
	struct weir_place *place, enum weir_side_kind kind)
{
	if (place && !weir_wait_queue_empty(&place->side[kind].watch.queue))
		weir_side_push(&place->side[kind]);
}

// weir_parking_wake wakes the waiters of one side after something was done for
// them; place is the answer of weir_parking_enter.
static inline void weir_parking_wake(struct weir_parking *parking,
	struct weir_place *place, enum weir_side_kind kind)
{
	weir_parking_push(place, kind);
	// Whatever place says: it was looked up before the operation.
	weir_parking_acted(parking);
}

// weir_parking_sleepy makes who acts look for bells: from its return on.
void weir_parking_sleepy(struct weir_parking *parking);

// weir_parking_side answers the side that the calling executor waits on; NULL when
// no place is left.
struct weir_side *weir_parking_side(
	struct weir_parking *parking, enum weir_side_kind kind);

// weir_side_park makes known that a waiter comes, before it enters the queue, with
// what it has seen of what counts changes. weir_side_unpark is its counterpart,
// after it left; false when the waiter must stay a little longer: again in a
// later step.
void weir_side_park(struct weir_side *side, bool greedy, uint64_t seen);
bool weir_side_unpark(struct weir_side *side, bool greedy, bool woken);

// A wait of the calling task on one side, as often as it takes.
struct weir_waiter {
	struct weir_side *side; // NULL: no place is left
	bool greedy;		// it can take more than one
	bool waited;
	unsigned need; // set it before the wait; 0: one
	uint64_t seen; // likewise, on what counts changes
};

// weir_waiter_begin prepares a wait; answers whether others wait already, so
// that the caller must not try first.
bool weir_waiter_begin(struct weir_waiter *waiter, struct weir_parking *parking,
	enum weir_side_kind kind, bool greedy);

// weir_waiter_wait parks until it is worth while to try again. Answers 0,
// -ETIMEDOUT or -ECANCELED.
int weir_waiter_wait(struct weir_waiter *waiter, uint64_t deadline);

// weir_waiter_end passes on what the caller left for those behind it.
void weir_waiter_end(struct weir_waiter *waiter);

// A thread without an executor that blocks. It tries again whenever
// weir_blocker_wait says so: once more after the bell is armed, and after each
// sleep.
struct weir_blocker {
	struct weir_parking *parking;
	struct weir_bell *bell;	 // NULL: it naps
	struct weir_bell **slot; // of the parking
	bool armed;
};

void weir_blocker_begin(
	struct weir_blocker *blocker, struct weir_parking *parking);

// weir_blocker_wait waits a while; false when the deadline has come.
bool weir_blocker_wait(struct weir_blocker *blocker, uint64_t deadline);

void weir_blocker_end(struct weir_blocker *blocker);

#endif
