// SPDX-License-Identifier: BSD-3-Clause
//
// What may be left to the ports, for each instance: what all of them do that its
// packets can reach, and nothing where a stage before them looks at packets.
//
// Edges may form a ring where one of them drops: so all are gone through until
// nothing changes. A value only ever loses bits.
#include "pipeline/offloads.h"

#include "mem/mem.h"
#include "pipeline/runner.h"

#include <errno.h>

// enters answers what is done for a packet that is given to an instance, when
// left is done for one that leaves it.
static uint64_t enters(const struct weir_instance *instance, uint64_t left)
{
	const struct weir_port *port = instance->port;

	if (!instance->type->blind)
		return 0;
	if (!port)
		return left;
	return port->driver->tx_offloads
		       ? port->driver->tx_offloads(port->state)
		       : 0;
}

static bool pass(const struct weir_pipeline *pipeline, uint64_t *leaves)
{
	const struct weir_plan *plan = pipeline->plan;
	bool changed = false;

	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *edge = &plan->edges[i];
		uint64_t less = leaves[edge->from] &
				enters(&pipeline->instances[edge->to],
					leaves[edge->to]);

		changed |= less != leaves[edge->from];
		leaves[edge->from] = less;
	}
	return changed;
}

int weir_offloads_tell(struct weir_pipeline *pipeline, struct weir_error *e)
{
	unsigned count = pipeline->plan->instance_count;
	uint64_t *leaves =
		weir_mem_create((count + 1) * sizeof(*leaves), WEIR_NODE_ANY);

	if (!leaves)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < count; i++)
		leaves[i] = UINT64_MAX;
	while (pass(pipeline, leaves))
		;
	for (unsigned i = 0; i < count; i++) {
		struct weir_instance *instance = &pipeline->instances[i];

		if (instance->type->offloads)
			instance->type->offloads(instance->state, leaves[i]);
	}
	weir_mem_destroy(leaves);
	return 0;
}
