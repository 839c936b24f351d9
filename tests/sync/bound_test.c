// SPDX-License-Identifier: BSD-3-Clause
//
// How long one waits at most, in turns, as an equation: holders that keep a lock
// for some turns each, and one that wants it, which comes at any moment of their
// round. The stated bound is printed beside the measured worst.
//
// A hold of H turns is given back in the H-th turn after that in which it was
// got. Who is handed the lock runs in the turn after.
#include "crew.h"

#define READERS 1000
#define HOLD 3	 // turns
#define TRIES 12 // moments of a round, and some

static struct weir_rwlock lock;
static struct weir_mutex mutex;
static bool over;
static unsigned reads;

static void keep_for_turns(unsigned count)
{
	while (count-- > 0)
		weir_yield();
}

// Each starts at another moment, so that at any time many read.
static void read_on(void *arg)
{
	struct weir_rwlock_hold hold;

	unsigned moment = (unsigned)(uintptr_t)arg % (HOLD + 2);

	keep_for_turns(moment);
	while (!over) {
		cr_assert_eq(weir_rwlock_read(&lock, &hold), 0);
		keep_for_turns(HOLD);
		cr_assert_eq(weir_rwlock_release(&hold), 0);
		reads++;
		keep_for_turns(1 + moment);
	}
}

static uint64_t worst, inside;

static void write_often(void *arg)
{
	struct weir_rwlock_hold hold;

	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t asked, took;

		keep_for_turns(20 + i);
		asked = turn_now();
		inside = 0;
		weir_list_each (link, &lock.inside)
			inside++;
		cr_assert_gt(inside, 0, "readers are inside");
		cr_assert_eq(weir_rwlock_write(&lock, &hold), 0);
		took = turn_now() - asked;
		worst = took > worst ? took : worst;
		weir_yield();
		cr_assert_eq(weir_rwlock_release(&hold), 0);
	}
	over = true;
}

// However many readers there are and come: those inside end within HOLD turns,
// and in the turn after the last the writer runs.
Test(bound, one_writer_against_a_thousand_readers)
{
	uint64_t bound = HOLD + 1;

	open_crew();
	close_crew();
	executor = crew_executor("home", READERS + 1);
	weir_rwlock_init(&lock, executor);
	for (uintptr_t i = 0; i < READERS; i++)
		cr_assert_eq(
			weir_start(executor, read_on, (void *)i, NULL, NULL),
			0);
	cr_assert_eq(weir_start(executor, write_often, NULL, NULL, NULL), 0);
	settle();
	cr_log_info("1 writer, %u readers: bound %llu turns, worst %llu",
		READERS, (unsigned long long)bound, (unsigned long long)worst);
	cr_assert_leq(worst, bound);
	cr_assert_eq(worst, bound, "the bound is reached: it is exact");
	cr_assert_gt(reads, READERS);
	weir_rwlock_fini(&lock);
	close_crew();
}

// ---- a mutex: all who stood before, one after the other ----

#define LINE 30

static void hold_in_turn(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	keep_for_turns(HOLD);
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
}

static uint64_t last_wait;

static void come_last(void *arg)
{
	uint64_t asked = turn_now();

	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	last_wait = turn_now() - asked;
	cr_assert_eq(weir_mutex_unlock(&mutex), 0);
}

Test(bound, the_last_in_the_line_of_a_mutex)
{
	uint64_t bound = LINE * (HOLD + 1);

	open_crew();
	weir_mutex_init(&mutex, executor);
	for (unsigned i = 0; i < LINE; i++)
		cr_assert_eq(
			weir_start(executor, hold_in_turn, NULL, NULL, NULL),
			0);
	cr_assert_eq(weir_start(executor, come_last, NULL, NULL, NULL), 0);
	settle();
	cr_log_info("%u before: bound %llu turns, measured %llu", LINE,
		(unsigned long long)bound, (unsigned long long)last_wait);
	cr_assert_eq(last_wait, bound);
	weir_mutex_fini(&mutex);
	close_crew();
}
