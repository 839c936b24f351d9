// SPDX-License-Identifier: BSD-3-Clause
//
// Whoever waits is in the queue until its wait ends, and only then: a deadline
// or a cancel takes it out at once. So the queue holds exactly those that can be
// handed the mutex, and a wakeup is the mutex.
#include "sync/mutex.h"
#include "sync/caller.h"

// The owner while the mutex is on its way to a task that has not run yet.
#define HANDED ((struct weir_task *)1)

void weir_mutex_init(struct weir_mutex *mutex, struct weir_executor *executor)
{
	mutex->executor = weir_caller_executor(executor);
	mutex->owner = NULL;
	mutex->hold = (struct weir_wait_hold){.bound = true};
	mutex->what = (struct weir_wait_what){
		.kind = "a mutex", .hold = &mutex->hold};
	weir_wait_queue_says(&mutex->waiters, &mutex->what);
}

void weir_mutex_fini(struct weir_mutex *mutex)
{
	weir_assert(!mutex->owner); // nobody holds it
	weir_assert(weir_wait_queue_empty(&mutex->waiters));
	mutex->executor = NULL;
}

static inline void take(struct weir_mutex *mutex, struct weir_task *self)
{
	mutex->owner = self;
	weir_hold_by(&mutex->hold, mutex->executor);
	mutex->hold.count = 1;
	weir_task_holds(self, 1);
}

int weir_mutex_try_lock(struct weir_mutex *mutex)
{
	struct weir_task *self = weir_caller(mutex->executor);

	if (unlikely(!self))
		return weir_misuse_stranger(__func__, mutex, mutex->executor);
	if (mutex->owner)
		return -EBUSY;
	take(mutex, self);
	return 0;
}

static __attribute__((cold)) int would_wait_for_itself(
	const struct weir_mutex *mutex)
{
	return weir_misuse(-EDEADLK, "weir_mutex_lock", mutex,
		"though it holds it", "it would wait for itself");
}

static __attribute__((noinline)) int wait_for_it(
	struct weir_mutex *mutex, uint64_t deadline)
{
	struct weir_task *self = weir_caller(mutex->executor);
	int err;

	if (!self)
		return weir_misuse_stranger(
			"weir_mutex_lock", mutex, mutex->executor);
	if (!weir_task_proceed(mutex->executor, self))
		return -ECANCELED;
	if (!mutex->owner) { // the budget was at its end
		take(mutex, self);
		return 0;
	}
	if (mutex->owner == self)
		return would_wait_for_itself(mutex);
	WEIR_TRACE(lock_contended, mutex, "mutex");
	err = weir_wait(&mutex->waiters, deadline, WEIR_WAIT_BACK);
	if (err == 0)
		take(mutex, self);
	return err;
}

static inline __attribute__((always_inline)) int lock(
	struct weir_mutex *mutex, uint64_t deadline)
{
	struct weir_task *self = weir_caller(mutex->executor);

	if (unlikely(!self || mutex->owner || self->canceled ||
		     mutex->executor->budget == 1))
		return wait_for_it(mutex, deadline);
	mutex->executor->budget--;
	take(mutex, self);
	return 0;
}

int weir_mutex_lock(struct weir_mutex *mutex)
{
	return lock(mutex, WEIR_NEVER);
}

int weir_mutex_lock_until(struct weir_mutex *mutex, uint64_t deadline)
{
	return lock(mutex, deadline);
}

static __attribute__((noinline)) int not_ours(struct weir_mutex *mutex)
{
	if (!weir_caller(mutex->executor))
		return weir_misuse_stranger(
			"weir_mutex_unlock", mutex, mutex->executor);
	return weir_misuse(-EPERM, "weir_mutex_unlock", mutex,
		"but does not hold it", "only who locked it unlocks it");
}

static __attribute__((noinline)) int hand_over(struct weir_mutex *mutex)
{
	mutex->owner = HANDED;
	weir_wake(&mutex->waiters);
	return 0;
}

int weir_mutex_unlock(struct weir_mutex *mutex)
{
	struct weir_task *self = weir_task_current();

	if (unlikely(!self || mutex->owner != self))
		return not_ours(mutex);
	weir_task_holds(self, -1);
	mutex->hold.count = 0;
	if (unlikely(!weir_wait_queue_empty(&mutex->waiters)))
		return hand_over(mutex);
	mutex->owner = NULL;
	return 0;
}

bool weir_mutex_held(const struct weir_mutex *mutex)
{
	const struct weir_task *self = weir_task_current();

	return self && mutex->owner == self;
}

// ---- as a case: woken means that it was handed over ----

static int case_lock(struct weir_case *c)
{
	struct weir_mutex *mutex = c->object;
	struct weir_task *self = weir_caller(mutex->executor);

	if (unlikely(!self))
		return weir_misuse_stranger(
			"weir_mutex_lock", mutex, mutex->executor);
	if (mutex->owner == self)
		return would_wait_for_itself(mutex);
	if (mutex->owner && !c->woken)
		return -EBUSY;
	c->woken = false; // there is nothing to hand on
	take(mutex, self);
	return 0;
}

static bool lock_attempt(struct weir_case *c)
{
	int err = case_lock(c);

	if (err == -EBUSY)
		return false;
	c->result = err;
	c->disabled = true;
	return true;
}

static bool lock_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_mutex *mutex = c->object;

	weir_case_enlist(c, executor, &mutex->waiters, place);
	return true;
}

static void lock_pass(struct weir_case *c)
{
	struct weir_mutex *mutex = c->object;

	if (!weir_wake(&mutex->waiters))
		mutex->owner = NULL;
}

static const struct weir_case_ops lock_ops = {
	.kind = "a mutex",
	.attempt = lock_attempt,
	.enlist = lock_enlist,
	.pass = lock_pass,
};

struct weir_case weir_case_mutex(struct weir_mutex *mutex)
{
	return (struct weir_case){.ops = &lock_ops, .object = mutex};
}
