// SPDX-License-Identifier: BSD-3-Clause
//
// What a pipeline opens, in the order in which one needs the other.
#include "base/eal.h"
#include "base/pages.h"
#include "mem/mem.h"
#include "pipeline/contracts.h"
#include "pipeline/offloads.h"
#include "pipeline/runner.h"
#include "shell/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t segment_size(const struct weir_plan *plan)
{
	const size_t histogram = sizeof(struct weir_histogram);
	const size_t entries = 64 * 160; // of the directory

	return 64 * 1024 +
	       plan->instance_count * (3 * histogram + entries + 4096) +
	       plan->edge_count * 4096 +
	       plan->executor_count * (3 * histogram + entries) +
	       plan->config->port_count * (2 * histogram + entries);
}

static int open_books(struct weir_pipeline *pipeline, struct weir_error *e)
{
	static const struct weir_count_field fields[] = {
		{"size", "packets", WEIR_COUNT_GAUGE, 0},
		{"held", "packets", WEIR_COUNT_GAUGE, sizeof(uint64_t)},
	};
	const char *instance = *pipeline->instance ? pipeline->instance : NULL;
	int err = weir_count_create(&pipeline->segment, instance,
		segment_size(pipeline->plan), pipeline->clock, e);

	if (err)
		return err;
	pipeline->reader = weir_count_local(pipeline->segment);
	pipeline->pool_gauges = weir_count_add(pipeline->segment,
		"pool.packets", 2 * sizeof(uint64_t), fields, 2, e);
	return pipeline->reader && pipeline->pool_gauges ? 0 : -ENOMEM;
}

static unsigned lcores(
	const struct weir_plan *plan, struct weir_eal_options *eal)
{
	unsigned most = 0;

	for (unsigned i = 0; i < plan->executor_count; i++) {
		const struct weir_plan_executor *executor = &plan->executors[i];

		if (executor->kind != WEIR_PLAN_LCORE)
			continue;
		weir_assert(executor->id >= 1 &&
			    executor->id <= WEIR_EAL_LCORES_MAX);
		for (; most < executor->id; most++)
			eal->lcore_cpu[most] = executor->cpu;
		eal->lcore_cpu[executor->id - 1] = executor->cpu;
	}
	return most;
}

// ready asks a port's driver before EAL is started, which can be done once.
static int ready(const struct weir_config_port *port, uint64_t memory_size,
	struct weir_error *e)
{
	struct weir_error why = {0};
	int err;

	if (!port->driver->ready)
		return 0;
	err = port->driver->ready(
		port->kind, port->value, port->name, memory_size, &why);
	return err ? weir_port_fault(port, err, why.text, e) : 0;
}

// start_eal decides on pages, and starts EAL while nobody else takes them.
static int start_eal(struct weir_pipeline *pipeline,
	struct weir_eal_options *eal, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	enum weir_pages_wish wish = plan->config->runtime.hugepages;
	struct weir_pages pages;
	int err;

	if (!plan->no_huge)
		wish = WEIR_PAGES_HUGE;
	weir_pages_choose(&pages, wish, eal->memory_size, eal->args);
	eal->no_huge = !pages.huge;
	eal->shared = plan->no_pci;
	snprintf(pipeline->pages_why, sizeof(pipeline->pages_why), "%s",
		pages.why);
	err = weir_eal_open(eal, e);
	weir_pages_settled(&pages);
	return err;
}

static int open_eal(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	const struct weir_config *config = plan->config;
	const char *pci[config->port_count + 1];
	struct weir_eal_options eal = {
		.memory_size = plan->memory_size,
		.main_cpu = plan->main_cpu,
		.args = options->eal_args,
	};
	unsigned count = 0;

	if (weir_eal_is_open())
		return 0;
	for (unsigned i = 0; i < config->port_count; i++) {
		int err = ready(&config->ports[i], plan->memory_size, e);

		if (err)
			return err;
		if (config->ports[i].traits.needs_pci)
			pci[count++] = config->ports[i].value;
	}
	pci[count] = NULL;
	eal.pci = count ? pci : NULL;
	eal.lcore_count = lcores(plan, &eal);
	return start_eal(pipeline, &eal, e);
}

static void *make_array(unsigned count, size_t size, struct weir_error *e)
{
	void *array = weir_mem_create((count + 1) * size, WEIR_NODE_ANY);

	if (!array)
		weir_error_set(e, -ENOMEM, "out of memory");
	return array;
}

static int open_instances(struct weir_pipeline *pipeline, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	int err = 0;

	pipeline->instances = make_array(
		plan->instance_count, sizeof(*pipeline->instances), e);
	if (!pipeline->instances)
		return -ENOMEM;
	for (unsigned i = 0; i < plan->instance_count && !err; i++) {
		struct weir_instance *instance = &pipeline->instances[i];
		unsigned executor = plan->instances[i].executor;

		err = weir_instance_open(instance, plan, i, pipeline->segment,
			plan->executors[executor].node, e);
		instance->pool = weir_pools_of(pipeline, executor);
		if (!err && instance->config->port >= 0)
			instance->port =
				&pipeline->ports[instance->config->port].port;
	}
	return err;
}

// name_edge writes "split->web[0]", or "web.match->tx" where the producer has
// several outputs.
static const char *name_edge(
	const struct weir_plan *plan, const struct weir_plan_edge *edge)
{
	const struct weir_plan_instance *from = &plan->instances[edge->from];
	const struct weir_plan_instance *to = &plan->instances[edge->to];
	const struct weir_config_stage *config =
		&plan->config->stages[from->stage];
	bool several = config->output_count > 1;
	char *name;

	return asprintf(&name, "%s%s%s->%s", from->name, several ? "." : "",
		       several ? config->outputs[edge->output] : "",
		       to->name) < 0
		       ? NULL
		       : name;
}

static int open_edge(
	struct weir_pipeline *pipeline, unsigned index, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	const struct weir_plan_edge *planned = &plan->edges[index];
	unsigned consumer = plan->instances[planned->to].executor;
	struct weir_edge *edge = &pipeline->edges[index];

	edge->name = name_edge(plan, planned);
	if (!edge->name)
		return weir_error_set(e, -ENOMEM, "out of memory");
	if (planned->join == WEIR_PLAN_FUSED)
		return 0;
	return weir_edge_open(edge, edge->name, planned->depth,
		planned->input->when_full, plan->executors[consumer].node,
		pipeline->segment, e);
}

static int open_edges(struct weir_pipeline *pipeline, struct weir_error *e)
{
	unsigned count = pipeline->plan->edge_count;
	int err = 0;

	pipeline->edges = make_array(count, sizeof(*pipeline->edges), e);
	if (!pipeline->edges)
		return -ENOMEM;
	for (unsigned i = 0; i < count && !err; i++)
		err = open_edge(pipeline, i, e);
	return err;
}

static int init_instance(struct weir_pipeline *pipeline,
	struct weir_instance *instance, struct weir_error *e)
{
	const struct weir_plan_instance *planned = instance->plan;
	struct weir_stage_setup setup = {
		.name = planned->name,
		.index = planned->index,
		.replicas = instance->config->replicas,
		.port = instance->port,
		.port_queue = planned->port_queue > 0
				      ? (unsigned)planned->port_queue
				      : 0,
		.clock = pipeline->clock,
		.pool = instance->pool,
		.segment = pipeline->segment,
		.node = pipeline->plan->executors[planned->executor].node,
		.seed = 0x77656972,
		.sampled_first = instance->sampled_first,
	};
	int err;

	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		setup.ways[i] = planned->ways[i];
	err = instance->type->init
		      ? instance->type->init(instance->state, &setup, e)
		      : 0;
	instance->ready = !err;
	return err;
}

static int init_instances(struct weir_pipeline *pipeline, struct weir_error *e)
{
	int err = 0;

	for (unsigned i = 0; i < pipeline->plan->instance_count && !err; i++)
		err = init_instance(pipeline, &pipeline->instances[i], e);
	return err;
}

int weir_pipeline_open_all(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	int err;

	// The books first: they tell whether the name is taken.
	if ((err = open_books(pipeline, e)))
		return err;
	if ((err = open_eal(pipeline, options, e)) ||
		(err = weir_pools_open(pipeline, e)) ||
		(err = weir_ports_open(pipeline, e)) ||
		(err = open_instances(pipeline, e)) ||
		(err = open_edges(pipeline, e)) ||
		(err = weir_wire(
			 pipeline->instances, plan, pipeline->edges, e)) ||
		(err = weir_credit_find(
			 pipeline->instances, plan, pipeline->edges, e)) ||
		(err = weir_runners_open(pipeline, e)) ||
		(err = init_instances(pipeline, e)) ||
		(err = weir_credit_check(
			 pipeline->instances, plan->instance_count, e)) ||
		(err = weir_contracts_open(pipeline, options, e)) ||
		(err = weir_traps_open(pipeline, options, e)) ||
		(err = weir_ports_open_outputs(pipeline, e)) ||
		(err = weir_offloads_tell(pipeline, e)))
		// Another name would not help against a device's.
		return err == -EEXIST ? -EBUSY : err;
	return 0;
}
