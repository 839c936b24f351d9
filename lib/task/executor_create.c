// SPDX-License-Identifier: BSD-3-Clause
//
// What an executor is made of, and what it answers about itself.
#include "base/assert.h"
#include "base/text.h"
#include "mem/mem.h"
#include "mem/stack.h"
#include "task/bell.h"
#include "task/executor.h"
#include "task/executor_inline.h"
#include "task/roster.h"
#include "task/task_inline.h"

#include <errno.h>
#include <stdio.h>

#define FIELD(path, unit, kind, member)                               \
	{                                                             \
		path, unit, kind,                                     \
			offsetof(struct weir_executor_counts, member) \
	}

const struct weir_count_field weir_executor_fields[WEIR_EXECUTOR_FIELDS] = {
	FIELD("turns", "turns", WEIR_COUNT_TOTAL, turns),
	FIELD("steps", "steps", WEIR_COUNT_TOTAL, steps),
	FIELD("time.runtime", "ticks", WEIR_COUNT_TOTAL,
		time[WEIR_TIME_RUNTIME]),
	FIELD("time.waiting", "ticks", WEIR_COUNT_TOTAL,
		time[WEIR_TIME_WAITING]),
	FIELD("time.held_back", "ticks", WEIR_COUNT_TOTAL,
		time[WEIR_TIME_HELD_BACK]),
	FIELD("time.started", "ticks", WEIR_COUNT_GAUGE, started),
	FIELD("time.now", "ticks", WEIR_COUNT_GAUGE, now),
	FIELD("tasks", "tasks", WEIR_COUNT_GAUGE, tasks),
	FIELD("turn_max", "ticks", WEIR_COUNT_GAUGE, turn_ticks_max),
};

// ---- set-up ----

#define STACK_COUNT 64
#define STACK_SIZE (64u << 10)

static int no_memory(struct weir_error *e, const char *name)
{
	return weir_error_set(e, -ENOMEM,
		"no memory for the executor '%s': free some, or run fewer",
		name);
}

static int no_bell(struct weir_error *e, const char *name)
{
	return weir_error_set(e, -EAGAIN,
		"nothing that could wake the executor '%s', which sleeps: %u "
		"sleep already, or no thread can be started",
		name, WEIR_BELLS);
}

// private_counts gives the executor its own of what the caller did not give.
static int private_counts(struct weir_executor *executor,
	const struct weir_executor_options *options)
{
	executor->counts = options->counts;
	executor->task_steps = options->task_steps;
	executor->ready_waits = options->ready_waits;
	if (!executor->ready_waits)
		executor->ready_waits = executor->own_ready_waits =
			weir_mem_create(
				sizeof(*executor->ready_waits), options->node);
	if (!executor->counts)
		executor->counts = executor->own_counts = weir_mem_create(
			sizeof(*executor->counts), options->node);
	if (!executor->task_steps)
		executor->task_steps = executor->own_task_steps =
			weir_mem_create(
				sizeof(*executor->task_steps), options->node);
	return executor->counts && executor->task_steps && executor->ready_waits
		       ? 0
		       : -ENOMEM;
}

static void init(struct weir_executor *executor,
	const struct weir_executor_options *options)
{
	const char *name = options->name ? options->name : "executor";

	weir_text_copy(executor->name, sizeof(executor->name), name);
	executor->clock = options->clock ? options->clock : weir_clock_real();
	executor->idle = options->idle || !options->sleeps ? options->idle
							   : weir_idle_sleep;
	executor->idle_arg = options->idle_arg;
	executor->stack_count =
		options->stack_count ? options->stack_count : STACK_COUNT;
	executor->ready_last = &executor->ready_first;
	executor->now = weir_clock_now(executor->clock);
	weir_list_init(&executor->hot);
	weir_list_init(&executor->cold);
	weir_list_init(&executor->scopes);
	weir_list_init(&executor->steppers);
	weir_list_init(&executor->labels);
	weir_list_init(&executor->free_tasks);
	weir_list_init(&executor->free_abroad);
	weir_wheel_init(&executor->wheel, executor->now);
}

int weir_executor_create(struct weir_executor **executor,
	const struct weir_executor_options *options, struct weir_error *e)
{
	struct weir_executor *x =
		weir_mem_create(sizeof(struct weir_executor), options->node);
	size_t stack_size =
		options->stack_size ? options->stack_size : STACK_SIZE;
	int err;

	if (!x)
		return no_memory(e, options->name ? options->name : "executor");
	init(x, options);
	err = private_counts(x, options);
	if (err) {
		no_memory(e, x->name);
		goto no_counts;
	}
	err = weir_stack_pool_create(
		&x->stacks, x->stack_count, stack_size, options->node, e);
	if (err)
		goto no_counts;
	x->stack_memory =
		weir_stack_pool_memory(x->stacks, &x->stack_memory_size);
	err = weir_tasks_create(x, options->node);
	if (err) {
		no_memory(e, x->name);
		goto no_tasks;
	}
	x->bell = options->sleeps ? weir_bell_get() : NULL;
	if (options->sleeps && !x->bell) {
		err = no_bell(e, x->name);
		goto no_bell;
	}
	weir_bell_askers(x->bell ? 0 : 1);
	weir_roster_add(x);
	*executor = x;
	return 0;

no_bell:
	weir_tasks_destroy(x);
no_tasks:
	weir_stack_pool_destroy(x->stacks);
no_counts:
	weir_mem_destroy(x->own_ready_waits);
	weir_mem_destroy(x->own_task_steps);
	weir_mem_destroy(x->own_counts);
	weir_mem_destroy(x);
	return err;
}

void weir_executor_destroy(struct weir_executor *executor)
{
	if (!executor)
		return;
	weir_assert(weir_executor_current() != executor);
	weir_roster_remove(executor);
	weir_tasks_destroy(executor);
	weir_bell_askers(executor->bell ? 0 : -1);
	weir_bell_put(executor->bell);
	weir_stack_pool_destroy(executor->stacks);
	weir_mem_destroy(executor->own_ready_waits);
	weir_mem_destroy(executor->own_task_steps);
	weir_mem_destroy(executor->own_counts);
	weir_mem_destroy(executor);
}

// ---- what it answers ----

struct weir_executor *weir_executor_self(void)
{
	return weir_executor_current();
}

const char *weir_executor_name(const struct weir_executor *executor)
{
	return executor->name;
}

const struct weir_clock *weir_executor_clock(
	const struct weir_executor *executor)
{
	return executor->clock;
}

struct weir_executor_counts *weir_executor_counts(
	struct weir_executor *executor)
{
	return executor->counts;
}

const struct weir_histogram *weir_executor_ready_waits(
	const struct weir_executor *executor)
{
	return executor->ready_waits;
}

struct weir_histogram *weir_executor_task_steps(struct weir_executor *executor)
{
	return executor->task_steps;
}

uint64_t weir_executor_now(const struct weir_executor *executor)
{
	return weir_executor_now_inline(executor);
}

void weir_executor_worked(struct weir_executor *executor, uint64_t count)
{
	weir_executor_worked_inline(executor, count);
}

uint64_t weir_executor_lap(
	struct weir_executor *executor, struct weir_histogram *steps)
{
	return weir_executor_lap_inline(executor, steps);
}

uint64_t weir_executor_lap_regime(
	struct weir_executor *executor, enum weir_regime regime)
{
	return weir_executor_lap_regime_inline(executor, regime);
}

void weir_step_init(
	struct weir_step *step, weir_step_fn *run, struct weir_histogram *steps)
{
	*step = (struct weir_step){.run = run, .steps = steps};
}

void weir_step_label(struct weir_executor *executor,
	struct weir_step_label *label, const struct weir_step *step,
	const char *name)
{
	label->step = step;
	label->name = name;
	weir_list_add(&executor->labels, &label->link);
}

void weir_step_unlabel(struct weir_step_label *label)
{
	weir_list_remove(&label->link);
}

void weir_step_ready(struct weir_executor *executor, struct weir_step *step)
{
	weir_step_ready_inline(executor, step);
}
