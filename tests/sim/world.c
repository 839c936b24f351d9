// SPDX-License-Identifier: BSD-3-Clause
//
// Who lives in the world and what they do.
#include "sim.h"

#include "base/assert.h"
#include "chan/ring.h"

#include <string.h>

// ---- what they do ----

uint64_t sim_patience(void)
{
	return sim.patient || sim_below(3) ? WEIR_NEVER
					   : sim_in(sim_below(400));
}

bool sim_actors_all(void)
{
	return sim.actors_started ==
	       sim.producer_count + sim.worker_count + sim.sink_count;
}

static void yield(struct weir_executor *executor)
{
	uint64_t turn = weir_executor_counts(executor)->turns;

	weir_yield();
	turn = weir_executor_counts(executor)->turns - turn;
	if (turn != 1)
		sim_fault("a yield took %u turns", (unsigned)turn);
}

bool sim_pause(struct weir_executor *executor)
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
		break;
	case 4:
		if (sim_actors_all() && sim_below(8) == 0)
			return sim_nest(executor, 0);
	}
	return !weir_task_canceled();
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
			result = weir_send_burst(&actor->tx, burst, count,
				&done, sim_patience());
		else
			result = weir_try_send_burst(
				&actor->tx, burst, count, &done);
		burst += done;
		count -= done;
		if (weir_tx_len(&actor->tx) > weir_tx_capacity(&actor->tx))
			sim_fault("a channel holds more than it can");
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
				&actor->rx, burst, most, &done, sim_patience());
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
		if (!send_all(actor, burst, n) || !sim_pause(actor->executor))
			break;
	}
	weir_tx_close(&actor->tx);
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

static void work(void *arg)
{
	struct sim_actor *actor = arg;
	struct sim_packet *burst[SIM_BURST];
	unsigned n;

	while ((n = recv_some(actor, burst)) > 0) {
		unsigned kept = 0;

		for (unsigned i = 0; i < n; i++)
			if (pass(actor, burst[i]))
				burst[kept++] = burst[i];
		mistake(burst, &kept);
		if (!send_all(actor, burst, kept) ||
			!sim_pause(actor->executor))
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

// begin is where an actor comes to life.
static void begin(void *arg)
{
	struct sim_actor *actor = arg;

	actor->ran = true;
	sim.actors_started++;
	actor->fn(actor);
}

// not_begun is for an actor that was cancelled before, or had no stack.
static void not_begun(struct sim_actor *actor)
{
	sim.actors_started++;
	weir_rx_close(&actor->rx);
	weir_tx_close(&actor->tx);
}

// shepherd has one actor in a scope of its own, and cancels it in time.
static void shepherd(void *arg)
{
	struct sim_actor *actor = arg;
	struct weir_scope scope;

	weir_scope_open(&scope);
	sim.scopes_open++;
	if (weir_spawn(&scope, actor->executor, begin, actor))
		sim_fault("an actor could not be started");
	sim_note((uint64_t)(int64_t)weir_scope_close(
		&scope, sim_in(sim_below(6000))));
	sim.scopes_open--;
	sim.report->cancels++;
	if (!actor->ran)
		not_begun(actor);
}

static void spawn(
	struct sim_actor *actors, unsigned count, void (*fn)(void *arg))
{
	for (unsigned i = 0; i < count; i++) {
		bool alone = !sim.patient && sim_below(4) == 0;
		int err;

		actors[i].fn = fn;
		err = weir_spawn(&sim.scope, alone ? NULL : actors[i].executor,
			alone ? shepherd : begin, &actors[i]);
		if (err)
			sim_fault("a task could not be started");
	}
}

void sim_main(void *arg)
{
	weir_scope_open(&sim.scope);
	sim.scopes_open++;
	spawn(sim.producers, sim.producer_count, produce);
	spawn(sim.workers, sim.worker_count, work);
	spawn(sim.sinks, sim.sink_count, sink);
	sim_note((uint64_t)(int64_t)weir_scope_close(
		&sim.scope, sim.scope_deadline));
	sim.scopes_open--;
	sim.ended = true;
}

// ---- who they are ----

static void release(void *arg, void *message)
{
	sim_settle(message, SIM_RELEASED);
}

// near_wrap makes a new channel one that has carried nearly 2^32 messages.
static void near_wrap(struct weir_tx *tx, struct weir_rx *rx)
{
	struct rte_ring *ring = tx->end.ring;

	ring->prod.head = ring->prod.tail = 0u - sim_below(40);
	ring->cons.head = ring->cons.tail = ring->prod.tail;
	weir_ring_tx_init(&tx->end, ring, tx->end.message_size);
	weir_ring_rx_init(&rx->end, ring, rx->end.message_size);
	sim.report->wraps++;
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
		if (sim_below(4))
			near_wrap(&senders[i].tx, &receivers[i].rx);
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
				     : sim_in(sim_below(8000));
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
