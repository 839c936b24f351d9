// SPDX-License-Identifier: BSD-3-Clause
#include "task/shield.h"
#include "base/assert.h"
#include "task/task_inline.h"

static void let_go(struct weir_shield *shield)
{
	struct weir_task *task = shield->task;

	shield->holds = false;
	if (--task->shields_holding == 0 && task->cancel_asked)
		weir_task_cancel(task);
}

static void on_deadline(
	struct weir_executor *executor, struct weir_timer *timer)
{
	let_go(weir_container(timer, struct weir_shield, timer));
}

void weir_shield_open(struct weir_shield *shield, uint64_t deadline)
{
	struct weir_task *task = weir_task_current();

	if (!task)
		weir_misuse_end("weir_shield_open",
			"only a task can be cancelled: call it in one");
	*shield = (struct weir_shield){.task = task};
	weir_timer_init(&shield->timer, on_deadline);
	task->open_shields++;
	if (deadline != WEIR_NEVER &&
		(int64_t)(task->executor->now - deadline) >= 0)
		return;
	shield->holds = true;
	task->shields_holding++;
	task->canceled = false; // cancel_asked remembers
	weir_timer_set(task->executor, &shield->timer, deadline);
}

void weir_shield_close(struct weir_shield *shield)
{
	if (!shield->task || weir_task_current() != shield->task)
		weir_misuse_end("weir_shield_close",
			"the shield is another task's, or not open: who "
			"opened it closes it, once");
	weir_timer_cancel(&shield->timer);
	if (shield->holds)
		let_go(shield);
	shield->task->open_shields--;
	shield->task = NULL;
}
