// SPDX-License-Identifier: BSD-3-Clause
//
// Who lives in the world and what they do.
#include "sim.h"

#include "base/assert.h"

#include <string.h>

// ---- what they do ----

static uint64_t patience(void)
{
	return sim.patient || sim_below(3) ? WEIR_NEVER
					   : sim.now + sim_below(400);
}

// pause does now and then what a task may do between two operations. Answers
// false when the task is cancelled.
static bool pause(struct weir_executor *executor)
{
	uint64_t turn = weir_executor_counts(executor)->turns;

	switch (sim_below(6)) {
	case 0:
		return weir_sleep(sim.now + sim_below(200)) == 0;
	case 1:
		weir_yield();
		turn = weir_executor_counts(executor)->turns - turn;
		if (turn > 2)
			sim_fault("a yield took %u turns", (unsigned)turn);
	}
	return true;
}

static void settle_all(
	struct sim_packet *const *burst, unsigned count, enum sim_fate fate)
{
	for (unsigned i = 0; i < count; i++)
		sim_settle(burst[i], fate);
}

// send_all sends a burst, however long it takes. Answers false when it cannot;
// then what is left was kept.
static bool send_all(
	struct sim_actor *actor, struct sim_packet **burst, unsigned count)
{
	while (count > 0) {
		unsigned done;
		enum weir_result result;

		if (sim_below(4))
			result = weir_send_burst(
				&actor->tx, burst, count, &done, patience());
		else
			result = weir_try_send_burst(
				&actor->tx, burst, count, &done);
		burst += done;
		count -= done;
		if (result == WEIR_FULL)
			weir_yield();
		if (result == WEIR_CLOSED || result == WEIR_CANCELED ||
			weir_task_canceled()) {
			settle_all(burst, count, SIM_KEPT);
			return false;
		}
	}
	return true;
}

// recv_some receives a burst, however long it takes; 0 when nothing more comes.
static unsigned recv_some(struct sim_actor *actor, struct sim_packet **burst)
{
	unsigned most = 1 + sim_below(SIM_BURST), done = 0;

	while (!weir_task_canceled()) {
		enum weir_result result;

		if (sim_below(4))
			result = weir_recv_burst(
				&actor->rx, burst, most, &done, patience());
		else
			result = weir_try_recv_burst(
				&actor->rx, burst, most, &done);
		if (result == WEIR_EMPTY)
			weir_yield();
		if (result == WEIR_RECEIVED || result == WEIR_CLOSED ||
			result == WEIR_CANCELED)
			break;
	}
	return done;
}

static void produce(void *arg)
{
	struct sim_actor *actor = arg;

	for (unsigned i = 0; i < sim.packet_count;) {
		struct sim_packet *burst[SIM_BURST];
		unsigned n = 0, most = 1 + sim_below(SIM_BURST);

		for (; n < most && i < sim.packet_count; n++, i++) {
			burst[n] = &sim.packets[actor->id][i];
			burst[n]->fate = SIM_ALIVE;
		}
		if (!send_all(actor, burst, n) || !pause(actor->executor))
			break;
	}
	weir_tx_close(&actor->tx);
}

static void work(void *arg)
{
	struct sim_actor *actor = arg;
	struct sim_packet *burst[SIM_BURST];
	unsigned n;

	while ((n = recv_some(actor, burst)) > 0) {
		unsigned kept = 0;

		for (unsigned i = 0; i < n; i++) {
			burst[i]->worker = actor->id;
			if (sim_below(16) == 0)
				sim_settle(burst[i], SIM_DROPPED);
			else
				burst[kept++] = burst[i];
		}
		if (!send_all(actor, burst, kept) || !pause(actor->executor))
			break;
	}
	weir_rx_close(&actor->rx);
	weir_tx_close(&actor->tx);
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

static void sink(void *arg)
{
	struct sim_actor *actor = arg;
	struct sim_packet *burst[SIM_BURST];
	unsigned n, taken = 0;
	int err = 0;

	while (taken < actor->most && !err &&
		(n = recv_some(actor, burst)) > 0) {
		for (unsigned i = 0; i < n; i++, taken++) {
			while (!err && !sim_port_put(&actor->port))
				err = sim_port_wait(&actor->port, WEIR_NEVER);
			if (err)
				sim_settle(burst[i], SIM_KEPT);
			else
				deliver(actor, burst[i]);
		}
	}
	weir_rx_close(&actor->rx);
}

static void spawn(
	struct sim_actor *actors, unsigned count, void (*fn)(void *arg))
{
	for (unsigned i = 0; i < count; i++) {
		int err = weir_spawn(
			&sim.scope, actors[i].executor, fn, &actors[i]);

		if (err)
			sim_fault("a task could not be started");
	}
}

void sim_main(void *arg)
{
	weir_scope_open(&sim.scope);
	spawn(sim.producers, sim.producer_count, produce);
	spawn(sim.workers, sim.worker_count, work);
	spawn(sim.sinks, sim.sink_count, sink);
	sim_note((uint64_t)(int64_t)weir_scope_close(
		&sim.scope, sim.scope_deadline));
	sim.ended = true;
}

// ---- who they are ----

static void release(void *arg, void *message)
{
	sim_settle(message, SIM_RELEASED);
}

// join connects senders to receivers: pairs with an SPSC channel each, or all
// through one MPMC channel.
static void join(struct sim_actor *senders, unsigned sender_count,
	struct sim_actor *receivers, unsigned receiver_count)
{
	bool pairs = sender_count == receiver_count && sim_below(2);
	struct weir_channel_options options = {
		.class_ = pairs ? WEIR_SPSC : WEIR_MPMC, .release = release};
	unsigned channels = pairs ? sender_count : 1;

	for (unsigned i = 0; i < channels; i++) {
		int err = weir_channel_open_with(1 + sim_below(4), &options,
			&senders[i].tx, &receivers[i].rx);

		weir_assert(!err);
	}
	for (unsigned i = channels; i < sender_count; i++)
		weir_assert(!weir_tx_clone(&senders[0].tx, &senders[i].tx));
	for (unsigned i = channels; i < receiver_count; i++)
		weir_assert(!weir_rx_clone(&receivers[0].rx, &receivers[i].rx));
}

static unsigned draw(struct sim_actor *actors, unsigned most)
{
	unsigned count = 1 + sim_below(most);

	for (unsigned i = 0; i < count; i++) {
		struct sim_actor *actor = &actors[i];

		actor->id = i;
		actor->executor = sim.executors[sim_below(sim.executor_count)];
		actor->most = sim_below(4) ? UINT32_MAX : sim_below(40);
		sim_port_init(&actor->port, actor->executor);
	}
	return count;
}

void sim_populate(void)
{
	sim.patient = sim_below(2);
	sim.scope_deadline = sim.patient || sim_below(2)
				     ? WEIR_NEVER
				     : sim.now + sim_below(8000);
	sim.packet_count = sim_below(SIM_PACKETS + 1);
	for (unsigned p = 0; p < SIM_PRODUCERS; p++)
		for (unsigned i = 0; i < SIM_PACKETS; i++)
			sim.packets[p][i] =
				(struct sim_packet){SIM_UNMADE, p, i, 0};
	sim.producer_count = draw(sim.producers, SIM_PRODUCERS);
	sim.worker_count = draw(sim.workers, SIM_WORKERS);
	sim.sink_count = draw(sim.sinks, SIM_SINKS);
	join(sim.producers, sim.producer_count, sim.workers, sim.worker_count);
	join(sim.workers, sim.worker_count, sim.sinks, sim.sink_count);
}
