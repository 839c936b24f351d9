// SPDX-License-Identifier: BSD-3-Clause
//
// Credit is returned while another parks for it: the one function that returns
// it adds, then looks who waits; who waits says so, then looks again.
//
// wrong NO_FENCE_ONE: who waits has no fence
// wrong NO_FENCE_TWO: who returns has none
// wrong LOOK_THEN_PARK: who waits looks only before it says so
#include "litmus.h"

static atomic_int credit, waits;
static bool took, posted;

static void begin(void)
{
	atomic_init(&credit, 0);
	atomic_init(&waits, 0);
	took = posted = false;
}

static bool take(void)
{
	int now = load_acquire(&credit);

	return now > 0 && cas_acq_rel(&credit, &now, now - 1);
}

static void *one(void *arg)
{
	if (take()) {
		took = true;
		return arg;
	}
	store_release(&waits, 1);
#ifndef LOOK_THEN_PARK
#ifndef NO_FENCE_ONE
	fence_full();
#endif
	took = take();
#endif
	return arg;
}

static void *two(void *arg)
{
	add_acq_rel(&credit, 1);
#ifndef NO_FENCE_TWO
	fence_full();
#endif
	posted = load_acquire(&waits) != 0;
	return arg;
}

static void check(void)
{
	assert(took || posted);
	assert(load_relaxed(&credit) + took == 1);
}
