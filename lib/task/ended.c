// SPDX-License-Identifier: BSD-3-Clause
#include "task/ended.h"
#include "task/roster.h"
#include "task/task_inline.h"

#include <string.h>

// ---- of an executor ----

static struct weir_ended *next_of(struct weir_ended_list *list)
{
	uint64_t count = list->count;

	return count < WEIR_ENDED_MAX ? &list->at[count] : NULL;
}

void weir_ended_task(
	struct weir_executor *executor, const struct weir_task *task)
{
	struct weir_ended_list *list = &executor->ended;
	uint64_t steps = task->switches - task->first_switch;
	struct weir_ended *ended = next_of(list);

	if (!weir_ended_yields_idly(steps, task->idle_yields) &&
		!weir_ended_wakes_in_vain(task->parks, task->vain_wakes))
		return;
	if (ended) {
		*ended = (struct weir_ended){.steps = steps,
			.idle_yields = task->idle_yields,
			.waits = task->parks,
			.vain_wakes = task->vain_wakes};
		memcpy(ended->name, task->name, sizeof(ended->name));
	}
	store_release(&list->count, list->count + 1);
}

// ---- of the process ----

struct kept {
	struct weir_ended ended;
	char executor[WEIR_NAME_SIZE];
};

static struct kept kept[WEIR_ENDED_KEPT_MAX];
static unsigned kept_count;

static void keep(
	const struct weir_executor *executor, const struct weir_ended *ended)
{
	struct kept *one = &kept[kept_count];

	if (kept_count == WEIR_ENDED_KEPT_MAX)
		return;
	one->ended = *ended;
	memcpy(one->executor, executor->name, sizeof(one->executor));
	kept_count++;
}

static bool was_seen(const struct weir_executor *executor, unsigned before)
{
	for (unsigned i = 0; i < before; i++)
		if (executor->tasks[i].stack == executor->tasks[before].stack)
			return true;
	return false;
}

// keep_stack keeps the nth task, which has ended, if the stack that it had was
// nearly full; one that had the same comes first.
static void keep_stack(const struct weir_executor *executor, unsigned n)
{
	const struct weir_task *task = &executor->tasks[n];
	struct weir_ended ended = {0};

	if (!task->stack)
		return;
	ended.stack_size = task->stack->size;
	ended.stack_left = weir_stack_untouched(task->stack, WEIR_STACK_END);
	if (ended.stack_left == WEIR_STACK_END || was_seen(executor, n))
		return;
	memcpy(ended.name, task->name, sizeof(ended.name));
	keep(executor, &ended);
}

void weir_ended_executor(struct weir_executor *executor)
{
	uint64_t count = executor->ended.count;

	if (executor->told)
		return;
	weir_roster_lock();
	for (uint64_t i = 0; i < count && i < WEIR_ENDED_MAX; i++)
		keep(executor, &executor->ended.at[i]);
	for (unsigned i = 0; i < executor->stack_count; i++)
		keep_stack(executor, i);
	weir_roster_unlock();
}

void weir_ended_each(void (*each)(const struct weir_ended *ended,
			     const char *executor, void *arg),
	void *arg)
{
	weir_roster_lock();
	for (unsigned i = 0; i < kept_count; i++)
		each(&kept[i].ended, kept[i].executor, arg);
	weir_roster_unlock();
}

void weir_ended_forget(void)
{
	weir_roster_lock();
	kept_count = 0;
	weir_roster_unlock();
}
