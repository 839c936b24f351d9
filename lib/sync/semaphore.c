// SPDX-License-Identifier: BSD-3-Clause
//
// A request is on the stack of who waits and has a wait queue of its own: a
// wakeup goes to that one, and the permits with it. For one whose wait was ended
// otherwise, see sync/rwlock.c.
#include "sync/semaphore.h"
#include "sync/caller.h"

struct request {
	struct weir_list link; // in the line
	struct weir_wait_queue queue;
	uint32_t count;
};

void weir_semaphore_init(struct weir_semaphore *semaphore,
	struct weir_executor *executor, uint32_t permits)
{
	weir_assert(permits > 0);
	semaphore->executor = weir_caller_executor(executor);
	weir_list_init(&semaphore->line);
	semaphore->permits = semaphore->free_count = permits;
}

void weir_semaphore_fini(struct weir_semaphore *semaphore)
{
	weir_assert(semaphore->free_count == semaphore->permits); // all back
	weir_assert(weir_list_empty(&semaphore->line)); // nobody waits
	semaphore->executor = NULL;
}

// serve grants as many of the line, from its front, as there are permits for.
static void serve(struct weir_semaphore *semaphore)
{
	while (!weir_list_empty(&semaphore->line)) {
		struct request *first = weir_container(
			semaphore->line.next, struct request, link);

		if (first->count > semaphore->free_count)
			return;
		weir_list_remove(&first->link);
		if (weir_wake(&first->queue))
			semaphore->free_count -= first->count;
	}
}

static inline int try_acquire(
	struct weir_semaphore *semaphore, uint32_t count, const char *call)
{
	if (unlikely(!weir_caller(semaphore->executor)))
		return weir_misuse_stranger(
			call, semaphore, semaphore->executor);
	if (unlikely(count - 1 >= semaphore->permits))
		return -EINVAL;
	if (unlikely(count > semaphore->free_count ||
		     !weir_list_empty(&semaphore->line)))
		return -EBUSY;
	semaphore->free_count -= count;
	return 0;
}

static __attribute__((noinline)) int wait_in_line(
	struct weir_semaphore *semaphore, uint32_t count, uint64_t deadline)
{
	struct request request = {.count = count};
	int err;

	weir_wait_queue_init(&request.queue);
	weir_list_add(&semaphore->line, &request.link);
	err = weir_wait(&request.queue, deadline, WEIR_WAIT_BACK);
	if (err) {
		weir_list_remove(&request.link);
		serve(semaphore); // those behind it
	}
	return err;
}

static inline int acquire(struct weir_semaphore *semaphore, uint32_t count,
	uint64_t deadline, const char *call)
{
	int err;

	if (unlikely(!weir_task_begin()))
		return -ECANCELED;
	err = try_acquire(semaphore, count, call);
	if (likely(err != -EBUSY))
		return err;
	return wait_in_line(semaphore, count, deadline);
}

int weir_semaphore_try_acquire(struct weir_semaphore *semaphore, uint32_t count)
{
	return try_acquire(semaphore, count, __func__);
}

int weir_semaphore_acquire(struct weir_semaphore *semaphore, uint32_t count)
{
	return acquire(semaphore, count, WEIR_NEVER, __func__);
}

int weir_semaphore_acquire_until(
	struct weir_semaphore *semaphore, uint32_t count, uint64_t deadline)
{
	return acquire(semaphore, count, deadline, __func__);
}

int weir_semaphore_release(struct weir_semaphore *semaphore, uint32_t count)
{
	if (unlikely(!weir_caller_is_home(semaphore->executor)))
		return weir_misuse_stranger(
			__func__, semaphore, semaphore->executor);
	if (unlikely(count > semaphore->permits - semaphore->free_count))
		return weir_misuse(-EOVERFLOW, __func__, semaphore,
			"with more than were taken",
			"each permit is given back once");
	semaphore->free_count += count;
	if (unlikely(!weir_list_empty(&semaphore->line)))
		serve(semaphore);
	return 0;
}
