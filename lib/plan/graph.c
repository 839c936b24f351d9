// SPDX-License-Identifier: BSD-3-Clause
//
// Instances of stages, and the edges between instances.
//
// Which consumer instance a packet goes to is decided by the producer's kind:
// one that spreads has a way for every instance of every consumer; one that
// copies has a way for every consumer; any other has one way, and leads to the
// consumer's instance of the same number, or to its only one.
#include "plan/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int add_instance(
	struct weir_plan_draft *draft, unsigned stage, unsigned index)
{
	struct weir_plan *plan = draft->plan;
	const struct weir_config_stage *said = &draft->config->stages[stage];
	struct weir_plan_instance *instance =
		&plan->instances[plan->instance_count];
	char *name = NULL;

	if (said->replicas > 1) {
		if (asprintf(&name, "%s[%u]", said->name, index) < 0)
			name = NULL;
	} else if (asprintf(&name, "%s", said->name) < 0) {
		name = NULL;
	}
	if (!name)
		return weir_error_set(draft->error, -ENOMEM, "out of memory");
	*instance = (struct weir_plan_instance){
		.name = name,
		.stage = stage,
		.index = index,
		.port_queue = -1,
	};
	for (unsigned o = 0; o < said->output_count; o++)
		if (said->drop_rest[o])
			instance->ways[o] = 1;
	plan->instance_count++;
	return 0;
}

static void add_edge(struct weir_plan_draft *draft, unsigned from, unsigned to,
	const struct weir_config_input *input)
{
	struct weir_plan *plan = draft->plan;
	unsigned way = plan->instances[from].ways[input->output]++;

	if (way >= WEIR_STAGE_WAYS_MAX) {
		weir_plan_fault(draft, input->at,
			"'%s' would have more than %u ways out; use fewer "
			"replicas",
			input->from, WEIR_STAGE_WAYS_MAX);
		return;
	}
	plan->edges[plan->edge_count++] = (struct weir_plan_edge){
		.from = from,
		.output = input->output,
		.way = way,
		.to = to,
		.input = input,
		.depth = input->depth ? input->depth
				      : draft->config->runtime.depth,
	};
}

// connect joins the instances of input's producer to those of consumer.
static void connect(struct weir_plan_draft *draft, unsigned consumer,
	const struct weir_config_input *input)
{
	const struct weir_config *config = draft->config;
	const struct weir_config_stage *to = &config->stages[consumer];
	const struct weir_config_stage *from = &config->stages[input->stage];
	unsigned first_from = draft->first_instance[input->stage];
	unsigned first_to = draft->first_instance[consumer];

	for (unsigned i = 0; i < from->replicas; i++) {
		if (from->type->ways == WEIR_WAYS_SPREAD) {
			for (unsigned j = 0; j < to->replicas; j++)
				add_edge(draft, first_from + i, first_to + j,
					input);
		} else if (to->replicas == 1) {
			add_edge(draft, first_from + i, first_to, input);
		} else if (to->replicas == from->replicas) {
			add_edge(draft, first_from + i, first_to + i, input);
		} else {
			weir_plan_fault(draft, input->at,
				"'%s' has %u instances and '%s' has %u, and "
				"nothing says which packet goes where; put a "
				"shard between them",
				from->name, from->replicas, to->name,
				to->replicas);
			return;
		}
	}
}

static void number_queues(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;

	for (unsigned p = 0; p < draft->config->port_count; p++) {
		const struct weir_config_port *port = &draft->config->ports[p];
		unsigned used[2] = {0}; // to send, to receive

		for (unsigned i = 0; i < plan->instance_count; i++) {
			const struct weir_config_stage *stage =
				weir_plan_stage_of(plan, i);

			if (stage->port != (int)p)
				continue;
			plan->instances[i].port_queue =
				(int)used[stage->type->source]++;
			if (!port->traits.queues_max ||
				used[stage->type->source] <=
					port->traits.queues_max)
				continue;
			weir_plan_fault(draft, stage->at,
				"port '%s' (%s) has %u queue%s, but '%s' would "
				"be number %u to use it; %s",
				port->name, port->kind, port->traits.queues_max,
				port->traits.queues_max == 1 ? "" : "s",
				plan->instances[i].name,
				used[stage->type->source],
				stage->type->source
					? "take one rx for it"
					: "merge what goes there into one tx");
		}
	}
}

static uint64_t count_edges(const struct weir_config *config)
{
	uint64_t edges = 0;

	for (unsigned s = 0; s < config->stage_count; s++)
		for (unsigned i = 0; i < config->stages[s].input_count; i++)
			edges += (uint64_t)config->stages[s].replicas *
				 config->stages
					 [config->stages[s].inputs[i].stage]
						 .replicas;
	return edges;
}

static uint64_t count_instances(const struct weir_config *config)
{
	uint64_t instances = 0;

	for (unsigned s = 0; s < config->stage_count; s++)
		instances += config->stages[s].replicas;
	return instances;
}

static int allocate(struct weir_plan_draft *draft)
{
	struct weir_plan *plan = draft->plan;
	uint64_t instances = count_instances(draft->config);
	uint64_t edges = count_edges(draft->config);

	if (instances > WEIR_PLAN_INSTANCES_MAX || edges > WEIR_PLAN_EDGES_MAX)
		return weir_error_set(draft->error, -EINVAL,
			"%s: error: %llu instances and %llu edges are too "
			"many (at most %u and %u); use fewer replicas",
			draft->config->file, (unsigned long long)instances,
			(unsigned long long)edges, WEIR_PLAN_INSTANCES_MAX,
			WEIR_PLAN_EDGES_MAX);
	plan->instances = calloc(instances + 1, sizeof(*plan->instances));
	plan->edges = calloc(edges + 1, sizeof(*plan->edges));
	draft->group = calloc(instances + 1, sizeof(*draft->group));
	if (!plan->instances || !plan->edges || !draft->group)
		return weir_error_set(draft->error, -ENOMEM, "out of memory");
	return 0;
}

void weir_plan_graph(struct weir_plan_draft *draft)
{
	const struct weir_config *config = draft->config;

	if (allocate(draft))
		return;
	for (unsigned i = 0; i < config->stage_count; i++) {
		unsigned stage = draft->order[i];

		draft->first_instance[stage] = draft->plan->instance_count;
		for (unsigned r = 0; r < config->stages[stage].replicas; r++)
			if (add_instance(draft, stage, r))
				return;
	}
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage =
			&config->stages[draft->order[i]];

		for (unsigned j = 0; j < stage->input_count; j++)
			connect(draft, draft->order[i], &stage->inputs[j]);
	}
	number_queues(draft);
}
