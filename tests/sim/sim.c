// SPDX-License-Identifier: BSD-3-Clause
//
// Time, the schedule and the oracles.
#include "sim.h"

#include "base/assert.h"
#include "mem/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TURNS_MAX 60000

struct sim_world sim;

unsigned sim_below(unsigned bound)
{
	return (unsigned)weir_random_below(&sim.random, bound);
}

void sim_fault(const char *format, ...)
{
	va_list args;

	if (sim.report->fault[0])
		return;
	va_start(args, format);
	vsnprintf(sim.report->fault, sizeof(sim.report->fault), format, args);
	va_end(args);
}

void sim_note(uint64_t event)
{
	struct weir_random mix = {sim.report->trace ^ event};

	sim.report->trace = weir_random_next(&mix);
}

void sim_settle(struct sim_packet *packet, enum sim_fate fate)
{
	if (packet->fate != SIM_ALIVE)
		sim_fault("packet %u of producer %u: fate %d after fate %d",
			packet->number, packet->producer, fate, packet->fate);
	packet->fate = fate;
	sim_note((uint64_t)packet->producer << 32 | packet->number << 8 | fate);
}

// ---- a probe on each executor: who is runnable runs within two turns ----

struct probe {
	struct weir_step step;
	struct weir_executor *executor;
	uint64_t ready_turn;
	bool ready;
};

static struct probe probes[SIM_EXECUTORS];

static void probe_run(struct weir_executor *executor, struct weir_step *step)
{
	struct probe *probe = weir_container(step, struct probe, step);
	uint64_t turn = weir_executor_counts(executor)->turns;

	if (turn - probe->ready_turn > 2)
		sim_fault("a runnable step waited for %u turns",
			(unsigned)(turn - probe->ready_turn));
	probe->ready = false;
}

static void probe_maybe(struct probe *probe)
{
	if (probe->ready || sim_below(32))
		return;
	probe->ready = true;
	probe->ready_turn = weir_executor_counts(probe->executor)->turns;
	weir_step_ready(probe->executor, &probe->step);
}

// ---- the schedule ----

static unsigned next_executor(void)
{
	static unsigned last, victim, patience;

	if (sim.report->turns == 0)
		last = victim = patience = 0;
	switch (sim.policy) {
	case SIM_ROUND_ROBIN:
		last = (last + 1) % sim.executor_count;
		break;
	case SIM_ADVERSARIAL:
		if (patience-- == 0) {
			victim = sim_below(sim.executor_count);
			patience = sim_below(50);
			sim.now += sim_below(2000);
		}
		last = sim_below(sim.executor_count);
		if (last == victim)
			last = (last + 1) % sim.executor_count;
		break;
	default:
		last = sim_below(sim.executor_count);
	}
	return last;
}

static void step(void)
{
	unsigned i = next_executor();
	uint64_t work;

	probe_maybe(&probes[i]);
	work = weir_executor_turn(sim.executors[i]);
	sim_note((uint64_t)i << 32 | work);
	sim.now += sim_below(20);
	for (unsigned k = 0; k < sim.sink_count; k++)
		if (sim_below(4) == 0)
			sim_port_interrupt(&sim.sinks[k].port);
	sim.report->turns++;
}

static void check_packets(void)
{
	for (unsigned p = 0; p < sim.producer_count; p++) {
		for (unsigned i = 0; i < sim.packet_count; i++) {
			enum sim_fate fate = sim.packets[p][i].fate;

			sim.report->fates[fate]++;
			if (fate == SIM_ALIVE)
				sim_fault("packet %u of producer %u is lost", i,
					p);
		}
	}
}

// ---- a run ----

static void create_executors(void)
{
	const struct weir_executor_options options = {.clock = &sim.clock,
		.stack_count = 16,
		.stack_size = 32 << 10,
		.node = WEIR_NODE_ANY};

	for (unsigned i = 0; i < sim.executor_count; i++) {
		int err =
			weir_executor_create(&sim.executors[i], &options, NULL);

		weir_assert(!err);
		probes[i] = (struct probe){.executor = sim.executors[i]};
		weir_step_init(&probes[i].step, probe_run, NULL);
	}
}

// A world at rest: what is left to do after the last task are posts and ends.
static void destroy_executors(void)
{
	for (unsigned k = 0; k < 3; k++)
		for (unsigned i = 0; i < sim.executor_count; i++)
			weir_executor_turn(sim.executors[i]);
	for (unsigned i = 0; i < sim.executor_count; i++)
		weir_executor_destroy(sim.executors[i]);
}

static void run_until(unsigned turns)
{
	while (!sim.ended && sim.report->turns < turns)
		step();
}

bool sim_run(uint64_t seed, bool forget_wakes, struct sim_report *report)
{
	memset(report, 0, sizeof(*report));
	memset(&sim, 0, sizeof(sim));
	sim.report = report;
	sim.random.state = seed;
	sim.forget_wakes = forget_wakes;
	sim.policy = (enum sim_policy)sim_below(SIM_POLICIES);
	sim.now = UINT32_MAX - 5000; // a wrap of the lower half lies ahead
	sim.clock = weir_clock_virtual(&sim.now, 1000000000);
	sim.executor_count = 1 + sim_below(SIM_EXECUTORS);
	create_executors();
	sim_populate();
	if (weir_start(sim.executors[0], sim_main, NULL, NULL, NULL))
		sim_fault("the first task could not be started");
	run_until(TURNS_MAX);
	if (!sim.ended) {
		sim_fault("somebody waits for ever");
		weir_scope_cancel(&sim.scope); // which must get all out of it
		run_until(2 * TURNS_MAX);
	}
	if (!sim.ended)
		return false; // the executors stay, with who is on them
	check_packets();
	destroy_executors();
	return !report->fault[0];
}
