// SPDX-License-Identifier: BSD-3-Clause
//
// Who waits where, and who wakes them.
//
// A wakeup is a grant: so many waiters are woken as there are messages (or
// room) beyond what the ones woken before will take. Who was granted tries when
// it runs; whatever it leaves goes to the next. Where a waiter can take more
// than one, grants go out one at a time, each when the one before has taken:
// else several would find nothing and come back out of order.
#include "chan/channel.h"
#include "task/task.h"

#define ALL UINT32_MAX

// available answers how many waiters a side could serve.
static unsigned available(const struct weir_side *side)
{
	const struct weir_channel_shared *shared = side->place->channel->shared;
	bool recv = side == &side->place->side[WEIR_SIDE_RECV];
	unsigned len;

	// The count first: what the last sender sent is there by then.
	if (load_acquire(recv ? &shared->tx_count : &shared->rx_count) == 0)
		return ALL;
	len = weir_ring_len(&shared->ring);
	return recv ? len : shared->ring.capacity - len;
}

// ungranted answers how many may be woken beyond those that were.
static unsigned ungranted(const struct weir_side *side)
{
	unsigned n = available(side);

	if (n == ALL)
		return ALL;
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

void weir_place_init(struct weir_place *place, struct weir_channel *channel)
{
	place->channel = channel;
	for (unsigned i = 0; i < WEIR_SIDES; i++) {
		place->side[i].place = place;
		weir_watch_init(&place->side[i].watch, watch_ready);
	}
}

void weir_side_push(struct weir_side *side)
{
	for (unsigned n = grant(side); n > 0; n--)
		weir_wake(&side->watch.queue);
}

static bool has_waiters(const struct weir_side *side)
{
	return !weir_wait_queue_empty(&side->watch.queue);
}

// ---- the change from one executor to several ----

static void shared_from_now(struct weir_channel *channel)
{
	uint32_t not_yet = WEIR_EXPRESS_NOT_YET;

	store_release(&channel->owner, WEIR_OWNER_SHARED);
	if (channel->words)
		cas_acq_rel(&channel->express, &not_yet, WEIR_EXPRESS);
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
	shared_from_now(place->channel);
}

static void share(struct weir_channel *channel, uintptr_t owner)
{
	struct weir_place *first = &channel->places[0];

	if (!cas_acq_rel(&channel->owner, &owner, WEIR_OWNER_SHARING))
		return;
	fence_full(); // "the change": owner is written, parked read
	if (load_acquire(&first->parked) == 0) {
		shared_from_now(channel);
		return;
	}
	first->post.fn = shared_now;
	weir_executor_post((struct weir_executor *)owner, &first->post);
}

struct weir_place *weir_channel_meet(struct weir_channel *channel)
{
	struct weir_executor *self = weir_executor_current();
	uintptr_t owner = load_acquire(&channel->owner);

	if (owner == WEIR_OWNER_NOBODY &&
		cas_acq_rel(&channel->owner, &owner,
			self ? (uintptr_t)self : WEIR_OWNER_SHARING)) {
		if (!self) {
			shared_from_now(channel);
			return NULL;
		}
		store_relaxed(&channel->places[0].executor, self);
		return &channel->places[0];
	}
	if (owner != WEIR_OWNER_SHARED && owner != WEIR_OWNER_SHARING)
		share(channel, owner);
	return NULL;
}

// ---- waiting ----

// place_find answers the calling executor's place, taking one at first; NULL
// when there are no more.
static struct weir_place *place_find(struct weir_channel *channel)
{
	struct weir_executor *self = weir_executor_current();

	weir_assert(self); // only a task can wait
	if (load_relaxed(&channel->places[0].executor) == self)
		return &channel->places[0];
	for (unsigned i = 1; i < WEIR_CHANNEL_PLACES; i++) {
		struct weir_place *place = &channel->places[i];
		struct weir_executor *nobody = NULL;

		if (load_relaxed(&place->executor) == self ||
			cas_acq_rel(&place->executor, &nobody, self))
			return place;
	}
	return NULL;
}

static bool place_owns(const struct weir_place *place)
{
	return load_acquire(&place->channel->owner) ==
	       (uintptr_t)place->executor;
}

void weir_side_park(struct weir_side *side, bool greedy)
{
	struct weir_place *place = side->place;

	side->greedy += greedy;
	store_release(&place->parked, place->parked + 1);
	if (load_relaxed(&place->channel->owner) != WEIR_OWNER_SHARED)
		fence_full(); // "the change": parked is written, owner read
	if (!place_owns(place))
		weir_watch_start(place->executor, &side->watch);
}

bool weir_side_unpark(struct weir_side *side, bool greedy, bool woken)
{
	struct weir_place *place = side->place;

	// Until the post has come, if there is one under way to this place.
	if (place == &place->channel->places[0] &&
		load_acquire(&place->channel->owner) == WEIR_OWNER_SHARING)
		return false;
	side->granted -= woken;
	side->greedy -= greedy;
	if (!has_waiters(side) && !weir_list_empty(&side->watch.link))
		weir_watch_stop(&side->watch);
	store_release(&place->parked, place->parked - 1);
	return true;
}

struct weir_side *weir_side_of(
	struct weir_channel *channel, enum weir_side_kind kind)
{
	struct weir_place *place = weir_channel_enter(channel);

	if (!place)
		place = place_find(channel);
	return place ? &place->side[kind] : NULL;
}

bool weir_waiter_init(struct weir_waiter *waiter, struct weir_channel *channel,
	enum weir_side_kind kind, bool greedy)
{
	struct weir_side *side = weir_side_of(channel, kind);

	*waiter = (struct weir_waiter){.side = side, .greedy = greedy};
	return side && (side->granted || has_waiters(side));
}

// look_again is for those that no place is left for.
static int look_again(uint64_t deadline)
{
	if (weir_task_canceled())
		return -ECANCELED;
	if (weir_executor_current()->now >= deadline)
		return -ETIMEDOUT;
	weir_yield();
	return 0;
}

int weir_waiter_wait(struct weir_waiter *waiter, uint64_t deadline)
{
	struct weir_side *side = waiter->side;
	int err;

	if (!side)
		return look_again(deadline);
	weir_side_park(side, waiter->greedy);
	err = weir_wait(&side->watch.queue, deadline,
		waiter->waited ? WEIR_WAIT_FRONT : WEIR_WAIT_BACK);
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
