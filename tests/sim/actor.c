// SPDX-License-Identifier: BSD-3-Clause
//
// What the actors do all their lives, and between two operations.
#include "play.h"

// ---- between two operations ----

static void yield(struct weir_executor *executor)
{
	uint64_t turn = weir_executor_counts(executor)->turns;

	weir_yield();
	turn = weir_executor_counts(executor)->turns - turn;
	if (turn != 1)
		sim_fault("a yield took %u turns", (unsigned)turn);
}

bool sim_rest(struct weir_executor *executor)
{
	switch (sim_below(8)) {
	case 0:
		return weir_sleep(sim_in(sim_below(200))) == 0;
	case 1:
		yield(executor);
		break;
	case 2:
		sim_probe_here(executor);
		break;
	case 3:
		if (sim_below(8) == 0)
			sim.now += sim_below(5000); // a slow step
	}
	return !weir_task_canceled();
}

bool sim_pause(struct weir_executor *executor)
{
	return sim_below(6) ? sim_rest(executor) : sim_play(executor);
}

// ---- their lives ----

void sim_produce(void *arg)
{
	struct sim_actor *actor = arg;

	for (unsigned i = 0; i < sim.packet_count;) {
		struct sim_packet *burst[SIM_BURST];
		unsigned n = 0, most = 1 + sim_below(SIM_BURST);

		for (; n < most && i < sim.packet_count; n++, i++) {
			burst[n] = &sim.packets[actor->id][i];
			burst[n]->fate = SIM_ALIVE;
		}
		if (!sim_send_all(actor, burst, n) ||
			!sim_pause(actor->executor))
			break;
	}
	sim_tx_close(actor);
}

// pass decides what becomes of a packet; true when it is to be sent on.
static bool pass(struct sim_actor *actor, struct sim_packet *packet)
{
	packet->worker = actor->id;
	if (sim_planted(SIM_LOSE, 64))
		return false;
	if (sim_below(16) == 0) {
		sim_settle(packet, SIM_DROPPED);
		return false;
	}
	return sim_below(8) || sim_lane_do(actor->executor, packet);
}

static void mistake(struct sim_packet **burst, unsigned *count)
{
	struct sim_packet *first = burst[0];

	if (*count > 1 && sim_planted(SIM_REORDER, 8)) {
		burst[0] = burst[*count - 1];
		burst[*count - 1] = first;
	}
	if (*count > 0 && *count < SIM_BURST && sim_planted(SIM_DOUBLE, 16))
		burst[(*count)++] = first;
}

void sim_work(void *arg)
{
	struct sim_actor *actor = arg;
	struct sim_packet *burst[SIM_BURST];
	unsigned n;

	while ((n = sim_recv_some(actor, burst)) > 0) {
		unsigned kept = 0;

		for (unsigned i = 0; i < n; i++)
			if (pass(actor, burst[i]))
				burst[kept++] = burst[i];
		mistake(burst, &kept);
		if (!sim_send_all(actor, burst, kept) ||
			!sim_pause(actor->executor))
			break;
	}
	sim_rx_close(actor);
	sim_tx_close(actor);
}

static void deliver(struct sim_actor *actor, struct sim_packet *packet)
{
	unsigned *last = &sim.last[packet->producer][packet->worker][actor->id];

	if (packet->number < *last)
		sim_fault("packet %u of producer %u overtaken at sink %u",
			packet->number, packet->producer, actor->id);
	*last = packet->number + 1;
	sim_settle(packet, SIM_DELIVERED);
}

void sim_sink(void *arg)
{
	struct sim_actor *actor = arg;
	struct sim_packet *burst[SIM_BURST];
	unsigned n, taken = 0;
	int err = 0;

	while (taken < actor->most && !err &&
		(n = sim_recv_some(actor, burst)) > 0) {
		for (unsigned i = 0; i < n; i++, taken++) {
			while (!err && !sim_port_put(&actor->port))
				err = sim_port_wait(&actor->port, WEIR_NEVER);
			if (err)
				sim_settle(burst[i], SIM_KEPT);
			else
				deliver(actor, burst[i]);
		}
	}
	sim_rx_close(actor);
}
