// SPDX-License-Identifier: BSD-3-Clause
//
// Who lives in the world, and how they come and go.
#include "world.h"

#include "base/assert.h"

// ---- how they come and go ----

uint64_t sim_patience(void)
{
	return sim.patient || sim_below(3) ? WEIR_NEVER
					   : sim_in(sim_below(400));
}

uint64_t sim_alarm(void)
{
	return sim_below(2) ? WEIR_NEVER : sim_in(sim_below(100));
}

bool sim_actors_all(void)
{
	return sim.actors_started ==
	       sim.producer_count + sim.worker_count + sim.sink_count;
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
	sim_rx_close(actor);
	sim_tx_close(actor);
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
	spawn(sim.producers, sim.producer_count, sim_produce);
	spawn(sim.workers, sim.worker_count, sim_work);
	spawn(sim.sinks, sim.sink_count, sim_sink);
	sim_note((uint64_t)(int64_t)weir_scope_close(
		&sim.scope, sim.scope_deadline));
	sim.scopes_open--;
	sim.ended = true;
}

// ---- who they are ----

static unsigned draw(struct sim_actor *actors, unsigned most)
{
	unsigned count = 1 + sim_below(most);

	for (unsigned i = 0; i < count; i++) {
		struct sim_actor *actor = &actors[i];

		actor->id = i;
		actor->executor = sim.executors[sim_below(sim.spread)];
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
	// Where all actors are on one executor they wake each other.
	sim.spread = sim_below(3) ? sim.executor_count : 1;
	sim.packet_count = sim_below(SIM_PACKETS + 1);
	for (unsigned p = 0; p < SIM_PRODUCERS; p++)
		for (unsigned i = 0; i < SIM_PACKETS; i++)
			sim.packets[p][i] =
				(struct sim_packet){SIM_UNMADE, p, i, 0};
	sim.producer_count = draw(sim.producers, SIM_PRODUCERS);
	sim.worker_count = draw(sim.workers, SIM_WORKERS);
	sim.sink_count = draw(sim.sinks, SIM_SINKS);
	sim_join(sim.producers, sim.producer_count, sim.workers,
		sim.worker_count);
	sim_join(sim.workers, sim.worker_count, sim.sinks, sim.sink_count);
}
