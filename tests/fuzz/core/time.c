// SPDX-License-Identifier: BSD-3-Clause
//
// Sleep, timers, intervals and shields: nothing is early, what was taken back
// does not come, no cancel comes through a shield.
#include "core.h"

#include "task/interval.h"
#include "task/shield.h"
#include "task/timer.h"

#define TIMERS 4

static struct timer {
	struct weir_timer timer;
	uint64_t tick;
	bool set;
} timers[EXECUTORS][TIMERS];

static void fired(struct weir_executor *executor, struct weir_timer *timer)
{
	struct timer *t = weir_container(timer, struct timer, timer);

	claim(t->set);
	claim(fuzz_due(t->tick));
	t->set = false;
}

static void use_timer(uint8_t a, uint8_t b)
{
	unsigned i = a % EXECUTORS;
	struct timer *t = &timers[i][a / EXECUTORS % TIMERS];

	if (b & 1) {
		t->tick = fuzz_now + b;
		t->set = t->tick != WEIR_NEVER;
		weir_timer_set(fuzz_on[i], &t->timer, t->tick);
	} else {
		claim(weir_timer_cancel(&t->timer) == t->set);
		t->set = false;
	}
}

static bool anywhere(struct op *op)
{
	op->deadline = fuzz_deadline(op->b | 16);
	return true;
}

static bool not_due(const struct op *op)
{
	return op->deadline == WEIR_NEVER || !fuzz_due(op->deadline);
}

static void sleep_once(struct op *op)
{
	int err = weir_sleep(op->deadline);

	claim(err == 0 || (err == -ECANCELED && op->canceled));
	claim(err || fuzz_due(op->deadline));
}

static void beat(struct op *op)
{
	struct weir_interval interval;
	uint64_t due, period = 1 + op->a % 64;

	weir_interval_init(&interval, op->deadline, period,
		(enum weir_missed)(op->a >> 6) % 3);
	for (unsigned i = 0; i < 3; i++) {
		int count;

		due = op->deadline = interval.next;
		count = weir_interval_wait(&interval);
		if (count == -ECANCELED) {
			claim(op->canceled && interval.next == due);
			return;
		}
		claim(count > 0 && (int64_t)(fuzz_now - due) >= 0);
		if (interval.missed != WEIR_MISSED_DELAY)
			claim(interval.next == due + (unsigned)count * period);
		if (interval.missed == WEIR_MISSED_SKIP)
			claim((int64_t)(fuzz_now - interval.next) < 0);
		else
			claim(count == 1);
	}
}

static void shielded(struct op *op)
{
	uint64_t until = fuzz_deadline((op->a & 15) | 16);
	struct weir_shield shield;
	int err;

	weir_shield_open(&shield, until);
	op->wakes = op->deadline;
	op->asleep = true; // though it be cancelled
	err = weir_sleep(op->deadline);
	op->asleep = false;
	claim(err == 0 ||
		(op->canceled && until != WEIR_NEVER && fuzz_due(until)));
	claim(err || fuzz_due(op->deadline));
	weir_shield_close(&shield);
	claim(!weir_task_canceled() || op->canceled);
}

static void init(void)
{
	for (unsigned i = 0; i < EXECUTORS * TIMERS; i++)
		weir_timer_init(&timers[i / TIMERS][i % TIMERS].timer, fired);
}

// let_go: what is behind a shield sleeps on, however it was cancelled.
static void let_go(void)
{
	fuzz_now += 1000;
}

static void close_all(void)
{
	for (unsigned i = 0; i < EXECUTORS * TIMERS; i++) {
		const struct timer *t = &timers[i / TIMERS][i % TIMERS];

		claim(!t->set || !fuzz_due(t->tick));
		use_timer((uint8_t)(i / TIMERS + i % TIMERS * EXECUTORS), 0);
	}
}

static const struct verb verbs[] = {
	{.name = "timer", .now = use_timer},
	{"sleep", NULL, anywhere, sleep_once, not_due},
	{"interval", NULL, anywhere, beat, not_due},
	{"shield", NULL, anywhere, shielded, not_due, true},
};

const struct object fuzz_times = {"time", verbs,
	sizeof(verbs) / sizeof(verbs[0]), init, close_all, let_go};
