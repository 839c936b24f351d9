// SPDX-License-Identifier: BSD-3-Clause
//
// A task's inside, for lib/task: what parks and wakes it.
#ifndef WEIR_TASK_TASK_INLINE_H
#define WEIR_TASK_TASK_INLINE_H

#include "base/spin.h"
#include "mem/stack.h"
#include "task/executor_inline.h"
#include "task/local.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/timer.h"
#include "task/wait.h"

struct weir_join;
struct weir_select;

// How far a stepper is.
enum weir_stepper_phase {
	WEIR_STEPPER_STEPPING, // the next step is the function's
	WEIR_STEPPER_PARKED,   // stands in its queue
	WEIR_STEPPER_WOKEN,    // left it: delist, and look again
	WEIR_STEPPER_POLLING,  // cannot be woken: looks again each turn
};

struct weir_local_slot {
	const struct weir_local *key;
	void *value;
};

// A task lies in an array of its executor, not on its stack: what the executor
// touches of many tasks stays together.
struct weir_task {
	// Touched each step.
	alignas(WEIR_CACHE_LINE) struct weir_step step;
	struct weir_context context;
	bool ended;
	bool canceled;	 // and no shield holds it off
	bool parked;	 // in weir_task_wait
	bool cancelable; // the present wait is
	int answer;	 // of the present wait

	// Touched each step, too. Readers elsewhere copy a task that is parked,
	// with its stack, and look at switches once more: it moves before
	// anything else of the task does.
	uint64_t switches;    // how often it was resumed; never reset
	uint64_t since;	      // when it became ready or parked
	uint64_t ready_max;   // the longest that it was ready and did not run
	uint64_t step_max;    // its longest stretch
	uint64_t idle_yields; // after a step that did nothing

	// Touched each wait.
	const struct weir_wait_queue *waits_in; // NULL: a select, or a time
	struct weir_wait_node waiting;		// in a wait queue
	struct weir_select *select;		// that it is parked in
	struct weir_timer timer;		// its deadline
	struct weir_executor *executor;

	// Touched at the start and the end.
	struct weir_stack *stack; // of one that has ended: that it had
	void (*fn)(void *arg);
	void *arg;
	void (*on_end)(void *arg);
	struct weir_scope *scope;   // that it belongs to, on this executor
	struct weir_abroad *abroad; // its record, when the scope is elsewhere
	struct weir_list link;	    // in the scope, or free
	struct weir_join *join;	    // of a child that lives here
	void *result;
	unsigned open_scopes;
	unsigned open_shields, shields_holding;
	unsigned locks_held;   // counted by lib/sync
	uint64_t first_switch; // switches when it began
	uint64_t born;	       // tick of its start
	uint64_t parks;	       // waits begun
	uint64_t vain_wakes;   // waits that went on in the same place
	bool cancel_asked;     // once and for all
	bool live;
	int error;
	unsigned local_count;
	struct weir_local_slot locals[WEIR_LOCALS];
	char name[WEIR_NAME_SIZE];
};

// What one waits for who closes a scope.
extern const struct weir_wait_what weir_scope_what
	__attribute__((visibility("hidden")));

// weir_task_current answers the calling task; NULL outside of one.
static inline struct weir_task *weir_task_current(void)
{
	struct weir_executor *executor = weir_executor_current();

	return executor ? executor->current : NULL;
}

// weir_hold_by says that what runs on executor has just taken of it.
static inline void weir_hold_by(
	struct weir_wait_hold *hold, const struct weir_executor *executor)
{
	const struct weir_task *task = executor ? executor->current : NULL;

	store_relaxed(&hold->task, task);
	store_relaxed(&hold->began, task ? task->first_switch : 0);
	store_relaxed(&hold->since, executor ? executor->now : 0);
}

// weir_task_switch gives the executor back; it returns in a later step.
static inline __attribute__((always_inline)) void weir_task_switch(
	struct weir_executor *executor, struct weir_task *task)
{
	weir_spin_debug_none_held("waits");
	weir_switch(&task->context, &executor->context);
}

// weir_task_proceed begins an operation that may wait: false when the calling
// task is cancelled. Each takes one from the step's budget, and yields when
// nothing is left.
static inline bool weir_task_proceed(
	struct weir_executor *executor, struct weir_task *task)
{
	if (unlikely(task->canceled))
		return false;
	if (unlikely(--executor->budget == 0)) {
		weir_yield();
		return !task->canceled;
	}
	return true;
}

// weir_task_start_on makes fn(arg) runnable on executor, whose thread calls;
// NULL when it has no stack left.
struct weir_task *weir_task_start_on(struct weir_executor *executor,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options);

// weir_task_wait parks the calling task: in queue, unless it is NULL, until the
// deadline, unless that is WEIR_NEVER. One that is not cancelable comes back
// for a wakeup or the deadline only.
int weir_task_wait(struct weir_wait_queue *queue, uint64_t deadline,
	enum weir_wait_place place, bool cancelable);

// weir_task_park parks the calling task, which has made sure that it is woken,
// and answers what ended the wait. object is what it waits for, for the trace.
static inline __attribute__((always_inline)) int weir_task_park(
	struct weir_executor *executor, struct weir_task *task,
	const void *object, uint64_t deadline, bool cancelable)
{
	WEIR_TRACE(task_parked, task, object, deadline);
	if (deadline != WEIR_NEVER)
		weir_wheel_set(&executor->wheel, &task->timer, deadline,
			executor->now);
	task->cancelable = cancelable;
	task->since = executor->now;
	task->parks++;
	task->parked = true;
	weir_task_switch(executor, task);
	return task->answer;
}

// weir_task_end_wait ends the wait of a parked task: it answers answer.
void weir_task_end_wait(struct weir_task *task, int answer);

// weir_task_woken is what a task's own node does.
void weir_task_woken(struct weir_wait_node *node);

// weir_task_cancel marks task as cancelled and ends its present wait. Its
// executor's thread.
void weir_task_cancel(struct weir_task *task);

// weir_task_timed_out ends the wait of the task whose timer fired.
void weir_task_timed_out(
	struct weir_executor *executor, struct weir_timer *timer);

// weir_watches_ask asks those watches whose turn it is; answers how many tasks
// it woke.
unsigned weir_watches_ask(struct weir_executor *executor);

// weir_watches_ask_rest asks, before the executor sleeps, at most WEIR_TURN_HOT of
// the watches that were not asked in its present pass, neither here nor in a turn;
// *woken is how many tasks it woke. Answers whether none is left.
bool weir_watches_ask_rest(struct weir_executor *executor, unsigned *woken);

// weir_task_begin is weir_task_proceed for whoever calls: code that is no task
// is never cancelled.
static inline bool weir_task_begin(void)
{
	struct weir_executor *executor = weir_executor_current();

	return !executor || !executor->current ||
	       weir_task_proceed(executor, executor->current);
}

// weir_join_init and _end are the scope's calls.
void weir_join_init(struct weir_join *join);
void weir_join_end(struct weir_join *join, int error, void *result);

// weir_locals_free frees what the ending task has.
void weir_locals_free(struct weir_task *task);

// weir_task_reap gives back what an ended task held. Its executor's thread.
void weir_task_reap(struct weir_task *task);

// weir_task_only ends the program when call, which waits, is not made by a task;
// weir_debug_task_only does so in builds with checks.
static inline void weir_task_only(const char *call, const char *blocking)
{
	if (unlikely(!weir_task_current()))
		weir_misuse_waits(call, blocking);
}

// weir_thread_only ends the program when call, which blocks, is made on an
// executor; waiting is its form for tasks. weir_home_only does so when call, on
// what, is made elsewhere than on home.
static inline void weir_thread_only(const char *call, const char *waiting)
{
	if (unlikely(weir_executor_current() != NULL))
		weir_misuse_blocks(call, waiting);
}

static inline void weir_home_only(
	const struct weir_executor *home, const char *call, const char *what)
{
	if (unlikely(weir_executor_current() != home))
		weir_misuse_elsewhere(call, what, home->name);
}

#ifdef WEIR_DEBUG
#define weir_debug_task_only(call, blocking) weir_task_only(call, blocking)
#else
#define weir_debug_task_only(call, blocking) ((void)0)
#endif

// weir_scope_check_open ends the program when call is made on a scope that is not
// open: its frame may be another's by now.
static inline void weir_scope_check_open(
	const struct weir_scope *scope, const char *call)
{
	if (unlikely(!scope->executor))
		weir_misuse_end(call,
			"the scope is closed, or was never opened: call it "
			"between weir_scope_open and weir_scope_close");
}

// weir_scope_ended tells task's scope, on the same executor, that it ended.
void weir_scope_ended(struct weir_scope *scope, int error);

// weir_tasks_create and _destroy are the executor's calls at set-up.
int weir_tasks_create(struct weir_executor *executor, int node);
void weir_tasks_destroy(struct weir_executor *executor);

// weir_tasks_begin tells the tasks that were started before the first turn that
// they are ready as of now.
void weir_tasks_begin(struct weir_executor *executor);

// weir_tasks_watch_stacks turns on the overflow message for this thread.
void weir_tasks_watch_stacks(void);

#endif
