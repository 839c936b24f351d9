// SPDX-License-Identifier: BSD-3-Clause
//
// Intervals of all three kinds. None is early; for how many periods one was due,
// and when it is due next, is known beforehand.
#include "play.h"

#include "task/interval.h"

#include <errno.h>

static uint64_t beats(const struct weir_interval *interval, uint64_t now)
{
	if (interval->missed != WEIR_MISSED_SKIP)
		return 1;
	return 1 + (now - interval->next) / interval->period;
}

static uint64_t next(const struct weir_interval *interval, uint64_t now)
{
	if (interval->missed == WEIR_MISSED_DELAY)
		return now + interval->period;
	return interval->next + beats(interval, now) * interval->period;
}

static int wait(struct weir_interval *interval)
{
	struct weir_case c = weir_case_tick(interval);
	int served;

	// A mistake: the clock is a period ahead.
	if (sim_planted(SIM_BEAT_EARLY, 4))
		return (int)weir_interval_take(
			interval, interval->next + interval->period);
	if (sim_below(2))
		return weir_interval_wait(interval);
	served = weir_select(&c, 1);
	return served == 0 ? c.result : served;
}

static bool play(struct weir_executor *executor)
{
	struct weir_interval interval;

	weir_interval_init(&interval, sim_in(sim_below(60)), 1 + sim_below(90),
		(enum weir_missed)sim_below(3));
	for (unsigned i = sim_below(5); i > 0; i--) {
		struct weir_interval before = interval;
		int err = wait(&interval);
		uint64_t now = weir_executor_now(executor);

		if (err == -ECANCELED && interval.next == before.next)
			return false;
		if ((int64_t)(now - before.next) < 0)
			sim_fault("a beat came early");
		else if (err != (int)beats(&before, now) ||
			 interval.next != next(&before, now))
			sim_fault("an interval was due %d times", err);
		sim.report->beats++;
		if (!sim_rest(executor))
			return false;
	}
	return !weir_task_canceled();
}

const struct sim_kind sim_intervals = {.name = "interval", .play = play};
