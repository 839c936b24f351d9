// SPDX-License-Identifier: BSD-3-Clause
#include "chan/parking.h"
#include "task/bell.h"

#include <time.h>

static void take_slot(struct weir_blocker *blocker)
{
	struct weir_parking *parking = blocker->parking;

	for (unsigned i = 0; i < WEIR_PARKING_THREADS; i++) {
		struct weir_bell *none = NULL;

		if (cas_acq_rel(&parking->threads[i], &none, blocker->bell)) {
			blocker->slot = &parking->threads[i];
			return;
		}
	}
	blocker->bell = NULL;
}

void weir_blocker_begin(
	struct weir_blocker *blocker, struct weir_parking *parking)
{
	*blocker = (struct weir_blocker){.parking = parking};
}

// prepare comes before the first sleep only: who finds something at once pays
// nothing.
static void prepare(struct weir_blocker *blocker)
{
	blocker->bell = weir_bell_of_thread();
	if (blocker->bell)
		take_slot(blocker);
	if (blocker->bell)
		weir_parking_sleepy(blocker->parking);
}

static bool is_past(uint64_t deadline)
{
	return deadline != WEIR_NEVER &&
	       (int64_t)(weir_ticks() - deadline) >= 0;
}

static void disarm(struct weir_blocker *blocker)
{
	weir_bell_disarm(blocker->bell);
	blocker->armed = false;
}

bool weir_blocker_wait(struct weir_blocker *blocker, uint64_t deadline)
{
	if (blocker->armed) {
		weir_bell_sleep(blocker->bell, deadline);
		disarm(blocker);
		return true;
	}
	if (is_past(deadline))
		return false;
	if (!blocker->slot)
		prepare(blocker);
	if (!blocker->bell) {
		nanosleep(&(struct timespec){.tv_nsec = WEIR_BELL_PERIOD_NS},
			NULL);
		return true;
	}
	weir_bell_arm(blocker->bell);
	blocker->armed = true;
	return true;
}

void weir_blocker_end(struct weir_blocker *blocker)
{
	if (blocker->armed)
		disarm(blocker);
	if (blocker->slot)
		store_release(blocker->slot, NULL);
}
