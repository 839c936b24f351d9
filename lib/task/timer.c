// SPDX-License-Identifier: BSD-3-Clause
#include "task/timer.h"
#include "task/executor_inline.h"

void weir_timer_init(struct weir_timer *timer,
	void (*fn)(struct weir_executor *executor, struct weir_timer *timer))
{
	weir_list_init(&timer->link);
	timer->tick = WEIR_NEVER;
	timer->fn = fn;
}

void weir_timer_set(
	struct weir_executor *executor, struct weir_timer *timer, uint64_t tick)
{
	weir_timer_cancel(timer);
	if (tick != WEIR_NEVER)
		weir_wheel_set(&executor->wheel, timer, tick, executor->now);
}

bool weir_timer_cancel(struct weir_timer *timer)
{
	if (weir_list_empty(&timer->link))
		return false;
	weir_list_remove(&timer->link);
	return true;
}
