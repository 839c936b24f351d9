// SPDX-License-Identifier: BSD-3-Clause
#include "sync/event.h"
#include "sync/caller.h"

static const struct weir_wait_what what = {.kind = "an event"};

void weir_event_init(struct weir_event *event, struct weir_executor *executor)
{
	event->executor = weir_caller_executor(executor);
	event->state = 0;
	weir_wait_queue_says(&event->waiters, &what);
}

void weir_event_fini(struct weir_event *event)
{
	weir_assert(weir_wait_queue_empty(&event->waiters)); // nobody waits
	event->executor = NULL;
}

int weir_event_try_wait(const struct weir_event *event, uint64_t *seen)
{
	if (unlikely(!weir_caller_is_home(event->executor)))
		return weir_misuse_stranger(__func__, event, event->executor);
	if (event->state == *seen)
		return -EAGAIN;
	*seen = event->state;
	return 0;
}

int weir_event_wait_until(
	struct weir_event *event, uint64_t *seen, uint64_t deadline)
{
	struct weir_task *self = weir_caller(event->executor);
	int err = 0;

	if (unlikely(!self))
		return weir_misuse_stranger(
			"weir_event_wait", event, event->executor);
	if (unlikely(!weir_task_proceed(event->executor, self)))
		return -ECANCELED;
	if (event->state == *seen) {
		WEIR_TRACE(lock_contended, event, "event");
		err = weir_wait(&event->waiters, deadline, WEIR_WAIT_BACK);
	}
	if (err == 0)
		*seen = event->state;
	return err;
}

int weir_event_wait(struct weir_event *event, uint64_t *seen)
{
	return weir_event_wait_until(event, seen, WEIR_NEVER);
}

int weir_event_signal(struct weir_event *event)
{
	if (unlikely(!weir_caller_is_home(event->executor)))
		return weir_misuse_stranger(__func__, event, event->executor);
	event->state++;
	weir_wake_all(&event->waiters);
	return 0;
}

// ---- as a case: a signal wakes all, so there is nothing to pass on ----

static bool event_attempt(struct weir_case *c)
{
	int err = weir_event_try_wait(c->object, c->argument);

	if (err == -EAGAIN)
		return false;
	c->result = err;
	c->disabled = err != 0;
	return true;
}

static bool event_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_event *event = c->object;

	weir_case_enlist(c, executor, &event->waiters, place);
	return true;
}

static const struct weir_case_ops event_ops = {
	.kind = "an event",
	.attempt = event_attempt,
	.enlist = event_enlist,
};

struct weir_case weir_case_event(struct weir_event *event, uint64_t *seen)
{
	return (struct weir_case){
		.ops = &event_ops, .object = event, .argument = seen};
}
