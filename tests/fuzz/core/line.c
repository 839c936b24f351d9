// SPDX-License-Identifier: BSD-3-Clause
//
// What is a line before permits: a mutex (one permit), a rwlock (a writer wants
// all) and a semaphore, one of each for each executor. Who is inside is counted;
// who waits does so because somebody is.
#include "core.h"

#include "sync/mutex.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"

#define PERMITS 3

static struct hall {
	struct weir_mutex mutex;
	struct weir_rwlock rwlock;
	struct weir_semaphore semaphore;
	unsigned inside, readers, writers, lent;
	struct weir_semaphore_request requests[OPS];
	bool requested[OPS];
} halls[EXECUTORS];

static struct hall *hall_at(const struct weir_executor *executor)
{
	unsigned i = 0;

	while (fuzz_on[i] != executor)
		i++;
	return &halls[i];
}

static bool begin(struct op *op)
{
	op->object = hall_at(op->where);
	op->count = 1 + op->a % PERMITS;
	return true;
}

// ---- mutex ----

static void be_inside(struct op *op, struct hall *hall)
{
	claim(hall->inside++ == 0);
	claim(weir_mutex_held(&hall->mutex));
	fuzz_hold(op);
	hall->inside--;
	claim(weir_mutex_unlock(&hall->mutex) == 0);
	claim(!weir_mutex_held(&hall->mutex));
}

static void lock(struct op *op)
{
	struct hall *hall = op->object;
	int err;

	if (op->a & 8) {
		err = weir_mutex_try_lock(&hall->mutex);
		claim(err == 0 || (err == -EBUSY && hall->mutex.owner));
	} else {
		err = weir_mutex_lock_until(&hall->mutex, op->deadline);
		claim(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
		fuzz_allowed(op, err);
	}
	if (err == 0)
		be_inside(op, hall);
}

static bool lock_waits(const struct op *op)
{
	return ((const struct hall *)op->object)->inside == 1;
}

// ---- rwlock ----

static int lock_for(struct op *op, struct weir_rwlock_hold *hold, bool writes)
{
	struct weir_rwlock *lock = &((struct hall *)op->object)->rwlock;

	if (op->a & 8)
		return writes ? weir_rwlock_try_write(lock, hold)
			      : weir_rwlock_try_read(lock, hold);
	return writes ? weir_rwlock_write_until(lock, hold, op->deadline)
		      : weir_rwlock_read_until(lock, hold, op->deadline);
}

static void share(struct op *op)
{
	struct hall *hall = op->object;
	bool writes = op->a & 1;
	unsigned *inside = writes ? &hall->writers : &hall->readers;
	struct weir_rwlock_hold hold;
	int err = lock_for(op, &hold, writes);

	claim(err == 0 || (err == -EBUSY && op->a & 8) || err == -ETIMEDOUT ||
		err == -ECANCELED);
	fuzz_allowed(op, err);
	if (err)
		return;
	claim(hall->writers == 0 && (!writes || hall->readers == 0));
	++*inside;
	fuzz_hold(op);
	--*inside;
	claim(weir_rwlock_release(&hold) == 0);
}

static bool share_waits(const struct op *op)
{
	const struct hall *hall = op->object;

	return hall->readers + hall->writers > 0;
}

// ---- semaphore ----

static void be_lent(struct op *op, struct hall *hall, unsigned count)
{
	hall->lent += count;
	claim(hall->lent + weir_semaphore_free_count(&hall->semaphore) <=
		PERMITS);
	fuzz_hold(op);
	hall->lent -= count;
	claim(weir_semaphore_release(&hall->semaphore, count) == 0);
}

static void acquire(struct op *op)
{
	struct hall *hall = op->object;
	int err;

	if (op->a & 8)
		err = weir_semaphore_try_acquire(&hall->semaphore, op->count);
	else
		err = weir_semaphore_acquire_until(
			&hall->semaphore, op->count, op->deadline);
	claim(err == 0 || (err == -EBUSY && op->a & 8) || err == -ETIMEDOUT ||
		err == -ECANCELED);
	fuzz_allowed(op, err);
	if (err == 0)
		be_lent(op, hall, op->count);
}

// Or somebody who wants more stands before it.
static bool acquire_waits(const struct op *op)
{
	return ((const struct hall *)op->object)->lent > 0;
}

static void check_at_rest(const struct hall *hall)
{
	claim(hall->lent + weir_semaphore_free_count(&hall->semaphore) ==
		PERMITS);
}

// ---- as branches ----

static bool claim_mutex(struct op *op, struct branch *branch, unsigned pick)
{
	branch->object = hall_at(op->where);
	return true;
}

static struct weir_case make_mutex(struct branch *branch)
{
	return weir_case_mutex(&((struct hall *)branch->object)->mutex);
}

static void mutex_served(struct op *op, struct branch *branch, int result)
{
	claim(result == 0);
	be_inside(op, branch->object);
}

static void give_mutex_back(struct branch *branch)
{
	claim(!weir_mutex_held(&((struct hall *)branch->object)->mutex));
}

static bool mutex_blocked(const struct branch *branch)
{
	return ((const struct hall *)branch->object)->inside > 0;
}

static bool claim_semaphore(struct op *op, struct branch *branch, unsigned pick)
{
	struct hall *hall = hall_at(op->where);
	unsigned i = 0;

	while (i < OPS && hall->requested[i])
		i++;
	if (i == OPS)
		return false;
	hall->requested[i] = true;
	branch->object = hall;
	branch->end = i;
	return true;
}

static struct weir_case make_semaphore(struct branch *branch)
{
	struct hall *hall = branch->object;

	return weir_case_semaphore(
		&hall->semaphore, &hall->requests[branch->end]);
}

static void semaphore_served(struct op *op, struct branch *branch, int result)
{
	struct hall *hall = branch->object;

	claim(result == 0);
	if (!op->steps) {
		be_lent(op, hall, 1);
		return;
	}
	claim(hall->lent + weir_semaphore_free_count(&hall->semaphore) <
		PERMITS);
	claim(weir_semaphore_release(&hall->semaphore, 1) == 0);
}

static void give_request_back(struct branch *branch)
{
	((struct hall *)branch->object)->requested[branch->end] = false;
}

static bool semaphore_blocked(const struct branch *branch)
{
	return ((const struct hall *)branch->object)->lent > 0;
}

const struct branch_kind fuzz_mutex_branch = {claim_mutex, make_mutex,
	mutex_served, give_mutex_back, mutex_blocked, true};
const struct branch_kind fuzz_semaphore_branch = {claim_semaphore,
	make_semaphore, semaphore_served, give_request_back, semaphore_blocked,
	false};

// ---- all of it ----

static void init(void)
{
	for (unsigned i = 0; i < EXECUTORS; i++) {
		weir_mutex_init(&halls[i].mutex, fuzz_on[i]);
		weir_rwlock_init(&halls[i].rwlock, fuzz_on[i]);
		weir_semaphore_init(&halls[i].semaphore, fuzz_on[i], PERMITS);
	}
}

static void close_all(void)
{
	for (unsigned i = 0; i < EXECUTORS; i++) {
		struct hall *hall = &halls[i];

		claim(!hall->inside && !hall->readers && !hall->writers);
		check_at_rest(hall);
		weir_mutex_fini(&hall->mutex);
		weir_rwlock_fini(&hall->rwlock);
		weir_semaphore_fini(&hall->semaphore);
	}
	init();
}

static const struct verb verbs[] = {
	{"mutex", NULL, begin, lock, lock_waits},
	{"rwlock", NULL, begin, share, share_waits},
	{"semaphore", NULL, begin, acquire, acquire_waits},
};

const struct object fuzz_lines = {
	"line", verbs, sizeof(verbs) / sizeof(verbs[0]), init, close_all};
