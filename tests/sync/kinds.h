// SPDX-License-Identifier: BSD-3-Clause
//
// Every lock under one face, for tests that put all of them through the same:
// a holder makes what comes after it wait, and later lets it pass.
#ifndef WEIR_TESTS_SYNC_KINDS_H
#define WEIR_TESTS_SYNC_KINDS_H

#include "crew.h"

// What becomes of those who wait when the holder lets go.
enum passing {
	PASS_ONE, // the first; it lets the next pass when it is done
	PASS_ALL,
};

struct kind {
	const char *name;
	enum passing passing;
	void (*init)(unsigned waiters);
	void (*fini)(void);
	void (*block)(void);   // the holder's: who comes now waits
	void (*unblock)(void); // the holder's: one or all pass
	int (*do_)(struct one *one);
	void (*undo)(struct one *one);
	int (*try_)(void);    // as do_, and gives it back; never waits
	void (*close)(void);  // or NULL, and
	const char *no_close; // why
	int closed_before;    // what do_ answers after close and unblock
	int closed_during;    // what it answers when close comes meanwhile
	void (*leave)(void);  // the holder goes without unblock, or NULL
	int left;	      // what do_ answers then
	void (*wrap)(void);   // puts the counter just before its end, or
	const char *no_wrap;  // NULL, and why
	void (*mend)(void);
};

// ---- mutex ----

static struct weir_mutex kind_mutex;

static void mutex_init(unsigned waiters)
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

static int mutex_try(void)
{
	int err = weir_mutex_try_lock(&kind_mutex);

	return err ? err : weir_mutex_unlock(&kind_mutex);
}

// ---- rwlock, its two sides ----

static struct weir_rwlock kind_rwlock;
static struct weir_rwlock_hold kind_hold;

static void rwlock_init(unsigned waiters)
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

static void semaphore_init(unsigned waiters)
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

static void semaphore_wrap(void)
{
	kind_semaphore.permits = UINT32_MAX;
}

// ---- event ----

static struct weir_event kind_event;
static uint64_t kind_seen;

static void event_init(unsigned waiters)
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

static void barrier_init(unsigned waiters)
{
	weir_barrier_init(&kind_barrier, executor, waiters + 1);
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

static void once_init(unsigned waiters)
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

static void gate_init(unsigned waiters)
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

#define NEVER_CLOSED "it has no end but fini, which asserts that nobody waits"
#define NO_COUNTER "it has no counter: the clock alone wraps"

static const struct kind kinds[] = {
	{"mutex", PASS_ONE, mutex_init, mutex_fini, mutex_block, mutex_unblock,
		mutex_do, mutex_undo, mutex_try, .no_close = NEVER_CLOSED,
		.no_wrap = NO_COUNTER},
	{"rwlock/read", PASS_ALL, rwlock_init, rwlock_fini,
		rwlock_block_by_writing, rwlock_unblock, rwlock_do_read,
		rwlock_undo, rwlock_try_read, .no_close = NEVER_CLOSED,
		.no_wrap = NO_COUNTER},
	{"rwlock/write", PASS_ONE, rwlock_init, rwlock_fini,
		rwlock_block_by_reading, rwlock_unblock, rwlock_do_write,
		rwlock_undo, rwlock_try_write, .no_close = NEVER_CLOSED,
		.no_wrap = NO_COUNTER},
	{"semaphore", PASS_ONE, semaphore_init, semaphore_fini, semaphore_block,
		semaphore_unblock, semaphore_do, semaphore_undo, semaphore_try,
		.no_close = NEVER_CLOSED, .wrap = semaphore_wrap},
	{"event", PASS_ALL, event_init, event_fini, .unblock = event_unblock,
		.do_ = event_do, .try_ = event_try, .no_close = NEVER_CLOSED,
		.wrap = event_wrap},
	{"barrier", PASS_ALL, barrier_init, barrier_fini,
		.unblock = barrier_unblock, .do_ = barrier_do,
		.try_ = barrier_try, .close = barrier_break,
		.closed_before = -EPIPE, .closed_during = -EPIPE,
		.leave = barrier_break, .left = -EPIPE, .no_wrap = NO_COUNTER,
		.mend = barrier_mend},
	{"once", PASS_ONE, once_init, once_fini, .do_ = once_do,
		.try_ = once_try, .no_close = NEVER_CLOSED,
		.no_wrap = NO_COUNTER},
	{"gate", PASS_ALL, gate_init, gate_fini, gate_block, gate_unblock,
		gate_do, .try_ = gate_try, .close = gate_close,
		.no_wrap = NO_COUNTER},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

// ---- the holder ----

struct holder {
	const struct kind *kind;
	void (*then)(void); // in the step that lets go, or NULL
	bool leaves;	    // goes without letting go
	bool lingers;	    // lives on for a while after it let go
	struct weir_wait_queue order;
	bool ended;
};

static struct holder *holder;

static void await_order(void)
{
	cr_assert_eq(weir_task_wait(
			     &holder->order, WEIR_NEVER, WEIR_WAIT_BACK, false),
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
	if (holder->leaves && holder->kind->leave)
		holder->kind->leave();
	else
		holder->kind->unblock();
}

static void hold(void *arg)
{
	const struct kind *kind = holder->kind;

	if (kind->do_ == once_do) {
		cr_assert_eq(
			weir_once_run(&kind_once, fail_on_order, NULL), -EIO);
	} else {
		if (kind->block)
			kind->block();
		await_order();
		let_go();
	}
	if (holder->then)
		holder->then();
	if (holder->lingers)
		await_order();
	holder->ended = true;
}

// holder_start makes those who come later wait.
static void holder_start(struct holder *h, const struct kind *kind)
{
	*h = (struct holder){.kind = kind};
	holder = h;
	weir_wait_queue_init(&h->order);
	cr_assert_eq(weir_start(executor, hold, NULL, NULL, NULL), 0);
	turns(1);
}

// holder_order lets it do what it does next, in the next turn.
static void holder_order(void)
{
	cr_assert(weir_wake(&holder->order));
}

#endif
