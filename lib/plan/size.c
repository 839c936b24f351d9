// SPDX-License-Identifier: BSD-3-Clause
//
// How many packets can be anywhere at once, and the memory for them. The pool
// is made large enough for every ring, hold and descriptor to be full, so that
// what limits a pipeline is its edges, never its pool.
#include "plan/draft.h"
#include "mem/pool.h"

#include <errno.h>
#include <unistd.h>
#define PORT_KEEPS 4096u	   // where a driver does not tell
#define IN_FLIGHT (4 * WEIR_BURST) // of an instance: lanes and trash
#define CACHED 768u		   // of an lcore: rte_mempool's cache, at most
#define BASE_SIZE (24u << 20)	   // EAL itself, devices, rings
#define LCORE_SIZE (1u << 20)
#define SLACK 512u	// beyond the depth of a ring that drops its oldest
#define GIVEBACK 16384u // on the way from a thread to who frees
#define ROUND 1024u
#define MIB (1u << 20)

static uint64_t port_packets(const struct weir_plan *plan)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage =
			weir_plan_stage_of(plan, i);
		const struct weir_config_port *port;

		if (stage->port < 0)
			continue;
		port = &plan->config->ports[stage->port];
		packets +=
			port->driver->keeps
				? port->driver->keeps(port->kind,
					  weir_option_block_data(port->options))
				: PORT_KEEPS;
	}
	return packets;
}

static uint64_t stage_packets(const struct weir_plan *plan)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage =
			weir_plan_stage_of(plan, i);

		packets += IN_FLIGHT;
		if (stage->type->keeps)
			packets += stage->type->keeps(
				weir_option_block_data(stage->options));
	}
	return packets;
}

static bool makes_clones(const struct weir_stage *type)
{
	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		if (type->out_max[i] > 1)
			return true;
	return type->ways == WEIR_WAYS_COPY;
}

// mark_pools: a thread that takes packets from a pool has one of its own, out of
// which only it takes; lcores give back.
static unsigned mark_pools(struct weir_plan *plan)
{
	unsigned count = 1;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_stage *type =
			weir_plan_stage_of(plan, i)->type;
		struct weir_plan_executor *executor =
			&plan->executors[plan->instances[i].executor];

		if (executor->kind != WEIR_PLAN_THREAD || executor->own_pool)
			continue;
		executor->own_pool =
			makes_clones(type) || type->writes || type->source;
		count += executor->own_pool;
	}
	return count;
}

static uint64_t stage_memory(const struct weir_plan *plan)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage =
			weir_plan_stage_of(plan, i);

		if (stage->type->memory)
			size += stage->type->memory(
				weir_option_block_data(stage->options));
	}
	return size;
}

static bool copies(const struct weir_plan *plan)
{
	for (unsigned i = 0; i < plan->instance_count; i++)
		if (makes_clones(weir_plan_stage_of(plan, i)->type))
			return true;
	return false;
}

static uint64_t ring_packets(const struct weir_plan *plan)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < plan->edge_count; i++)
		if (plan->edges[i].join == WEIR_PLAN_RING)
			packets +=
				plan->edges[i].depth +
				(plan->edges[i].input->when_full ==
							WEIR_WHEN_FULL_DROP_OLDEST
						? SLACK
						: 0);
	for (unsigned i = 0; i < plan->executor_count; i++)
		if (plan->executors[i].kind == WEIR_PLAN_THREAD)
			packets += GIVEBACK;
	// A clone keeps its original from the pool as well.
	return copies(plan) ? 2 * packets : packets;
}

static unsigned merge_bound(const struct weir_plan *plan)
{
	unsigned most = 0;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		unsigned inputs = 0;

		for (unsigned e = 0; e < plan->edge_count; e++)
			inputs += plan->edges[e].to == i;
		if (plan->instances[i].root && inputs > most)
			most = inputs;
	}
	return most > 1 ? (most - 1) * WEIR_BURST : 0;
}

static uint64_t machine_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) *
	       (uint64_t)sysconf(_SC_PAGESIZE);
}

void weir_plan_size(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;
	const struct weir_config_runtime *runtime = &draft->config->runtime;
	uint64_t packets = ring_packets(plan) + stage_packets(plan) +
			   port_packets(plan) +
			   (uint64_t)plan->executor_count * CACHED;
	uint64_t need, pools = mark_pools(plan);

	packets = (packets + ROUND - 1) / ROUND * ROUND;
	if (runtime->packets && copies(plan) && runtime->packets < packets) {
		weir_error_set(draft->error, -EINVAL,
			"%s: error: runtime.packets is %u, but a stage that "
			"copies needs %llu here, or it might wait for ever; "
			"raise it or lower depths",
			draft->config->file, runtime->packets,
			(unsigned long long)packets);
		return;
	}
	if (runtime->packets)
		packets = runtime->packets;
	need = packets > UINT32_MAX / 2
		       ? UINT64_MAX
		       : pools * weir_pool_size_estimate((unsigned)packets,
					 runtime->packet_size) +
				 BASE_SIZE + plan->executor_count * LCORE_SIZE +
				 stage_memory(plan);
	if (need > 1ull << 40) {
		weir_error_set(draft->error, -EINVAL,
			"%s: error: %llu packets of %u bytes are more than a "
			"machine holds; use smaller depths",
			draft->config->file, (unsigned long long)packets,
			runtime->packet_size);
		return;
	}
	if (need > machine_memory() ||
		runtime->memory_size > machine_memory()) {
		weir_error_set(draft->error, -ENOMEM,
			"%s: error: this needs %llu MiB (%llu packets of %u "
			"bytes), and the machine has %llu MiB; use smaller "
			"depths, runtime.packets or runtime.memory",
			draft->config->file,
			(unsigned long long)(need > runtime->memory_size
						     ? need
						     : runtime->memory_size) /
				MIB,
			(unsigned long long)packets, runtime->packet_size,
			(unsigned long long)machine_memory() / MIB);
		return;
	}
	if (runtime->memory_size && runtime->memory_size < need) {
		weir_error_set(draft->error, -ENOMEM,
			"%s: error: %llu packets of %u bytes need %llu MiB, "
			"but runtime.memory is %llu MiB; raise it, or lower "
			"depths or runtime.packets",
			draft->config->file, (unsigned long long)packets,
			runtime->packet_size,
			(unsigned long long)(need + MIB - 1) / MIB,
			(unsigned long long)runtime->memory_size / MIB);
		return;
	}
	plan->packet_count = (uint32_t)packets;
	plan->memory_size =
		need > runtime->memory_size ? need : runtime->memory_size;
	plan->merge_bound = merge_bound(plan);
}
