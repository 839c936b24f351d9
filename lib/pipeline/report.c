// SPDX-License-Identifier: BSD-3-Clause
//
// The report as a jansson object. Its shape is a promise to whoever reads
// report.json: names are those of the counters, durations are nanoseconds in
// names that end in _ns, everything else is packets unless it says otherwise.
#include "base/eal.h"
#include "pipeline/books.h"
#include "pipeline/contracts.h"
#include "pipeline/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS 1e9

static void set(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text ? text : ""));
}

static json_t *add_object(json_t *array)
{
	json_t *object = json_object();

	json_array_append_new(array, object);
	return object;
}

static json_t *add_array(json_t *object, const char *key)
{
	json_t *array = json_array();

	json_object_set_new(object, key, array);
	return array;
}

static uint64_t ns(const struct weir_pipeline *pipeline, uint64_t ticks)
{
	return weir_clock_ns(pipeline->clock, ticks);
}

static void set_equation(json_t *object, const struct weir_equation *e)
{
	set(object, "in", e->in);
	set(object, "made", e->made);
	set(object, "out", e->out);
	set(object, "dropped", e->dropped);
	set(object, "held", e->held);
	set(object, "consumed", e->consumed);
	json_object_set_new(
		object, "unaccounted", json_integer(e->unaccounted));
}

static void check_equation(struct weir_pipeline *pipeline, const char *what,
	const char *name, const struct weir_equation *e)
{
	uint64_t count = (uint64_t)(e->unaccounted < 0 ? -e->unaccounted
						       : e->unaccounted);

	if (!count)
		return;
	weir_finding(pipeline, true,
		e->unaccounted > 0
			? "%s '%s': %" PRIu64 " of its packets unaccounted: "
			  "neither sent, dropped, kept nor consumed"
			: "%s '%s': %" PRIu64 " packets too many: given out "
			  "twice, or out of nowhere",
		what, name, count);
}

// ---- head ----

static const char *words_of_end(const struct weir_pipeline *pipeline)
{
	switch (pipeline->end) {
	case WEIR_END_INPUTS:
		return "all inputs ended";
	case WEIR_END_DURATION:
		return "the time asked for was over";
	case WEIR_END_PACKETS:
		return "the packets asked for had come";
	case WEIR_END_AT_ONCE:
		return "stopped at once: what was inside is held";
	case WEIR_END_STOPPED:
	case WEIR_END_NOT:
		break;
	}
	return "stopped and drained";
}

static void set_started(json_t *report, uint64_t started_ns)
{
	time_t seconds = (time_t)(started_ns / 1000000000u);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	set_text(report, "started", text);
}

static void report_head(struct weir_pipeline *pipeline, json_t *report)
{
	set_text(report, "weir", WEIR_VERSION);
	set_text(report, "dpdk", weir_eal_version());
	set(report, "page_size", weir_eal_page_size());
	set_text(report, "pages_why", pipeline->pages_why);
	set_text(report, "file", pipeline->plan->config->file);
	set_text(report, "instance", pipeline->instance);
	set_started(report, pipeline->started_ns);
	set_text(report, "ended", words_of_end(pipeline));
	set(report, "duration_ns",
		ns(pipeline, pipeline->ended_tick - pipeline->started_tick));
	set(report, "merge_bound", pipeline->plan->merge_bound);
}

// ---- total ----

static double per_second(uint64_t count, uint64_t duration_ns)
{
	return duration_ns ? (double)count * NS / (double)duration_ns : 0;
}

static void report_total(struct weir_pipeline *pipeline, json_t *report)
{
	struct weir_equation e = weir_equation_of_all(pipeline);
	uint64_t duration =
		ns(pipeline, pipeline->ended_tick - pipeline->started_tick);
	uint64_t rx_bytes = 0, tx_bytes = 0;
	json_t *total = json_object();

	for (unsigned i = 0; i < pipeline->plan->config->port_count; i++) {
		const struct weir_running_port *port = &pipeline->ports[i];

		if (!port->opened)
			continue;
		rx_bytes += port->gauges->stats.rx_bytes;
		tx_bytes += port->gauges->stats.tx_bytes;
	}
	set_equation(total, &e);
	set(total, "rx_bytes", rx_bytes);
	set(total, "tx_bytes", tx_bytes);
	json_object_set_new(total, "rx_packets_per_second",
		json_real(per_second(e.in, duration)));
	json_object_set_new(total, "tx_packets_per_second",
		json_real(per_second(e.out, duration)));
	json_object_set_new(total, "rx_bits_per_second",
		json_real(8 * per_second(rx_bytes, duration)));
	json_object_set_new(total, "tx_bits_per_second",
		json_real(8 * per_second(tx_bytes, duration)));
	json_object_set_new(report, "total", total);
	json_object_set_new(report, "in", json_integer((json_int_t)e.in));
	json_object_set_new(report, "out", json_integer((json_int_t)e.out));
}

// ---- ports ----

static bool may_miss(const struct weir_running_port *port)
{
	const struct weir_port_driver *driver = port->port.driver;

	return driver->may_miss && driver->may_miss(port->port.state);
}

static void check_port(
	struct weir_pipeline *pipeline, const struct weir_running_port *port)
{
	const struct weir_port_stats *stats = &port->gauges->stats;
	const char *name = port->config->name;

	if (stats->rx_missed)
		weir_finding(pipeline, !may_miss(port),
			"port '%s': %" PRIu64 " packets missed: they came "
			"faster than they were taken",
			name, stats->rx_missed);
	if (stats->rx_errors)
		weir_finding(pipeline, true,
			"port '%s': %" PRIu64 " packets came in damaged", name,
			stats->rx_errors);
	if (stats->tx_dropped)
		weir_finding(pipeline, true,
			"port '%s': %" PRIu64 " packets were accepted and then "
			"not written",
			name, stats->tx_dropped);
	if (stats->rx_no_mbuf)
		weir_finding(pipeline, !may_miss(port),
			"port '%s': %" PRIu64 " packets lost, as the pool was "
			"empty; runtime.packets gives it more",
			name, stats->rx_no_mbuf);
}

// All that there was to receive: offered = received + missed + errors +
// no_mbuf, and what the port had taken in when it stopped.
static uint64_t offered(const struct weir_port_stats *stats)
{
	return stats->rx_packets + stats->rx_ahead + stats->rx_missed +
	       stats->rx_errors + stats->rx_no_mbuf;
}

// What else the device counts, under its own names; what is 0 is left out.
static void report_rows(const struct weir_running_port *port, json_t *object)
{
	const struct weir_port_driver *driver = port->port.driver;
	unsigned count =
		driver->rows ? driver->rows(port->port.state, NULL, 0) : 0;
	struct weir_port_row *rows = calloc(count + 1, sizeof(*rows));
	json_t *extended;

	if (!count || !rows) {
		free(rows);
		return;
	}
	extended = json_object();
	driver->rows(port->port.state, rows, count);
	for (unsigned i = 0; i < count; i++)
		if (rows[i].value)
			set(extended, rows[i].name, rows[i].value);
	json_object_set_new(object, "extended", extended);
	free(rows);
}

// check_sides says in which direction a port's counters and what stages took
// and gave do not agree.
static void check_sides(struct weir_pipeline *pipeline, unsigned index)
{
	struct weir_port_sides sides = weir_port_sides_of(pipeline, index);
	const char *name = pipeline->ports[index].config->name;

	if (sides.counted_in != sides.brought_in)
		weir_finding(pipeline, true,
			"port '%s': it counted %" PRIu64 " packets received, "
			"and rx brought in %" PRIu64 ": %" PRId64
			" are unaccounted",
			name, sides.counted_in, sides.brought_in,
			(int64_t)(sides.counted_in - sides.brought_in));
	if (sides.given != sides.gone)
		weir_finding(pipeline, true,
			"port '%s': tx gave it %" PRIu64 " packets, and it "
			"sent, dropped or holds %" PRIu64 ": %" PRId64
			" are unaccounted",
			name, sides.given, sides.gone,
			(int64_t)(sides.given - sides.gone));
}

static void report_port(
	struct weir_pipeline *pipeline, unsigned index, json_t *ports)
{
	const struct weir_running_port *port = &pipeline->ports[index];
	const struct weir_port_stats *stats = &port->gauges->stats;
	struct weir_equation e = weir_equation_of_port(pipeline, index);
	json_t *object = add_object(ports);

	set_text(object, "name", port->config->name);
	set_text(object, "kind", port->config->kind);
	set_text(object, "value", port->config->value);
	json_object_set_new(
		object, "receives", json_boolean(port->rx_queues > 0));
	json_object_set_new(object, "sends", json_boolean(port->tx_queues > 0));
	set_equation(object, &e);
	set(object, "offered", offered(stats));
	set(object, "rx_packets", stats->rx_packets);
	set(object, "rx_bytes", stats->rx_bytes);
	set(object, "rx_missed", stats->rx_missed);
	set(object, "rx_errors", stats->rx_errors);
	set(object, "rx_no_mbuf", stats->rx_no_mbuf);
	set(object, "rx_ahead", stats->rx_ahead);
	set(object, "tx_packets", stats->tx_packets);
	set(object, "tx_bytes", stats->tx_bytes);
	set(object, "tx_dropped", stats->tx_dropped);
	report_rows(port, object);
	check_sides(pipeline, index);
	check_port(pipeline, port);
}

static void report_ports(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *ports = add_array(report, "ports");

	for (unsigned i = 0; i < pipeline->plan->config->port_count; i++)
		if (pipeline->ports[i].opened)
			report_port(pipeline, i, ports);
}

// ---- edges ----

static void report_edges(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *edges = add_array(report, "edges");

	for (unsigned i = 0; i < pipeline->plan->edge_count; i++) {
		const struct weir_edge *edge = &pipeline->edges[i];
		struct weir_equation e;
		json_t *object;

		if (!edge->ring)
			continue;
		e = weir_equation_of_edge(edge);
		object = add_object(edges);
		set_text(object, "name", edge->name);
		set(object, "capacity", edge->depth);
		set_equation(object, &e);
		set(object, "full", edge->sent->full);
		set(object, "overrun", edge->taken->overrun);
		set(object, "ended", edge->taken->ended);
		check_equation(pipeline, "edge", edge->name, &e);
		if (edge->taken->ended)
			weir_finding(pipeline, true,
				"edge %s: %" PRIu64 " packets dropped: the "
				"task that should receive them had returned",
				edge->name, edge->taken->ended);
	}
}

static void report_pool(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *pool = json_object();

	set(pool, "size", pipeline->pool_gauges[0]);
	set(pool, "out", pipeline->pool_gauges[1]);
	json_object_set_new(report, "pool", pool);
}

int weir_report_make(struct weir_pipeline *pipeline)
{
	json_t *report = json_object();

	if (!report)
		return -ENOMEM;
	report_head(pipeline, report);
	report_total(pipeline, report);
	report_ports(pipeline, report);
	weir_report_stages(pipeline, report);
	report_edges(pipeline, report);
	report_pool(pipeline, report);
	weir_report_latency(pipeline, report);
	weir_report_executors(pipeline, report);
	weir_report_tables(pipeline, report);
	weir_report_contracts(pipeline, report);
	weir_report_remarks(pipeline, report);
	pipeline->report = report;
	return 0;
}

// ---- verdict ----

static void end_pool(struct weir_pipeline *pipeline, uint64_t lost)
{
	json_t *pool = json_object_get(pipeline->report, "pool");
	uint64_t size = pipeline->pool_gauges[0];
	uint64_t out = pipeline->pool_gauges[1];

	// What came back when all was closed had been held.
	set(pool, "free", size - out);
	set(pool, "held", out > lost ? out - lost : 0);
	set(pool, "unaccounted", lost);
	if (lost)
		weir_finding(pipeline, true,
			"pool: %" PRIu64 " packets were never given back: "
			"somebody lost them",
			lost);
}

void weir_report_end(struct weir_pipeline *pipeline, uint64_t pool_lost)
{
	json_t *verdict = json_object();

	end_pool(pipeline, pool_lost);
	json_object_set(pipeline->report, "findings", pipeline->findings);
	set(verdict, "exit", pipeline->failed);
	set_text(verdict, "text",
		pipeline->failed ? "failed: see the findings"
				 : "every packet is accounted for");
	json_object_set_new(pipeline->report, "verdict", verdict);
}
