// SPDX-License-Identifier: BSD-3-Clause
//
// Lanes and links of all instances, from the plan's edges.
#include "mem/mem.h"
#include "shell/instance.h"
#include "shell/wire.h"

#include <errno.h>

// How much one instance's lanes need: of lanes, and of packets on each.
struct shape {
	unsigned lanes;
	unsigned size[WEIR_STAGE_NAMES]; // entries of each output's lanes
	size_t packets;
};

static struct shape shape_of(const struct weir_instance *instance)
{
	const struct weir_stage *type = instance->type;
	struct shape shape = {0};

	for (unsigned i = 0; i < instance->config->output_count; i++) {
		unsigned copies = type->out_max[i] ? type->out_max[i] : 1;
		unsigned ways = instance->plan->ways[i];

		shape.size[i] = WEIR_BURST * copies;
		shape.lanes += ways;
		shape.packets += (size_t)ways * shape.size[i];
	}
	return shape;
}

static void lay_lanes(struct weir_instance *instance, const struct shape *shape,
	struct rte_mbuf **packets)
{
	struct weir_out *out = &instance->out;
	unsigned lane = 0, output = 0;

	for (; output < instance->config->output_count; output++) {
		out->first[output] = (uint16_t)lane;
		for (unsigned i = 0; i < instance->plan->ways[output]; i++) {
			unsigned size = shape->size[output];

			out->lanes[lane] = (struct weir_lane){
				.packets = packets, .size = size, .room = size};
			instance->links[lane].counter =
				instance->config->drop_rest[output]
					? &instance->counts->rest[output]
					: &instance->counts->out[output];
			packets += size;
			lane++;
		}
	}
	for (; output <= WEIR_STAGE_NAMES; output++)
		out->first[output] = (uint16_t)lane;
	instance->lane_count = lane;
	instance->special = instance->writes || instance->ethernet ||
			    (instance->emits && lane > 0);
}

static int make_lanes(
	struct weir_instance *instance, int node, struct weir_error *e)
{
	struct shape shape = shape_of(instance);
	size_t lanes_size = shape.lanes * sizeof(struct weir_lane);
	size_t links_size = shape.lanes * sizeof(struct weir_link);
	char *at = weir_mem_create(
		lanes_size + links_size + shape.packets * sizeof(void *) + 1,
		node);

	if (!at)
		return weir_error_set(e, -ENOMEM,
			"stage '%s': no memory for its %u ways out: give "
			"runtime.memory more",
			instance->plan->name, shape.lanes);
	instance->memory = at;
	instance->out.lanes = (struct weir_lane *)(void *)at;
	instance->links = (struct weir_link *)(void *)(at + lanes_size);
	lay_lanes(instance, &shape, (void *)(at + lanes_size + links_size));
	return 0;
}

int weir_wire(struct weir_instance *instances, const struct weir_plan *plan,
	struct weir_edge *edges, struct weir_error *e)
{
	for (unsigned i = 0; i < plan->instance_count; i++) {
		unsigned executor = instances[i].plan->executor;
		int err = make_lanes(
			&instances[i], plan->executors[executor].node, e);

		if (err)
			return err;
	}
	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_plan_edge *planned = &plan->edges[i];
		struct weir_instance *from = &instances[planned->from];
		struct weir_link *link =
			&from->links[from->out.first[planned->output] +
				     planned->way];

		weir_assert(planned->way <
			    weir_out_ways(&from->out, planned->output));
		if (planned->join == WEIR_PLAN_FUSED)
			link->next = &instances[planned->to];
		else
			link->edge = &edges[i];
	}
	return 0;
}
