// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/books.h"

#include <string.h>

static void close_equation(struct weir_equation *e)
{
	e->unaccounted = (int64_t)(e->in + e->made - e->out - e->dropped -
				   e->held - e->consumed);
}

void weir_drops_each(const struct weir_instance *instance,
	void (*each)(void *arg, const char *reason, uint64_t count, bool asked),
	void *arg)
{
	const struct weir_instance_counts *counts = instance->counts;
	const struct weir_stage *type = instance->type;

	for (unsigned i = 0; type->drops[i]; i++)
		if (counts->dropped[i])
			each(arg, type->drops[i], counts->dropped[i],
				(type->drops_asked & 1u << i) ||
					!strcmp(type->drops[i], "asked"));
	for (unsigned i = 0; i < instance->config->output_count; i++)
		if (counts->rest[i])
			each(arg, instance->config->outputs[i], counts->rest[i],
				true);
	if (counts->no_mbuf)
		each(arg, "no_mbuf", counts->no_mbuf, false);
	if (counts->sifted.count)
		each(arg, WEIR_ETHERNET_REASON, counts->sifted.count, false);
}

static void add_drop(void *arg, const char *reason, uint64_t count, bool asked)
{
	struct weir_equation *e = arg;

	(void)reason;
	(void)asked;
	e->dropped += count;
}

struct weir_equation weir_equation_of_instance(
	const struct weir_instance *instance)
{
	const struct weir_instance_counts *counts = instance->counts;
	struct weir_equation e = {
		.in = counts->in,
		.made = counts->made,
		.held = weir_instance_held(instance),
		.consumed = counts->consumed,
	};

	for (unsigned i = 0; i < instance->config->output_count; i++)
		e.out += counts->out[i];
	weir_drops_each(instance, add_drop, &e);
	close_equation(&e);
	return e;
}

struct weir_equation weir_equation_of_edge(const struct weir_edge *edge)
{
	const struct weir_edge_taken *taken = edge->taken;
	struct weir_equation e = {
		.in = edge->sent->in,
		.out = taken->out,
		.dropped = edge->sent->full + taken->overrun + taken->ended,
		.held = weir_edge_count(edge),
	};

	close_equation(&e);
	return e;
}

struct weir_port_sides weir_port_sides_of(
	const struct weir_pipeline *pipeline, unsigned index)
{
	const struct weir_running_port *port = &pipeline->ports[index];
	const struct weir_port_stats *stats = &port->gauges->stats;
	struct weir_port_sides sides = {
		.counted_in = stats->rx_packets,
		.gone = stats->tx_packets + stats->tx_dropped +
			port->gauges->held,
	};

	for (unsigned i = 0; i < pipeline->plan->instance_count; i++) {
		const struct weir_instance *instance = &pipeline->instances[i];

		if (instance->port != &port->port)
			continue;
		if (instance->type->source)
			sides.brought_in += instance->counts->in;
		else
			sides.given += instance->counts->consumed;
	}
	return sides;
}

struct weir_equation weir_equation_of_port(
	const struct weir_pipeline *pipeline, unsigned index)
{
	const struct weir_running_port *port = &pipeline->ports[index];
	const struct weir_port_stats *stats = &port->gauges->stats;
	struct weir_port_sides sides = weir_port_sides_of(pipeline, index);
	struct weir_equation e = {
		.in = stats->rx_packets + sides.given,
		.out = stats->tx_packets + sides.brought_in,
		.dropped = stats->tx_dropped,
		.held = port->gauges->held,
	};

	close_equation(&e);
	return e;
}

static void add_inside(struct weir_equation *all, const struct weir_equation *e)
{
	all->made += e->made;
	all->dropped += e->dropped;
	all->held += e->held;
	all->unaccounted += e->unaccounted;
}

static void add_ports(
	struct weir_equation *all, const struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->plan->config->port_count; i++) {
		const struct weir_running_port *port = &pipeline->ports[i];
		struct weir_equation e;

		if (!port->opened)
			continue;
		e = weir_equation_of_port(pipeline, i);
		add_inside(all, &e);
		all->in += port->gauges->stats.rx_packets;
		all->out += port->gauges->stats.tx_packets;
	}
}

struct weir_equation weir_equation_of_all(const struct weir_pipeline *pipeline)
{
	const struct weir_plan *plan = pipeline->plan;
	struct weir_equation all = {0}, e;

	add_ports(&all, pipeline);
	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_instance *instance = &pipeline->instances[i];

		e = weir_equation_of_instance(instance);
		add_inside(&all, &e);
		// What went into a port is out, or still there.
		if (!instance->port)
			all.consumed += e.consumed;
	}
	for (unsigned i = 0; i < plan->edge_count; i++) {
		if (!pipeline->edges[i].ring)
			continue;
		e = weir_equation_of_edge(&pipeline->edges[i]);
		add_inside(&all, &e);
	}
	return all;
}
