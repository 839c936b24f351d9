// SPDX-License-Identifier: BSD-3-Clause
//
// Every lock under the face of chan/waits_kind.h, for the matrix: a holder makes
// what comes after it wait, and later lets it pass; that is the feed, and the
// holder the peer that goes.
#ifndef WEIR_TESTS_SYNC_KINDS_H
#define WEIR_TESTS_SYNC_KINDS_H

#include "chan/matrix.h"

struct lock {
	void (*init)(void);
	void (*fini)(void);
	void (*block)(void);   // the holder's: who comes now waits
	void (*unblock)(void); // the holder's: one or all pass
	int (*try_)(void);     // as do_, and gives it back; never waits
	void (*leave)(void);   // the holder goes without unblock, or NULL
	int left;	       // what is answered then
	void (*wrap)(void);    // puts the counter just before its end, or
	const char *no_wrap;   // NULL, and why
	void (*mend)(void);
};

// ---- mutex ----

static struct weir_mutex kind_mutex;

static void mutex_init(void)
{
	weir_mutex_init(&kind_mutex, executor);
}

static void mutex_fini(void)
{
	weir_mutex_fini(&kind_mutex);
}

static void mutex_block(void)
{
	cr_assert_eq(weir_mutex_lock(&kind_mutex), 0);
}

static void mutex_unblock(void)
{
	cr_assert_eq(weir_mutex_unlock(&kind_mutex), 0);
}

static int mutex_do(struct one *one)
{
	return weir_mutex_lock_until(&kind_mutex, one->deadline);
}

static void mutex_undo(struct one *one)
{
	mutex_unblock();
}

static struct weir_case mutex_case(struct one *one)
{
	return weir_case_mutex(&kind_mutex);
}

static int mutex_try(void)
{
	int err = weir_mutex_try_lock(&kind_mutex);

	return err ? err : weir_mutex_unlock(&kind_mutex);
}

// ---- rwlock, its two sides ----

static struct weir_rwlock kind_rwlock;
static struct weir_rwlock_hold kind_hold;

static void rwlock_init(void)
{
	weir_rwlock_init(&kind_rwlock, executor);
}

static void rwlock_fini(void)
{
	weir_rwlock_fini(&kind_rwlock);
}

static void rwlock_block_by_writing(void)
{
	cr_assert_eq(weir_rwlock_write(&kind_rwlock, &kind_hold), 0);
}

static void rwlock_block_by_reading(void)
{
	cr_assert_eq(weir_rwlock_read(&kind_rwlock, &kind_hold), 0);
}

static void rwlock_unblock(void)
{
	cr_assert_eq(weir_rwlock_release(&kind_hold), 0);
}

static int rwlock_do_read(struct one *one)
{
	return weir_rwlock_read_until(&kind_rwlock, &one->hold, one->deadline);
}

static int rwlock_do_write(struct one *one)
{
	return weir_rwlock_write_until(&kind_rwlock, &one->hold, one->deadline);
}

static void rwlock_undo(struct one *one)
{
	undo_hold(one);
}

static int rwlock_try_read(void)
{
	struct weir_rwlock_hold hold;
	int err = weir_rwlock_try_read(&kind_rwlock, &hold);

	return err ? err : weir_rwlock_release(&hold);
}

static int rwlock_try_write(void)
{
	struct weir_rwlock_hold hold;
	int err = weir_rwlock_try_write(&kind_rwlock, &hold);

	return err ? err : weir_rwlock_release(&hold);
}

// ---- semaphore ----

static struct weir_semaphore kind_semaphore;

static void semaphore_init(void)
{
	weir_semaphore_init(&kind_semaphore, executor, 2);
}

static void semaphore_fini(void)
{
	weir_semaphore_fini(&kind_semaphore);
}

static void semaphore_block(void)
{
	cr_assert_eq(
		weir_semaphore_acquire(&kind_semaphore, kind_semaphore.permits),
		0);
}

static void semaphore_unblock(void)
{
	cr_assert_eq(
		weir_semaphore_release(&kind_semaphore, kind_semaphore.permits),
		0);
}

static int semaphore_do(struct one *one)
{
	return weir_semaphore_acquire_until(
		&kind_semaphore, kind_semaphore.permits, one->deadline);
}

static void semaphore_undo(struct one *one)
{
	semaphore_unblock();
}

static int semaphore_try(void)
{
	uint32_t all = kind_semaphore.permits;
	int err = weir_semaphore_try_acquire(&kind_semaphore, all);

	return err ? err : weir_semaphore_release(&kind_semaphore, all);
}

// A case acquires one permit.
static void semaphore_init_one(void)
{
	weir_semaphore_init(&kind_semaphore, executor, 1);
}

static struct weir_case semaphore_case(struct one *one)
{
	static struct weir_semaphore_request requests[WAITERS_MAX];

	return weir_case_semaphore(&kind_semaphore, &requests[number_of(one)]);
}

static void semaphore_wrap(void)
{
	kind_semaphore.permits = UINT32_MAX;
}

// ---- event ----

static struct weir_event kind_event;
static uint64_t kind_seen;

static void event_init(void)
{
	weir_event_init(&kind_event, executor);
	kind_seen = weir_event_state(&kind_event);
}

static void event_fini(void)
{
	weir_event_fini(&kind_event);
}

static void event_unblock(void)
{
	cr_assert_eq(weir_event_signal(&kind_event), 0);
}

static int event_do(struct one *one)
{
	one->seen = kind_seen;
	return weir_event_wait_until(&kind_event, &one->seen, one->deadline);
}

static struct weir_case event_case(struct one *one)
{
	one->seen = kind_seen;
	return weir_case_event(&kind_event, &one->seen);
}

static int event_try(void)
{
	uint64_t seen = kind_seen;

	return weir_event_try_wait(&kind_event, &seen);
}

static void event_wrap(void)
{
	kind_event.state = kind_seen = UINT64_MAX;
}

// ---- barrier ----

static struct weir_barrier kind_barrier;

static void barrier_init(void)
{
	weir_barrier_init(&kind_barrier, executor, cell.count + 1);
}

static void barrier_fini(void)
{
	weir_barrier_fini(&kind_barrier);
}

static void barrier_unblock(void)
{
	cr_assert_eq(weir_barrier_try_wait(&kind_barrier), 0);
}

static int barrier_do(struct one *one)
{
	return weir_barrier_wait_until(&kind_barrier, one->deadline);
}

static int barrier_try(void)
{
	return weir_barrier_try_wait(&kind_barrier);
}

static void barrier_break(void)
{
	cr_assert_eq(weir_barrier_break(&kind_barrier), 0);
}

static void barrier_mend(void)
{
	cr_assert_eq(weir_barrier_reset(&kind_barrier), 0);
}

// ---- once ----

static struct weir_once kind_once;

static void once_init(void)
{
	weir_once_init(&kind_once, executor);
}

static void once_fini(void)
{
	weir_once_fini(&kind_once);
}

static int succeed(void *arg)
{
	return 0;
}

static int once_do(struct one *one)
{
	return weir_once_run_until(&kind_once, succeed, NULL, one->deadline);
}

static int once_try(void)
{
	return weir_once_try_run(&kind_once, succeed, NULL);
}

// ---- gate ----

static struct weir_gate kind_gate;

static void gate_init(void)
{
	weir_gate_init(&kind_gate, executor);
}

static void gate_fini(void)
{
	weir_gate_fini(&kind_gate);
}

static void gate_block(void)
{
	cr_assert_eq(weir_gate_enter(&kind_gate), 0);
}

static void gate_close(void)
{
	cr_assert_eq(weir_gate_close(&kind_gate), 0);
}

static void gate_unblock(void)
{
	gate_close();
	cr_assert_eq(weir_gate_leave(&kind_gate), 0);
}

static int gate_do(struct one *one)
{
	return weir_gate_wait_until(&kind_gate, one->deadline);
}

static int gate_try(void)
{
	return weir_gate_try_wait(&kind_gate);
}

// ---- the table of locks ----

#define NO_COUNTER "it has no counter: the clock alone wraps"

enum lock_kind {
	MUTEX,
	READ,
	WRITE,
	SEMAPHORE,
	ONE_PERMIT,
	EVENT,
	BARRIER,
	ONCE,
	GATE,
};

static const struct lock locks[] = {
	[MUTEX] = {mutex_init, mutex_fini, mutex_block, mutex_unblock,
		mutex_try, .no_wrap = NO_COUNTER},
	[READ] = {rwlock_init, rwlock_fini, rwlock_block_by_writing,
		rwlock_unblock, rwlock_try_read, .no_wrap = NO_COUNTER},
	[WRITE] = {rwlock_init, rwlock_fini, rwlock_block_by_reading,
		rwlock_unblock, rwlock_try_write, .no_wrap = NO_COUNTER},
	[SEMAPHORE] = {semaphore_init, semaphore_fini, semaphore_block,
		semaphore_unblock, semaphore_try, .wrap = semaphore_wrap},
	[ONE_PERMIT] = {semaphore_init_one, semaphore_fini, semaphore_block,
		semaphore_unblock, semaphore_try,
		.no_wrap = "its counter is the other's"},
	[EVENT] = {event_init, event_fini, NULL, event_unblock, event_try,
		.wrap = event_wrap},
	[BARRIER] = {barrier_init, barrier_fini, NULL, barrier_unblock,
		barrier_try, barrier_break, -EPIPE, .no_wrap = NO_COUNTER,
		.mend = barrier_mend},
	[ONCE] = {once_init, once_fini, .try_ = once_try,
		.no_wrap = NO_COUNTER},
	[GATE] = {gate_init, gate_fini, gate_block, gate_unblock, gate_try,
		.no_wrap = NO_COUNTER},
};

static const struct lock *lock; // of the cell

// ---- the holder ----

static struct holder {
	bool leaves;  // goes without letting go
	bool lingers; // lives on for a while after it let go
	struct weir_wait_queue order;
	bool ended;
} holder;

static void await_order(void)
{
	cr_assert_eq(weir_task_wait(
			     &holder.order, WEIR_NEVER, WEIR_WAIT_BACK, false),
		0);
}

// What a once's holder holds is its run; it lets go by failing.
static int fail_on_order(void *arg)
{
	await_order();
	return -EIO;
}

static void let_go(void)
{
	if (holder.leaves && lock->leave)
		lock->leave();
	else
		lock->unblock();
}

static void hold(void *arg)
{
	if (lock == &locks[ONCE]) {
		cr_assert_eq(
			weir_once_run(&kind_once, fail_on_order, NULL), -EIO);
	} else {
		if (lock->block)
			lock->block();
		await_order();
		let_go();
	}
	if (holder.lingers)
		await_order();
	holder.ended = true;
}

// holder_order lets it do what it does next, in the next turn.
static void holder_order(void)
{
	cr_assert(weir_wake(&holder.order));
}

// lock_open makes those who come later wait.
static void lock_open(const struct lock *l, bool near_wrap)
{
	lock = l;
	lock->init();
	if (near_wrap && lock->wrap)
		lock->wrap();
	else if (near_wrap)
		cr_assert(lock->no_wrap);
	holder = (struct holder){0};
	weir_wait_queue_init(&holder.order);
	cr_assert_eq(weir_start(executor, hold, NULL, NULL, NULL), 0);
	turns(1);
}

#endif
