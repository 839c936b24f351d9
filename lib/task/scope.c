// SPDX-License-Identifier: BSD-3-Clause
#include "base/assert.h"
#include "task/abroad.h"
#include "task/stepper.h"
#include "task/task.h"
#include "task/task_inline.h"

#include <errno.h>

const struct weir_wait_what weir_scope_what = {
	.kind = "the tasks of its scope"};

static void cancel_here(struct weir_scope *scope)
{
	scope->canceled = true;
	weir_list_each (link, &scope->tasks)
		weir_task_cancel(weir_container(link, struct weir_task, link));
	weir_list_each (link, &scope->abroad)
		weir_abroad_cancel(
			weir_container(link, struct weir_abroad, link));
	weir_list_each (link, &scope->steppers)
		weir_stepper_cancel(
			weir_container(link, struct weir_stepper, link));
}

// On the scope's executor, on behalf of another thread.
static void on_cancel_post(
	struct weir_executor *executor, struct weir_post *post)
{
	struct weir_scope *scope =
		weir_container(post, struct weir_scope, cancel);

	cancel_here(scope);
	scope->cancel_handled = true;
	weir_wake(&scope->closer);
}

void weir_scope_open_with(
	struct weir_scope *scope, const struct weir_scope_options *options)
{
	struct weir_task *task = weir_task_current();

	if (!task)
		weir_misuse_end("weir_scope_open",
			"a scope belongs to a task: call it in one");
	*scope = (struct weir_scope){
		.executor = task->executor,
		.cancel = {.fn = on_cancel_post},
		.cancel_on_error = options && options->cancel_on_error,
	};
	weir_list_init(&scope->tasks);
	weir_list_init(&scope->abroad);
	weir_list_init(&scope->steppers);
	weir_list_init(&scope->link);
	weir_wait_queue_says(&scope->closer, &weir_scope_what);
	task->open_scopes++;
}

void weir_scope_open(struct weir_scope *scope)
{
	weir_scope_open_with(scope, NULL);
}

void weir_scope_cancel(struct weir_scope *scope)
{
	weir_scope_check_open(scope, "weir_scope_cancel");
	if (weir_executor_current() == scope->executor)
		cancel_here(scope);
	else if (!exchange_acq_rel(&scope->cancel_posted, true))
		weir_executor_post(scope->executor, &scope->cancel);
}

void weir_scope_ended(struct weir_scope *scope, int error)
{
	if (scope->error == 0)
		scope->error = error;
	if (error && scope->cancel_on_error && !scope->canceled)
		cancel_here(scope);
	if (--scope->live_count == 0)
		weir_wake(&scope->closer);
}

// A cancel that another thread has posted still points at the scope.
static bool busy(const struct weir_scope *scope)
{
	return scope->live_count > 0 ||
	       (load_acquire(&scope->cancel_posted) && !scope->cancel_handled);
}

int weir_scope_close(struct weir_scope *scope, uint64_t deadline)
{
	bool waiting = true;
	int err;

	weir_scope_check_open(scope, "weir_scope_close");
	weir_home_only(scope->executor, "weir_scope_close", "the scope");
	weir_task_only("weir_scope_close", NULL);
	(void)weir_task_begin(); // a cancelled task closes it all the same
	while (busy(scope)) {
		if (!waiting)
			deadline = WEIR_NEVER;
		err = weir_task_wait(
			&scope->closer, deadline, WEIR_WAIT_BACK, waiting);
		if (err == 0)
			continue;
		waiting = false;
		if (scope->error == 0)
			scope->error = err;
		cancel_here(scope);
	}
	weir_list_remove(&scope->link);
	weir_task_current()->open_scopes--;
	scope->executor = NULL; // weir_scope_check_open
	return scope->error;
}

static int spawn(struct weir_scope *scope, struct weir_executor *executor,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options)
{
	struct weir_task *task;

	if (scope->canceled)
		return -ECANCELED;
	if (executor && executor != scope->executor)
		return weir_abroad_spawn(scope, executor, fn, arg, options);
	task = weir_task_start_on(scope->executor, fn, arg, options);
	if (!task)
		return -EAGAIN;
	task->scope = scope;
	task->join = options ? options->join : NULL;
	weir_list_add(&scope->tasks, &task->link);
	scope->live_count++;
	return 0;
}

int weir_spawn_with(struct weir_scope *scope, struct weir_executor *executor,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options)
{
	int err;

	weir_scope_check_open(scope, "weir_spawn");
	weir_home_only(scope->executor, "weir_spawn", "the scope");
	if (options && options->join)
		weir_join_init(options->join);
	err = spawn(scope, executor, fn, arg, options);
	// Who joins what never was need not wait.
	if (err && options && options->join)
		weir_join_end(options->join, err, NULL);
	return err;
}

int weir_spawn(struct weir_scope *scope, struct weir_executor *executor,
	void (*fn)(void *arg), void *arg)
{
	return weir_spawn_with(scope, executor, fn, arg, NULL);
}
