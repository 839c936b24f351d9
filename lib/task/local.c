// SPDX-License-Identifier: BSD-3-Clause
//
// The slots that are used come first, in the order in which they were set, so
// that the end frees them backwards.
#include "task/local.h"
#include "base/assert.h"
#include "task/task_inline.h"

#include <errno.h>

static struct weir_task *self(void)
{
	struct weir_task *task = weir_task_current();

	if (!task)
		weir_misuse_end("weir_local_get or _set",
			"only a task has locals: call it in one");
	return task;
}

static unsigned find(const struct weir_task *task, const struct weir_local *key)
{
	unsigned i = 0;

	while (i < task->local_count && task->locals[i].key != key)
		i++;
	return i;
}

// forget takes slot i away. The value is freed last: its destroy may use others.
static void forget(struct weir_task *task, unsigned i)
{
	struct weir_local_slot slot = task->locals[i];

	task->local_count--;
	for (; i < task->local_count; i++)
		task->locals[i] = task->locals[i + 1];
	if (slot.key->destroy)
		slot.key->destroy(slot.value);
}

void *weir_local_get(const struct weir_local *key)
{
	const struct weir_task *task = self();
	unsigned i = find(task, key);

	return i < task->local_count ? task->locals[i].value : NULL;
}

int weir_local_set(const struct weir_local *key, void *value)
{
	struct weir_task *task = self();
	unsigned i = find(task, key);

	if (i < task->local_count) {
		if (task->locals[i].value == value)
			return 0;
		forget(task, i);
	}
	if (!value)
		return 0;
	if (task->local_count == WEIR_LOCALS)
		return -ENOSPC;
	task->locals[task->local_count++] =
		(struct weir_local_slot){.key = key, .value = value};
	return 0;
}

void weir_locals_free(struct weir_task *task)
{
	while (task->local_count > 0)
		forget(task, task->local_count - 1);
}
