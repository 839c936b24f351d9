// SPDX-License-Identifier: BSD-3-Clause
//
// A wakeup means done, or the turn to run. The turn is handed to one that still
// waits, as a mutex is (sync/mutex.c).
#include "sync/once.h"
#include "sync/caller.h"

static const struct weir_wait_what what = {.kind = "who does it once"};

// The runner while the turn is on its way to a task that has not run yet.
#define HANDED ((struct weir_task *)1)

void weir_once_init(struct weir_once *once, struct weir_executor *executor)
{
	once->executor = weir_caller_executor(executor);
	once->runner = NULL;
	weir_wait_queue_says(&once->waiters, &what);
	once->done = false;
}

void weir_once_fini(struct weir_once *once)
{
	weir_assert(!once->runner); // nobody runs it
	weir_assert(weir_wait_queue_empty(&once->waiters));
	once->executor = NULL;
}

static int run(struct weir_once *once, int (*fn)(void *arg), void *arg)
{
	int err;

	once->runner = weir_task_current();
	err = fn(arg);
	once->runner = NULL;
	if (err == 0) {
		once->done = true;
		weir_wake_all(&once->waiters);
	} else if (weir_wake(&once->waiters)) {
		once->runner = HANDED;
	}
	return err;
}

int weir_once_try_run(struct weir_once *once, int (*fn)(void *arg), void *arg)
{
	if (unlikely(!weir_caller(once->executor)))
		return weir_misuse_stranger(__func__, once, once->executor);
	if (once->done)
		return 0;
	return once->runner ? -EBUSY : run(once, fn, arg);
}

static __attribute__((noinline)) int run_slowly(struct weir_once *once,
	int (*fn)(void *arg), void *arg, uint64_t deadline)
{
	struct weir_task *self = weir_task_current();
	int err;

	if (once->runner == self)
		return weir_misuse(-EDEADLK, "weir_once_run", once,
			"in the function that it runs",
			"it would wait for itself");
	if (once->runner) {
		WEIR_TRACE(lock_contended, once, "once");
		err = weir_wait(&once->waiters, deadline, WEIR_WAIT_BACK);
		if (err || once->done)
			return err;
	}
	return run(once, fn, arg);
}

int weir_once_run_until(struct weir_once *once, int (*fn)(void *arg), void *arg,
	uint64_t deadline)
{
	struct weir_task *self = weir_caller(once->executor);

	if (unlikely(!self))
		return weir_misuse_stranger(
			"weir_once_run", once, once->executor);
	if (unlikely(!weir_task_proceed(once->executor, self)))
		return -ECANCELED;
	if (likely(once->done))
		return 0;
	return run_slowly(once, fn, arg, deadline);
}

int weir_once_run(struct weir_once *once, int (*fn)(void *arg), void *arg)
{
	return weir_once_run_until(once, fn, arg, WEIR_NEVER);
}
