// SPDX-License-Identifier: BSD-3-Clause
//
// Locks as cases: of a select, of a set, of a stepper. A branch that loses holds
// nothing.
#include "crew.h"
#include "task/set.h"
#include "task/stepper.h"

static struct weir_mutex mutex;
static struct weir_event event;
static struct weir_semaphore semaphore;
static struct weir_wait_queue other;

static void open_locks(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
	weir_event_init(&event, executor);
	weir_semaphore_init(&semaphore, executor, 3);
	weir_wait_queue_init(&other);
}

static void close_locks(void)
{
	weir_mutex_fini(&mutex);
	weir_event_fini(&event);
	weir_semaphore_fini(&semaphore);
	close_crew();
}

TestSuite(lock_case, .init = open_locks, .fini = close_locks);

// What one waits in: a lock, or the other queue.
struct waits {
	struct weir_case cases[2];
	struct weir_semaphore_request request;
	uint64_t seen;
};

// do_select answers 0 for the lock, 1 for the other.
static int do_select(struct one *one)
{
	struct waits *waits = one->lock;

	return weir_select_until(waits->cases, 2, one->deadline);
}

static void open_waits(struct waits *waits, struct weir_case lock)
{
	waits->cases[0] = lock;
	waits->cases[1] = weir_case_queue(&other);
}

static void in_mutex(struct waits *waits)
{
	open_waits(waits, weir_case_mutex(&mutex));
}

static void in_event(struct waits *waits)
{
	waits->seen = weir_event_state(&event);
	open_waits(waits, weir_case_event(&event, &waits->seen));
}

static void in_semaphore(struct waits *waits)
{
	open_waits(waits, weir_case_semaphore(&semaphore, &waits->request));
}

// other_is_ready makes the other the one that is served, beside a lock that
// the case is handed: it kept a wakeup from before.
static void other_is_ready(struct waits *waits)
{
	waits->cases[0].next = 1;
	waits->cases[1].argument = &waits->cases[1];
}

static void undo_mutex(struct one *one)
{
	struct waits *waits = one->lock;

	cr_assert_eq(waits->cases[0].result, 0);
	cr_assert(waits->cases[0].disabled);
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
}

static void undo_semaphore(struct one *one)
{
	cr_assert_eq(weir_semaphore_release(&semaphore, 1), 0);
}

#define SELECTOR(waits_, undo_)                                      \
	{                                                            \
		.do_ = do_select, .undo = (undo_), .lock = &(waits_) \
	}
#define LOCKER                                                     \
	{                                                          \
		.do_ = do_lock, .undo = undo_lock, .lock = &mutex, \
		.keep = true                                       \
	}
#define TAKER(n)                                                             \
	{                                                                    \
		.do_ = do_acquire, .undo = undo_acquire, .lock = &semaphore, \
		.count = (n), .keep = true                                   \
	}

static void hire_in_turn(struct one *a, struct one *b, struct one *c)
{
	hire(a);
	turns(1);
	hire(b);
	turns(1);
	if (c) {
		hire(c);
		turns(1);
	}
}

static void wake_other(void)
{
	weir_wake(&other);
}

// ---- the mutex ----

Test(lock_case, a_free_mutex_is_locked_at_once)
{
	struct waits waits;
	struct one a = SELECTOR(waits, undo_mutex);

	in_mutex(&waits);
	hire(&a);
	settle();
	cr_assert_eq(a.answer, 0);
}

Test(lock_case, a_mutex_is_handed_to_the_case_that_waits)
{
	struct waits waits;
	struct one holder = LOCKER, a = SELECTOR(waits, undo_mutex),
		   behind = LOCKER;

	in_mutex(&waits);
	a.keep = true;
	hire_in_turn(&holder, &a, &behind);
	dismiss(&holder);
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(behind.answer, NOT_YET);
	dismiss(&a);
	cr_assert_eq(behind.answer, 0);
	dismiss(&behind);
}

Test(lock_case, a_branch_that_was_handed_the_mutex_and_lost_hands_it_on)
{
	struct waits waits;
	struct one holder = LOCKER, a = SELECTOR(waits, NULL), behind = LOCKER;

	in_mutex(&waits);
	hire_in_turn(&holder, &a, &behind);
	other_is_ready(&waits);
	dismiss(&holder);
	cr_assert_eq(a.answer, 1);
	cr_assert_not(waits.cases[0].disabled);
	cr_assert_eq(behind.answer, 0, "it was lost with the branch");
	dismiss(&behind);
}

Test(lock_case, with_nobody_behind_the_branch_the_mutex_is_free)
{
	struct waits waits;
	struct one holder = LOCKER, a = SELECTOR(waits, NULL), later = LOCKER;

	in_mutex(&waits);
	hire_in_turn(&holder, &a, NULL);
	other_is_ready(&waits);
	dismiss(&holder);
	cr_assert_eq(a.answer, 1);
	hire(&later);
	settle();
	cr_assert_eq(later.answer, 0);
	dismiss(&later);
}

Test(lock_case, a_deadline_and_a_cancel_leave_the_line)
{
	struct waits late, canceled;
	struct one holder = LOCKER, a = SELECTOR(late, undo_mutex),
		   b = SELECTOR(canceled, undo_mutex), behind = LOCKER;

	in_mutex(&late);
	in_mutex(&canceled);
	a.deadline = ticks + 100;
	hire_in_turn(&holder, &a, &b);
	hire(&behind);
	turns(1);
	ticks += 100;
	weir_task_cancel(b.task);
	settle();
	cr_assert_eq(a.answer, -ETIMEDOUT);
	cr_assert_eq(b.answer, -ECANCELED);
	dismiss(&holder);
	cr_assert_eq(behind.answer, 0);
	dismiss(&behind);
}

// ---- the event ----

static void signal_event(void)
{
	cr_assert_eq(weir_event_signal(&event), 0);
}

Test(lock_case, an_event_is_ready_for_who_saw_another_state)
{
	struct waits waits;
	struct one a = SELECTOR(waits, NULL), again = SELECTOR(waits, NULL),
		   last = SELECTOR(waits, NULL);

	in_event(&waits);
	hire(&a);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_executor(signal_event);
	settle();
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(waits.seen, 1);
	on_executor(signal_event);
	on_executor(signal_event);
	hire(&again);
	turns(1);
	cr_assert_eq(again.answer, 0, "a signal before the wait is missed");
	cr_assert_eq(waits.seen, 3);
	hire(&last);
	settle();
	cr_assert_eq(last.answer, NOT_YET);
	on_executor(wake_other);
	settle();
	cr_assert_eq(last.answer, 1);
	cr_assert_eq(waits.seen, 3);
}

// ---- the semaphore ----

Test(lock_case, a_permit_is_lent_in_turn)
{
	struct waits waits;
	struct one all = TAKER(3), a = SELECTOR(waits, undo_semaphore),
		   behind = TAKER(1);

	in_semaphore(&waits);
	a.keep = true;
	hire_in_turn(&all, &a, &behind);
	dismiss(&all);
	cr_assert(a.answer == 0 && behind.answer == 0);
	cr_assert_lt(a.order, behind.order);
	cr_assert_eq(weir_semaphore_free_count(&semaphore), 1);
	dismiss(&a);
	dismiss(&behind);
}

Test(lock_case, a_branch_that_was_lent_a_permit_and_lost_gives_it_back)
{
	struct waits waits;
	struct one all = TAKER(3), a = SELECTOR(waits, NULL), behind = TAKER(3);

	in_semaphore(&waits);
	hire_in_turn(&all, &a, &behind);
	other_is_ready(&waits);
	dismiss(&all);
	cr_assert_eq(a.answer, 1);
	cr_assert_eq(behind.answer, 0, "a permit is missing");
	dismiss(&behind);
}

static bool never(struct weir_case *c)
{
	return false;
}

static bool in_other(struct weir_case *c, struct weir_executor *x,
	enum weir_wait_place place)
{
	weir_case_enlist(c, x, &other, place);
	return true;
}

static const struct weir_case_ops in_vain = {
	.attempt = never, .enlist = in_other};

static void wake_in_vain_and_release_two(void)
{
	wake_other();
	cr_assert_eq(weir_semaphore_release(&semaphore, 2), 0);
}

Test(lock_case, woken_in_vain_it_looks_from_where_it_stood)
{
	struct waits waits;
	struct one all = TAKER(3), a = SELECTOR(waits, undo_semaphore),
		   large = TAKER(3);

	in_semaphore(&waits);
	waits.cases[1] = (struct weir_case){.ops = &in_vain};
	hire_in_turn(&all, &a, &large);
	on_executor(wake_other);
	settle();
	cr_assert_eq(a.answer, NOT_YET);
	on_executor(wake_in_vain_and_release_two);
	all.count = 1;
	settle();
	cr_assert_eq(a.answer, 0, "there were two, and it stood first");
	dismiss(&all);
	cr_assert_eq(large.answer, 0);
	dismiss(&large);
}

Test(lock_case, woken_in_vain_it_stands_again_where_it_stood)
{
	struct waits waits;
	struct one all = TAKER(3), a = SELECTOR(waits, undo_semaphore),
		   behind = TAKER(1);

	in_semaphore(&waits);
	waits.cases[1] = (struct weir_case){.ops = &in_vain};
	hire_in_turn(&all, &a, &behind);
	on_executor(wake_other);
	settle();
	dismiss(&all);
	cr_assert(a.answer == 0 && behind.answer == 0);
	cr_assert_lt(a.order, behind.order);
	dismiss(&behind);
}

// ---- in sets and steppers ----

static struct weir_member members[3];
static unsigned served[3];

static void serve_set(void *arg)
{
	struct weir_semaphore_request request;
	struct weir_member *member;
	struct weir_set set;
	uint64_t seen = weir_event_state(&event);

	weir_set_open(&set);
	weir_set_add(&set, &members[0], weir_case_mutex(&mutex));
	weir_set_add(&set, &members[1], weir_case_event(&event, &seen));
	weir_set_add(
		&set, &members[2], weir_case_semaphore(&semaphore, &request));
	while (served[2] < 2 && weir_set_wait(&set, &member, WEIR_NEVER) == 0) {
		cr_assert_eq(member->wait.result, 0);
		served[member - members]++;
		if (member == &members[0])
			cr_assert_eq(weir_mutex_unlock(&mutex), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		weir_set_remove(&members[i]);
	weir_set_close(&set);
	cr_assert_eq(weir_semaphore_release(&semaphore, served[2]), 0);
}

Test(lock_case, a_set_serves_them)
{
	struct one holder = LOCKER, two = TAKER(2), third = TAKER(1);

	memset(served, 0, sizeof(served));
	hire_in_turn(&holder, &two, &third);
	cr_assert_eq(weir_start(executor, serve_set, NULL, NULL, NULL), 0);
	settle();
	cr_assert_eq(served[0] + served[1] + served[2], 0);
	dismiss(&holder);
	cr_assert_eq(served[0], 1);
	on_executor(signal_event);
	settle();
	cr_assert_eq(served[1], 1);
	dismiss(&third);
	cr_assert_eq(served[2], 1);
	dismiss(&two);
	cr_assert_eq(served[2], 2);
}

// Nobody comes for what the members are handed.
static void neglect(void *arg)
{
	struct weir_semaphore_request request;
	struct weir_member *member;
	struct weir_set set;

	weir_set_open(&set);
	weir_set_add(&set, &members[0], weir_case_mutex(&mutex));
	weir_set_add(
		&set, &members[1], weir_case_semaphore(&semaphore, &request));
	cr_assert_eq(weir_set_wait(&set, &member, ticks - 1), -ETIMEDOUT);
	cr_assert_eq(weir_wait(&other, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	weir_set_remove(&members[0]);
	weir_set_remove(&members[1]);
	weir_set_close(&set);
}

Test(lock_case, what_a_set_was_handed_and_nobody_came_for_goes_on)
{
	struct one holder = LOCKER, all = TAKER(3), lock = LOCKER,
		   take = TAKER(3);

	hire_in_turn(&holder, &all, NULL);
	cr_assert_eq(weir_start(executor, neglect, NULL, NULL, NULL), 0);
	turns(2);
	hire_in_turn(&lock, &take, NULL);
	dismiss(&holder);
	dismiss(&all);
	cr_assert(lock.answer == 0 && take.answer == 0);
	dismiss(&lock);
	dismiss(&take);
	on_executor(wake_other);
	settle();
}

struct walker {
	struct weir_stepper stepper;
	struct weir_semaphore_request request;
	uint64_t seen;
	int answers[2];
};

static enum weir_stepper_next walk(struct weir_stepper *s)
{
	struct walker *w = weir_container(s, struct walker, stepper);

	if (s->state > 0)
		w->answers[s->state - 1] =
			s->answer ? s->answer : s->wait.result;
	switch (s->state++) {
	case 0:
		return weir_stepper_wait(
			s, weir_case_event(&event, &w->seen), WEIR_NEVER);
	case 1:
		return weir_stepper_wait(s,
			weir_case_semaphore(&semaphore, &w->request),
			ticks + 1000);
	default:
		if (s->answer == 0)
			cr_assert_eq(weir_semaphore_release(&semaphore, 1), 0);
		return WEIR_STEPPER_END;
	}
}

static const struct weir_stepper_class walkers = {
	.name = "walker", .step = walk};

static void walk_off(struct walker *w)
{
	*w = (struct walker){.answers = {NOT_YET, NOT_YET},
		.seen = weir_event_state(&event)};
	weir_stepper_start(executor, &w->stepper, &walkers);
	settle();
	cr_assert_eq(w->answers[0], NOT_YET);
	on_executor(signal_event);
	settle();
	cr_assert_eq(w->answers[0], 0);
	cr_assert_eq(w->answers[1], NOT_YET);
}

Test(lock_case, a_stepper_waits_for_an_event_and_a_permit)
{
	struct one all = TAKER(3);
	struct walker w;

	hire(&all);
	turns(1);
	walk_off(&w);
	dismiss(&all);
	cr_assert_eq(w.answers[1], 0);
}

Test(lock_case, a_stepper_that_is_late_or_cancelled_leaves_the_line)
{
	struct one all = TAKER(3), behind = TAKER(3);
	struct walker late, canceled;

	hire(&all);
	turns(1);
	walk_off(&late);
	walk_off(&canceled);
	hire(&behind);
	turns(1);
	weir_stepper_cancel(&canceled.stepper);
	ticks += 1000;
	settle();
	cr_assert_eq(late.answers[1], -ETIMEDOUT);
	cr_assert_eq(canceled.answers[1], -ECANCELED);
	dismiss(&all);
	cr_assert_eq(behind.answer, 0);
	dismiss(&behind);
}
