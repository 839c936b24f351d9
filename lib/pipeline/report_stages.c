// SPDX-License-Identifier: BSD-3-Clause
//
// What the report says of stages: their books, their time, their own rows.
#include "pipeline/books.h"
#include "pipeline/report.h"
#include "stage/rows.h"
#include "task/executor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void set(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *add_object(json_t *array)
{
	json_t *object = json_object();

	json_array_append_new(array, object);
	return object;
}

static json_t *set_object(json_t *object, const char *key)
{
	json_t *inner = json_object();

	json_object_set_new(object, key, inner);
	return inner;
}

// ---- stages ----

// Who is told of each reason.
struct dropping {
	struct weir_pipeline *pipeline;
	const struct weir_instance *instance;
	json_t *drops;
};

static void report_drop(
	void *arg, const char *reason, uint64_t count, bool asked)
{
	struct dropping *d = arg;
	const struct weir_instance_counts *counts = d->instance->counts;
	const char *name = d->instance->plan->name;
	char text[WEIR_ERROR_SIZE];

	set(d->drops, reason, count);
	if (asked)
		return;
	snprintf(text, sizeof(text),
		"stage '%s' dropped %" PRIu64 " packets nobody asked it to: %s",
		name, count, reason);
	if (!strcmp(reason, WEIR_ETHERNET_REASON))
		weir_ethernet_finding(
			&counts->sifted, name, text, sizeof(text));
	weir_finding(d->pipeline, true, "%s", text);
}

static void report_outputs(const struct weir_instance *instance, json_t *object)
{
	json_t *outputs = set_object(object, "outputs");

	for (unsigned i = 0; i < instance->config->output_count; i++)
		set(outputs, instance->config->outputs[i],
			instance->counts->out[i]);
}

static void report_own(const struct weir_instance *instance, json_t *object)
{
	const struct weir_stage_counter *counter = instance->type->counters;
	json_t *own = set_object(object, "counters");

	for (unsigned i = 0; instance->own && counter[i].name; i++)
		set(own, counter[i].name, instance->own[i]);
}

static void report_time(const struct weir_pipeline *pipeline,
	const struct weir_instance *instance, json_t *object)
{
	const struct weir_histogram *steps = instance->steps;

	if (instance->timed_with)
		json_object_set_new(object, "timed_with",
			json_string(instance->timed_with->plan->name));
	set(object, "steps", weir_histogram_count(steps));
	set(object, "step_longest_ns",
		weir_clock_ns(pipeline->clock, steps->max));
	set(object, "step_p50_ns",
		weir_clock_ns(pipeline->clock,
			weir_histogram_percentile(steps, 0.5)));
	set(object, "step_p99_ns",
		weir_clock_ns(pipeline->clock,
			weir_histogram_percentile(steps, 0.99)));
	set(object, "time_ns", weir_clock_ns(pipeline->clock, steps->sum));
}

static void set_place(const struct weir_pipeline *pipeline,
	const struct weir_instance *instance, json_t *object)
{
	const struct weir_plan_executor *executor =
		&pipeline->plan->executors[instance->plan->executor];
	char text[32];

	snprintf(text, sizeof(text), "%s %u",
		executor->kind == WEIR_PLAN_LCORE ? "lcore" : "thread",
		executor->id);
	json_object_set_new(object, "place", json_string(text));
}

static void check_instance(struct weir_pipeline *pipeline,
	const struct weir_instance *instance, const struct weir_equation *e)
{
	if (e->unaccounted)
		weir_finding(pipeline, true,
			"stage '%s': %" PRId64 " unaccounted: %s",
			instance->plan->name, e->unaccounted,
			e->unaccounted > 0
				? "neither sent, dropped, kept nor consumed"
				: "given out twice, or out of nowhere");
	if (e->held && pipeline->end != WEIR_END_AT_ONCE)
		weir_finding(pipeline, false,
			"stage '%s' still holds %" PRIu64
			" packets that it did not give out when it drained",
			instance->plan->name, e->held);
}

static void report_stage(struct weir_pipeline *pipeline,
	const struct weir_instance *instance, json_t *stages)
{
	struct weir_equation e = weir_equation_of_instance(instance);
	json_t *object = add_object(stages);
	struct dropping dropping = {.pipeline = pipeline, .instance = instance};

	json_object_set_new(object, "name", json_string(instance->plan->name));
	json_object_set_new(object, "type", json_string(instance->type->type));
	set_place(pipeline, instance, object);
	set(object, "in", e.in);
	set(object, "made", e.made);
	set(object, "out", e.out);
	set(object, "dropped", e.dropped);
	set(object, "held", e.held);
	set(object, "consumed", e.consumed);
	json_object_set_new(object, "unaccounted", json_integer(e.unaccounted));
	report_outputs(instance, object);
	dropping.drops = set_object(object, "drops");
	check_instance(pipeline, instance, &e);
	weir_drops_each(instance, report_drop, &dropping);
	report_own(instance, object);
	report_time(pipeline, instance, object);
}

void weir_report_stages(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *stages = json_array();

	json_object_set_new(report, "stages", stages);
	for (unsigned i = 0; i < pipeline->plan->instance_count; i++)
		report_stage(pipeline, &pipeline->instances[i], stages);
}

// ---- latency ----

static void set_latency(const struct weir_pipeline *pipeline, json_t *object,
	const struct weir_histogram *h)
{
	static const struct {
		const char *name;
		double share;
	} shares[] = {{"p50_ns", 0.5}, {"p90_ns", 0.9}, {"p99_ns", 0.99},
		{"p999_ns", 0.999}};

	set(object, "packets", weir_histogram_count(h));
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
		set(object, shares[i].name,
			weir_clock_ns(pipeline->clock,
				weir_histogram_percentile(h, shares[i].share)));
	set(object, "max_ns", weir_clock_ns(pipeline->clock, h->max));
}

static const struct weir_histogram *latency_of(
	const struct weir_pipeline *pipeline, unsigned index)
{
	struct weir_count_entry entry;
	char path[WEIR_COUNT_PATH_SIZE];

	snprintf(path, sizeof(path), "stages.%s.latency",
		pipeline->plan->instances[index].name);
	if (!weir_count_find(pipeline->reader, path, &entry) ||
		entry.kind != WEIR_COUNT_HISTOGRAM)
		return NULL;
	return entry.value;
}

static json_t *latency_object(const struct weir_pipeline *pipeline,
	const char *stage, const struct weir_histogram *h)
{
	json_t *object = json_object();

	json_object_set_new(object, "stage", json_string(stage));
	json_object_set_new(object, "sampled",
		json_string(pipeline->plan->config->runtime.latency_all
				    ? "every packet"
				    : "one packet a burst"));
	set_latency(pipeline, object, h);
	return object;
}

void weir_report_latency(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *list = json_array();
	struct weir_histogram all;

	memset(&all, 0, sizeof(all));
	for (unsigned i = 0; i < pipeline->plan->instance_count; i++) {
		const struct weir_histogram *h = latency_of(pipeline, i);

		if (!h)
			continue;
		weir_histogram_merge(&all, h);
		json_array_append_new(
			list, latency_object(pipeline,
				      pipeline->plan->instances[i].name, h));
	}
	// Where there are several ends, all of them together come first.
	if (json_array_size(list) > 1)
		json_array_insert_new(
			list, 0, latency_object(pipeline, "", &all));
	json_object_set_new(report, "latency", list);
}

// ---- executors ----

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

// The parts are what was counted; together they are the whole, and the shares
// sum to 100.
static uint64_t sum_time(const struct weir_pipeline *pipeline, unsigned index)
{
	const struct weir_runner *runner = &pipeline->runners[index];
	uint64_t sum = runner->others->sum;

	for (unsigned i = 0; i < WEIR_TIME_REGIMES; i++)
		sum += runner->counts->time[i];
	for (unsigned i = 0; i < pipeline->plan->instance_count; i++)
		if (pipeline->plan->instances[i].executor == index)
			sum += pipeline->instances[i].steps->sum;
	return sum;
}

static void report_shares(
	const struct weir_pipeline *pipeline, unsigned index, json_t *object)
{
	const struct weir_runner *runner = &pipeline->runners[index];
	const uint64_t *time = runner->counts->time;
	uint64_t whole = sum_time(pipeline, index);
	json_t *shares = set_object(object, "time_percent");

	for (unsigned i = 0; i < pipeline->plan->instance_count; i++)
		if (pipeline->plan->instances[i].executor == index)
			json_object_set_new(shares,
				pipeline->plan->instances[i].name,
				json_real(
					share(pipeline->instances[i].steps->sum,
						whole)));
	json_object_set_new(shares, "(runtime)",
		json_real(share(
			time[WEIR_TIME_RUNTIME] + runner->others->sum, whole)));
	json_object_set_new(shares, "(waiting)",
		json_real(share(time[WEIR_TIME_WAITING], whole)));
	json_object_set_new(shares, "(held back)",
		json_real(share(time[WEIR_TIME_HELD_BACK], whole)));
	set(object, "time_ns", weir_clock_ns(pipeline->clock, whole));
}

// report_ready is for executors that have tasks.
static void report_ready(const struct weir_pipeline *pipeline,
	const struct weir_runner *runner, json_t *object)
{
	const struct weir_clock *clock = pipeline->clock;
	const struct weir_histogram *h = runner->ready;

	if (weir_histogram_count(h) == 0 && h->max == 0)
		return;
	set(object, "ready_p99_ns",
		weir_clock_ns(clock, weir_histogram_percentile(h, 0.99)));
	set(object, "ready_longest_ns", weir_clock_ns(clock, h->max));
	set(object, "ready_bound_ns",
		weir_clock_ns(clock, 2 * runner->counts->turn_ticks_max));
}

void weir_report_executors(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *executors = json_array();

	json_object_set_new(report, "executors", executors);
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		const struct weir_runner *runner = &pipeline->runners[i];
		json_t *object = add_object(executors);

		json_object_set_new(object, "kind",
			json_string(runner->plan->kind == WEIR_PLAN_LCORE
					    ? "lcore"
					    : "thread"));
		set(object, "id", runner->plan->id);
		set(object, "cpu", runner->plan->cpu);
		json_object_set_new(object, "shares_cpu",
			json_boolean(runner->plan->shares_cpu));
		set(object, "turns", runner->counts->turns);
		set(object, "turn_longest_ns",
			weir_clock_ns(pipeline->clock,
				runner->counts->turn_ticks_max));
		report_ready(pipeline, runner, object);
		report_shares(pipeline, i, object);
	}
}

// ---- tables ----

// Rows come table by table; a new name begins a new one.
struct tables {
	json_t *list;
	const char *stage;
	json_t *rows;
	char name[64];
};

static void report_row(void *arg, const char *table, const char *key,
	uint64_t packets, uint64_t bytes)
{
	struct tables *tables = arg;
	json_t *row;

	if (!tables->rows || strcmp(tables->name, table)) {
		json_t *object = add_object(tables->list);

		json_object_set_new(
			object, "stage", json_string(tables->stage));
		json_object_set_new(object, "table", json_string(table));
		tables->rows = json_array();
		json_object_set_new(object, "rows", tables->rows);
		snprintf(tables->name, sizeof(tables->name), "%s", table);
	}
	row = add_object(tables->rows);
	json_object_set_new(row, "key", json_string(key));
	set(row, "packets", packets);
	set(row, "bytes", bytes);
}

static void report_table(
	const struct weir_pipeline *pipeline, unsigned stage, json_t *list)
{
	const struct weir_config_stage *config =
		&pipeline->plan->config->stages[stage];
	struct tables tables = {.list = list, .stage = config->name};
	struct weir_rows *rows = weir_rows_create();

	for (unsigned i = 0; rows && i < pipeline->plan->instance_count; i++)
		if (pipeline->plan->instances[i].stage == stage)
			config->type->report(pipeline->instances[i].state,
				weir_rows_of(rows));
	if (rows)
		weir_rows_each(rows, report_row, &tables);
	weir_rows_destroy(rows);
}

void weir_report_tables(struct weir_pipeline *pipeline, json_t *report)
{
	json_t *list = json_array();

	json_object_set_new(report, "tables", list);
	for (unsigned i = 0; i < pipeline->plan->config->stage_count; i++)
		if (pipeline->plan->config->stages[i].type->report)
			report_table(pipeline, i, list);
}
