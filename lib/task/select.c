// SPDX-License-Identifier: BSD-3-Clause
//
// A select looks at its cases in order of rotation. If none is ready it stands
// in all queues; the first wakeup takes it out of all of them at once, so it
// holds one grant at most. Then it gives back what it was granted (delist),
// looks at the cases in order of rotation again, so that the one that woke it
// has no advantage, and whatever of the grant it did not use goes on (pass).
#include "task/select.h"
#include "base/assert.h"
#include "task/select_inline.h"
#include "task/task_inline.h"

#include <errno.h>

// ---- a case ----

void weir_case_wake(struct weir_case *c)
{
	c->woken = true;
	c->wake(c);
}

static void node_woken(struct weir_wait_node *node)
{
	weir_case_wake(weir_container(node, struct weir_case, node));
}

static void timer_fired(
	struct weir_executor *executor, struct weir_timer *timer)
{
	weir_case_wake(weir_container(timer, struct weir_case, timer));
}

void weir_case_enlist(struct weir_case *c, struct weir_executor *executor,
	struct weir_wait_queue *queue, enum weir_wait_place place)
{
	c->node.woken = node_woken;
	weir_wait_enlist(executor, queue, &c->node, place);
}

void weir_case_alarm(
	struct weir_case *c, struct weir_executor *executor, uint64_t tick)
{
	c->timer.fn = timer_fired;
	weir_timer_set(executor, &c->timer, tick);
}

// ---- the wait in several ----

static void select_woken(struct weir_case *c)
{
	struct weir_select *select = c->owner;

	if (select->polls)
		weir_select_leave(select);
	else
		weir_task_end_wait(select->task, 0);
}

void weir_select_leave(struct weir_select *select)
{
	for (unsigned i = 0; i < select->count; i++)
		if (select->cases[i].enlisted)
			weir_list_remove(&select->cases[i].link);
	select->task->select = NULL;
}

enum enlisted { NOBODY, ALL, SOME };

// enlist stands in all queues that there are, NOBODY when every case is
// disabled. SOME of them may be unable to wake.
static enum enlisted enlist(struct weir_select *select,
	struct weir_executor *executor, enum weir_wait_place place)
{
	enum enlisted enlisted = NOBODY;

	for (unsigned i = 0; i < select->count; i++) {
		struct weir_case *c = &select->cases[i];

		c->enlisted = false;
		if (c->disabled)
			continue;
		c->wake = select_woken;
		c->owner = select;
		weir_list_init(&c->link);
		c->enlisted = c->ops->enlist(c, executor, place);
		if (!c->enlisted)
			enlisted = SOME;
		else if (enlisted == NOBODY)
			enlisted = ALL;
	}
	return enlisted;
}

static void delist(struct weir_select *select)
{
	for (unsigned i = 0; i < select->count; i++) {
		if (!select->cases[i].enlisted)
			continue;
		select->cases[i].enlisted = false;
		while (!weir_case_delist(&select->cases[i]))
			weir_yield();
	}
}

static void pass(struct weir_select *select)
{
	for (unsigned i = 0; i < select->count; i++)
		weir_case_pass(&select->cases[i]);
}

// serve serves the first ready case from the array's next on and answers its
// index; -EAGAIN when none is ready.
static inline __attribute__((always_inline)) int serve(
	struct weir_case *cases, unsigned count)
{
	unsigned i = cases[0].next;

	for (unsigned left = count; left > 0; left--) {
		struct weir_case *c;

		if (i >= count)
			i = 0;
		c = &cases[i++];
		if (c->disabled || !c->ops->attempt(c))
			continue;
		cases[0].next = (uint16_t)i;
		return (int)i - 1;
	}
	return -EAGAIN;
}

static bool any_woken(const struct weir_select *select)
{
	for (unsigned i = 0; i < select->count; i++)
		if (select->cases[i].woken)
			return true;
	return false;
}

// poll waits a turn, in the queues that there are.
static int poll(struct weir_select *select,
	const struct weir_executor *executor, uint64_t deadline)
{
	select->polls = true;
	weir_yield();
	weir_select_leave(select);
	if (any_woken(select))
		return 0;
	if (select->task->canceled)
		return -ECANCELED;
	return deadline != WEIR_NEVER &&
			       (int64_t)(executor->now - deadline) >= 0
		       ? -ETIMEDOUT
		       : 0;
}

// park waits in the queues and answers what ended the wait.
static int park(struct weir_select *select, struct weir_executor *executor,
	uint64_t deadline, enum enlisted enlisted)
{
	select->polls = false;
	if (enlisted == SOME)
		return poll(select, executor, deadline);
	select->task->select = select;
	return weir_task_park(
		executor, select->task, select->cases, deadline, true);
}

// look_again answers what a wait that ended so does, after a look at the cases:
// at the deadline one may be ready that could not say so.
static int look_again(const struct weir_select *select, int ended)
{
	int answer;

	if (ended == -ECANCELED)
		return ended;
	answer = serve(select->cases, select->count);
	return answer == -EAGAIN && ended ? ended : answer;
}

static __attribute__((noinline)) int wait_and_serve(struct weir_select *select,
	struct weir_executor *executor, uint64_t deadline)
{
	enum weir_wait_place place = WEIR_WAIT_BACK;
	int answer;

	do {
		enum enlisted enlisted = enlist(select, executor, place);

		if (enlisted == NOBODY)
			return -EPIPE;
		answer = park(select, executor, deadline, enlisted);
		delist(select);
		answer = look_again(select, answer);
		pass(select);
		place = WEIR_WAIT_AGAIN;
	} while (answer == -EAGAIN && !select->task->canceled);
	return answer == -EAGAIN ? -ECANCELED : answer;
}

int weir_select_until(
	struct weir_case *cases, unsigned count, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	struct weir_select select = {
		.cases = cases,
		.count = count,
		.task = weir_task_current(),
	};
	int answer;

	weir_task_only("weir_select", NULL);
	if (unlikely(count > WEIR_CASES_MAX))
		weir_misuse_end("weir_select",
			"there are more than 65535 cases: use a set");
	if (!weir_task_proceed(executor, select.task))
		return -ECANCELED;
	if (count == 0)
		return -EPIPE;
	answer = serve(cases, count);
	if (unlikely(answer < 0))
		answer = wait_and_serve(&select, executor, deadline);
	if (weir_trace_is_on() && answer >= 0)
		weir_trace_select_served(0, cases, (uint32_t)answer);
	return answer;
}

int weir_select(struct weir_case *cases, unsigned count)
{
	return weir_select_until(cases, count, WEIR_NEVER);
}

// ---- a point in time ----

static bool after_attempt(struct weir_case *c)
{
	uint64_t now = weir_executor_current()->now;

	if (c->timer.tick == WEIR_NEVER || (int64_t)(now - c->timer.tick) < 0)
		return false;
	c->result = 0;
	c->disabled = true;
	return true;
}

static bool after_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	weir_case_alarm(c, executor, c->timer.tick);
	return true;
}

static const struct weir_case_ops after_ops = {
	.kind = "a point in time",
	.attempt = after_attempt,
	.enlist = after_enlist,
};

struct weir_case weir_case_after(uint64_t tick)
{
	return (struct weir_case){.ops = &after_ops, .timer = {.tick = tick}};
}

void weir_case_set_after(struct weir_case *c, uint64_t tick)
{
	weir_debug_assert(c->ops == &after_ops);
	c->timer.tick = tick;
	c->disabled = false;
}

// ---- a wait queue: argument is set when a wakeup was kept ----

static bool queue_attempt(struct weir_case *c)
{
	if (!c->woken && !c->argument)
		return false;
	c->woken = false; // it is used, there is nothing to pass on
	c->argument = NULL;
	c->result = 0;
	return true;
}

static bool queue_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	weir_case_enlist(c, executor, c->object, place);
	return true;
}

static void queue_pass(struct weir_case *c)
{
	if (!weir_wake(c->object))
		c->argument = c;
}

static const struct weir_case_ops queue_ops = {
	.kind = "a wakeup",
	.attempt = queue_attempt,
	.enlist = queue_enlist,
	.pass = queue_pass,
};

struct weir_case weir_case_queue(struct weir_wait_queue *queue)
{
	return (struct weir_case){.ops = &queue_ops, .object = queue};
}
