// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.h"
#include "mem/mem.h"
#include "pipeline/runner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELD(name, unit, kind, member)                                     \
	{                                                                   \
		name, unit, kind, offsetof(struct weir_port_gauges, member) \
	}

static const struct weir_count_field fields[] = {
	FIELD("rx_packets", "packets", WEIR_COUNT_TOTAL, stats.rx_packets),
	FIELD("rx_bytes", "bytes", WEIR_COUNT_TOTAL, stats.rx_bytes),
	FIELD("rx_missed", "packets", WEIR_COUNT_TOTAL, stats.rx_missed),
	FIELD("rx_errors", "packets", WEIR_COUNT_TOTAL, stats.rx_errors),
	FIELD("rx_no_mbuf", "packets", WEIR_COUNT_TOTAL, stats.rx_no_mbuf),
	FIELD("tx_packets", "packets", WEIR_COUNT_TOTAL, stats.tx_packets),
	FIELD("tx_bytes", "bytes", WEIR_COUNT_TOTAL, stats.tx_bytes),
	FIELD("tx_dropped", "packets", WEIR_COUNT_TOTAL, stats.tx_dropped),
	FIELD("progress", "units", WEIR_COUNT_GAUGE, stats.progress),
	FIELD("progress_end", "units", WEIR_COUNT_GAUGE, stats.progress_end),
	FIELD("held", "packets", WEIR_COUNT_GAUGE, held),
};

#define FIELD_COUNT (sizeof(fields) / sizeof(*fields))

static void count_queues(struct weir_pipeline *pipeline)
{
	const struct weir_plan *plan = pipeline->plan;

	for (unsigned i = 0; i < plan->instance_count; i++) {
		const struct weir_plan_instance *instance = &plan->instances[i];
		const struct weir_config_stage *stage =
			&plan->config->stages[instance->stage];
		struct weir_running_port *port;

		if (stage->port < 0)
			continue;
		port = &pipeline->ports[stage->port];
		if (stage->type->source)
			port->rx_queues++;
		else
			port->tx_queues++;
	}
}

static int open_books(struct weir_pipeline *pipeline,
	struct weir_running_port *port, struct weir_error *e)
{
	char prefix[WEIR_COUNT_PATH_SIZE];

	snprintf(prefix, sizeof(prefix), "ports.%s", port->config->name);
	port->gauges = weir_count_add(pipeline->segment, prefix,
		sizeof(*port->gauges), fields, FIELD_COUNT, e);
	return port->gauges ? 0 : -ENOSPC;
}

int weir_port_fault(const struct weir_config_port *port, int code,
	const char *text, struct weir_error *e)
{
	const struct weir_at *at = &port->at;

	// What came from the command line has no lines.
	return at->line ? weir_error_set(e, code, "%s:%u:%u: error: %s",
				  at->file, at->line, at->column, text)
			: weir_error_set(e, code, "%s: error: %s",
				  at->file ? at->file : "port", text);
}

static int open_port(struct weir_pipeline *pipeline,
	struct weir_running_port *port, struct weir_error *e)
{
	const struct weir_config_port *config = port->config;
	const struct weir_port_driver *driver = config->driver;
	struct weir_port_setup setup = {
		.name = config->name,
		.receives = port->rx_queues > 0,
		.sends = port->tx_queues > 0,
		.rx_queues = port->rx_queues ? port->rx_queues : 1,
		.tx_queues = port->tx_queues ? port->tx_queues : 1,
		.pool = pipeline->pool,
		.node = (unsigned)weir_mem_node_of_cpu(
			pipeline->plan->executors[0].cpu),
		.clock = pipeline->clock,
		.segment = pipeline->segment,
	};
	struct weir_error why = {0};
	int err;

	err = driver->open(
		port->port.state, config->kind, config->value, &setup, &why);
	port->opened = !err;
	if (err && driver->close)
		driver->close(port->port.state); // always after open
	return err ? weir_port_fault(config, err, why.text, e) : 0;
}

// prepare_port makes what stages may point to before the port is opened.
static int prepare_port(struct weir_pipeline *pipeline,
	struct weir_running_port *port, struct weir_error *e)
{
	const struct weir_config_port *config = port->config;
	size_t size = config->driver->state_size;
	int err = open_books(pipeline, port, e);

	if (err)
		return err;
	port->port.state = weir_mem_create(size + 1, WEIR_NODE_ANY);
	if (!port->port.state)
		return weir_error_set(e, -ENOMEM,
			"port '%s': no memory: give runtime.memory more",
			config->name);
	if (config->options)
		memcpy(port->port.state,
			weir_option_block_data(config->options), size);
	return 0;
}

int weir_ports_open(struct weir_pipeline *pipeline, struct weir_error *e)
{
	const struct weir_config *config = pipeline->plan->config;

	pipeline->ports = weir_mem_create(
		(config->port_count + 1) * sizeof(*pipeline->ports),
		WEIR_NODE_ANY);
	if (!pipeline->ports)
		return weir_error_set(e, -ENOMEM, "out of memory");
	count_queues(pipeline);
	for (unsigned i = 0; i < config->port_count; i++) {
		struct weir_running_port *port = &pipeline->ports[i];
		int err;

		port->config = &config->ports[i];
		port->port.driver = port->config->driver;
		port->port.name = port->config->name;
		port->port.traits = port->config->traits;
		// One that no stage names stays closed.
		if (!port->rx_queues && !port->tx_queues)
			continue;
		err = prepare_port(pipeline, port, e);
		if (!err && port->rx_queues)
			err = open_port(pipeline, port, e);
		if (err)
			return err;
	}
	return 0;
}

int weir_ports_open_outputs(
	struct weir_pipeline *pipeline, struct weir_error *e)
{
	int err = 0;

	for (unsigned i = 0; i < pipeline->plan->config->port_count && !err;
		i++) {
		struct weir_running_port *port = &pipeline->ports[i];

		if (port->tx_queues && !port->opened)
			err = open_port(pipeline, port, e);
	}
	return err;
}

// next_open answers the open port after port (NULL: the first), or NULL.
static struct weir_running_port *next_open(
	const struct weir_pipeline *pipeline, struct weir_running_port *port)
{
	struct weir_running_port *end;

	if (!pipeline->ports)
		return NULL;
	end = pipeline->ports + pipeline->plan->config->port_count;
	for (port = port ? port + 1 : pipeline->ports; port < end; port++)
		if (port->opened)
			return port;
	return NULL;
}

#define EACH_OPEN(port, pipeline)                                   \
	struct weir_running_port *port = next_open(pipeline, NULL); \
	port;                                                       \
	port = next_open(pipeline, port)

int weir_ports_start(struct weir_pipeline *pipeline, struct weir_error *e)
{
	for (EACH_OPEN(port, pipeline)) {
		const struct weir_port_driver *driver = port->port.driver;
		struct weir_error why = {0};
		int err = driver->start ? driver->start(port->port.state, &why)
					: 0;

		if (err)
			return weir_port_fault(port->config, err, why.text, e);
	}
	return 0;
}

void weir_ports_quit(struct weir_pipeline *pipeline)
{
	for (EACH_OPEN(port, pipeline)) {
		if (port->port.driver->quit)
			port->port.driver->quit(port->port.state);
	}
}

void weir_ports_watch(struct weir_pipeline *pipeline)
{
	struct weir_port_event event;

	for (EACH_OPEN(port, pipeline)) {
		const struct weir_port_driver *driver = port->port.driver;

		while (driver->watch && !port->stopped &&
			driver->watch(port->port.state, &event)) {
			weir_log(WEIR_LOG_WARNING, "port.event", "%s",
				event.text);
			weir_finding(pipeline, event.fault, "%s", event.text);
		}
	}
}

void weir_ports_stop(struct weir_pipeline *pipeline)
{
	for (EACH_OPEN(port, pipeline)) {
		const struct weir_port_driver *driver = port->port.driver;
		struct weir_error e = {0};

		if (port->stopped)
			continue;
		port->stopped = true;
		if (driver->stop && driver->stop(port->port.state, &e))
			weir_finding(pipeline, true, "%s", e.text);
	}
	weir_ports_publish(pipeline);
}

void weir_ports_publish(struct weir_pipeline *pipeline)
{
	for (EACH_OPEN(port, pipeline)) {
		const struct weir_port_driver *driver = port->port.driver;
		struct weir_port_gauges now = {0};
		const uint64_t *from = (const uint64_t *)&now;
		uint64_t *to = (uint64_t *)port->gauges;

		if (driver->stats)
			driver->stats(port->port.state, &now.stats);
		if (driver->held)
			now.held = driver->held(port->port.state);
		for (size_t i = 0; i < sizeof(now) / sizeof(*to); i++)
			store_relaxed(&to[i], from[i]);
	}
}

void weir_ports_close(struct weir_pipeline *pipeline)
{
	for (EACH_OPEN(port, pipeline)) {
		const struct weir_port_driver *driver = port->port.driver;

		if (driver->close)
			driver->close(port->port.state);
		if (driver->kept)
			pipeline->pool_kept += driver->kept(port->port.state);
		port->opened = false;
	}
	for (unsigned i = 0;
		pipeline->ports && i < pipeline->plan->config->port_count; i++)
		weir_mem_destroy(pipeline->ports[i].port.state);
	weir_mem_destroy(pipeline->ports);
	pipeline->ports = NULL;
}
