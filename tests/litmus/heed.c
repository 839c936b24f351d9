// SPDX-License-Identifier: BSD-3-Clause
//
// The other half of a one-shot: its sender waits for the receiver to go, gives
// that up, and sends, while the receiver closes. Where the message will lie is the
// name of who waits before: neither is ever read as the other.
//
// of lib/chan/oneshot.c: heed, unheed, weir_oneshot_rx_close, leave
// wrong UNHEED_BY_STORE: who gives up does not look whether it is too late
// wrong GIVES_UP_CLOSING: who closes takes a bit that went for a word that changed
// wrong READ_FIRST: who closes reads the name before it knows that it is one
// wrong RELAXED: the word orders nothing
#include "litmus.h"

#ifdef RELAXED
#undef cas_acq_rel
#define cas_acq_rel(p, expected, v)                                   \
	atomic_compare_exchange_strong_explicit((p), (expected), (v), \
		memory_order_relaxed, memory_order_relaxed)
#endif

enum { EMPTY, SENT, GONE, HEEDED = 8 };
enum { WAITER = 5, MESSAGE = 7 };

static atomic_int word;
static int place, told, too_late, kept;
static bool closed;

static void begin(void)
{
	atomic_init(&word, EMPTY);
	place = told = too_late = kept = 0;
	closed = false;
}

static void *one(void *arg)
{
	int was = EMPTY;

	place = WAITER;
	if (cas_acq_rel(&word, &was, HEEDED)) {
		was = HEEDED;
#ifdef UNHEED_BY_STORE
		store_release(&word, EMPTY);
#else
		if (!cas_acq_rel(&word, &was, EMPTY)) {
			too_late = 1;
			return arg;
		}
#endif
	}
	place = MESSAGE;
	kept = exchange_acq_rel(&word, SENT) == GONE;
	return arg;
}

static void *two(void *arg)
{
	int was = EMPTY;
#ifdef READ_FIRST
	int name = place;
#endif

#ifdef GIVES_UP_CLOSING
	while (!(closed = cas_acq_rel(&word, &was, GONE)) && was == HEEDED)
#else
	while (!(closed = cas_acq_rel(&word, &was, GONE)) &&
		(was & ~HEEDED) == EMPTY)
#endif
		;
	if (!closed) {
		assert(was == SENT && place == MESSAGE);
	} else if (was == HEEDED) {
#ifndef READ_FIRST
		int name = place;
#endif

		assert(name == WAITER);
		told = 1;
	}
	return arg;
}

static void check(void)
{
	// Who gave up too late is told, nobody else is; and what was sent to one
	// who had gone is kept.
	assert(told == too_late);
	assert(closed == (too_late || kept));
}
