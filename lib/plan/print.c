// SPDX-License-Identifier: BSD-3-Clause
//
// A plan for people: executors with the instances on them, a fused one
// indented below what calls it; then every edge; then memory.
#include "plan/plan.h"

#include "base/pages.h"

#include <stdlib.h>
#include <string.h>

#define MIB (1u << 20)

static const char *const when_full_names[] = {
	[WEIR_WHEN_FULL_WAIT] = "waits when full",
	[WEIR_WHEN_FULL_DROP_NEWEST] = "drops the newest when full",
	[WEIR_WHEN_FULL_DROP_OLDEST] = "drops the oldest when full",
};

struct paint {
	const char *bold, *dim, *off;
};

static struct paint paint_of(bool colour)
{
	return colour ? (struct paint){"\033[1m", "\033[2m", "\033[0m"}
		      : (struct paint){"", "", ""};
}

static const struct weir_config_stage *stage_of(
	const struct weir_plan *plan, unsigned instance)
{
	return &plan->config->stages[plan->instances[instance].stage];
}

static void print_instance(const struct weir_plan *plan, unsigned index,
	unsigned depth, struct paint paint, FILE *to)
{
	const struct weir_plan_instance *instance = &plan->instances[index];
	const struct weir_config_stage *stage = stage_of(plan, index);
	int indent = (int)(depth > 12 ? 12 : depth) * 2;

	fprintf(to, "    %*s%s%s%s%*s %-8s %s%s", indent, "", paint.bold,
		instance->name, paint.off,
		(int)(24 - indent - (int)strlen(instance->name) > 0
				? 24 - indent - (int)strlen(instance->name)
				: 0),
		"", stage->type->type, paint.dim, instance->reason);
	if (stage->port >= 0)
		fprintf(to, ", port %s", plan->config->ports[stage->port].name);
	fprintf(to, "%s\n", paint.off);
}

// print_tree prints what is fused below from, each once.
static void print_tree(const struct weir_plan *plan, unsigned from,
	unsigned depth, bool *printed, struct paint paint, FILE *to)
{
	if (printed[from])
		return;
	printed[from] = true;
	print_instance(plan, from, depth, paint, to);
	for (unsigned e = 0; e < plan->edge_count; e++)
		if (plan->edges[e].from == from &&
			plan->edges[e].join == WEIR_PLAN_FUSED)
			print_tree(plan, plan->edges[e].to, depth + 1, printed,
				paint, to);
}

static void print_executors(
	const struct weir_plan *plan, struct paint paint, FILE *to)
{
	bool *printed = calloc(plan->instance_count + 1, sizeof(*printed));

	if (!printed)
		return;
	for (unsigned x = 0; x < plan->executor_count; x++) {
		const struct weir_plan_executor *executor = &plan->executors[x];

		fprintf(to, "\n  %s%s %u%s  CPU %u, node %d: %s\n", paint.bold,
			executor->kind == WEIR_PLAN_LCORE ? "lcore" : "thread",
			executor->id, paint.off, executor->cpu, executor->node,
			executor->reason);
		for (unsigned i = 0; i < plan->instance_count; i++)
			if (plan->instances[i].executor == x &&
				plan->instances[i].root)
				print_tree(plan, i, 0, printed, paint, to);
	}
	free(printed);
}

static void output_name(const struct weir_plan *plan,
	const struct weir_plan_edge *edge, char *text, size_t size)
{
	const struct weir_config_stage *from = stage_of(plan, edge->from);
	const char *name = plan->instances[edge->from].name;
	int used = from->output_count == 1
			   ? snprintf(text, size, "%s", name)
			   : snprintf(text, size, "%s.%s", name,
				     from->outputs[edge->output]);

	if (from->type->ways != WEIR_WAYS_ONE && used > 0 &&
		(size_t)used < size)
		snprintf(
			text + used, size - (size_t)used, " way %u", edge->way);
}

static void print_edge(const struct weir_plan *plan,
	const struct weir_plan_edge *edge, FILE *to)
{
	char from[128];

	output_name(plan, edge, from, sizeof(from));
	fprintf(to, "    %-20s → %-14s ", from, plan->instances[edge->to].name);
	if (edge->join == WEIR_PLAN_FUSED)
		fprintf(to, "call%s\n",
			edge->input->depth ? " (its depth is not needed)" : "");
	else
		fprintf(to, "SPSC ring of %u%s, %s\n", edge->depth,
			edge->across ? " across" : "",
			when_full_names[edge->input->when_full]);
}

static void print_dropped(const struct weir_plan *plan, FILE *to)
{
	for (unsigned s = 0; s < plan->config->stage_count; s++) {
		const struct weir_config_stage *stage =
			&plan->config->stages[s];

		for (unsigned o = 0; o < stage->output_count; o++)
			if (stage->drop_rest[o])
				fprintf(to,
					"    %s.%s is dropped, as the file "
					"says\n",
					stage->name, stage->outputs[o]);
	}
}

// A port that makes system calls stops its lcore with each of them: said for
// every lcore that has such a port.
static void print_system_calls(const struct weir_plan *plan, FILE *to)
{
	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_config_stage *stage = stage_of(plan, i);
		const struct weir_config_port *port;
		const struct weir_plan_executor *executor =
			&plan->executors[plan->instances[i].executor];

		if (stage->port < 0)
			continue;
		port = &plan->config->ports[stage->port];
		if (port->traits.makes_system_calls)
			fprintf(to,
				"  port %s (%s) makes system calls on %s %u, "
				"in %s\n",
				port->name, port->kind,
				executor->kind == WEIR_PLAN_LCORE ? "lcore"
								  : "thread",
				executor->id, plan->instances[i].name);
	}
}

static const char *words_of_pages(const struct weir_plan *plan)
{
	if (!plan->no_huge)
		return " of hugepages";
	return plan->config->runtime.hugepages == WEIR_PAGES_ORDINARY
		       ? " of ordinary pages"
		       : " of hugepages where enough are free, else of "
			 "ordinary pages";
}

void weir_plan_print(const struct weir_plan *plan, FILE *to, bool colour)
{
	struct paint paint = paint_of(colour);

	fprintf(to, "%s%s%s: %u instance%s of %u stage%s on %u executor%s\n",
		paint.bold, plan->config->file, paint.off, plan->instance_count,
		plan->instance_count == 1 ? "" : "s", plan->config->stage_count,
		plan->config->stage_count == 1 ? "" : "s", plan->executor_count,
		plan->executor_count == 1 ? "" : "s");
	print_executors(plan, paint, to);
	fprintf(to, "\n  edges\n");
	for (unsigned e = 0; e < plan->edge_count; e++)
		print_edge(plan, &plan->edges[e], to);
	print_dropped(plan, to);
	if (plan->merge_bound)
		fprintf(to,
			"    fairness: a waiting input is served after at most "
			"%u packets of others\n",
			plan->merge_bound);
	fprintf(to, "\n");
	print_system_calls(plan, to);
	fprintf(to,
		"  memory: %u packets of %u bytes, %llu MiB%s\n"
		"  housekeeping and port threads on CPU %u\n",
		plan->packet_count, plan->config->runtime.packet_size,
		(unsigned long long)(plan->memory_size + MIB - 1) / MIB,
		words_of_pages(plan), plan->main_cpu);
}
