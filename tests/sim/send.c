// SPDX-License-Identifier: BSD-3-Clause
//
// The ways of sending a burst. Each answers how a part of it went, and has sent
// the first *done of it; the next part goes another way.
#include "world.h"

#include "chan/case.h"
#include "chan/channel.h"
#include "chan/permit.h"

static enum weir_result waiting(struct sim_actor *actor,
	struct sim_packet **burst, unsigned count, unsigned *done)
{
	return weir_send_burst(&actor->tx, burst, count, done, sim_patience());
}

static enum weir_result trying(struct sim_actor *actor,
	struct sim_packet **burst, unsigned count, unsigned *done)
{
	return weir_try_send_burst(&actor->tx, burst, count, done);
}

// ---- room first, then the messages ----

static enum weir_result reserve(
	struct sim_actor *actor, unsigned count, struct weir_permits *permits)
{
	unsigned capacity = weir_tx_capacity(&actor->tx);
	unsigned min = 1 + sim_below(count < capacity ? count : capacity);
	unsigned max = min + sim_below(3);
	enum weir_result result;

	actor->out->wanting += min > 1;
	if (sim_below(2))
		result = weir_try_reserve(&actor->tx, min, max, permits);
	else
		result = weir_reserve(
			&actor->tx, min, max, permits, sim_patience());
	actor->out->wanting -= min > 1;
	if ((result == WEIR_RESERVED) !=
		(permits->count >= min && permits->count <= max))
		sim_fault("%u permits of %u to %u, and answered %d",
			permits->count, min, max, result);
	actor->out->reserved += permits->count;
	actor->out->reserved_ever += permits->count;
	return result;
}

// drop gives permits back, or makes a mistake.
static void drop(const struct sim_pipe *pipe, struct weir_permits *permits)
{
	if (sim_planted(SIM_KEEP_PERMITS, 4))
		return;
	if (sim_planted(SIM_DROP_SILENTLY, 1)) {
		pipe->channel->permits_out.count -= permits->count;
		pipe->channel->credits += permits->count;
		return;
	}
	weir_permits_drop(permits);
}

static enum weir_result on_permits(struct sim_actor *actor,
	struct sim_packet **burst, unsigned count, unsigned *done)
{
	struct weir_permits permits = {0};
	enum weir_result result = reserve(actor, count, &permits);

	if (result != WEIR_RESERVED)
		return result;
	if (sim_below(2))
		(void)sim_rest(actor->executor);
	result = WEIR_SENT;
	if (sim_below(4) == 0) // it thinks better of it
		count = sim_below(count);
	while (*done < count && permits.count > 0 && result == WEIR_SENT) {
		result = weir_permits_send(&permits, &burst[*done]);
		actor->out->reserved--;
		if (result == WEIR_SENT)
			(*done)++;
		else if (result != WEIR_CLOSED)
			sim_fault("a send on a permit answered %d", result);
	}
	actor->out->reserved -= permits.count;
	drop(actor->out, &permits);
	sim.report->ways[SIM_ON_PERMITS] += *done;
	return result == WEIR_SENT ? WEIR_FULL : result;
}

// ---- one of several ----

static enum weir_result selecting(struct sim_actor *actor,
	struct sim_packet **burst, unsigned count, unsigned *done)
{
	struct sim_packet *packet = burst[0];
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_send(&actor->tx, &packet),
		weir_case_closed(&actor->tx),
	};
	int served = weir_select_until(cases, 3, sim_patience());

	if (served != 1 && sim_planted(SIM_LOSER_SENDS, 1))
		(void)!weir_try_send(&actor->tx, &packet);
	*done = served == 1 && cases[1].result == WEIR_SENT;
	if (*done != !packet)
		sim_fault("a send that select answered with %d moved %u",
			served, !packet);
	sim.report->ways[SIM_SEND_SELECTS] += *done;
	switch (served) {
	case 0:
		return WEIR_TIMED_OUT;
	case 1:
		return *done && count > 1 ? WEIR_FULL
					  : (enum weir_result)cases[1].result;
	case 2:
		return WEIR_CLOSED;
	default:
		return (enum weir_result)served;
	}
}

static enum weir_result send_some(struct sim_actor *actor,
	struct sim_packet **burst, unsigned count, unsigned *done)
{
	*done = 0;
	switch (sim_below(8)) {
	case 0:
	case 1:
		return trying(actor, burst, count, done);
	case 2:
		return selecting(actor, burst, count, done);
	case 3:
	case 4:
	case 5:
		if (actor->out->permits)
			return on_permits(actor, burst, count, done);
	}
	return waiting(actor, burst, count, done);
}

bool sim_send_all(
	struct sim_actor *actor, struct sim_packet **burst, unsigned count)
{
	while (count > 0) {
		unsigned done = 0;
		enum weir_result result = WEIR_CLOSED;

		if (sim_below(16) || sim_tx_weaken(actor))
			result = send_some(actor, burst, count, &done);

		burst += done;
		count -= done;
		if (result == WEIR_FULL || result == WEIR_AT_CAP ||
			result == WEIR_NO_SEGMENT)
			weir_yield();
		if (result == WEIR_CLOSED || result == WEIR_CANCELED ||
			weir_task_canceled()) {
			for (unsigned i = 0; i < count; i++)
				sim_settle(burst[i], SIM_KEPT);
			return false;
		}
	}
	return true;
}
