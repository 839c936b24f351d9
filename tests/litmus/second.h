// SPDX-License-Identifier: BSD-3-Clause
//
// Who comes second in "the change" of lib/chan/parking.h: thread two of both
// kernels of it.
#ifndef TESTS_LITMUS_SECOND_H
#define TESTS_LITMUS_SECOND_H

#include "litmus.h"

enum { FIRST, SHARING, SHARED };

static atomic_int owner, parked;
static bool posted;

static void *two(void *arg)
{
	int expected = FIRST;

	cas_acq_rel(&owner, &expected, SHARING);
#ifndef NO_FENCE_TWO
	fence_full();
#endif
	posted = load_acquire(&parked) != 0;
	if (!posted)
		store_release(&owner, SHARED);
	return arg;
}

#endif
