// SPDX-License-Identifier: BSD-3-Clause
//
// Posts are a stack that any thread pushes to with compare-and-swap; the
// executor takes all of it with one exchange and turns it round. A queue with a
// tail to exchange would be cheaper to push to, but a thread that is preempted
// between its two writes would hide all later posts.
#include "task/executor.h"
#include "base/assert.h"
#include "base/spin.h"
#include "base/thread.h"
#include "task/bell.h"
#include "task/executor_inline.h"
#include "task/task_inline.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

__thread struct weir_executor *weir_executor_of_thread;
bool weir_executor_is_asked;

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

static __attribute__((noinline)) unsigned handle_posts(
	struct weir_executor *executor)
{
	unsigned count = 0;

	weir_executor_runs(executor, executor->task_steps);
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

__attribute__((cold, noinline)) void weir_executor_overran(
	struct weir_executor *executor, const struct weir_histogram *steps,
	uint64_t ticks)
{
	struct weir_overrun overrun = {
		.steps = steps,
		.begin = executor->now - ticks,
		.end = executor->now,
	};

	if (executor->current)
		strcpy(overrun.task, executor->current->name);
	if (executor->thread && weir_overruns_are_few(&executor->overruns)) {
		// These system calls are no stage's.
		const struct weir_histogram *running = executor->running;

		weir_executor_runs(executor, NULL);
		weir_own_reading(&overrun.reading);
		weir_executor_runs(executor, running);
	}
	weir_overruns_put(&executor->overruns, &overrun);
	// Nor is that time the next step's.
	weir_executor_lap_regime_inline(executor, WEIR_TIME_RUNTIME);
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

	store_relaxed(&executor->current, task);
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
// were among them. A return from here would always mispredict, since the tasks
// have filled the processor's stack of return addresses with theirs: it is
// inlined, and so is its caller, however large they grow.
static inline __attribute__((always_inline)) uint64_t run_steps(
	struct weir_executor *executor)
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
		store_relaxed(&executor->current, NULL);
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

// serve_for_long is the end of a serve that took longer than what is of no class
// may: a step of it.
static __attribute__((cold, noinline)) void serve_for_long(
	struct weir_executor *executor, uint64_t ticks)
{
	weir_histogram_record(executor->task_steps, ticks);
	weir_executor_overran(executor, executor->task_steps, ticks);
}

static inline void served(struct weir_executor *executor)
{
	uint64_t ticks = weir_executor_read(executor);
	uint64_t limit = executor->task_steps->limit;

	if (unlikely(ticks > limit) && limit)
		serve_for_long(executor, ticks);
	else
		count_add(&executor->counts->time[WEIR_TIME_RUNTIME], ticks);
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
	if ((int64_t)(executor->now - executor->wheel.next) >= 0) {
		weir_executor_runs(executor, executor->task_steps);
		done += weir_wheel_expire(&executor->wheel, executor,
			executor->now, WEIR_TURN_TIMERS);
	}
	if (done)
		served(executor);
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

// begin_run writes down what the thread had had before its first step.
static void begin_run(
	struct weir_executor *executor, const struct weir_reading *reading)
{
	static uint64_t count;
	struct weir_reading *begun = &executor->begun;

	// "the run": who reads it between these two asks again
	store_release(&executor->run, 0);
	fence_full();
	store_relaxed(&begun->tick, reading->tick);
	store_relaxed(&begun->width, reading->width);
	store_relaxed(&begun->cpu_ns, reading->cpu_ns);
	store_relaxed(&begun->waited_ns, reading->waited_ns);
	store_relaxed(&begun->sleeps, reading->sleeps);
	store_relaxed(&begun->waits, reading->waits);
	store_release(&executor->run, add_relaxed(&count, 1) + 1);
	store_release(&executor->thread, gettid());
}

uint64_t weir_executor_begun(
	const struct weir_executor *executor, struct weir_reading *reading)
{
	const struct weir_reading *begun = &executor->begun;
	uint64_t run = load_acquire(&executor->run); // "the run"

	reading->tick = load_relaxed(&begun->tick);
	reading->width = load_relaxed(&begun->width);
	reading->cpu_ns = load_relaxed(&begun->cpu_ns);
	reading->waited_ns = load_relaxed(&begun->waited_ns);
	reading->sleeps = load_relaxed(&begun->sleeps);
	reading->waits = load_relaxed(&begun->waits);
	fence_full(); // "the run"
	return load_relaxed(&executor->run) == run ? run : 0;
}

// set_look blocks the signal of looks for the calling thread or lets it through;
// it tells whether it was blocked.
static bool set_look(int how)
{
	sigset_t look, before;

	sigemptyset(&look);
	sigaddset(&look, WEIR_LOOK_SIGNAL);
	pthread_sigmask(how, &look, &before);
	return sigismember(&before, WEIR_LOOK_SIGNAL);
}

void weir_executor_disarm(struct weir_executor *executor)
{
	if (!executor->armed)
		return;
	weir_bell_disarm(executor->bell);
	executor->armed = false;
}

void weir_executor_run(struct weir_executor *executor)
{
	struct weir_reading reading;
	bool blocked =
		load_acquire(&weir_executor_is_asked) && set_look(SIG_UNBLOCK);
	uint64_t sleeps;

	// Before the clock is read that the first step begins with.
	weir_own_reading(&reading);
	enter(executor);
	weir_tasks_watch_stacks();
	begin_run(executor, &reading);
	weir_trace_thread(executor->name);
	sleeps = weir_own_sleeps();
	do {
		if (turn(executor) || !executor->idle)
			continue;
		executor->idle(executor->idle_arg, executor,
			weir_wheel_next(&executor->wheel));
		weir_executor_lap_regime_inline(executor, WEIR_TIME_WAITING);
	} while (!load_acquire(&executor->stopping));
	weir_executor_disarm(executor);
	sleeps = weir_own_sleeps() - sleeps;
	store_release(&executor->slept, executor->slept + sleeps);
	weir_trace_thread(NULL);
	store_release(&executor->thread, 0);
	store_relaxed(&executor->stopping, false);
	store_relaxed(&executor->counts->now, executor->now);
	leave();
	if (blocked)
		set_look(SIG_BLOCK);
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

// ---- sleeping ----
//
// The bell is armed, then each watch is asked, so many a turn that a turn stays
// bounded; the bell stays armed until all were. So what happens to a watch after it
// was asked rings. A watch that is started ends the pass (weir_watch_start), and so
// does a turn that did something.

void weir_executor_arm(struct weir_executor *executor)
{
	uint64_t turns = executor->counts->turns;

	if (!executor->armed || executor->armed_turn + 1 != turns) {
		weir_executor_disarm(executor);
		weir_bell_arm(executor->bell);
		executor->armed = true;
		executor->pass++;
	}
	executor->armed_turn = turns;
}

bool weir_executor_may_sleep(struct weir_executor *executor, bool *later)
{
	unsigned woken;

	*later = false;
	if (executor->inbox || load_acquire(&executor->posted) ||
		load_acquire(&executor->stopping))
		return false;
	*later = !weir_watches_ask_rest(executor, &woken) && woken == 0;
	return woken == 0 && !*later;
}

void weir_idle_sleep(void *arg, struct weir_executor *executor, uint64_t until)
{
	bool later = false;

	if (executor->ready_first) {
		weir_executor_disarm(executor);
		return;
	}
	if (!executor->bell || executor->clock->virtual_ticks) {
		sched_yield();
		return;
	}
	weir_executor_arm(executor);
	if (weir_executor_may_sleep(executor, &later)) {
		WEIR_TRACE(executor_sleeps, executor, until);
		weir_bell_sleep(executor->bell, until);
		WEIR_TRACE(executor_wakes, executor);
	}
	if (!later)
		weir_executor_disarm(executor);
}
