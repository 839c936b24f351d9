// SPDX-License-Identifier: BSD-3-Clause
#include "task/interval.h"
#include "base/assert.h"
#include "task/task_inline.h"

#include <errno.h>
#include <limits.h>

void weir_interval_init(struct weir_interval *interval, uint64_t first,
	uint64_t period_ns, enum weir_missed missed)
{
	const struct weir_executor *executor = weir_executor_current();
	uint64_t period;

	if (!executor)
		weir_misuse_end("weir_interval_init",
			"it goes by the clock of an executor: call it on one, "
			"in a task");
	period = weir_clock_ticks(executor->clock, period_ns);
	*interval = (struct weir_interval){
		.next = first,
		.period = period ? period : 1,
		.missed = missed,
	};
}

static bool is_due(const struct weir_interval *interval, uint64_t now)
{
	return (int64_t)(now - interval->next) >= 0;
}

uint64_t weir_interval_take(struct weir_interval *interval, uint64_t now)
{
	uint64_t count = 1;

	if (!is_due(interval, now))
		return 0;
	if (interval->missed == WEIR_MISSED_DELAY) {
		interval->next = now + interval->period;
		return 1;
	}
	if (interval->missed == WEIR_MISSED_SKIP)
		count += (now - interval->next) / interval->period;
	interval->next += count * interval->period;
	return count;
}

static int bounded(uint64_t count)
{
	return count < INT_MAX ? (int)count : INT_MAX;
}

// The tick that means never is a tick late.
static uint64_t alarm_of(const struct weir_interval *interval)
{
	return interval->next == WEIR_NEVER ? 0 : interval->next;
}

int weir_interval_wait(struct weir_interval *interval)
{
	struct weir_executor *executor = weir_executor_current();

	weir_task_only("weir_interval_wait", NULL);
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while (!is_due(interval, executor->now)) {
		int err = weir_task_wait(
			NULL, alarm_of(interval), WEIR_WAIT_BACK, true);

		if (err == -ECANCELED)
			return err;
	}
	return bounded(weir_interval_take(interval, executor->now));
}

// ---- as a case ----

static bool tick_attempt(struct weir_case *c)
{
	uint64_t count =
		weir_interval_take(c->object, weir_executor_current()->now);

	if (count == 0)
		return false;
	c->result = bounded(count);
	return true;
}

static bool tick_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	weir_case_alarm(c, executor, alarm_of(c->object));
	return true;
}

static const struct weir_case_ops tick_ops = {
	.kind = "a beat",
	.attempt = tick_attempt,
	.enlist = tick_enlist,
};

struct weir_case weir_case_tick(struct weir_interval *interval)
{
	return (struct weir_case){.ops = &tick_ops, .object = interval};
}
