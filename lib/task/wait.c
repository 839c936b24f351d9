// SPDX-License-Identifier: BSD-3-Clause
//
// A waiting task is linked in its queue (or in those of its cases), its deadline
// in the wheel. Whoever ends the wait (a waker, the deadline, a cancel) takes it
// out of all of them and makes it runnable at once, so only one of them can, and
// the first is what it answers.
#include "task/wait.h"
#include "base/assert.h"
#include "task/select_inline.h"
#include "task/task_inline.h"

#include <errno.h>

static struct weir_wait_node *node_of(struct weir_list *link)
{
	return weir_container(link, struct weir_wait_node, link);
}

void weir_wait_queue_init(struct weir_wait_queue *queue)
{
	weir_wait_queue_says(queue, NULL);
}

void weir_wait_queue_says(
	struct weir_wait_queue *queue, const struct weir_wait_what *what)
{
	weir_list_init(&queue->waiters);
	queue->what = what;
}

// In order of since. FRONT takes it over from who stands there, unless its own is
// older: who comes AGAIN stays behind it.
void weir_wait_enlist(struct weir_executor *executor,
	struct weir_wait_queue *queue, struct weir_wait_node *node,
	enum weir_wait_place place)
{
	struct weir_list *before = &queue->waiters;

	if (place == WEIR_WAIT_BACK) {
		node->since = ++executor->waits;
	} else {
		before = before->next;
		if (place == WEIR_WAIT_FRONT && before != &queue->waiters &&
			node_of(before)->since < node->since)
			node->since = node_of(before)->since;
		while (place == WEIR_WAIT_AGAIN && before != &queue->waiters &&
			node_of(before)->since <= node->since)
			before = before->next;
	}
	weir_list_add(before, &node->link);
}

void weir_task_end_wait(struct weir_task *task, int answer)
{
	// Or by hand, between two turns.
	weir_debug_assert(!weir_executor_current() ||
			  task->executor == weir_executor_current());
	if (task->select)
		weir_select_leave(task->select);
	weir_list_remove(&task->waiting.link);
	weir_timer_cancel(&task->timer);
	task->parked = false;
	task->answer = answer;
	task->since = task->executor->now;
	WEIR_TRACE(task_woken, task, (uint32_t)-answer);
	weir_step_ready_inline(task->executor, &task->step);
}

void weir_task_woken(struct weir_wait_node *node)
{
	weir_task_end_wait(weir_container(node, struct weir_task, waiting), 0);
}

void weir_task_timed_out(
	struct weir_executor *executor, struct weir_timer *timer)
{
	weir_task_end_wait(
		weir_container(timer, struct weir_task, timer), -ETIMEDOUT);
}

void weir_task_cancel(struct weir_task *task)
{
	task->cancel_asked = true;
	if (task->shields_holding > 0)
		return;
	if (!task->canceled)
		WEIR_TRACE(task_canceled, task);
	task->canceled = true;
	if (task->parked && task->cancelable)
		weir_task_end_wait(task, -ECANCELED);
}

int weir_task_wait(struct weir_wait_queue *queue, uint64_t deadline,
	enum weir_wait_place place, bool cancelable)
{
	struct weir_executor *executor = weir_executor_current();
	struct weir_task *task = weir_task_current();

	weir_task_only("weir_wait", NULL);
	if (task->canceled && cancelable)
		return -ECANCELED;
	task->waits_in = queue;
	task->vain_wakes += place == WEIR_WAIT_AGAIN;
	if (queue)
		weir_wait_enlist(executor, queue, &task->waiting, place);
	return weir_task_park(executor, task, queue, deadline, cancelable);
}

int weir_wait(struct weir_wait_queue *queue, uint64_t deadline,
	enum weir_wait_place place)
{
	return weir_task_wait(queue, deadline, place, true);
}

bool weir_wake(struct weir_wait_queue *queue)
{
	struct weir_wait_node *node;

	if (weir_wait_queue_empty(queue))
		return false;
	node = node_of(queue->waiters.next);
	weir_list_remove(&node->link);
	node->woken(node);
	return true;
}

unsigned weir_wake_all(struct weir_wait_queue *queue)
{
	unsigned count = 0;

	while (weir_wake(queue))
		count++;
	return count;
}

void weir_watch_init(
	struct weir_watch *watch, unsigned (*ready)(struct weir_watch *watch))
{
	weir_list_init(&watch->link);
	weir_wait_queue_init(&watch->queue);
	watch->ready = ready;
	watch->unwoken = NULL;
	watch->missed = 0;
	watch->pass = 0;
}

void weir_watch_start(struct weir_executor *executor, struct weir_watch *watch)
{
	if (!weir_list_empty(&watch->link))
		return;
	watch->missed = 0;
	executor->armed_turn = WEIR_NEVER; // nobody has asked it: a new pass
	weir_list_add(&executor->hot, &watch->link);
}

void weir_watch_stop(struct weir_watch *watch)
{
	weir_list_remove(&watch->link);
}

static unsigned wake(struct weir_watch *watch, unsigned count)
{
	unsigned woken = 0;

	while (woken < count && weir_wake(&watch->queue))
		woken++;
	if (unlikely(woken < count) && watch->unwoken)
		watch->unwoken(watch, count - woken);
	return woken;
}

// ask looks once on behalf of watch and answers how many it woke.
static unsigned ask(struct weir_executor *executor, struct weir_watch *watch)
{
	unsigned count;

	if (weir_wait_queue_empty(&watch->queue)) {
		weir_list_remove(&watch->link);
		return 0;
	}
	if (unlikely(watch->pass != executor->pass))
		watch->pass = executor->pass;
	count = watch->ready(watch);
	if (count > 0) {
		if (watch->missed >= WEIR_WATCH_COLD) {
			weir_list_remove(&watch->link);
			weir_list_add(&executor->hot, &watch->link);
		}
		watch->missed = 0;
		return wake(watch, count);
	}
	if (watch->missed < WEIR_WATCH_COLD &&
		++watch->missed == WEIR_WATCH_COLD) {
		weir_list_remove(&watch->link);
		weir_list_add(&executor->cold, &watch->link);
	}
	return 0;
}

static struct weir_watch *watch_of(struct weir_list *link)
{
	return weir_container(link, struct weir_watch, link);
}

// ask_hot asks the first hot ones; what is left comes first in the next turn.
static unsigned ask_hot(struct weir_executor *executor)
{
	unsigned woken = 0, asked = 0;

	weir_list_each (link, &executor->hot) {
		if (unlikely(asked++ == WEIR_TURN_HOT)) {
			weir_list_remove(&executor->hot);
			weir_list_add(link, &executor->hot);
			break;
		}
		woken += ask(executor, watch_of(link));
	}
	return woken;
}

unsigned weir_watches_ask(struct weir_executor *executor)
{
	struct weir_list *last;
	unsigned woken;

	weir_executor_runs(executor, executor->task_steps);
	// The hot ones first: one that changes sides is then asked twice only
	// when it had nothing.
	woken = ask_hot(executor);
	last = executor->cold.prev;
	for (unsigned i = 0; i < WEIR_TURN_COLD; i++) {
		struct weir_list *link = executor->cold.next;

		if (link == &executor->cold)
			break;
		weir_list_remove(link);
		weir_list_add(&executor->cold, link);
		woken += ask(executor, watch_of(link));
		if (link == last)
			break;
	}
	return woken;
}

// ask_rest asks those of list that were not asked in this pass: who was asked
// longest ago stands first, so all were when the first was. false: some are left.
static bool ask_rest(struct weir_executor *executor, struct weir_list *list,
	unsigned *left, unsigned *woken)
{
	for (;;) {
		struct weir_list *link = list->next;

		if (link == list || watch_of(link)->pass == executor->pass)
			return true;
		if (*left == 0)
			return false;
		--*left;
		weir_list_remove(link);
		weir_list_add(list, link);
		*woken += ask(executor, watch_of(link));
	}
}

bool weir_watches_ask_rest(struct weir_executor *executor, unsigned *woken)
{
	unsigned left = WEIR_TURN_HOT;

	*woken = 0;
	return ask_rest(executor, &executor->hot, &left, woken) &&
	       ask_rest(executor, &executor->cold, &left, woken);
}
