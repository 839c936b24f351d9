// SPDX-License-Identifier: BSD-3-Clause
//
// Bugs that others had in their locks, each under its name.
#include "crew.h"
#include "misused.h"

static struct weir_mutex mutex;
static struct weir_rwlock lock;
static struct weir_semaphore semaphore;
static struct weir_event event;
static struct weir_barrier barrier;
static struct weir_once once;
static struct weir_gate gate;

static void open_all(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&lock, executor);
	weir_semaphore_init(&semaphore, executor, 3);
	weir_event_init(&event, executor);
	weir_barrier_init(&barrier, executor, 2);
	weir_once_init(&once, executor);
	weir_gate_init(&gate, executor);
}

static void close_all(void)
{
	weir_mutex_fini(&mutex);
	weir_rwlock_fini(&lock);
	weir_semaphore_fini(&semaphore);
	weir_event_fini(&event);
	weir_barrier_fini(&barrier);
	weir_once_fini(&once);
	weir_gate_fini(&gate);
	close_crew();
}

TestSuite(neighbours, .init = open_all, .fini = close_all);

#define LOCKER                                                     \
	{                                                          \
		.do_ = do_lock, .undo = undo_lock, .lock = &mutex, \
		.keep = true                                       \
	}
#define READER                                                                 \
	{                                                                      \
		.do_ = do_read, .undo = undo_hold, .lock = &lock, .keep = true \
	}
#define WRITER                                                     \
	{                                                          \
		.do_ = do_write, .undo = undo_hold, .lock = &lock, \
		.keep = true                                       \
	}
#define TAKER(n)                                                             \
	{                                                                    \
		.do_ = do_acquire, .undo = undo_acquire, .lock = &semaphore, \
		.count = (n), .keep = true                                   \
	}

// ---- deadlocks ----

static int read_again(struct one *one)
{
	struct weir_rwlock_hold outer, inner;
	int err;

	cr_assert_eq(weir_rwlock_read(&lock, &outer), 0);
	weir_yield(); // a writer comes
	weir_yield();
	err = weir_rwlock_read(&lock, &inner);
	cr_assert_eq(weir_rwlock_release(&outer), 0);
	return err;
}

// tokio#2849, #4360: a task that read read again behind a writer that waited
// for it, and all three stood still.
Test(neighbours, tokio_2849_4360_a_second_read_behind_a_writer_is_told, ABORTS)
{
	struct one r = {.do_ = read_again}, w = WRITER;

	hire(&r);
	hire(&w);
	settle();
	cr_assert_eq(r.answer, -EDEADLK);
	cr_assert_eq(w.answer, 0, "and the writer goes on");
	dismiss(&w);
}

// tokio#6450, omicron#9259, async-lock#91: a fair lock was granted to one who
// had stopped waiting, and nobody ever had it again.
Test(neighbours,
	tokio_6450_omicron_9259_async_lock_91_who_gave_up_is_granted_nothing)
{
	struct one a = LOCKER, b = LOCKER, c = LOCKER;

	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	weir_task_cancel(b.task);
	order_off(&a); // releases before b has run
	settle();
	cr_assert_eq(b.answer, -ECANCELED);
	cr_assert_eq(c.answer, 0);
	dismiss(&b);
	dismiss(&c);
}

Test(neighbours,
	omicron_9259_who_was_granted_it_and_gives_up_has_it_and_passes_it_on)
{
	struct one a = LOCKER, b = LOCKER, c = LOCKER;

	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	order_off(&a);
	turns(1); // b has it and has not run
	weir_task_cancel(b.task);
	settle();
	cr_assert_eq(b.answer, 0);
	dismiss(&b);
	cr_assert_eq(c.answer, 0);
	dismiss(&c);
}

Test(neighbours, omicron_9259_the_same_of_permits_and_of_both_sides_of_a_rwlock)
{
	struct one a = TAKER(3), b = TAKER(2), c = TAKER(3), w = WRITER,
		   r = READER, w2 = WRITER;
	struct one *all[] = {&a, &b, &c, &w, &r, &w2};

	for (unsigned i = 0; i < 6; i++)
		hire(all[i]);
	settle();
	order_off(&a);
	order_off(&w);
	turns(1);
	weir_task_cancel(b.task);
	weir_task_cancel(r.task);
	settle();
	cr_assert(b.answer == 0 && r.answer == 0);
	dismiss(&b);
	dismiss(&r);
	cr_assert(c.answer == 0 && w2.answer == 0);
	dismiss(&c);
	dismiss(&w2);
}

// scylladb and others: two locks are a cycle when one waits inside. Ours end it
// by a deadline, which leaves no trace.
static struct weir_mutex second;

static int first_then_second(struct one *one)
{
	struct weir_mutex *from = one->count ? &second : &mutex;
	struct weir_mutex *to = one->count ? &mutex : &second;
	int err;

	cr_assert_eq(weir_mutex_lock(from), 0);
	weir_yield();
	err = weir_mutex_lock_until(to, one->deadline);
	if (err == 0)
		cr_assert_eq(weir_mutex_unlock(to), 0);
	cr_assert_eq(weir_mutex_unlock(from), 0);
	return err;
}

Test(neighbours, a_cycle_of_two_mutexes_ends_at_the_deadline)
{
	struct one a = {.do_ = first_then_second,
			   .deadline = UINT64_MAX / 2 + 7},
		   b = {.do_ = first_then_second, .count = 1};

	weir_mutex_init(&second, executor);
	hire(&a);
	hire(&b);
	settle();
	cr_assert(a.answer == NOT_YET && b.answer == NOT_YET);
	ticks += 7;
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
	cr_assert_eq(b.answer, 0);
	weir_mutex_fini(&second);
}

// ---- lost wakeups ----

// flume#104: the only wakeup went to one that was cancelled, and ended there.
Test(neighbours, flume_104_a_wakeup_never_goes_to_who_was_cancelled)
{
	struct one a = TAKER(3), b = TAKER(1), c = TAKER(1);

	hire(&a);
	hire(&b);
	hire(&c);
	settle();
	weir_task_cancel(b.task);
	order_off(&a);
	settle();
	cr_assert_eq(b.answer, -ECANCELED);
	cr_assert_eq(c.answer, 0);
	dismiss(&b);
	dismiss(&c);
}

static void release_two(void)
{
	cr_assert_eq(weir_semaphore_release(&semaphore, 2), 0);
}

static void take_three(void)
{
	cr_assert_eq(weir_semaphore_try_acquire(&semaphore, 3), 0);
}

static void release_one(void)
{
	cr_assert_eq(weir_semaphore_release(&semaphore, 1), 0);
}

static struct one *large;

static void cancel_large(void)
{
	weir_task_cancel(large->task);
}

static void time_out_large(void)
{
	ticks += 100;
}

// tokio#2854, #8075, #8260: one of the paths on which a permit comes back woke
// nobody. Here all paths, each with one who waits for just that.
Test(neighbours, tokio_2854_8075_8260_each_way_to_free_permits_wakes_who_waits)
{
	void (*const ways[])(void) = {
		release_two, cancel_large, time_out_large};

	for (unsigned i = 0; i < 3; i++) {
		struct one before = TAKER(3), after = TAKER(1);

		before.deadline = ticks + 100;
		large = &before;
		on_executor(take_three);
		hire(&before);
		hire(&after);
		settle();
		on_executor(release_one); // which before stands in front of
		settle();
		cr_assert_eq(after.answer, NOT_YET);
		if (i == 0)
			on_step(ways[0]); // all three: before first
		else
			ways[i]();
		settle();
		if (i == 0) {
			cr_assert_eq(before.answer, 0);
			dismiss(&before);
		}
		cr_assert_eq(after.answer, 0, "way %u", i);
		dismiss(&before);
		dismiss(&after);
		if (i > 0)
			on_executor(release_two);
	}
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 3);
}

static bool ready;

static int look_and_wait(struct one *one)
{
	uint64_t seen = weir_event_state(&event);
	int err = 0;

	while (!ready && !err) {
		weir_yield(); // it becomes ready between look and wait
		err = weir_event_wait(&event, &seen);
	}
	return err;
}

static void make_ready(void)
{
	ready = true;
	cr_assert_eq(weir_event_signal(&event), 0);
}

// tokio#7622, #2134: a look, then a registration, and the signal between them
// was lost.
Test(neighbours, tokio_7622_2134_a_signal_between_look_and_wait_is_not_lost)
{
	struct one a = {.do_ = look_and_wait};

	hire(&a);
	on_executor(make_ready);
	settle();
	cr_assert_eq(a.answer, 0);
}

static int fail_slowly(void *arg)
{
	weir_yield();
	weir_yield();
	return -EIO;
}

static void close_gate_now(void)
{
	cr_assert_eq(weir_gate_close(&gate), 0);
}

static int run_once(struct one *one)
{
	return weir_once_run(&once, fail_slowly, NULL);
}

// embassy#1922, #3807: room for one waiter, which the second took.
Test(neighbours, embassy_1922_3807_a_second_waiter_leaves_the_first_its_place)
{
	struct one e1 = {.do_ = do_event_wait, .lock = &event},
		   e2 = {.do_ = do_event_wait, .lock = &event},
		   g1 = {.do_ = do_gate_wait, .lock = &gate},
		   g2 = {.do_ = do_gate_wait, .lock = &gate},
		   o1 = {.do_ = run_once}, o2 = {.do_ = run_once},
		   o3 = {.do_ = run_once};
	struct one *all[] = {&e1, &e2, &g1, &g2, &o1, &o2, &o3};

	for (unsigned i = 0; i < 7; i++)
		hire(all[i]);
	settle();
	on_executor(make_ready);
	on_executor(close_gate_now);
	settle();
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(all[i]->answer, 0);
	for (unsigned i = 4; i < 7; i++)
		cr_assert_eq(all[i]->answer, -EIO);
}

// ---- starvation, and counts that lie ----

static int lock_often(struct one *one)
{
	for (unsigned i = 0; i < 50; i++) {
		cr_assert_eq(weir_mutex_lock(&mutex), 0);
		weir_yield();
		cr_assert_eq(weir_mutex_unlock(&mutex), 0);
		if (i == 0)
			one->turn = turn_now();
	}
	return 0;
}

// tokio#2349 and its kind: who has just released takes again at once, and who
// waits never has it.
Test(neighbours, tokio_2349_who_releases_does_not_take_it_before_who_waits)
{
	struct one greedy = {.do_ = lock_often}, a = LOCKER;

	hire(&greedy);
	hire(&a);
	turns(4);
	cr_assert_eq(a.answer, 0, "at the first release");
	dismiss(&a);
	cr_assert_eq(greedy.answer, 0);
}

// tokio#8062, #6603: what was said to be free counted what others were about
// to get.
Test(neighbours, tokio_8062_6603_what_is_granted_is_not_counted_as_free)
{
	struct one a = TAKER(3), b = TAKER(2);

	hire(&a);
	hire(&b);
	settle();
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 0);
	order_off(&a);
	turns(1); // b is granted and has not run
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 1);
	weir_task_cancel(b.task);
	settle();
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 1);
	dismiss(&b);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 3);
}

// tokio#7709: a request that was cancelled kept what it had been promised.
Test(neighbours, tokio_7709_a_cancelled_request_keeps_no_permit)
{
	struct one a = TAKER(2), b = TAKER(3), c = TAKER(1);

	hire(&a);
	hire(&b); // one is there, it waits for two more
	settle();
	weir_task_cancel(b.task);
	settle();
	cr_assert_eq(b.answer, -ECANCELED);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 1);
	hire(&c);
	settle();
	cr_assert_eq(c.answer, 0);
	dismiss(&a);
	dismiss(&b);
	dismiss(&c);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 3);
}

// vpp#345: a barrier waited for one who was waiting for something else. Here the
// one that gives up there tells the others.
static int wait_for_event_then_barrier(struct one *one)
{
	int err = weir_event_wait_until(&event, &one->seen, one->deadline);

	if (err) {
		cr_assert_eq(weir_barrier_break(&barrier), 0);
		return err;
	}
	return weir_barrier_wait(&barrier);
}

Test(neighbours, vpp_345_a_party_that_cannot_come_frees_the_others)
{
	struct one late = {.do_ = wait_for_event_then_barrier,
			   .deadline = UINT64_MAX / 2 + 3},
		   a = {.do_ = do_barrier_wait, .lock = &barrier};

	hire(&late);
	hire(&a);
	settle();
	ticks += 3;
	settle();
	cr_assert_eq(late.answer, -ETIMEDOUT);
	cr_assert_eq(a.answer, -EPIPE);
}
