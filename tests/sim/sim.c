// SPDX-License-Identifier: BSD-3-Clause
//
// Time, the run of a world and the oracles.
#include "play.h"

#include "base/assert.h"
#include "chan/segments.h"
#include "mem/mem.h"
#include "mem/stack.h"
#include "task/bell.h"
#include "task/executor_inline.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TURNS_MAX 60000

struct sim_world sim;

unsigned sim_below(unsigned bound)
{
	return (unsigned)weir_random_below(&sim.random, bound);
}

bool sim_planted(enum sim_plant plant, unsigned odds)
{
	return sim.plant == plant && sim_below(odds) == 0;
}

uint64_t sim_in(uint64_t ticks)
{
	uint64_t tick = sim.now + ticks;

	return tick == WEIR_NEVER ? 0 : tick;
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

// ---- the schedule ----

// What the world does by itself, besides the executors.
static void hardware(void)
{
	for (unsigned k = 0; k < sim.sink_count; k++) {
		if (sim_below(4) == 0)
			sim_port_interrupt(&sim.sinks[k].port);
		if (sim.spurious && sim_below(64) == 0) // for nothing
			weir_wake_all(&sim.sinks[k].port.waiters);
	}
	sim_lane_work();
	sim_plays_tend();
}

static void step(void)
{
	unsigned i = sim_next_executor();
	uint64_t work;

	sim_probe_maybe(i);
	if (sim_asleep(i)) {
		sim.report->slept++;
	} else {
		work = weir_executor_turn(sim.executors[i]);
		sim_note((uint64_t)i << 32 | work);
	}
	sim_pipes_look();
	sim_plays_look();
	sim.now += sim_below(20);
	hardware();
	sim.report->turns++;
}

static void run_until(unsigned turns)
{
	while (!sim.ended && sim.report->turns < turns)
		step();
}

// ---- what is looked at when all is over ----

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

static unsigned length(const struct weir_list *list)
{
	unsigned n = 0;

	weir_list_each (link, list)
		n++;
	return n;
}

static void check_pools(void)
{
	if (sim.scopes_open)
		sim_fault("%u scopes are open", sim.scopes_open);
	if (!sim_lane_idle())
		sim_fault("a job was not given back");
	if (weir_segments_free_count(sim.segments) != SIM_SEGMENTS ||
		weir_segments_close(sim.segments))
		sim_fault("a segment was not given back");
	for (unsigned i = 0; i < sim.pipe_count; i++)
		if (sim.pipes[i].channel)
			sim_fault("a channel is still open");
	for (unsigned i = 0; i < sim.executor_count; i++) {
		const struct weir_executor *executor = sim.executors[i];

		if (weir_stack_pool_used(executor->stacks) ||
			executor->counts->tasks ||
			length(&executor->free_tasks) != SIM_STACKS)
			sim_fault("executor %u has not all stacks back", i);
		if (length(&executor->free_abroad) != SIM_STACKS)
			sim_fault("executor %u has not all records back", i);
		if (executor->posted || executor->inbox)
			sim_fault("executor %u was posted to at the end", i);
		if (!weir_list_empty(&executor->hot) ||
			!weir_list_empty(&executor->cold))
			sim_fault("executor %u watches at the end", i);
	}
}

// ---- a run ----

static void create_executor(
	unsigned i, const struct weir_reactor_options *options)
{
	int err;

	if (!sim_plays_have(&sim_descriptors) || sim_below(3) == 0) {
		err = weir_executor_create(
			&sim.executors[i], &options->executor, NULL);
	} else {
		err = weir_reactor_create(&sim.reactors[i], options, NULL);
		if (!err)
			sim.executors[i] =
				weir_reactor_executor(sim.reactors[i]);
	}
	weir_assert(!err);
}

static void destroy_executor(unsigned i)
{
	if (sim.reactors[i])
		weir_reactor_destroy(sim.reactors[i]);
	else
		weir_executor_destroy(sim.executors[i]);
}

// keep_bells lets the thread live on that the bells of reactors have, from world to
// world.
static void keep_bells(void)
{
	static struct weir_bell *bell;

	if (!bell)
		bell = weir_bell_get();
	weir_assert(bell);
}

static void create_executors(void)
{
	const struct weir_reactor_options options = {
		.executor = {.clock = &sim.clock,
			.stack_count = SIM_STACKS,
			.stack_size = 32 << 10,
			.node = WEIR_NODE_ANY}};

	keep_bells();
	for (unsigned i = 0; i < sim.executor_count; i++) {
		create_executor(i, &options);
		sim.sleeps[i] = sim_below(2);
	}
	sim_probes_init();
}

// come_to_rest lets posts and given-up jobs end, after the last task has.
static void come_to_rest(void)
{
	for (unsigned k = 0; k < 300; k++) {
		for (unsigned i = 0; i < sim.executor_count; i++)
			weir_executor_turn(sim.executors[i]);
		sim_lane_work();
		if (k > 3 && sim_lane_idle())
			break;
	}
	// What was posted last.
	for (unsigned i = 0; i < sim.executor_count; i++)
		weir_executor_turn(sim.executors[i]);
}

static void open_segments(void)
{
	int err = weir_segments_open(
		&sim.segments, SIM_SEGMENTS, 1 + sim_below(3), 0);

	weir_assert(!err);
}

static void draw_time(void)
{
	static const uint64_t wraps[] = {
		UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX / 3};

	sim.now = wraps[sim_below(4)] - 5000;
	sim.clock = weir_clock_virtual(&sim.now, 1000000000);
}

bool sim_run(uint64_t seed, enum sim_plant plant, struct sim_report *report)
{
	memset(report, 0, sizeof(*report));
	memset(&sim, 0, sizeof(sim));
	sim.report = report;
	sim.random.state = seed;
	sim.plant = plant;
	sim.policy = (enum sim_policy)sim_below(SIM_POLICIES);
	sim.spurious = sim_below(2);
	draw_time();
	sim.executor_count = 1 + sim_below(SIM_EXECUTORS);
	sim_plays_draw();
	create_executors();
	open_segments();
	sim_populate();
	sim_plays_open();
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
	come_to_rest();
	check_packets();
	check_pools();
	sim_plays_close();
	for (unsigned i = 0; i < sim.executor_count; i++)
		destroy_executor(i);
	return !report->fault[0];
}
