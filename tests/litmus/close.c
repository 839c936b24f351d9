// SPDX-License-Identifier: BSD-3-Clause
//
// The last value of a channel: a sender sends and closes, while a receiver that
// finds nothing looks whether anybody is left.
//
// of lib/chan/recv.c: recv_now, recv_last
// wrong NO_SECOND_LOOK: closed is believed at once
// wrong RELAXED: the count of senders orders nothing
#include "litmus.h"

#ifdef RELAXED
#undef sub_acq_rel
#define sub_acq_rel(p, v) \
	atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#endif

static int slot;
static atomic_int tail, senders;
static bool closed;
static int got;

static void begin(void)
{
	slot = got = 0;
	closed = false;
	atomic_init(&tail, 0);
	atomic_init(&senders, 1);
}

static void *one(void *arg)
{
	slot = 7;
	store_release(&tail, 1);
	sub_acq_rel(&senders, 1);
	return arg;
}

static bool take(void)
{
	if (load_acquire(&tail) == 0)
		return false;
	got = slot;
	return true;
}

static void *two(void *arg)
{
	if (take() || load_acquire(&senders) > 0)
		return arg;
#ifdef NO_SECOND_LOOK
	closed = true;
#else
	closed = !take();
#endif
	return arg;
}

static void check(void)
{
	assert(!closed); // there was one, and it was not taken before
	assert(got == 0 || got == 7);
}
