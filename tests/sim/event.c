// SPDX-License-Identifier: BSD-3-Clause
//
// An event for each executor. Tasks signal it, and the world does by a post. Who
// waits with a state that is no longer so is answered at once; who waits with
// the present one runs in the turn after the next signal, and is told its state.
#include "play.h"

#include "sync/event.h"

#include <errno.h>

static struct hall {
	struct weir_event event;
	uint64_t state;
	uint64_t signaled; // the turn of the first signal that not all know of
	unsigned waiting;
	struct weir_post post;
	bool posted;
} halls[SIM_EXECUTORS];

static void signal(struct weir_executor *executor, struct hall *hall)
{
	hall->state++;
	hall->signaled = sim_turn(executor);
	if (weir_event_signal(&hall->event))
		sim_fault("an event took no signal");
}

static void on_post(struct weir_executor *executor, struct weir_post *post)
{
	struct hall *hall = weir_container(post, struct hall, post);

	hall->posted = false;
	signal(executor, hall);
}

static void open(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++) {
		halls[i] = (struct hall){.post = {.fn = on_post}};
		weir_event_init(&halls[i].event, sim.executors[i]);
		halls[i].event.state = halls[i].state =
			UINT64_MAX - sim_below(4);
	}
}

// tend sees to it that nobody waits for ever.
static void tend(void)
{
	struct hall *hall = &halls[sim_below(sim.executor_count)];

	if (!hall->waiting || hall->posted || sim_below(16))
		return;
	hall->posted = true;
	weir_executor_post(hall->event.executor, &hall->post);
}

static int wait(struct hall *hall, uint64_t *seen)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_event(&hall->event, seen),
	};
	int served;

	if (sim_below(3))
		return weir_event_wait_until(
			&hall->event, seen, sim_patience());
	served = weir_select_until(cases, 2, sim_patience());
	return served == 1 ? cases[1].result : served ? served : -ETIMEDOUT;
}

static void wait_for(struct weir_executor *executor, struct hall *hall)
{
	uint64_t seen = hall->state - (sim_below(4) == 0), old = seen;
	bool waits = seen == hall->state;
	uint64_t began = sim_turn(executor);
	int err;

	hall->waiting++;
	err = wait(hall, &seen);
	if (err == 0 && sim_planted(SIM_DEAF, 1)) // it waits for the next
		err = wait(hall, &seen);
	hall->waiting--;
	if (err && err != -ETIMEDOUT && err != -ECANCELED)
		sim_fault("an event answered %d", err);
	if (err == 0 && (seen == old || seen != hall->state))
		sim_fault("an event told another state than there is");
	if (err == 0 && waits)
		sim_promptly(executor, hall->signaled, "who waits on an event");
	if (err == 0 && !waits && sim_turn(executor) != began)
		sim_fault("who was late for an event had to wait");
}

static bool play(struct weir_executor *executor)
{
	struct hall *hall = &halls[sim_at(executor)];

	if (sim_below(4))
		wait_for(executor, hall);
	else
		signal(executor, hall);
	return !weir_task_canceled();
}

static void look(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (weir_event_state(&halls[i].event) != halls[i].state)
			sim_fault("an event's state is not what was signalled");
}

static void close(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (!sim.report->fault[0])
			weir_event_fini(&halls[i].event);
}

const struct sim_kind sim_events = {"event", open, play, tend, look, close};
