// SPDX-License-Identifier: BSD-3-Clause
//
// A loop over a lock that is always had lets its neighbours run: each operation
// that may wait takes one from the budget of the step.
#include "crew.h"

static struct weir_mutex mutex;
static struct weir_rwlock rwlock;
static struct weir_semaphore semaphore;
static struct weir_event event;
static struct weir_barrier barrier;
static struct weir_once once;
static struct weir_gate gate;
static bool neighbour_ran;
static unsigned done;

TestSuite(budget, .init = open_crew, .fini = close_crew);

static int lock_mutex(void)
{
	int err = weir_mutex_lock(&mutex);

	weir_mutex_unlock(&mutex);
	return err;
}

static int read_rwlock(void)
{
	struct weir_rwlock_hold hold;
	int err = weir_rwlock_read(&rwlock, &hold);

	weir_rwlock_release(&hold);
	return err;
}

static int write_rwlock(void)
{
	struct weir_rwlock_hold hold;
	int err = weir_rwlock_write(&rwlock, &hold);

	weir_rwlock_release(&hold);
	return err;
}

static int take_permit(void)
{
	int err = weir_semaphore_acquire(&semaphore, 1);

	weir_semaphore_release(&semaphore, 1);
	return err;
}

static int wait_for_event(void)
{
	uint64_t seen = 0;

	return weir_event_wait(&event, &seen);
}

static int pass_barrier(void)
{
	return weir_barrier_wait(&barrier);
}

static int nothing(void *arg)
{
	return 0;
}

static int run_once(void)
{
	return weir_once_run(&once, nothing, NULL);
}

static int wait_at_gate(void)
{
	return weir_gate_wait(&gate);
}

static int open_and_close_scope(void)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	return weir_scope_close(&scope, WEIR_NEVER);
}

static void hog(void *arg)
{
	int (*const *operation)(void) = arg;

	for (done = 0; !neighbour_ran && done < 10 * WEIR_STEP_BUDGET; done++)
		cr_assert_eq((*operation)(), 0);
}

static void neighbour(void *arg)
{
	neighbour_ran = true;
}

static void init_all(void)
{
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&rwlock, executor);
	weir_semaphore_init(&semaphore, executor, 1);
	weir_event_init(&event, executor);
	weir_barrier_init(&barrier, executor, 1);
	weir_once_init(&once, executor);
	weir_gate_init(&gate, executor);
}

static void make_ready(void *arg)
{
	weir_event_signal(&event);
	weir_gate_close(&gate);
}

Test(budget, a_lock_that_is_always_had_lets_the_neighbours_run)
{
	static int (*operations[])(void) = {lock_mutex, read_rwlock,
		write_rwlock, take_permit, wait_for_event, pass_barrier,
		run_once, wait_at_gate, open_and_close_scope};

	init_all();
	cr_assert_eq(weir_start(executor, make_ready, NULL, NULL, NULL), 0);
	settle();
	for (unsigned i = 0; i < sizeof(operations) / sizeof(*operations);
		i++) {
		neighbour_ran = false;
		cr_assert_eq(
			weir_start(executor, hog, &operations[i], NULL, NULL),
			0);
		cr_assert_eq(
			weir_start(executor, neighbour, NULL, NULL, NULL), 0);
		settle();
		cr_expect_eq(
			done, WEIR_STEP_BUDGET, "operation %u: %u", i, done);
	}
}
