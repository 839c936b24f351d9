// SPDX-License-Identifier: BSD-3-Clause
//
// The wheel against the plainest thing that could be right: an array that is
// searched for the earliest each time. Random sets, cancels and jumps of the
// clock, beginning one second before every wrap.
#include "task/hand.h"

#include "base/random.h"
#include "task/wheel.h"

#define TIMERS 64

struct modelled {
	struct weir_timer timer;
	bool pending;
	uint64_t key; // when it is to fire: its tick, or now when that was past
	uint64_t order;
};

static struct modelled timers[TIMERS];
static struct weir_wheel wheel;
static struct weir_random source;
static uint64_t now, begin, next_order;
static unsigned fired_count;
static bool within_budget;

static uint64_t below(uint64_t bound)
{
	return weir_random_below(&source, bound);
}

// Of all keys the test makes none is 2^62 from begin.
static int64_t since(uint64_t key)
{
	return (int64_t)(key - begin);
}

static bool before(const struct modelled *a, const struct modelled *b)
{
	return since(a->key) != since(b->key) ? since(a->key) < since(b->key)
					      : a->order < b->order;
}

static struct modelled *model_first(void)
{
	struct modelled *first = NULL;

	for (int i = 0; i < TIMERS; i++)
		if (timers[i].pending && (!first || before(&timers[i], first)))
			first = &timers[i];
	return first;
}

static uint64_t distance(void)
{
	return below(UINT64_C(1) << below(45));
}

static void set(struct modelled *m)
{
	uint64_t tick = below(8) ? now + distance() : now - distance();

	if (m->pending)
		cr_assert(weir_timer_cancel(&m->timer));
	m->pending = true;
	m->key = (int64_t)(tick - now) > 0 ? tick : now;
	m->order = next_order++;
	weir_wheel_set(&wheel, &m->timer, tick, now);
}

static void cancel(struct modelled *m)
{
	cr_assert_eq(weir_timer_cancel(&m->timer), m->pending);
	m->pending = false;
}

static void on_fire(struct weir_executor *x, struct weir_timer *timer)
{
	struct modelled *m = weir_container(timer, struct modelled, timer);

	cr_assert(m->pending, "fired, but it was not pending");
	cr_assert_leq(since(m->key), since(now), "early");
	if (within_budget)
		cr_assert_eq(m, model_first(), "out of order");
	m->pending = false;
	fired_count++;
	if (below(4) == 0)
		set(&timers[below(TIMERS)]);
	if (below(4) == 0)
		cancel(&timers[below(TIMERS)]);
}

// A timer that a callback set in the past fires in the next call.
static bool none_is_overdue(uint64_t last_order)
{
	const struct modelled *first = model_first();

	return !first || since(first->key) > since(now) ||
	       first->order >= last_order;
}

static void expire(void)
{
	unsigned budget = within_budget ? 100000 : (unsigned)below(5);
	uint64_t last_order = next_order;
	const struct modelled *first;

	weir_wheel_expire(&wheel, NULL, now, budget);
	if (within_budget)
		cr_assert(none_is_overdue(last_order), "late");
	first = model_first();
	if (!first)
		cr_assert_eq(weir_wheel_next(&wheel), WEIR_NEVER);
	else
		cr_assert_leq(since(weir_wheel_next(&wheel)), since(first->key),
			"next is after the first");
}

static void one_operation(void)
{
	switch (below(6)) {
	case 0:
	case 1:
		set(&timers[below(TIMERS)]);
		break;
	case 2:
		cancel(&timers[below(TIMERS)]);
		break;
	case 3:
		now += distance() >> 8;
		expire();
		break;
	case 4: // to the tick before the next one, then to it
		if (model_first() && since(model_first()->key) > since(now)) {
			now = model_first()->key - 1;
			expire();
			now++;
		}
		expire();
		break;
	case 5:
		now += below(2 * HZ);
		expire();
		break;
	}
}

static void play(uint64_t start, unsigned operations)
{
	begin = now = start;
	memset(timers, 0, sizeof(timers));
	weir_wheel_init(&wheel, now);
	for (int i = 0; i < TIMERS; i++)
		weir_timer_init(&timers[i].timer, on_fire);
	for (unsigned i = 0; i < operations; i++)
		one_operation();
	for (unsigned i = 0; model_first() && i < 1000000; i++) {
		now += HZ * 3600;
		expire();
	}
	cr_assert_null(model_first(), "some never fire");
}

static void play_at_every_wrap(unsigned operations)
{
	for (unsigned bits = 30; bits <= 64; bits++)
		play((bits < 64 ? UINT64_C(1) << bits : 0) - HZ, operations);
	play(UINT64_C(3) << 60, operations);
	play(0, operations);
}

Test(timer_model, what_fires_is_what_a_sorted_list_says_in_its_order)
{
	source.state = seed(1);
	within_budget = true;
	play_at_every_wrap(4000);
	cr_assert_gt(fired_count, 10000);
}

Test(timer_model, with_a_budget_of_a_few_nothing_is_early_or_lost)
{
	source.state = seed(2);
	play_at_every_wrap(4000);
	cr_assert_gt(fired_count, 10000);
}
