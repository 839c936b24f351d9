// SPDX-License-Identifier: BSD-3-Clause
#include "chan/channel.h"
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

int weir_channel_may_block(const struct weir_channel *channel,
	enum weir_way way, const char *does, struct weir_error *e)
{
	const char *why = NULL;
	char name[WEIR_USER_NAME_SIZE];

	if (weir_executor_current())
		why = "it runs on an executor, all of which would stand still: "
		      "wait in the task";
	else if (way == WEIR_WAY_MANY)
		why = "others use that end too, and would wait for it whenever "
		      "it loses its CPU: give it a channel of its own";
	else if (way == WEIR_WAY_CHAIN)
		why = "it would hold up all that take segments from the pool "
		      "whenever it loses its CPU: give it a bounded channel";
	else if (way == WEIR_WAY_LOCAL)
		why = "the channel is local to an executor: open it without "
		      "WEIR_LOCAL";
	if (!why)
		return 0;
	weir_user_name(name);
	return weir_error_set(e, -EINVAL,
		"%s cannot block while it %s channel "
		"'%s' (%s): %s",
		name, does, channel->name, weir_class_name(channel->class_),
		why);
}
