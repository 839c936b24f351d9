// SPDX-License-Identifier: BSD-3-Clause
//
// Calls outside of a task, or on another executor than what they are about
// belongs to: who made which, and what to do instead, in words.
#include "chan/misplaced.h"
#include "task/interval.h"
#include "task/join.h"
#include "task/local.h"
#include "task/set.h"
#include "task/shield.h"
#include "task/stepper.h"

#include <errno.h>

static struct weir_scope scope;
static struct weir_join join;
static struct weir_set set;
static struct weir_member member, *served;
static struct weir_shield shield;
static struct weir_interval interval;
static struct weir_wait_queue queue;
static struct weir_stepper stepper;
static const struct weir_stepper_class steppers;
static struct weir_local key;

static void run_nothing(void *arg)
{
}

// A scope, a set with a member, a shield, a child: all of 'main', which stays.
static void open_all(void *arg)
{
	const struct weir_spawn_options joined = {.join = &join};

	weir_wait_queue_init(&queue);
	weir_scope_open(&scope);
	weir_set_open(&set);
	weir_set_add(&set, &member, weir_case_queue(&queue));
	weir_shield_open(&shield, WEIR_NEVER);
	weir_interval_init(&interval, 1, 1, WEIR_MISSED_SKIP);
	if (weir_spawn_with(&scope, NULL, run_nothing, NULL, &joined) == 0)
		(void)!weir_sleep(WEIR_NEVER);
}

static void close_set(void *arg)
{
	weir_set_open(&set);
	weir_set_close(&set);
}

#define CALLS(CALL)                                                      \
	CALL(yield, weir_yield())                                        \
	CALL(yield_if_over, weir_yield_if_over(1))                       \
	CALL(sleep, (void)!weir_sleep(WEIR_NEVER))                       \
	CALL(wait, (void)!weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK)) \
	CALL(select, (void)!weir_select(NULL, 0))                        \
	CALL(join, (void)!weir_join(&join, WEIR_NEVER))                  \
	CALL(interval_wait, (void)!weir_interval_wait(&interval))        \
	CALL(set_wait, (void)!weir_set_wait(&set, &served, WEIR_NEVER))  \
	CALL(scope_open, weir_scope_open(&scope))                        \
	CALL(scope_close, weir_scope_close(&scope, WEIR_NEVER))          \
	CALL(spawn, (void)!weir_spawn(&scope, NULL, run_nothing, NULL))  \
	CALL(stepper_spawn,                                              \
		(void)!weir_stepper_spawn(&scope, &stepper, &steppers))  \
	CALL(set_open, weir_set_open(&set))                              \
	CALL(set_add, weir_set_add(&set, &(struct weir_member){{0}},     \
			      weir_case_queue(&queue)))                  \
	CALL(set_remove, weir_set_remove(&member))                       \
	CALL(set_close, weir_set_close(&set))                            \
	CALL(interval_init,                                              \
		weir_interval_init(&interval, 1, 1, WEIR_MISSED_SKIP))   \
	CALL(shield_open, weir_shield_open(&shield, WEIR_NEVER))         \
	CALL(shield_close, weir_shield_close(&shield))                   \
	CALL(task_fail, weir_task_fail(-EIO))                            \
	CALL(task_give, weir_task_give(NULL))                            \
	CALL(local_set, (void)!weir_local_set(&key, NULL))               \
	CALL(local_get, (void)!weir_local_get(&key))

#define FUNCTION(name, call)               \
	static void call_##name(void *arg) \
	{                                  \
		call;                      \
	}
CALLS(FUNCTION)

#define THREAD "a thread that runs no executor calls weir_"
#define STEP "executor 'home', outside of a task, calls weir_"
#define GUEST "task 'guest' of executor 'abroad' calls weir_"
#define LATE "task 'late' of executor 'home' calls weir_"

#define WAITS(name)                                                      \
	{ON_THREAD, open_all, call_##name,                               \
		THREAD #name ": only a task can wait: call it in one.",  \
		false},                                                  \
	{                                                                \
		IN_STEP, open_all, call_##name,                          \
			STEP #name ": only a task can wait: call it in " \
				   "one.",                               \
			false                                            \
	}

Test(misuse, what_waits_is_for_tasks)
{
	static const struct misuse rows[] = {WAITS(yield), WAITS(yield_if_over),
		WAITS(sleep), WAITS(wait), WAITS(select), WAITS(join),
		WAITS(interval_wait), WAITS(set_wait),
		{IN_STEP, open_all, call_scope_close,
			STEP "scope_close: only a task can wait: call it in "
			     "one.",
			false}};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

#define ELSEWHERE(name, what)                                             \
	{ABROAD, open_all, call_##name,                                   \
		GUEST #name ": " what " is of executor 'home': only "     \
			    "there, or make one here.",                   \
		false},                                                   \
	{                                                                 \
		ON_THREAD, open_all, call_##name,                         \
			THREAD #name ": " what " is of executor 'home': " \
				     "only there, or make one here.",     \
			false                                             \
	}

Test(misuse, what_belongs_to_one_executor_is_not_used_on_another)
{
	static const struct misuse rows[] = {
		ELSEWHERE(spawn, "the scope"),
		ELSEWHERE(stepper_spawn, "the scope"),
		ELSEWHERE(scope_close, "the scope"),
		ELSEWHERE(set_add, "the set"),
		ELSEWHERE(set_remove, "the set"),
		ELSEWHERE(set_close, "the set"),
		{ABROAD, open_all, call_set_wait,
			GUEST "set_wait: the set is of executor 'home': only "
			      "there, or make one here.",
			false},
	};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

#define OF_A_TASK(name, why)                                      \
	{ON_THREAD, NULL, call_##name, THREAD #name why, false},  \
	{                                                         \
		IN_STEP, NULL, call_##name, STEP #name why, false \
	}

Test(misuse, what_a_task_has_is_not_anybody_elses)
{
	static const struct misuse rows[] = {
		OF_A_TASK(scope_open,
			": a scope belongs to a task: call it in one."),
		OF_A_TASK(shield_open,
			": only a task can be cancelled: call it in one."),
		OF_A_TASK(task_fail, ": only a task can fail: call it in one."),
		OF_A_TASK(task_give,
			": only a task has a result: call it in one."),
		{ON_THREAD, NULL, call_local_set,
			THREAD "local_get or _set: only a task has locals: "
			       "call it in one.",
			false},
		{IN_STEP, NULL, call_local_get,
			STEP "local_get or _set: only a task has locals: call "
			     "it in one.",
			false},
		{ON_THREAD, NULL, call_set_open,
			THREAD "set_open: a set belongs to an executor: call "
			       "it on one, in a task.",
			false},
		{ON_THREAD, NULL, call_interval_init,
			THREAD "interval_init: it goes by the clock of an "
			       "executor: call it on one, in a task.",
			false},
		{IN_TASK, open_all, call_shield_close,
			LATE "shield_close: the shield is another task's, or "
			     "not open: who opened it closes it, once.",
			false},
		{ON_THREAD, NULL, call_shield_close,
			THREAD "shield_close: the shield is another task's, "
			       "or not open: who opened it closes it, once.",
			false},
	};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

static void add_disabled(void *arg)
{
	struct weir_case c = weir_case_queue(&queue);

	c.disabled = true;
	weir_set_add(&set, &member, c);
}

static void select_too_many(void *arg)
{
	(void)!weir_select(NULL, WEIR_CASES_MAX + 1);
}

Test(misuse, what_a_set_or_a_select_cannot_do_is_said)
{
#define CLOSED                                                       \
	": the set is closed, or was never opened: call it between " \
	"weir_set_open and weir_set_close."
	static const struct misuse rows[] = {
		{IN_TASK, close_set, call_set_wait, LATE "set_wait" CLOSED,
			false},
		{IN_TASK, close_set, call_set_add, LATE "set_add" CLOSED,
			false},
		{IN_TASK, close_set, call_set_close, LATE "set_close" CLOSED,
			false},
		{IN_TASK, NULL, call_set_wait, LATE "set_wait" CLOSED, false},
		{IN_TASK, open_all, call_set_close,
			LATE "set_close: there are members in the set: "
			     "weir_set_remove each first.",
			false},
		{IN_TASK, open_all, add_disabled,
			LATE "set_add: the case is disabled: it would never "
			     "be served; add it when it is not.",
			false},
		{IN_TASK, NULL, select_too_many,
			LATE "select: there are more than 65535 cases: use a "
			     "set.",
			false},
	};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}
