// SPDX-License-Identifier: BSD-3-Clause
#include "task/wheel.h"
#include "base/assert.h"
#include "base/clock.h"
#include "trace/trace.h"

// Far enough to be never, near enough to compare modulo 2^64: 54 years of
// 2.6 GHz ticks.
#define FAR (UINT64_C(1) << 62)

#define TOP (WEIR_WHEEL_LEVELS - 1)
#define TOP_SLOTS (1u << (64 - TOP * WEIR_WHEEL_BITS))

static bool after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

static unsigned digit(uint64_t tick, unsigned level)
{
	return (tick >> (level * WEIR_WHEEL_BITS)) & (WEIR_WHEEL_SLOTS - 1);
}

void weir_wheel_init(struct weir_wheel *wheel, uint64_t now)
{
	wheel->now = now;
	wheel->next = now + FAR;
	weir_list_init(&wheel->late);
	weir_list_init(&wheel->moving);
	weir_list_init(&wheel->due);
	for (unsigned level = 0; level < WEIR_WHEEL_LEVELS; level++) {
		wheel->used[level] = 0;
		for (unsigned slot = 0; slot < WEIR_WHEEL_SLOTS; slot++)
			weir_list_init(&wheel->slot[level][slot]);
	}
}

// no_later makes the next call of expire that does something come by tick.
static void no_later(struct weir_wheel *wheel, uint64_t tick)
{
	if (after(wheel->next, tick))
		wheel->next = tick;
}

// place puts timer where its tick belongs, seen from the wheel's now.
static void place(struct weir_wheel *wheel, struct weir_timer *timer)
{
	unsigned level, slot;
	uint64_t begin;

	if (!after(timer->tick, wheel->now)) {
		weir_list_add(&wheel->due, &timer->link);
		return;
	}
	level = (63u - (unsigned)__builtin_clzll(timer->tick ^ wheel->now)) /
		WEIR_WHEEL_BITS;
	slot = digit(timer->tick, level);
	begin = timer->tick & ~UINT64_C(0) << (level * WEIR_WHEEL_BITS);
	wheel->used[level] |= UINT64_C(1) << slot;
	weir_list_add(&wheel->slot[level][slot], &timer->link);
	no_later(wheel, begin);
}

void weir_wheel_set(struct weir_wheel *wheel, struct weir_timer *timer,
	uint64_t tick, uint64_t now)
{
	weir_debug_assert(weir_list_empty(&timer->link));
	timer->tick = tick;
	if (!after(tick, now)) {
		weir_list_add(&wheel->late, &timer->link);
		no_later(wheel, now);
		return;
	}
	// No slot begins between the two, so all stay where they belong, and
	// this one is moved less often.
	if (after(wheel->next, now))
		wheel->now = now;
	place(wheel, timer);
}

// earliest_of answers the first slot of level at or after now's that holds a
// timer, -1 when there is none. Bits of slots that were emptied by cancelling
// are cleared on the way.
static int earliest_of(struct weir_wheel *wheel, unsigned level)
{
	unsigned from = level == TOP ? digit(wheel->now, TOP) : 0;
	uint64_t used;

	while ((used = wheel->used[level])) {
		uint64_t ahead = used >> from << from;
		unsigned slot = (unsigned)__builtin_ctzll(ahead ? ahead : used);

		if (!weir_list_empty(&wheel->slot[level][slot]))
			return (int)slot;
		wheel->used[level] &= ~(UINT64_C(1) << slot);
	}
	return -1;
}

struct place {
	unsigned level;
	int slot;
	uint64_t begin;
};

// earliest finds the slot that begins first; slot is -1 when all are empty.
static struct place earliest(struct weir_wheel *wheel)
{
	struct place p = {.slot = -1};
	unsigned shift;

	while (p.level < WEIR_WHEEL_LEVELS) {
		p.slot = earliest_of(wheel, p.level);
		if (p.slot >= 0)
			break;
		p.level++;
	}
	if (p.slot < 0)
		return p;
	shift = p.level * WEIR_WHEEL_BITS;
	p.begin = (uint64_t)p.slot << shift;
	if (p.level < TOP)
		p.begin |= wheel->now & ~UINT64_C(0)
						<< (shift + WEIR_WHEEL_BITS);
	return p;
}

static void splice(struct weir_list *from, struct weir_list *onto)
{
	if (weir_list_empty(from))
		return;
	from->next->prev = onto->prev;
	onto->prev->next = from->next;
	from->prev->next = onto;
	onto->prev = from->prev;
	weir_list_init(from);
}

// advance brings the wheel's now to the next slot that is not after now, and
// its timers into due or moving; false when there is none.
static bool advance(struct weir_wheel *wheel, uint64_t now)
{
	struct place p = earliest(wheel);

	if (p.slot < 0 || after(p.begin, now)) {
		wheel->now = now;
		wheel->next = p.slot < 0 ? now + FAR : p.begin;
		return false;
	}
	wheel->now = p.begin;
	wheel->used[p.level] &= ~(UINT64_C(1) << p.slot);
	splice(&wheel->slot[p.level][p.slot],
		p.level == 0 ? &wheel->due : &wheel->moving);
	return true;
}

static struct weir_timer *first(struct weir_list *list)
{
	struct weir_list *node = list->next;

	weir_list_remove(node);
	return weir_container(node, struct weir_timer, link);
}

unsigned weir_wheel_expire(struct weir_wheel *wheel,
	struct weir_executor *executor, uint64_t now, unsigned budget)
{
	unsigned fired = 0;

	splice(&wheel->late, &wheel->moving);
	for (;;) {
		bool move = !weir_list_empty(&wheel->moving);

		if (!move && weir_list_empty(&wheel->due)) {
			if (!advance(wheel, now))
				break;
			continue;
		}
		if (budget-- == 0) {
			wheel->next = wheel->now;
			break;
		}
		if (move) {
			place(wheel, first(&wheel->moving));
			continue;
		}
		struct weir_timer *timer = first(&wheel->due);

		WEIR_TRACE(timer_fired, executor, timer);
		timer->fn(executor, timer);
		fired++;
	}
	if (!weir_list_empty(&wheel->late))
		no_later(wheel, now);
	return fired;
}

uint64_t weir_wheel_next(struct weir_wheel *wheel)
{
	struct place p;

	if (!weir_list_empty(&wheel->late) ||
		!weir_list_empty(&wheel->moving) ||
		!weir_list_empty(&wheel->due))
		return wheel->next;
	p = earliest(wheel);
	return p.slot < 0 ? WEIR_NEVER : p.begin;
}
