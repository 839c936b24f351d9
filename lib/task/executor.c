// SPDX-License-Identifier: BSD-3-Clause
//
// Posts are a stack that any thread pushes to with compare-and-swap; the
// executor takes all of it with one exchange and turns it round. A queue with a
// tail to exchange would be cheaper to push to, but a thread that is preempted
// between its two writes would hide all later posts.
#include "task/executor.h"
#include "base/assert.h"
#include "base/spin.h"
#include "mem/mem.h"
#include "mem/stack.h"
#include "task/abroad.h"
#include "task/bell.h"
#include "task/executor_inline.h"
#include "task/roster.h"
#include "task/task_inline.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__thread struct weir_executor *weir_executor_of_thread;

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

	snprintf(executor->name, sizeof(executor->name), "%s", name);
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
	weir_bell_put(executor->bell);
	weir_stack_pool_destroy(executor->stacks);
	weir_mem_destroy(executor->own_ready_waits);
	weir_mem_destroy(executor->own_task_steps);
	weir_mem_destroy(executor->own_counts);
	weir_mem_destroy(executor);
}

// ---- posts ----

static void ring(struct weir_bell *bell)
{
	if (!bell)
		return;
	fence_full(); // "the bell": what was posted is written, the bell read
	weir_bell_ring(bell);
}

void weir_executor_post(struct weir_executor *executor, struct weir_post *post)
{
	struct weir_post *newest = load_relaxed(&executor->posted);
	struct weir_bell *bell = executor->bell;

	// From the exchange on the executor may go: its bell never does.
	do {
		post->next = newest;
	} while (!cas_acq_rel(&executor->posted, &newest, post));
	WEIR_TRACE(executor_posted, executor);
	ring(bell);
}

// take moves what was posted to the inbox, oldest first.
static void take(struct weir_executor *executor)
{
	struct weir_post *newest = exchange_acq_rel(&executor->posted, NULL);

	while (newest) {
		struct weir_post *older = newest->next;

		newest->next = executor->inbox;
		executor->inbox = newest;
		newest = older;
	}
}

static unsigned handle_posts(struct weir_executor *executor)
{
	unsigned count = 0;

	if (!executor->inbox)
		take(executor);
	while (executor->inbox && count < WEIR_TURN_POSTS) {
		struct weir_post *post = executor->inbox;

		executor->inbox = post->next;
		post->fn(executor, post);
		count++;
	}
	return count;
}

// ---- the turn ----

void weir_executor_overran(struct weir_executor *executor,
	const struct weir_histogram *steps, uint64_t ticks)
{
	struct weir_overrun overrun = {
		.steps = steps,
		.begin = executor->now - ticks,
		.end = executor->now,
	};

	if (executor->current)
		strcpy(overrun.task, executor->current->name);
	weir_overruns_put(&executor->overruns, &overrun);
}

// waited writes down how long task, or each sixteenth, was ready before it ran.
static __attribute__((noinline)) void waited(
	struct weir_executor *executor, struct weir_task *task, uint64_t ticks)
{
	struct weir_histogram *waits = executor->ready_waits;

	if (ticks > task->ready_max)
		store_relaxed(&task->ready_max, ticks);
	if (task->switches % WEIR_READY_SAMPLE == 0)
		weir_histogram_record(waits, ticks);
	else if (ticks > waits->notable)
		weir_histogram_note(waits, ticks);
}

static inline __attribute__((always_inline)) void resume(
	struct weir_executor *executor, struct weir_task *task)
{
	uint64_t ticks = executor->now - task->since;
	uint64_t switches = task->switches + 1;

	executor->current = task;
	store_relaxed(&task->switches, switches);
	if (unlikely(ticks > task->ready_max ||
		     switches % WEIR_READY_SAMPLE == 0))
		waited(executor, task, ticks);
	executor->budget = WEIR_STEP_BUDGET;
	weir_switch(&executor->context, &task->context);
}

static __attribute__((cold, noinline)) void trace_yield(
	struct weir_executor *executor, const struct weir_task *task)
{
	if (!task->parked)
		weir_trace_task_yielded(weir_executor_tick(executor), task);
}

// run_steps runs all that is runnable now, once, and answers how many tasks
// were among them.
static inline uint64_t run_steps(struct weir_executor *executor)
{
	struct weir_step *step = executor->ready_first, *next;
	uint64_t tasks = 0, functions = 0;

	executor->ready_first = NULL;
	executor->ready_last = &executor->ready_first;
	for (; step; step = next) {
		struct weir_histogram *steps = step->steps;

		next = step->next;
		// A task's second line, which the first says nothing of.
		__builtin_prefetch(
			(const char *)(next ? next : step) + WEIR_CACHE_LINE,
			1);
		step->queued = false;
		if (step->run) {
			functions++;
			executor->lapped = false;
			steps = steps ? steps : executor->task_steps;
			weir_executor_runs(executor, steps);
			step->run(executor, step);
			weir_spin_debug_none_held("ends its step");
			if (!executor->lapped)
				weir_executor_lap_inline(executor, steps);
			continue;
		}
		tasks++;
		struct weir_task *task =
			weir_container(step, struct weir_task, step);

		weir_executor_runs(executor, steps);
		WEIR_TRACE_AT(task_resumed, weir_executor_tick(executor), task);
		resume(executor, task);
		uint64_t ticks = weir_executor_lap_ticks(executor, steps);

		if (unlikely(ticks > task->step_max))
			store_relaxed(&task->step_max, ticks);
		executor->current = NULL;
		if (unlikely(task->ended))
			weir_task_reap(task);
		else if (weir_trace_is_on())
			trace_yield(executor, task);
	}
	weir_executor_runs(executor, NULL);
	count_add(&executor->counts->steps, tasks + functions);
	if (tasks + functions == 0)
		weir_executor_lap_regime_inline(executor, WEIR_TIME_WAITING);
	return tasks;
}

// serve does what comes before the steps.
static inline uint64_t serve(struct weir_executor *executor)
{
	uint64_t done = 0;

	if (executor->inbox || load_relaxed(&executor->posted))
		done += handle_posts(executor);
	if (!weir_list_empty(&executor->hot) ||
		!weir_list_empty(&executor->cold))
		done += weir_watches_ask(executor);
	if ((int64_t)(executor->now - executor->wheel.next) >= 0)
		done += weir_wheel_expire(&executor->wheel, executor,
			executor->now, WEIR_TURN_TIMERS);
	if (done)
		weir_executor_lap_regime_inline(executor, WEIR_TIME_RUNTIME);
	return done;
}

static __attribute__((cold, noinline)) void trace_turn(
	struct weir_executor *executor, uint64_t work)
{
	uint64_t tick = weir_executor_tick(executor);

	if (work)
		weir_trace_executor_turn(tick, executor, work);
	else if (!executor->idled)
		weir_trace_executor_idle(tick, executor);
	executor->idled = work == 0;
}

// Inlined into both callers: a return from here would always mispredict, since
// the tasks have filled the processor's stack of return addresses with theirs.
static inline __attribute__((always_inline)) uint64_t turn(
	struct weir_executor *executor)
{
	struct weir_executor_counts *counts = executor->counts;
	uint64_t begin = executor->now, work;

	executor->worked = 0;
	work = serve(executor);
	work += run_steps(executor);
	work += executor->worked;
	if (weir_trace_is_on())
		trace_turn(executor, work);
	count_add(&counts->turns, 1);
	store_relaxed(&counts->now, executor->now);
	if (unlikely(executor->now - begin > counts->turn_ticks_max))
		store_relaxed(&counts->turn_ticks_max, executor->now - begin);
	return work;
}

// enter makes the calling thread the executor's.
static void enter(struct weir_executor *executor)
{
	weir_assert(!weir_executor_current());
	weir_executor_of_thread = executor;
	weir_context_thread(&executor->context);
	if (!executor->started) {
		executor->started = true;
		executor->now = weir_clock_now(executor->clock);
		weir_tasks_begin(executor);
		store_relaxed(&executor->counts->started, executor->now);
	}
	weir_executor_lap_regime_inline(executor, WEIR_TIME_WAITING);
}

static void leave(void)
{
	weir_executor_of_thread = NULL;
}

uint64_t weir_executor_turn(struct weir_executor *executor)
{
	uint64_t work;

	enter(executor);
	work = turn(executor);
	leave();
	return work;
}

void weir_executor_run(struct weir_executor *executor)
{
	enter(executor);
	weir_tasks_watch_stacks();
	store_release(&executor->thread, gettid());
	weir_trace_thread(executor->name);
	do {
		if (turn(executor) || !executor->idle)
			continue;
		executor->idle(executor->idle_arg, executor,
			weir_wheel_next(&executor->wheel));
		weir_executor_lap_regime_inline(executor, WEIR_TIME_WAITING);
	} while (!load_acquire(&executor->stopping));
	weir_trace_thread(NULL);
	store_release(&executor->thread, 0);
	store_relaxed(&executor->stopping, false);
	store_relaxed(&executor->counts->now, executor->now);
	leave();
}

void weir_executor_stop(struct weir_executor *executor)
{
	struct weir_bell *bell = executor->bell;

	store_release(&executor->stopping, true);
	ring(bell);
}

void weir_idle_spin(void *arg, struct weir_executor *executor, uint64_t until)
{
	cpu_relax();
}

void weir_idle_yield(void *arg, struct weir_executor *executor, uint64_t until)
{
	sched_yield();
}

// may_sleep looks once more whether there is something to do.
static bool may_sleep(struct weir_executor *executor)
{
	return !executor->inbox && !load_acquire(&executor->posted) &&
	       !load_acquire(&executor->stopping) &&
	       weir_watches_ask_all(executor) == 0;
}

void weir_idle_sleep(void *arg, struct weir_executor *executor, uint64_t until)
{
	if (executor->ready_first)
		return;
	if (!executor->bell || executor->clock->virtual_ticks) {
		sched_yield();
		return;
	}
	weir_bell_arm(executor->bell);
	if (may_sleep(executor)) {
		WEIR_TRACE(executor_sleeps, executor, until);
		weir_bell_sleep(executor->bell, until);
		WEIR_TRACE(executor_wakes, executor);
	}
	weir_bell_disarm(executor->bell);
}

// ---- small things ----

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

void weir_step_ready(struct weir_executor *executor, struct weir_step *step)
{
	weir_step_ready_inline(executor, step);
}
