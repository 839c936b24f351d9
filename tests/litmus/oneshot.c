// SPDX-License-Identifier: BSD-3-Clause
//
// A one-shot: one word, a value beside it. A sender sends while the receiver
// waits and gives up, then closes. The value has one owner at the end.
//
// wrong GIVE_UP_BY_STORE: who gives up does not look whether it is too late
// wrong NOT_RETURNED: who closes does not look what is there
// wrong RELAXED: the word orders nothing
#include "litmus.h"

#ifdef RELAXED
#undef exchange_acq_rel
#define exchange_acq_rel(p, v) \
	atomic_exchange_explicit((p), (v), memory_order_relaxed)
#undef cas_acq_rel
#define cas_acq_rel(p, expected, v)                                   \
	atomic_compare_exchange_strong_explicit((p), (expected), (v), \
		memory_order_relaxed, memory_order_relaxed)
#endif

enum { EMPTY, VALUE, WAITING, GONE };

static atomic_int word;
static int value;
static int received, released, kept;

static void begin(void)
{
	atomic_init(&word, EMPTY);
	value = received = released = kept = 0;
}

static void *one(void *arg)
{
	int was = EMPTY;

	value = 7;
	while (was != GONE && !cas_acq_rel(&word, &was, VALUE))
		;
	kept = was == GONE; // else, when it was WAITING, it posts
	return arg;
}

static void close_receiver(void)
{
#ifdef NOT_RETURNED
	store_release(&word, GONE);
#else
	if (exchange_acq_rel(&word, GONE) == VALUE)
		released = value == 7;
#endif
}

static void *two(void *arg)
{
	int was = EMPTY;

	if (cas_acq_rel(&word, &was, WAITING)) {
		was = WAITING;
#ifdef GIVE_UP_BY_STORE
		store_release(&word, EMPTY);
		was = EMPTY;
#else
		if (cas_acq_rel(&word, &was, EMPTY))
			was = EMPTY;
#endif
	}
	if (was == VALUE) {
		received = value == 7;
		store_release(&word, EMPTY);
	}
	close_receiver();
	return arg;
}

static void check(void)
{
	assert(received + released + kept == 1);
}
