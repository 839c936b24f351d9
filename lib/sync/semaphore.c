// SPDX-License-Identifier: BSD-3-Clause
//
// A request is on the stack of who waits, or beside its case, and has a wait
// queue of its own: a wakeup goes to that one, and the permits with it. For one whose wait was ended
// otherwise, see sync/rwlock.c.
#include "sync/semaphore.h"
#include "sync/caller.h"

void weir_semaphore_init(struct weir_semaphore *semaphore,
	struct weir_executor *executor, uint32_t permits)
{
	weir_assert(permits > 0);
	semaphore->executor = weir_caller_executor(executor);
	weir_list_init(&semaphore->line);
	semaphore->permits = permits;
	semaphore->hold = (struct weir_wait_hold){0};
	semaphore->what = (struct weir_wait_what){
		.kind = "permits of a semaphore", .hold = &semaphore->hold};
}

void weir_semaphore_fini(struct weir_semaphore *semaphore)
{
	weir_assert(semaphore->hold.count == 0);	// all back
	weir_assert(weir_list_empty(&semaphore->line)); // nobody waits
	semaphore->executor = NULL;
}

// take takes count permits, which are there, for the caller.
static inline void take(struct weir_semaphore *semaphore, uint32_t count)
{
	semaphore->hold.count += count;
	weir_hold_by(&semaphore->hold, semaphore->executor);
}

// serve grants as many of the line, from its front, as there are permits for.
static void serve(struct weir_semaphore *semaphore)
{
	while (!weir_list_empty(&semaphore->line)) {
		struct weir_semaphore_request *first =
			weir_container(semaphore->line.next,
				struct weir_semaphore_request, link);

		if (first->count > weir_semaphore_free_count(semaphore))
			return;
		weir_list_remove(&first->link);
		if (weir_wake(&first->queue))
			semaphore->hold.count += first->count;
	}
}

static inline int acquire_now(struct weir_semaphore *semaphore, uint32_t count)
{
	if (unlikely(count - 1 >= semaphore->permits))
		return -EINVAL;
	if (unlikely(count > weir_semaphore_free_count(semaphore) ||
		     !weir_list_empty(&semaphore->line)))
		return -EBUSY;
	take(semaphore, count);
	return 0;
}

static inline int try_acquire(
	struct weir_semaphore *semaphore, uint32_t count, const char *call)
{
	if (unlikely(!weir_caller(semaphore->executor)))
		return weir_misuse_stranger(
			call, semaphore, semaphore->executor);
	return acquire_now(semaphore, count);
}

static __attribute__((noinline)) int wait_in_line(
	struct weir_semaphore *semaphore, uint32_t count, uint64_t deadline)
{
	struct weir_semaphore_request request = {
		.since = semaphore->executor->waits + 1, // that of its wait
		.count = count,
	};
	int err;

	weir_wait_queue_says(&request.queue, &semaphore->what);
	weir_list_add(&semaphore->line, &request.link);
	WEIR_TRACE(lock_contended, semaphore, "semaphore");
	err = weir_wait(&request.queue, deadline, WEIR_WAIT_BACK);
	if (err) {
		weir_list_remove(&request.link);
		serve(semaphore); // those behind it
	} else {
		weir_hold_by(&semaphore->hold, semaphore->executor);
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
	if (unlikely(count > semaphore->hold.count))
		return weir_misuse(-EOVERFLOW, __func__, semaphore,
			"with more than were taken",
			"each permit is given back once");
	semaphore->hold.count -= count;
	if (unlikely(!weir_list_empty(&semaphore->line)))
		serve(semaphore);
	return 0;
}

// ---- as a case: woken means that a permit was lent ----
//
// A select that was woken leaves the line, looks, and comes back to its place. It
// looks from there: what was free meanwhile and is not enough for a large request
// behind it is its own. While the first in line waits for one permit there is
// none, so by leaving it lets nobody go on.

// is_first tells whether request stood in front of all that wait.
static bool is_first(const struct weir_semaphore *semaphore,
	const struct weir_semaphore_request *request)
{
	const struct weir_list *line = &semaphore->line;

	if (!request->count)
		return false;
	return weir_list_empty(line) ||
	       weir_container(line->next, struct weir_semaphore_request, link)
			       ->since > request->since;
}

static int case_acquire(struct weir_case *c)
{
	struct weir_semaphore *semaphore = c->object;
	struct weir_semaphore_request *request = c->argument;
	bool first = is_first(semaphore, request);

	request->count = 0;
	if (unlikely(!weir_caller_is_home(semaphore->executor)))
		return weir_misuse_stranger("weir_semaphore_acquire", semaphore,
			semaphore->executor);
	if (!c->woken && !(first && weir_semaphore_free_count(semaphore) > 0))
		return acquire_now(semaphore, 1);
	take(semaphore, !c->woken);
	c->woken = false; // there is nothing to give back
	return 0;
}

static bool acquire_attempt(struct weir_case *c)
{
	int err = case_acquire(c);

	if (err == -EBUSY)
		return false;
	c->result = err;
	c->disabled = err != 0;
	return true;
}

static bool acquire_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_semaphore *semaphore = c->object;
	struct weir_semaphore_request *request = c->argument;
	struct weir_list *before = &semaphore->line;

	request->count = 1;
	weir_wait_queue_says(&request->queue, &semaphore->what);
	weir_case_enlist(c, executor, &request->queue, place);
	request->since = c->node.since;
	while (before->prev != &semaphore->line &&
		weir_container(
			before->prev, struct weir_semaphore_request, link)
				->since > request->since)
		before = before->prev;
	weir_list_add(before, &request->link);
	return true;
}

static bool acquire_delist(struct weir_case *c)
{
	struct weir_semaphore_request *request = c->argument;

	weir_list_remove(&request->link);
	return true;
}

static void acquire_pass(struct weir_case *c)
{
	struct weir_semaphore *semaphore = c->object;

	semaphore->hold.count--;
	serve(semaphore);
}

static const struct weir_case_ops acquire_ops = {
	.kind = "a permit of a semaphore",
	.attempt = acquire_attempt,
	.enlist = acquire_enlist,
	.delist = acquire_delist,
	.pass = acquire_pass,
};

struct weir_case weir_case_semaphore(struct weir_semaphore *semaphore,
	struct weir_semaphore_request *request)
{
	*request = (struct weir_semaphore_request){0};
	return (struct weir_case){
		.ops = &acquire_ops, .object = semaphore, .argument = request};
}
