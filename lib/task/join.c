// SPDX-License-Identifier: BSD-3-Clause
#include "task/join.h"
#include "base/assert.h"
#include "task/task_inline.h"

#include <errno.h>

static const struct weir_wait_what what = {.kind = "a child to end"};

void weir_join_init(struct weir_join *join)
{
	*join = (struct weir_join){0};
	weir_wait_queue_says(&join->waiters, &what);
}

void weir_join_end(struct weir_join *join, int error, void *result)
{
	join->result = result;
	join->error = error;
	join->ended = true;
	weir_wake_all(&join->waiters);
}

int weir_join(struct weir_join *join, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();

	weir_task_only("weir_join", NULL);
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	while (!join->ended) {
		int err = weir_wait(&join->waiters, deadline, WEIR_WAIT_BACK);

		if (err)
			return err;
	}
	return 0;
}

void weir_task_give(void *result)
{
	struct weir_task *task = weir_task_current();

	if (!task)
		weir_misuse_end("weir_task_give",
			"only a task has a result: call it in one");
	task->result = result;
}

// ---- as a case ----

static bool join_attempt(struct weir_case *c)
{
	const struct weir_join *join = c->object;

	c->result = join->error;
	c->disabled = join->ended;
	return join->ended;
}

static bool join_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_join *join = c->object;

	weir_case_enlist(c, executor, &join->waiters, place);
	return true;
}

static const struct weir_case_ops join_ops = {
	.kind = "a child to end",
	.attempt = join_attempt,
	.enlist = join_enlist,
};

struct weir_case weir_case_join(struct weir_join *join)
{
	return (struct weir_case){.ops = &join_ops, .object = join};
}
