// SPDX-License-Identifier: BSD-3-Clause
//
// A pipeline's life. What open made, close gives back in reverse, also after an
// open that failed half way.
#include "pipeline/contracts.h"
#include "pipeline/runner.h"
#include "base/log.h"
#include "mem/mem.h"
#include "shell/task_stage.h"
#include "watch/watchdog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000u
#define POLL_US 1000
#define DRAIN_NS 1000000000u
#define CANCEL_NS 1000000000u // of its executor, for a cancelled task to return

void weir_finding(
	struct weir_pipeline *pipeline, bool fault, const char *format, ...)
{
	char text[WEIR_ERROR_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(pipeline->findings, json_string(text));
	pipeline->failed |= fault;
}

int weir_pipeline_open(struct weir_pipeline **pipeline,
	const struct weir_plan *plan,
	const struct weir_pipeline_options *options, struct weir_error *e)
{
	static const struct weir_pipeline_options none;
	struct weir_pipeline *p = calloc(1, sizeof(*p));
	int err;

	*pipeline = NULL;
	options = options ? options : &none;
	if (!p)
		return weir_error_set(e, -ENOMEM, "out of memory");
	p->plan = plan;
	p->clock = weir_clock_real();
	p->findings = json_array();
	p->limit.left = p->limit.all = options->packets;
	if (options->duration_ns)
		p->duration = weir_clock_ticks(p->clock, options->duration_ns);
	snprintf(p->instance, sizeof(p->instance), "%s",
		options->instance ? options->instance : "");
	err = weir_pipeline_open_all(p, options, e);
	if (err) {
		weir_pipeline_close(p);
		return err;
	}
	*pipeline = p;
	return 0;
}

int weir_pipeline_start(struct weir_pipeline *pipeline, struct weir_error *e)
{
	struct timespec now;
	int err = weir_ports_start(pipeline, e);

	if (err)
		return err;
	clock_gettime(CLOCK_REALTIME, &now);
	pipeline->started_ns =
		(uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
	pipeline->started_tick = weir_clock_now(pipeline->clock);
	pipeline->started = true;
	err = weir_watchdog_start((int)pipeline->plan->main_cpu, e);
	if (err)
		return err;
	pipeline->watched = true;
	return weir_runners_start(pipeline, e);
}

static bool all_done(const struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		if (!load_acquire(&pipeline->shells[i].done))
			return false;
	return true;
}

static void publish(struct weir_pipeline *pipeline)
{
	const struct weir_plan *plan = pipeline->plan;

	weir_ports_watch(pipeline);
	weir_ports_publish(pipeline);
	for (unsigned i = 0; i < plan->edge_count; i++) {
		const struct weir_edge *edge = &pipeline->edges[i];

		if (edge->ring)
			store_relaxed(
				&edge->gauges->depth, weir_edge_count(edge));
	}
	for (unsigned i = 0; i < plan->instance_count; i++)
		weir_instance_publish(&pipeline->instances[i]);
	store_relaxed(&pipeline->pool_gauges[1], weir_pools_held(pipeline));
}

static void cancel_sources(struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		if (pipeline->shells[i].root->type->source)
			weir_task_stage_cancel(&pipeline->shells[i]);
}

// end_inputs tells ports and tasks that make packets by themselves, once.
static void end_inputs(struct weir_pipeline *pipeline)
{
	if (pipeline->quit)
		return;
	pipeline->quit = true;
	weir_ports_quit(pipeline);
	cancel_sources(pipeline);
}

static enum weir_end why_done(const struct weir_pipeline *pipeline)
{
	return weir_limit_reached(&pipeline->limit) ? WEIR_END_PACKETS
						    : WEIR_END_INPUTS;
}

static void look_at_time(struct weir_pipeline *pipeline)
{
	uint64_t now = weir_clock_now(pipeline->clock);

	if (!pipeline->duration || pipeline->stop ||
		now - pipeline->started_tick < pipeline->duration)
		return;
	pipeline->end = WEIR_END_DURATION;
	store_relaxed(&pipeline->stop, true);
}

// look_at_drain says, once, of a run that shall stop and has a step that does not
// end, which it is: nothing but a stop at once can end it.
static void look_at_drain(struct weir_pipeline *pipeline)
{
	uint64_t now = weir_clock_now(pipeline->clock);
	char text[WEIR_ERROR_SIZE];

	if (!pipeline->stop_tick)
		pipeline->stop_tick = now;
	if (pipeline->told ||
		now - pipeline->stop_tick <
			weir_clock_ticks(pipeline->clock, DRAIN_NS))
		return;
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		if (!weir_stuck_step(pipeline, i, text, sizeof(text)))
			continue;
		pipeline->told = true;
		weir_log(WEIR_LOG_WARNING, "pipeline.stuck",
			"%s, so that the run cannot drain: a second Ctrl-C "
			"gives it up, and counts what is inside as held",
			text);
	}
}

bool weir_pipeline_poll(struct weir_pipeline *pipeline)
{
	if (pipeline->report)
		return false;
	look_at_time(pipeline);
	if (load_relaxed(&pipeline->stop)) {
		if (!pipeline->end)
			pipeline->end = WEIR_END_STOPPED;
		end_inputs(pipeline);
		look_at_drain(pipeline);
	}
	// Ports' sources see it themselves; a task may wait for something else.
	if (weir_limit_reached(&pipeline->limit))
		cancel_sources(pipeline);
	publish(pipeline);
	if (all_done(pipeline)) {
		if (!pipeline->end)
			pipeline->end = why_done(pipeline);
		return false;
	}
	if (load_relaxed(&pipeline->stop_at_once)) {
		pipeline->end = WEIR_END_AT_ONCE;
		return false;
	}
	return true;
}

void weir_pipeline_stop(struct weir_pipeline *pipeline, bool hard)
{
	// At once is not a drain that is cut short: sources may go on until the
	// executors stop, and what is inside stays there.
	store_relaxed(hard ? &pipeline->stop_at_once : &pipeline->stop, true);
}

// ---- the end ----

static bool tasks_ended(const struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		if (!weir_task_stage_ended(&pipeline->shells[i]))
			return false;
	return true;
}

// cancel_tasks gives tasks the time to return: their executors must run for it.
static void cancel_tasks(struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		weir_task_stage_cancel(&pipeline->shells[i]);
	weir_patience_begin(pipeline);
	while (!tasks_ended(pipeline)) {
		usleep(POLL_US);
		if (weir_patience_ends(pipeline, CANCEL_NS))
			break;
	}
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		if (!weir_task_stage_ended(&pipeline->shells[i]))
			weir_finding(pipeline, true,
				"stage '%s': its task did not return when it "
				"was cancelled",
				pipeline->shells[i].root->plan->name);
}

static void find_tasks_that_never_ran(struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->shell_count; i++) {
		const struct weir_shell *shell = &pipeline->shells[i];
		int err = weir_task_stage_error(shell);

		if (err)
			weir_finding(pipeline, true,
				"stage '%s': its task could not be started: %s",
				shell->root->plan->name, strerror(-err));
	}
}

static uint64_t last_done(const struct weir_pipeline *pipeline)
{
	uint64_t last = pipeline->started_tick;

	if (pipeline->end == WEIR_END_AT_ONCE)
		return weir_clock_now(pipeline->clock);
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		if (pipeline->shells[i].done_tick > last)
			last = pipeline->shells[i].done_tick;
	return last;
}

static void free_edges(struct weir_pipeline *pipeline)
{
	struct rte_mbuf *packets[WEIR_BURST];
	unsigned count = pipeline->edges ? pipeline->plan->edge_count : 0;

	for (unsigned i = 0; i < count; i++) {
		struct weir_edge *edge = &pipeline->edges[i];
		unsigned n;

		while (edge->ring &&
			(n = weir_edge_recv(edge, packets, WEIR_BURST)) > 0)
			rte_pktmbuf_free_bulk(packets, n);
		weir_edge_close(edge);
		free((char *)(uintptr_t)edge->name);
	}
	weir_mem_destroy(pipeline->edges);
	pipeline->edges = NULL;
}

static void close_instances(struct weir_pipeline *pipeline)
{
	unsigned count =
		pipeline->instances ? pipeline->plan->instance_count : 0;

	for (unsigned i = 0; i < count; i++)
		weir_instance_close(&pipeline->instances[i]);
	weir_mem_destroy(pipeline->instances);
	pipeline->instances = NULL;
}

// give_back closes all that may hold packets; then the pool must be whole.
static void give_back(struct weir_pipeline *pipeline)
{
	weir_runners_stop(pipeline);
	if (pipeline->runners)
		weir_runners_free_givebacks(pipeline);
	close_instances(pipeline);
	weir_runners_close(pipeline);
	free_edges(pipeline);
	if (pipeline->ports) {
		weir_ports_stop(pipeline);
		weir_ports_close(pipeline);
	}
}

// find_stuck names the steps that did not end.
static void find_stuck(struct weir_pipeline *pipeline)
{
	char text[WEIR_ERROR_SIZE];

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		const struct weir_runner *runner = &pipeline->runners[i];

		if (!runner->running || load_acquire(&runner->returned))
			continue;
		if (!weir_stuck_step(pipeline, i, text, sizeof(text)))
			snprintf(text, sizeof(text), "%s did not stop",
				weir_executor_name(runner->executor));
		weir_finding(pipeline, true,
			"%s: the run was given up, with %" PRIu64
			" packets inside",
			text, weir_pools_held(pipeline));
	}
}

int weir_pipeline_finish(struct weir_pipeline *pipeline, struct weir_error *e)
{
	while (weir_pipeline_poll(pipeline))
		usleep(POLL_US);
	if (pipeline->end == WEIR_END_AT_ONCE) {
		cancel_tasks(pipeline);
		pipeline->given_up = !weir_runners_halt(pipeline);
	}
	if (pipeline->given_up)
		find_stuck(pipeline);
	find_tasks_that_never_ran(pipeline);
	pipeline->ended_tick = last_done(pipeline);
	weir_runners_stop(pipeline);
	weir_watchdog_settle();
	weir_runners_free_givebacks(pipeline);
	weir_ports_stop(pipeline);
	publish(pipeline);
	if (weir_report_make(pipeline))
		return weir_error_set(
			e, -ENOMEM, "no memory for the report of the run");
	if (pipeline->given_up) { // what is inside is still in use
		weir_report_end(pipeline, 0);
		weir_count_unname(pipeline->segment);
		return 0;
	}
	give_back(pipeline);
	weir_report_end(
		pipeline, weir_pools_held(pipeline) - pipeline->pool_kept);
	return 0;
}

bool weir_pipeline_given_up(const struct weir_pipeline *pipeline)
{
	return pipeline->given_up;
}

struct weir_count_reader *weir_pipeline_reader(struct weir_pipeline *pipeline)
{
	return pipeline->reader;
}

struct json_t *weir_pipeline_report(struct weir_pipeline *pipeline)
{
	return json_incref(pipeline->report);
}

int weir_pipeline_verdict(const struct weir_pipeline *pipeline)
{
	return pipeline->failed;
}

void weir_pipeline_close(struct weir_pipeline *pipeline)
{
	if (!pipeline || pipeline->given_up)
		return;
	if (pipeline->plan)
		give_back(pipeline);
	if (pipeline->watched)
		weir_watchdog_stop();
	weir_changes_close(pipeline);
	weir_contracts_close(pipeline);
	weir_pools_close(pipeline);
	if (pipeline->reader)
		weir_count_close(pipeline->reader);
	if (pipeline->segment)
		weir_count_destroy(pipeline->segment);
	json_decref(pipeline->findings);
	json_decref(pipeline->report);
	free(pipeline);
}
