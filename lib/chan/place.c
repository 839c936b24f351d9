// SPDX-License-Identifier: BSD-3-Clause
//
// Who waits where, and who wakes them.
//
// A wakeup is a grant: so many waiters are woken as there are messages (or
// room) beyond what the ones woken before will take. Who was granted tries when
// it runs; whatever it leaves goes to the next. Where a waiter can take more
// than one, grants go out one at a time, each when the one before has taken:
// else several would find nothing and come back out of order.
#include "chan/parking.h"
#include "base/assert.h"
#include "chan/user.h"
#include "task/task.h"

#include <string.h>

// ungranted answers how many may be woken beyond those that were.
static unsigned ungranted(const struct weir_side *side)
{
	unsigned n = side->place->parking->available(side);

	if (n == WEIR_AVAILABLE_ALL)
		return n;
	if (n < side->need)
		return 0;
	if (side->greedy)
		return n > 0 && side->granted == 0;
	return n > side->granted ? n - side->granted : 0;
}

static unsigned length(const struct weir_wait_queue *queue, unsigned most)
{
	unsigned n = 0;

	weir_list_each (waiter, &queue->waiters) {
		if (n == most)
			break;
		n++;
	}
	return n;
}

// grant answers how many waiters to wake now, and counts them as woken.
static unsigned grant(struct weir_side *side)
{
	unsigned n = length(&side->watch.queue, ungranted(side));

	side->granted += n;
	return n;
}

static unsigned watch_ready(struct weir_watch *watch)
{
	return grant(weir_container(watch, struct weir_side, watch));
}

// A select with two cases on this side leaves with both when one is woken.
static void watch_unwoken(struct weir_watch *watch, unsigned count)
{
	weir_container(watch, struct weir_side, watch)->granted -= count;
}

static void place_init(struct weir_place *place, struct weir_parking *parking)
{
	place->parking = parking;
	for (unsigned i = 0; i < WEIR_SIDES; i++) {
		place->side[i].place = place;
		weir_watch_init(&place->side[i].watch, watch_ready);
		place->side[i].watch.unwoken = watch_unwoken;
		place->side[i].watch.queue.what = &parking->what[i];
	}
}

void weir_parking_init(struct weir_parking *parking,
	unsigned (*available)(const struct weir_side *side),
	const char *const kinds[WEIR_SIDES], const char *name)
{
	parking->name = name;
	for (unsigned i = 0; i < WEIR_SIDES; i++)
		parking->what[i] =
			(struct weir_wait_what){.kind = kinds[i], .name = name};
	parking->owner = WEIR_OWNER_NOBODY;
	parking->available = available;
	if (!weir_bell_may_fence())
		parking->sleepy = WEIR_SLEEPY_KNOWN;
	for (unsigned i = 0; i < WEIR_CHANNEL_PLACES; i++)
		place_init(&parking->places[i], parking);
}

void weir_side_push(struct weir_side *side)
{
	for (unsigned n = grant(side); n > 0; n--)
		if (!weir_wake(&side->watch.queue))
			watch_unwoken(&side->watch, 1);
}

static bool has_waiters(const struct weir_side *side)
{
	return !weir_wait_queue_empty(&side->watch.queue);
}

// ---- the change from one executor to several ----

static void shared_from_now(struct weir_parking *parking)
{
	store_release(&parking->owner, WEIR_OWNER_SHARED);
	if (parking->shared)
		parking->shared(parking);
}

// shared_now runs on the first executor, posted by the second.
static void shared_now(struct weir_executor *executor, struct weir_post *post)
{
	struct weir_place *place =
		weir_container(post, struct weir_place, post);

	for (unsigned i = 0; i < WEIR_SIDES; i++) {
		if (has_waiters(&place->side[i]))
			weir_watch_start(executor, &place->side[i].watch);
	}
	if (executor->bell)
		weir_parking_sleepy(place->parking);
	shared_from_now(place->parking);
}

static void share(struct weir_parking *parking, uintptr_t owner)
{
	struct weir_place *first = &parking->places[0];

	if (!cas_acq_rel(&parking->owner, &owner, WEIR_OWNER_SHARING))
		return;
	fence_full(); // "the change": owner is written, parked read
	if (load_acquire(&first->parked) == 0) {
		shared_from_now(parking);
		return;
	}
	first->post.fn = shared_now;
	weir_executor_post((struct weir_executor *)owner, &first->post);
}

static __attribute__((noreturn)) void not_local(
	const struct weir_parking *parking)
{
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	weir_user_bug("%s uses channel '%s', which is local to %s%s: open it "
		      "without WEIR_LOCAL",
		name, parking->name,
		parking->owner_name[0] ? "executor " : "one executor",
		parking->owner_name);
}

struct weir_place *weir_parking_meet(struct weir_parking *parking)
{
	struct weir_executor *self = weir_executor_current();
	uintptr_t owner = load_acquire(&parking->owner);

	if (parking->local && (!self || owner != WEIR_OWNER_NOBODY))
		not_local(parking);
	if (owner == WEIR_OWNER_NOBODY &&
		cas_acq_rel(&parking->owner, &owner,
			self ? (uintptr_t)self : WEIR_OWNER_SHARING)) {
		if (!self) {
			shared_from_now(parking);
			return NULL;
		}
		memcpy(parking->owner_name, self->name, WEIR_NAME_SIZE);
		store_relaxed(&parking->places[0].executor, self);
		return &parking->places[0];
	}
	if (owner != WEIR_OWNER_SHARED && owner != WEIR_OWNER_SHARING)
		share(parking, owner);
	return NULL;
}

// ---- who sleeps ----

void weir_parking_sleepy(struct weir_parking *parking)
{
	if (load_acquire(&parking->sleepy) == WEIR_SLEEPY_KNOWN)
		return;
	// Another may have set it, and its fence be under way still.
	store_release(&parking->sleepy, WEIR_SLEEPY_SET);
	weir_bell_fence_others(); // "the bell"
	store_release(&parking->sleepy, WEIR_SLEEPY_KNOWN);
}

void weir_parking_ring(struct weir_parking *parking)
{
	fence_full(); // "the bell": the object is written, bells are read
	for (unsigned i = 0; i < WEIR_PARKING_THREADS; i++) {
		struct weir_bell *bell = load_acquire(&parking->threads[i]);

		if (bell)
			weir_bell_ring(bell);
	}
	for (unsigned i = 0; i < WEIR_CHANNEL_PLACES; i++) {
		struct weir_place *place = &parking->places[i];
		struct weir_bell *bell = load_acquire(&place->bell);

		if (bell && load_relaxed(&place->parked))
			weir_bell_ring(bell);
	}
}

// ---- waiting ----

// place_find answers the calling executor's place, taking one at first; NULL
// when there are no more.
static struct weir_place *place_find(struct weir_parking *parking)
{
	struct weir_executor *self = weir_executor_current();

	weir_assert(self); // only a task can wait
	if (load_relaxed(&parking->places[0].executor) == self)
		return &parking->places[0];
	for (unsigned i = 1; i < WEIR_CHANNEL_PLACES; i++) {
		struct weir_place *place = &parking->places[i];
		struct weir_executor *nobody = NULL;

		if (load_relaxed(&place->executor) == self ||
			cas_acq_rel(&place->executor, &nobody, self))
			return place;
	}
	return NULL;
}

static bool place_owns(const struct weir_place *place)
{
	return load_acquire(&place->parking->owner) ==
	       (uintptr_t)load_relaxed(&place->executor);
}

// see_change lets those go on that had seen less than the waiter has.
static void see_change(struct weir_side *side, uint64_t seen)
{
	if (side->seen != seen && has_waiters(side))
		weir_side_push(side);
	side->seen = seen;
}

void weir_side_park(struct weir_side *side, bool greedy, uint64_t seen)
{
	struct weir_executor *self = weir_executor_current();
	struct weir_place *place = side->place;

	see_change(side, seen);
	side->greedy += greedy;
	store_relaxed(&place->bell, self->bell);
	store_release(&place->parked, place->parked + 1);
	if (load_relaxed(&place->parking->owner) != WEIR_OWNER_SHARED)
		fence_full(); // "the change": parked is written, owner read
	if (place_owns(place))
		return;
	weir_watch_start(self, &side->watch);
	// Who owns is woken by itself, and need not be looked for.
	if (self->bell)
		weir_parking_sleepy(place->parking);
}

// leave says that one waiter fewer is here; false while a post may be under way
// to the first executor, of which it leaves: then it has not left.
static bool leave(struct weir_place *place)
{
	struct weir_parking *parking = place->parking;

	store_release(&place->parked, place->parked - 1);
	if (place != &parking->places[0] ||
		load_relaxed(&parking->owner) == WEIR_OWNER_SHARED)
		return true;
	fence_full(); // "the change": parked is written, owner read
	if (load_acquire(&parking->owner) != WEIR_OWNER_SHARING)
		return true;
	store_release(&place->parked, place->parked + 1);
	return false;
}

bool weir_side_unpark(struct weir_side *side, bool greedy, bool woken)
{
	if (!leave(side->place))
		return false;
	side->granted -= woken;
	side->greedy -= greedy;
	if (!has_waiters(side) && !weir_list_empty(&side->watch.link))
		weir_watch_stop(&side->watch);
	return true;
}

struct weir_side *weir_parking_side(
	struct weir_parking *parking, enum weir_side_kind kind)
{
	struct weir_place *place = weir_parking_enter(parking);

	if (!place)
		place = place_find(parking);
	return place ? &place->side[kind] : NULL;
}

bool weir_waiter_begin(struct weir_waiter *waiter, struct weir_parking *parking,
	enum weir_side_kind kind, bool greedy)
{
	struct weir_side *side = weir_parking_side(parking, kind);

	*waiter = (struct weir_waiter){.side = side, .greedy = greedy};
	return side && (side->granted || has_waiters(side));
}

// look_again is for those that no place is left for.
static int look_again(uint64_t deadline)
{
	if (weir_task_canceled())
		return -ECANCELED;
	if (deadline != WEIR_NEVER &&
		(int64_t)(weir_executor_current()->now - deadline) >= 0)
		return -ETIMEDOUT;
	weir_yield();
	return 0;
}

static enum weir_wait_place place_of(const struct weir_waiter *waiter)
{
	if (!waiter->waited)
		return WEIR_WAIT_BACK;
	return waiter->greedy || waiter->need ? WEIR_WAIT_FRONT
					      : WEIR_WAIT_AGAIN;
}

int weir_waiter_wait(struct weir_waiter *waiter, uint64_t deadline)
{
	struct weir_side *side = waiter->side;
	int err;

	if (!side)
		return look_again(deadline);
	// Who comes back for more than there was stands first, who was woken in
	// vain where it stood.
	if (waiter->waited)
		side->need = waiter->need;
	weir_side_park(side, waiter->greedy, waiter->seen);
	WEIR_TRACE(chan_parked, side->place->parking, weir_side_kind_of(side));
	err = weir_wait(&side->watch.queue, deadline, place_of(waiter));
	if (waiter->waited)
		side->need = 0;
	while (!weir_side_unpark(side, waiter->greedy, err == 0))
		weir_yield();
	waiter->waited = true;
	return err;
}

void weir_waiter_end(struct weir_waiter *waiter)
{
	if (waiter->waited && waiter->side && has_waiters(waiter->side))
		weir_side_push(waiter->side);
}
