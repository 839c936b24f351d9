// SPDX-License-Identifier: BSD-3-Clause
//
// Each hold in the line has a wait queue of its own, so a wakeup goes to that
// one and is the lock. A hold whose wait was ended by its deadline or a cancel
// stays in the line until its task runs; whoever lets others in before finds
// nobody to wake there and passes it by, and the task itself lets in who stood
// behind it.
#include "sync/rwlock.h"
#include "sync/caller.h"

static const struct weir_wait_what to_write = {.kind = "an rwlock, to write"};
static const struct weir_wait_what to_read = {.kind = "an rwlock, to read"};

void weir_rwlock_init(struct weir_rwlock *lock, struct weir_executor *executor)
{
	lock->executor = weir_caller_executor(executor);
	weir_list_init(&lock->inside);
	weir_list_init(&lock->line);
	lock->writing = false;
}

void weir_rwlock_fini(struct weir_rwlock *lock)
{
	weir_assert(weir_list_empty(&lock->inside)); // nobody holds it
	weir_assert(weir_list_empty(&lock->line));   // nobody waits
	lock->executor = NULL;
}

static struct weir_rwlock_hold *hold_of(struct weir_list *link)
{
	return weir_container(link, struct weir_rwlock_hold, link);
}

static inline bool has_room(const struct weir_rwlock *lock, bool writes)
{
	return writes ? weir_list_empty(&lock->inside) : !lock->writing;
}

static inline void enter(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold)
{
	weir_list_add(&lock->inside, &hold->link);
	lock->writing = hold->writes;
}

// let_in lets in as many of the line as can come in now.
static void let_in(struct weir_rwlock *lock)
{
	while (!weir_list_empty(&lock->line)) {
		struct weir_rwlock_hold *first = hold_of(lock->line.next);

		if (!has_room(lock, first->writes))
			return;
		weir_list_remove(&first->link);
		if (weir_wake(&first->queue))
			enter(lock, first);
	}
}

static bool is_inside(
	const struct weir_rwlock *lock, const struct weir_task *task)
{
	weir_list_each (link, &lock->inside)
		if (hold_of(link)->task == task)
			return true;
	return false;
}

// A task that holds no lock at all need not look among a thousand readers.
static bool waits_for_itself(
	const struct weir_rwlock *lock, const struct weir_task *self)
{
	return self->locks_held > 0 && is_inside(lock, self);
}

static __attribute__((noinline)) int wait_in_line(struct weir_rwlock *lock,
	struct weir_rwlock_hold *hold, uint64_t deadline)
{
	struct weir_task *self = hold->task;
	int err;

	if (waits_for_itself(lock, self)) {
		hold->lock = NULL;
		return weir_misuse(-EDEADLK,
			hold->writes ? "weir_rwlock_write" : "weir_rwlock_read",
			lock, "though it holds it and a writer waits or would",
			"it would wait for itself");
	}
	weir_wait_queue_says(&hold->queue, hold->writes ? &to_write : &to_read);
	weir_list_add(&lock->line, &hold->link);
	WEIR_TRACE(lock_contended, lock, hold->writes ? "write" : "read");
	err = weir_wait(&hold->queue, deadline, WEIR_WAIT_BACK);
	if (err == 0) {
		weir_task_holds(self, 1);
		return 0;
	}
	weir_list_remove(&hold->link);
	hold->lock = NULL;
	let_in(lock); // those behind it
	return err;
}

#ifdef WEIR_DEBUG
// A hold's own words say nothing before it was first taken: it is looked for.
static bool is_in(
	const struct weir_list *list, const struct weir_rwlock_hold *hold)
{
	weir_list_each (link, list)
		if (link == &hold->link)
			return true;
	return false;
}
#endif

// try_hold answers 0, -EBUSY, or what the caller did wrong.
static inline int try_hold(struct weir_rwlock *lock,
	struct weir_rwlock_hold *hold, bool writes, const char *call)
{
	struct weir_task *self = weir_caller(lock->executor);

	if (unlikely(!self)) {
		hold->lock = NULL;
		return weir_misuse_stranger(call, lock, lock->executor);
	}
#ifdef WEIR_DEBUG
	if (is_in(&lock->inside, hold) || is_in(&lock->line, hold))
		return weir_misuse(-EPERM, call, lock,
			"with a hold that is taken",
			"each needs one of its own until it is released");
#endif
	weir_list_init(&hold->link);
	hold->lock = NULL;
	hold->task = self;
	hold->writes = writes;
	if (unlikely(!weir_list_empty(&lock->line) || !has_room(lock, writes)))
		return -EBUSY;
	hold->lock = lock;
	enter(lock, hold);
	weir_task_holds(self, 1);
	return 0;
}

static inline int hold_until(struct weir_rwlock *lock,
	struct weir_rwlock_hold *hold, bool writes, uint64_t deadline,
	const char *call)
{
	int err;

	if (unlikely(!weir_task_begin())) {
		hold->lock = NULL;
		return -ECANCELED;
	}
	err = try_hold(lock, hold, writes, call);
	if (likely(err != -EBUSY))
		return err;
	hold->lock = lock;
	return wait_in_line(lock, hold, deadline);
}

int weir_rwlock_try_read(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold)
{
	return try_hold(lock, hold, false, __func__);
}

int weir_rwlock_try_write(
	struct weir_rwlock *lock, struct weir_rwlock_hold *hold)
{
	return try_hold(lock, hold, true, __func__);
}

int weir_rwlock_read(struct weir_rwlock *lock, struct weir_rwlock_hold *hold)
{
	return hold_until(lock, hold, false, WEIR_NEVER, __func__);
}

int weir_rwlock_read_until(struct weir_rwlock *lock,
	struct weir_rwlock_hold *hold, uint64_t deadline)
{
	return hold_until(lock, hold, false, deadline, __func__);
}

int weir_rwlock_write(struct weir_rwlock *lock, struct weir_rwlock_hold *hold)
{
	return hold_until(lock, hold, true, WEIR_NEVER, __func__);
}

int weir_rwlock_write_until(struct weir_rwlock *lock,
	struct weir_rwlock_hold *hold, uint64_t deadline)
{
	return hold_until(lock, hold, true, deadline, __func__);
}

static __attribute__((noinline)) int not_ours(struct weir_rwlock_hold *hold)
{
	return weir_misuse(-EPERM, "weir_rwlock_release", hold,
		"but does not hold it",
		"each hold is released once, by the task that took it");
}

int weir_rwlock_release(struct weir_rwlock_hold *hold)
{
	struct weir_task *self = weir_task_current();
	struct weir_rwlock *lock = hold->lock;

	if (unlikely(!self || !lock || hold->task != self))
		return not_ours(hold);
	weir_task_holds(self, -1);
	weir_list_remove(&hold->link);
	hold->lock = NULL;
	lock->writing = false; // a reader finds it so
	if (unlikely(!weir_list_empty(&lock->line)))
		let_in(lock);
	return 0;
}
