// SPDX-License-Identifier: BSD-3-Clause
//
// A scope closes when a third thread has cancelled it: the call has returned, and
// what it posted may be under way still, beside the end of a child.
//
// of lib/task/executor.c: weir_executor_post, take, handle_posts
// of lib/task/scope.c: weir_scope_cancel, on_cancel_post, busy
// of lib/task/abroad.c: weir_abroad_ended, came_home
// wrong POSTED_FORGOTTEN: who closes does not look whether a cancel was posted
// wrong ONE_LOOK: who closes does not look again when the cancel was handled
// wrong RELAXED_POST: a post orders nothing
#include "litmus.h"

#ifdef RELAXED_POST
#undef cas_acq_rel
#define cas_acq_rel(p, expected, v)                                   \
	atomic_compare_exchange_strong_explicit((p), (expected), (v), \
		memory_order_relaxed, memory_order_relaxed)
#endif

struct post {
	struct post *next;
	bool ends; // a child; else it cancels
};

static struct post cancel, end;
static _Atomic(struct post *) posted;
static atomic_int cancel_posted, returned;
static int result, got;
static bool handled, ended, closed;

static void begin(void)
{
	cancel = (struct post){NULL, false};
	end = (struct post){NULL, true};
	atomic_init(&posted, NULL);
	atomic_init(&cancel_posted, 0);
	atomic_init(&returned, 0);
	result = got = 0;
	handled = ended = closed = false;
}

static void push(struct post *post)
{
	struct post *newest = load_relaxed(&posted);

	do {
		post->next = newest;
	} while (!cas_acq_rel(&posted, &newest, post));
}

// Its executor has a child of the scope, which has ended, and it cancels the scope.
static void *one(void *arg)
{
	result = 7;
	push(&end);
	if (!exchange_acq_rel(&cancel_posted, 1))
		push(&cancel);
	store_release(&returned, 1); // from here on the scope may close
	return arg;
}

static void look(void)
{
	bool busy = !ended;

#ifndef POSTED_FORGOTTEN
	busy |= load_acquire(&cancel_posted) && !handled;
#endif
	closed |= !busy && load_acquire(&returned);
}

static void handle(const struct post *post)
{
	assert(!closed); // the scope is gone
	if (post->ends) {
		ended = true;
		got = result;
	} else {
		handled = true;
	}
}

static void turn(void)
{
	struct post *newest = exchange_acq_rel(&posted, NULL);
	struct post *older = newest ? newest->next : NULL;

	if (older)
		handle(older);
	if (newest)
		handle(newest);
}

static void *two(void *arg)
{
	for (int i = 0; i < 2; i++) {
		turn();
		look();
	}
	return arg;
}

static void check(void)
{
	turn();
#ifndef ONE_LOOK
	look();
#endif
	assert(closed && handled);
	assert(got == 7);
}
