// SPDX-License-Identifier: BSD-3-Clause
//
// The executor's inside, and the calls of task/executor.h that a burst pays for
// as inline versions: for code in lib and drivers, not installed. Outside of
// lib/task touch the struct only through the functions here.
#ifndef WEIR_TASK_EXECUTOR_INLINE_H
#define WEIR_TASK_EXECUTOR_INLINE_H

#include "base/atomic.h"
#include "task/ended.h"
#include "task/executor.h"
#include "task/overrun.h"
#include "task/switch.h"
#include "task/wheel.h"
#include "trace/trace.h"

#include <stdalign.h>

struct weir_abroad;
struct weir_bell;
struct weir_stack_pool;
struct weir_task;

struct weir_executor {
	// The executor's thread writes, each step.
	alignas(WEIR_CACHE_LINE) struct weir_step *ready_first;
	struct weir_step **ready_last; // where the next one is linked
	struct weir_task *current;
	uint64_t now; // anyone reads: it moves with each stretch
	// The class of the present stretch, NULL between turns: anyone reads.
	const struct weir_histogram *running;
	uint64_t worked;
	uint64_t waits;	 // begun
	unsigned budget; // that the present step has left
	const struct weir_clock *clock;
	struct weir_executor_counts *counts;
	bool lapped;  // the present step has measured itself
	bool started; // there was a turn
	bool idled;   // the last turn did nothing, for who traces
	struct weir_context context;

	// The executor's thread writes, each turn or less.
	struct weir_list hot, cold; // watches
	struct weir_list scopes;    // that have steppers
	struct weir_list steppers;  // in no scope
	struct weir_list labels;    // of function steps
	struct weir_post *inbox;    // taken, not yet handled, in order
	struct weir_list free_tasks;
	struct weir_list free_abroad; // records of children elsewhere
	unsigned abroad_count;	      // those that are out
	uint64_t armed_turn; // the last turn behind which the bell was armed
	uint32_t pass;	     // over the watches, while the bell is armed
	bool armed;	     // the bell is
	struct weir_histogram *task_steps;
	struct weir_histogram *ready_waits;

	// Any thread writes.
	alignas(WEIR_CACHE_LINE) struct weir_post *posted; // newest first
	bool stopping;

	// Written once.
	alignas(WEIR_CACHE_LINE) weir_idle_fn *idle;
	void *idle_arg;
	struct weir_bell *bell; // NULL: it does not sleep
	struct weir_stack_pool *stacks;
	const char *stack_memory; // of all these, for readers elsewhere
	size_t stack_memory_size;
	struct weir_task *tasks; // all, stack_count of them
	struct weir_abroad *abroad;
	unsigned stack_count;
	struct weir_executor_counts *own_counts;
	struct weir_histogram *own_task_steps, *own_ready_waits;
	struct weir_list roster;
	bool told; // a report has told of it: nothing is kept when it goes
	bool makes_calls; // of the system in its steps: what it runs may
	uint64_t slept; // in the kernel, in the runs that have ended: how often
	uint64_t run;	// the present or the last one: no other has it. 0: none
	struct weir_reading begun; // at its beginning
	int thread; // that runs it, as the system numbers them; 0: none does
	char name[WEIR_NAME_SIZE];

	struct weir_wheel wheel;
	struct weir_overruns overruns;
	struct weir_ended_list ended;
};

extern __thread struct weir_executor *weir_executor_of_thread
	__attribute__((visibility("hidden")));

// WEIR_LOOK_SIGNAL asks a thread that runs an executor where it is. Who handles it
// (watch/look.h) says so here: from then on weir_executor_run lets it through,
// whatever the program blocks.
#define WEIR_LOOK_SIGNAL (SIGRTMIN + 6)
extern bool weir_executor_is_asked __attribute__((visibility("hidden")));

// weir_executor_current is weir_executor_self inlined.
//
// A task goes on on another thread than it stopped on when its executor is
// turned there. Compilers for aarch64 read a thread's address once in a
// function, which a switch in between makes that of the wrong thread, so it is
// read anew; what is subtracted of the one that was read first falls out.
static inline struct weir_executor *weir_executor_current(void)
{
#if defined(__aarch64__)
	uintptr_t at = (uintptr_t)&weir_executor_of_thread -
		       (uintptr_t)__builtin_thread_pointer();
	uintptr_t thread;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(thread));
	return *(struct weir_executor **)(thread + at);
#else
	return weir_executor_of_thread;
#endif
}

// weir_executor_read reads the clock and answers the ticks since it was last
// read.
static inline uint64_t weir_executor_read(struct weir_executor *executor)
{
	uint64_t before = executor->now;

#ifdef WEIR_UNCOUNTED // see base/atomic.h; timers need some time
	static __thread unsigned read;

	if (likely(++read % 64))
		return 0;
#endif
	store_relaxed(&executor->now, weir_clock_now(executor->clock));
	return executor->now - before;
}

// weir_executor_tick is the tick of the last clock read, for the trace, whose
// clock is the real one; 0: it reads it.
static inline uint64_t weir_executor_tick(const struct weir_executor *executor)
{
	return executor->clock->virtual_ticks ? 0 : executor->now;
}

// weir_executor_overran writes down that the stretch that has just ended took
// ticks, longer than steps may.
void weir_executor_overran(struct weir_executor *executor,
	const struct weir_histogram *steps, uint64_t ticks);

// weir_executor_begun answers which run the present or the last one is, and what
// its thread had had when it began; 0: none, or it begins just now.
uint64_t weir_executor_begun(
	const struct weir_executor *executor, struct weir_reading *reading);

// weir_executor_runs says which class the stretch that begins belongs to: for a
// step that has several.
static inline void weir_executor_runs(
	struct weir_executor *executor, const struct weir_histogram *steps)
{
	store_relaxed(&executor->running, steps);
}

// weir_executor_lap_ticks is weir_executor_lap, but answers what it recorded.
static inline uint64_t weir_executor_lap_ticks(
	struct weir_executor *executor, struct weir_histogram *steps)
{
	uint64_t ticks = weir_executor_read(executor);

	executor->lapped = true;
	if (weir_histogram_record(steps, ticks))
		weir_executor_overran(executor, steps, ticks);
	return ticks;
}

// weir_executor_lap_inline is weir_executor_lap.
static inline uint64_t weir_executor_lap_inline(
	struct weir_executor *executor, struct weir_histogram *steps)
{
	weir_executor_lap_ticks(executor, steps);
	return executor->now;
}

// weir_executor_lap_regime_inline is weir_executor_lap_regime.
static inline uint64_t weir_executor_lap_regime_inline(
	struct weir_executor *executor, enum weir_regime regime)
{
	executor->lapped = true;
	count_add(
		&executor->counts->time[regime], weir_executor_read(executor));
	return executor->now;
}

// weir_executor_worked_inline is weir_executor_worked.
static inline void weir_executor_worked_inline(
	struct weir_executor *executor, uint64_t count)
{
	executor->worked += count;
}

// weir_executor_now_inline is weir_executor_now.
static inline uint64_t weir_executor_now_inline(
	const struct weir_executor *executor)
{
	return executor->now;
}

// weir_executor_arm arms the bell and begins a pass over all watches, or goes on with
// the one of the turn before. weir_executor_may_sleep looks at what could have become
// ready since the last turn, and then on in the pass; *later: there is more of it to
// see, in the next turn, and the bell stays armed. weir_executor_disarm ends it.
void weir_executor_arm(struct weir_executor *executor);
bool weir_executor_may_sleep(struct weir_executor *executor, bool *later);
void weir_executor_disarm(struct weir_executor *executor);

// weir_step_ready_inline is weir_step_ready.
static inline void weir_step_ready_inline(
	struct weir_executor *executor, struct weir_step *step)
{
	if (step->queued)
		return;
	step->queued = true;
	step->next = NULL;
	*executor->ready_last = step;
	executor->ready_last = &step->next;
}

#endif
