// SPDX-License-Identifier: BSD-3-Clause
//
// The other half of "the change": a waiter leaves while a second user comes. It
// does not leave when there is a post under way to it.
//
// of lib/chan/place.c: weir_side_unpark, leave, share
// wrong LOOK_AND_LEAVE: the waiter looks, then says that it leaves
// wrong NO_FENCE_ONE: the waiter has no fence
// wrong NO_FENCE_TWO: the second user has none
#include "second.h"

static bool left;

static void begin(void)
{
	atomic_init(&owner, FIRST);
	atomic_init(&parked, 1);
	left = posted = false;
}

static void *one(void *arg)
{
#ifdef LOOK_AND_LEAVE
	left = load_acquire(&owner) != SHARING;
	store_release(&parked, 0);
#else
	store_release(&parked, 0);
#ifndef NO_FENCE_ONE
	fence_full();
#endif
	// Once it has seen SHARING, it stays until the post has come.
	left = load_acquire(&owner) != SHARING;
#endif
	return arg;
}

static void check(void)
{
	assert(!(left && posted));
}
