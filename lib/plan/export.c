// SPDX-License-Identifier: BSD-3-Clause
//
// A plan for programs: JSON, and Graphviz' dot.
#include "plan/plan.h"

#include <jansson.h>

static const char *const when_full_words[] = {
	[WEIR_WHEN_FULL_WAIT] = "wait",
	[WEIR_WHEN_FULL_DROP_NEWEST] = "drop_newest",
	[WEIR_WHEN_FULL_DROP_OLDEST] = "drop_oldest",
};

static const struct weir_config_stage *stage_of(
	const struct weir_plan *plan, unsigned instance)
{
	return &plan->config->stages[plan->instances[instance].stage];
}

static const char *kind_word(const struct weir_plan_executor *executor)
{
	return executor->kind == WEIR_PLAN_LCORE ? "lcore" : "thread";
}

// quoted writes text as a dot string.
static void quoted(const char *text, FILE *to)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void dot_instance(const struct weir_plan *plan, unsigned index, FILE *to)
{
	const struct weir_plan_instance *instance = &plan->instances[index];

	fprintf(to, "    i%u [label=", index);
	quoted(instance->name, to);
	fprintf(to, ", tooltip=");
	quoted(stage_of(plan, index)->type->type, to);
	fprintf(to, "%s];\n", instance->root ? ", style=bold" : "");
}

void weir_plan_dot(const struct weir_plan *plan, FILE *to)
{
	fprintf(to, "digraph weir {\n  rankdir=LR;\n"
		    "  node [shape=box, fontname=\"sans-serif\"];\n");
	for (unsigned x = 0; x < plan->executor_count; x++) {
		fprintf(to,
			"  subgraph cluster_%u {\n    label=\"%s %u, CPU "
			"%u\";\n",
			x, kind_word(&plan->executors[x]),
			plan->executors[x].id, plan->executors[x].cpu);
		for (unsigned i = 0; i < plan->instance_count; i++)
			if (plan->instances[i].executor == x)
				dot_instance(plan, i, to);
		fprintf(to, "  }\n");
	}
	for (unsigned e = 0; e < plan->edge_count; e++) {
		const struct weir_plan_edge *edge = &plan->edges[e];
		const struct weir_config_stage *from =
			stage_of(plan, edge->from);

		fprintf(to, "  i%u -> i%u [taillabel=", edge->from, edge->to);
		quoted(from->outputs[edge->output], to);
		if (edge->join == WEIR_PLAN_RING)
			fprintf(to, ", label=\"%u\"", edge->depth);
		else
			fprintf(to, ", style=dashed");
		fprintf(to, "];\n");
	}
	fprintf(to, "}\n");
}

static json_t *json_executor(const struct weir_plan_executor *executor)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:b, s:s}", "kind",
		kind_word(executor), "id", (int)executor->id, "cpu",
		(int)executor->cpu, "node", executor->node, "shares_cpu",
		(int)executor->shares_cpu, "reason", executor->reason);
}

static json_t *json_instance(const struct weir_plan *plan, unsigned index)
{
	const struct weir_plan_instance *instance = &plan->instances[index];
	const struct weir_config_stage *stage = stage_of(plan, index);
	const struct weir_plan_executor *executor =
		&plan->executors[instance->executor];
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:i, s:b, s:s}",
		"name", instance->name, "stage", stage->name, "type",
		stage->type->type, "executor", kind_word(executor), "id",
		(int)executor->id, "root", (int)instance->root, "reason",
		instance->reason);

	if (stage->port >= 0)
		json_object_set_new(object, "port",
			json_string(plan->config->ports[stage->port].name));
	return object;
}

static json_t *json_edge(
	const struct weir_plan *plan, const struct weir_plan_edge *edge)
{
	const struct weir_config_stage *from = stage_of(plan, edge->from);
	json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:s, s:b}", "from",
		plan->instances[edge->from].name, "output",
		from->outputs[edge->output], "way", (int)edge->way, "to",
		plan->instances[edge->to].name, "join",
		edge->join == WEIR_PLAN_FUSED ? "call" : "ring", "across",
		(int)edge->across);

	if (edge->join == WEIR_PLAN_RING) {
		json_object_set_new(object, "class", json_string("SPSC"));
		json_object_set_new(object, "depth", json_integer(edge->depth));
		json_object_set_new(object, "when_full",
			json_string(when_full_words[edge->input->when_full]));
	}
	return object;
}

static json_t *json_port(const struct weir_config_port *port)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "name", port->name, "kind",
		port->kind, "value", port->value, "makes_system_calls",
		(int)port->traits.makes_system_calls);
}

json_t *weir_plan_json(const struct weir_plan *plan)
{
	json_t *executors = json_array(), *instances = json_array();
	json_t *edges = json_array(), *ports = json_array();

	for (unsigned p = 0; p < plan->config->port_count; p++)
		json_array_append_new(
			ports, json_port(&plan->config->ports[p]));
	for (unsigned x = 0; x < plan->executor_count; x++)
		json_array_append_new(
			executors, json_executor(&plan->executors[x]));
	for (unsigned i = 0; i < plan->instance_count; i++)
		json_array_append_new(instances, json_instance(plan, i));
	for (unsigned e = 0; e < plan->edge_count; e++)
		json_array_append_new(edges, json_edge(plan, &plan->edges[e]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:b, s:i, s:i}",
		"file", plan->config->file, "ports", ports, "executors",
		executors, "instances", instances, "edges", edges, "packets",
		(json_int_t)plan->packet_count, "memory_bytes",
		(json_int_t)plan->memory_size, "no_huge", (int)plan->no_huge,
		"main_cpu", (int)plan->main_cpu, "merge_bound",
		(int)plan->merge_bound);
}
