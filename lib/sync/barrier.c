// SPDX-License-Identifier: BSD-3-Clause
//
// Who waits learns what became of its generation from a record on its own
// stack: by the time that it runs, the barrier may be in the next generation,
// broken, or whole again. As long as the record is in the list, the generation
// goes on.
#include "sync/barrier.h"
#include "sync/caller.h"

static const struct weir_wait_what what = {.kind = "the others at a barrier"};

struct party {
	struct weir_list link; // of the barrier
	int outcome;	       // once it is no longer there
};

void weir_barrier_init(struct weir_barrier *barrier,
	struct weir_executor *executor, uint32_t parties)
{
	weir_assert(parties > 0);
	barrier->executor = weir_caller_executor(executor);
	weir_wait_queue_says(&barrier->waiters, &what);
	weir_list_init(&barrier->arrived);
	barrier->parties = barrier->missing = parties;
	barrier->broken = false;
}

void weir_barrier_fini(struct weir_barrier *barrier)
{
	weir_assert(weir_list_empty(&barrier->arrived)); // nobody waits
	barrier->executor = NULL;
}

// end_generation lets go all who have arrived.
static void end_generation(struct weir_barrier *barrier, int outcome)
{
	weir_list_each (link, &barrier->arrived) {
		weir_container(link, struct party, link)->outcome = outcome;
		weir_list_remove(link);
	}
	barrier->missing = barrier->parties;
	weir_wake_all(&barrier->waiters);
}

static void break_it(struct weir_barrier *barrier)
{
	barrier->broken = true;
	end_generation(barrier, -EPIPE);
}

static int arrive_and_wait(struct weir_barrier *barrier, uint64_t deadline)
{
	struct party party = {.outcome = 0};
	int err;

	barrier->missing--;
	weir_list_add(&barrier->arrived, &party.link);
	WEIR_TRACE(lock_contended, barrier, "barrier");
	err = weir_wait(&barrier->waiters, deadline, WEIR_WAIT_BACK);
	if (weir_list_empty(&party.link)) // whatever came in the same turn
		return party.outcome && err ? err : party.outcome;
	weir_list_remove(&party.link);
	break_it(barrier);
	return err;
}

static inline int arrive_last(struct weir_barrier *barrier)
{
	if (barrier->broken)
		return -EPIPE;
	if (barrier->missing > 1)
		return -EAGAIN;
	end_generation(barrier, 0);
	return 0;
}

int weir_barrier_try_wait(struct weir_barrier *barrier)
{
	if (unlikely(!weir_caller(barrier->executor)))
		return weir_misuse_stranger(
			__func__, barrier, barrier->executor);
	return arrive_last(barrier);
}

int weir_barrier_wait_until(struct weir_barrier *barrier, uint64_t deadline)
{
	struct weir_task *self = weir_caller(barrier->executor);
	int err;

	if (unlikely(!self))
		return weir_misuse_stranger(
			"weir_barrier_wait", barrier, barrier->executor);
	if (unlikely(!weir_task_proceed(barrier->executor, self))) {
		if (!barrier->broken)
			break_it(barrier);
		return -ECANCELED;
	}
	err = arrive_last(barrier);
	if (err != -EAGAIN)
		return err;
	return arrive_and_wait(barrier, deadline);
}

int weir_barrier_wait(struct weir_barrier *barrier)
{
	return weir_barrier_wait_until(barrier, WEIR_NEVER);
}

int weir_barrier_break(struct weir_barrier *barrier)
{
	if (unlikely(!weir_caller_is_home(barrier->executor)))
		return weir_misuse_stranger(
			__func__, barrier, barrier->executor);
	break_it(barrier);
	return 0;
}

int weir_barrier_reset(struct weir_barrier *barrier)
{
	if (unlikely(!weir_caller_is_home(barrier->executor)))
		return weir_misuse_stranger(
			__func__, barrier, barrier->executor);
	if (!weir_list_empty(&barrier->arrived))
		break_it(barrier);
	barrier->broken = false;
	return 0;
}
