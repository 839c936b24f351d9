// SPDX-License-Identifier: BSD-3-Clause
//
// An executor that the test turns by hand, and tasks on it that do one thing
// each, keep what they got until they are told, and give it back.
#ifndef WEIR_TESTS_SYNC_CREW_H
#define WEIR_TESTS_SYNC_CREW_H

#include "sync/sync.h"
#include "task/executor.h"
#include "task/task_inline.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#define NOT_YET 99
#define CREW 64

static uint64_t ticks;
static struct weir_clock crew_clock;
static struct weir_executor *executor;
static unsigned ended; // how many have got their answer

// One task. do_ is what it does, undo gives back what it got.
struct one {
	int (*do_)(struct one *one);
	void (*undo)(struct one *one);
	void *lock;
	uint64_t deadline; // WEIR_NEVER by hire
	uint32_t count;
	uint64_t seen;
	bool keep; // until it is dismissed
	bool canceled_before;
	struct weir_rwlock_hold hold;

	int answer;
	unsigned order; // the how-many-eth answer it was
	uint64_t turn;	// in which it came
	struct weir_task *task;
	struct weir_wait_queue dismissal;
};

__attribute__((unused)) static struct weir_executor *crew_executor(
	const char *name, unsigned stack_count)
{
	const struct weir_executor_options options = {.name = name,
		.clock = &crew_clock,
		.stack_count = stack_count,
		.stack_size = 16 << 10,
		.node = -1};
	struct weir_executor *x;

	crew_clock = weir_clock_virtual(&ticks, 1000000000);
	cr_assert_eq(weir_executor_create(&x, &options, NULL), 0);
	return x;
}

__attribute__((unused)) static void open_crew_at(uint64_t tick)
{
	ticks = tick;
	ended = 0;
	executor = crew_executor("home", CREW);
}

__attribute__((unused)) static void open_crew(void)
{
	open_crew_at(UINT64_MAX / 2);
}

__attribute__((unused)) static void close_crew(void)
{
	weir_executor_destroy(executor);
}

__attribute__((unused)) static void turns(unsigned count)
{
	while (count-- > 0)
		weir_executor_turn(executor);
}

// settle turns until there is nothing to do.
__attribute__((unused)) static void settle(void)
{
	unsigned count = 0;

	while (weir_executor_turn(executor))
		cr_assert_lt(++count, 100000u, "it never settles");
}

__attribute__((unused)) static uint64_t turn_now(void)
{
	return weir_executor_counts(executor)->turns;
}

static void work(void *arg)
{
	struct one *one = arg;

	one->task = weir_task_self();
	if (one->canceled_before)
		weir_task_cancel(one->task);
	one->answer = one->do_(one);
	one->order = ++ended;
	one->turn = turn_now();
	if (one->keep)
		(void)weir_task_wait(
			&one->dismissal, WEIR_NEVER, WEIR_WAIT_BACK, false);
	if (one->answer == 0 && one->undo)
		one->undo(one);
}

// hire starts a task that does what one says, in the next turn.
__attribute__((unused)) static void hire(struct one *one)
{
	one->answer = NOT_YET;
	if (!one->deadline)
		one->deadline = WEIR_NEVER;
	weir_wait_queue_init(&one->dismissal);
	cr_assert_eq(weir_start(executor, work, one, NULL, NULL), 0);
}

// order_off lets one give back what it kept, in the next turn, or what it will
// get as soon as it gets it.
__attribute__((unused)) static void order_off(struct one *one)
{
	one->keep = false;
	weir_wake(&one->dismissal);
}

// dismiss does the same and lets all settle.
__attribute__((unused)) static void dismiss(struct one *one)
{
	order_off(one);
	settle();
}

// ---- a step on the executor ----

static void run_fn(void *arg)
{
	(*(void (**)(void))arg)();
}

// on_executor runs fn as a task, in a turn of its own.
__attribute__((unused)) static void on_executor(void (*fn)(void))
{
	cr_assert_eq(weir_start(executor, run_fn, &fn, NULL, NULL), 0);
	turns(1);
}

static void (*step_fn)(void);

static void run_step(struct weir_executor *x, struct weir_step *step)
{
	step_fn();
}

// on_step runs fn as a step that is no task, in a turn of its own.
__attribute__((unused)) static void on_step(void (*fn)(void))
{
	static struct weir_step step;

	step_fn = fn;
	weir_step_init(&step, run_step, NULL);
	weir_step_ready(executor, &step);
	turns(1);
}

// ---- operations ----

__attribute__((unused)) static int do_lock(struct one *one)
{
	return weir_mutex_lock_until(one->lock, one->deadline);
}

__attribute__((unused)) static void undo_lock(struct one *one)
{
	cr_assert_eq(weir_mutex_unlock(one->lock), 0);
}

__attribute__((unused)) static int do_read(struct one *one)
{
	return weir_rwlock_read_until(one->lock, &one->hold, one->deadline);
}

__attribute__((unused)) static int do_write(struct one *one)
{
	return weir_rwlock_write_until(one->lock, &one->hold, one->deadline);
}

__attribute__((unused)) static void undo_hold(struct one *one)
{
	cr_assert_eq(weir_rwlock_release(&one->hold), 0);
}

__attribute__((unused)) static int do_acquire(struct one *one)
{
	return weir_semaphore_acquire_until(
		one->lock, one->count, one->deadline);
}

__attribute__((unused)) static void undo_acquire(struct one *one)
{
	cr_assert_eq(weir_semaphore_release(one->lock, one->count), 0);
}

__attribute__((unused)) static int do_event_wait(struct one *one)
{
	return weir_event_wait_until(one->lock, &one->seen, one->deadline);
}

__attribute__((unused)) static int do_barrier_wait(struct one *one)
{
	return weir_barrier_wait_until(one->lock, one->deadline);
}

__attribute__((unused)) static int do_gate_wait(struct one *one)
{
	return weir_gate_wait_until(one->lock, one->deadline);
}

#endif
