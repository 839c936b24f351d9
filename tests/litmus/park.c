// SPDX-License-Identifier: BSD-3-Clause
//
// "The change" of lib/chan/parking.h: a waiter parks while a second user comes.
// Either it sees the change and watches, or the second sees it and posts.
//
// of lib/chan/place.c: weir_side_park, share
// wrong NO_FENCE_ONE: the waiter has no fence
// wrong NO_FENCE_TWO: the second user has none
#include "second.h"

static bool watched;

static void begin(void)
{
	atomic_init(&owner, FIRST);
	atomic_init(&parked, 0);
	watched = posted = false;
}

static void *one(void *arg)
{
	store_release(&parked, 1);
#ifndef NO_FENCE_ONE
	fence_full();
#endif
	watched = load_acquire(&owner) != FIRST;
	return arg;
}

static void check(void)
{
	assert(watched || posted);
}
