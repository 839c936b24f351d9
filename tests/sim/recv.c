// SPDX-License-Identifier: BSD-3-Clause
//
// The ways of receiving a burst.
#include "world.h"

#include "chan/case.h"
#include "task/set.h"

static enum weir_result waiting(struct sim_actor *actor,
	struct sim_packet **burst, unsigned most, unsigned *done)
{
	return weir_recv_burst(&actor->rx, burst, most, done, sim_patience());
}

static enum weir_result trying(struct sim_actor *actor,
	struct sim_packet **burst, unsigned most, unsigned *done)
{
	return weir_try_recv_burst(&actor->rx, burst, most, done);
}

// answer checks what a select or a set with one receive came to.
static enum weir_result answer(const struct weir_case *recv, bool served,
	int otherwise, const struct sim_packet *packet, unsigned *done)
{
	*done = served && recv->result == WEIR_RECEIVED;
	if (*done != !!packet)
		sim_fault("a receive that was %sserved took %u",
			served ? "" : "not ", !!packet);
	return (enum weir_result)(served ? recv->result : otherwise);
}

static enum weir_result selecting(
	struct sim_actor *actor, struct sim_packet **burst, unsigned *done)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_recv(&actor->rx, &burst[0]),
		weir_case_after(sim_alarm()),
	};
	enum weir_result result;
	int served;

	burst[0] = NULL;
	served = weir_select_until(cases, 3, sim_patience());
	if (served != 1 && sim_planted(SIM_LOSER_TAKES, 2))
		(void)!weir_try_recv(&actor->rx, &burst[0]);
	result = answer(&cases[1], served == 1,
		served < 0 ? served : WEIR_TIMED_OUT, burst[0], done);
	sim.report->ways[SIM_RECV_SELECTS] += *done;
	return result;
}

static enum weir_result by_set(
	struct sim_actor *actor, struct sim_packet **burst, unsigned *done)
{
	struct weir_set set;
	struct weir_member recv, alarm, *served;
	enum weir_result result;
	int err;

	burst[0] = NULL;
	weir_set_open(&set);
	weir_set_add(&set, &alarm, weir_case_after(sim_alarm()));
	weir_set_add(&set, &recv, weir_case_recv(&actor->rx, &burst[0]));
	err = weir_set_wait(&set, &served, sim_patience());
	weir_set_remove(&alarm);
	weir_set_remove(&recv);
	weir_set_close(&set);
	result = answer(&recv.wait, served == &recv, err ? err : WEIR_TIMED_OUT,
		burst[0], done);
	sim.report->ways[SIM_RECV_SETS] += *done;
	return result;
}

static enum weir_result recv_some(struct sim_actor *actor,
	struct sim_packet **burst, unsigned most, unsigned *done)
{
	switch (sim_below(8)) {
	case 0:
	case 1:
		return trying(actor, burst, most, done);
	case 2:
		return selecting(actor, burst, done);
	case 3:
		return by_set(actor, burst, done);
	default:
		return waiting(actor, burst, most, done);
	}
}

unsigned sim_recv_some(struct sim_actor *actor, struct sim_packet **burst)
{
	unsigned most = 1 + sim_below(SIM_BURST), done = 0;

	while (!weir_task_canceled()) {
		enum weir_result result = WEIR_CLOSED;

		// Rarely: with one receiver its channel ends.
		if (sim_below(64) || sim_rx_weaken(actor))
			result = recv_some(actor, burst, most, &done);

		if (result == WEIR_EMPTY)
			weir_yield();
		if (result == WEIR_RECEIVED || result == WEIR_CLOSED ||
			result == WEIR_CANCELED)
			break;
	}
	return done;
}
