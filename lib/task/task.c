// SPDX-License-Identifier: BSD-3-Clause
#include "task/task.h"
#include "base/assert.h"
#include "base/text.h"
#include "mem/mem.h"
#include "task/abroad.h"
#include "task/task_inline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what the calling task asks ----

struct weir_task *weir_task_self(void)
{
	return weir_task_current();
}

const char *weir_task_name(const struct weir_task *task)
{
	return task ? task->name : "";
}

bool weir_task_canceled(void)
{
	const struct weir_task *task = weir_task_current();

	return task && task->canceled;
}

void weir_task_fail(int error)
{
	struct weir_task *task = weir_task_current();

	if (!task)
		weir_misuse_end("weir_task_fail",
			"only a task can fail: call it in one");
	task->error = error;
}

void weir_yield(void)
{
	struct weir_executor *executor = weir_executor_current();
	struct weir_task *task = weir_task_current();

	weir_task_only("weir_yield", NULL);
	if (executor->budget == WEIR_STEP_BUDGET)
		task->idle_yields++;
	task->since = task->born = executor->now;
	weir_step_ready_inline(executor, &task->step);
	weir_task_switch(executor, task);
}

bool weir_yield_if_over(unsigned count)
{
	struct weir_executor *executor = weir_executor_current();

	weir_task_only("weir_yield_if_over", NULL);
	if (executor->budget > count) {
		executor->budget -= count;
		return false;
	}
	weir_yield();
	return true;
}

int weir_sleep(uint64_t deadline)
{
	int answer;

	weir_task_only("weir_sleep", NULL);
	answer = weir_task_wait(NULL, deadline, WEIR_WAIT_BACK, true);
	return answer == -ETIMEDOUT ? 0 : answer;
}

// A deadline may be far, but not so far that it looks past.
static uint64_t later(const struct weir_clock *clock, uint64_t ticks)
{
	uint64_t tick;

	if (ticks > UINT64_MAX / 2)
		return WEIR_NEVER;
	tick = weir_clock_now(clock) + ticks;
	return tick == WEIR_NEVER ? 0 : tick;
}

uint64_t weir_in_ns(uint64_t ns)
{
	struct weir_executor *executor = weir_executor_current();
	const struct weir_clock *clock =
		executor ? executor->clock : weir_clock_real();

	return later(clock, weir_clock_ticks(clock, ns));
}

uint64_t weir_in_us(uint64_t us)
{
	return weir_in_ns(us > UINT64_MAX / 1000 ? UINT64_MAX : us * 1000);
}

uint64_t weir_in_ms(uint64_t ms)
{
	return weir_in_ns(
		ms > UINT64_MAX / 1000000 ? UINT64_MAX : ms * 1000000);
}

// ---- its life ----

static __attribute__((noreturn)) void bug(
	const struct weir_task *task, const char *what)
{
	fprintf(stderr, "weir: bug: task '%s' of executor '%s' %s\n",
		task->name, task->executor->name, what);
	abort();
}

// The first and last frame of a task's stack.
static __attribute__((noreturn, noinline)) void task_entry(void)
{
	weir_switch_entry();

	struct weir_executor *executor = weir_executor_current();
	struct weir_task *task = executor->current;

	task->fn(task->arg);
	if (task->open_scopes > 0)
		bug(task, "ended with a scope open: call weir_scope_close "
			  "before it returns");
	if (task->locks_held > 0)
		bug(task, "ended with a mutex or rwlock held: unlock it before "
			  "it returns");
	weir_spin_debug_none_held("ends");
	if (task->open_shields > 0)
		bug(task, "ended with a shield open: call weir_shield_close "
			  "before it returns");
	weir_locals_free(task);
	task->ended = true;
	weir_switch_last(&task->context, &executor->context);
	__builtin_unreachable();
}

static const char *name_of(const struct weir_spawn_options *options)
{
	return options && options->name ? options->name : "task";
}

struct weir_task *weir_task_start_on(struct weir_executor *executor,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options)
{
	struct weir_stack *stack = weir_stack_get(executor->stacks);
	struct weir_task *task;

	if (!stack)
		return NULL;
	task = weir_container(
		executor->free_tasks.next, struct weir_task, link);
	weir_list_remove(&task->link);
	task->step.steps = options && options->steps ? options->steps
						     : executor->task_steps;
	task->stack = stack;
	task->fn = fn;
	task->arg = arg;
	task->since = executor->now;
	task->ready_max = 0;
	task->step_max = 0;
	task->first_switch = task->switches;
	task->parks = 0;
	task->idle_yields = 0;
	task->vain_wakes = 0;
	task->waits_in = NULL;
	task->live = true;
	weir_text_copy(task->name, sizeof(task->name), name_of(options));
	weir_context_init(&task->context, task_entry, stack->base,
		stack->base + stack->size, &stack->fiber);
	count_add(&executor->counts->tasks, 1);
	WEIR_TRACE(task_spawned, task, task->name);
	weir_step_ready_inline(executor, &task->step);
	return task;
}

// task_reset makes a task that never was of one that has ended.
static void task_reset(struct weir_task *task)
{
	task->ended = false;
	task->canceled = false;
	task->cancel_asked = false;
	task->live = false;
	task->on_end = NULL;
	task->scope = NULL;
	task->abroad = NULL;
	task->join = NULL;
	task->result = NULL;
	task->error = 0;
}

void weir_task_reap(struct weir_task *task)
{
	struct weir_executor *executor = task->executor;
	void (*on_end)(void *arg) = task->on_end;
	struct weir_scope *scope = task->scope;
	struct weir_abroad *abroad = task->abroad;
	struct weir_join *join = task->join;
	void *arg = task->arg, *result = task->result;
	int error = task->error;

	WEIR_TRACE_AT(task_ended, weir_executor_tick(executor), task,
		(uint32_t)-error);
	if (unlikely(task->idle_yields | task->vain_wakes))
		weir_ended_task(executor, task);
	weir_list_remove(&task->link);
	weir_stack_put(task->stack); // task keeps which it was
	task_reset(task);
	weir_list_add_head(&executor->free_tasks, &task->link);
	count_add(&executor->counts->tasks, -UINT64_C(1));
	if (join)
		weir_join_end(join, error, result);
	if (scope)
		weir_scope_ended(scope, error);
	if (abroad)
		weir_abroad_ended(abroad, error, result);
	if (on_end)
		on_end(arg);
}

int weir_start(struct weir_executor *executor, void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options, void (*ended)(void *arg))
{
	struct weir_task *task = weir_task_start_on(executor, fn, arg, options);

	if (!task)
		return -EAGAIN;
	task->on_end = ended;
	return 0;
}

// ---- of an executor ----

int weir_tasks_create(struct weir_executor *executor, int node)
{
	unsigned count = executor->stack_count;

	executor->tasks =
		weir_mem_create(count * sizeof(struct weir_task), node);
	executor->abroad =
		weir_mem_create(count * sizeof(struct weir_abroad), node);
	if (!executor->tasks || !executor->abroad) {
		weir_mem_destroy(executor->abroad);
		weir_mem_destroy(executor->tasks);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < count; i++) {
		struct weir_task *task = &executor->tasks[i];

		task->executor = executor;
		weir_list_init(&task->waiting.link);
		task->waiting.woken = weir_task_woken;
		weir_timer_init(&task->timer, weir_task_timed_out);
		weir_list_add(&executor->free_tasks, &task->link);
		weir_list_add(
			&executor->free_abroad, &executor->abroad[i].link);
	}
	return 0;
}

void weir_tasks_begin(struct weir_executor *executor)
{
	for (unsigned i = 0; i < executor->stack_count; i++)
		executor->tasks[i].since = executor->now;
}

// forget_stacks takes back what the tools were told about the stacks.
static void forget_stacks(struct weir_executor *executor)
{
	struct weir_stack *stack, *all = NULL;

	while ((stack = weir_stack_get(executor->stacks))) {
		weir_context_forget(&stack->fiber);
		stack->next_free = all;
		all = stack;
	}
	while ((stack = all)) {
		all = stack->next_free;
		weir_stack_put(stack);
	}
}

void weir_tasks_destroy(struct weir_executor *executor)
{
	for (unsigned i = 0; i < executor->stack_count; i++)
		if (executor->tasks[i].live)
			bug(&executor->tasks[i],
				"has not ended, but its executor is destroyed");
	weir_assert(executor->abroad_count == 0);
	weir_ended_executor(executor);
	forget_stacks(executor);
	weir_mem_destroy(executor->abroad);
	weir_mem_destroy(executor->tasks);
}

static const char *owner_of_stack(const void *base)
{
	const struct weir_task *task = weir_task_current();

	return task && task->stack && task->stack->base == base ? task->name
								: NULL;
}

void weir_tasks_watch_stacks(void)
{
	weir_stack_watch(owner_of_stack);
}
