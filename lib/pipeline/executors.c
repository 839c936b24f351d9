// SPDX-License-Identifier: BSD-3-Clause
//
// Executors on EAL's lcores and on plain threads, and what each runs: shells,
// and on an lcore the freeing of what threads are done with.
#include "base/eal.h"
#include "mem/mem.h"
#include "pipeline/runner.h"
#include "shell/task_stage.h"
#include "task/executor_inline.h"
#include "watch/trap.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FREE_BURST 64
#define HALT_NS 2000000000u // of its own that a step may take to end
#define HALT_POLL_NS 1000000
#define TASK_STACKS 16 // that a task stage may use for tasks of its own

// ---- idle ----

// A thread that found nothing to do gives its CPU to others, soon for a while:
// nobody rings for it, so the sleep bounds what a packet may wait.
#define THREAD_YIELDS 64
#define THREAD_SLEEP_NS 50000

static void idle_thread(
	void *arg, struct weir_executor *executor, uint64_t until)
{
	static __thread unsigned yields;
	static __thread uint64_t before;
	uint64_t now = load_relaxed(&weir_executor_counts(executor)->turns);
	struct timespec nap = {.tv_nsec = THREAD_SLEEP_NS};

	(void)arg;
	(void)until;
	// Between two idle turns that do not follow each other, one did work.
	yields = now == before + 1 ? yields + 1 : 0;
	before = now;
	if (yields < THREAD_YIELDS)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

// ---- freeing ----

static void step_freer(struct weir_executor *executor, struct weir_step *step)
{
	struct weir_freer *freer = (struct weir_freer *)step;
	struct rte_mbuf *packets[FREE_BURST];
	unsigned total = 0;

	for (unsigned i = 0; i < freer->count; i++) {
		unsigned n =
			weir_edge_recv(freer->edges[i], packets, FREE_BURST);

		if (n)
			rte_pktmbuf_free_bulk(packets, n);
		total += n;
	}
	weir_executor_lap_regime_inline(executor, WEIR_TIME_RUNTIME);
	weir_executor_worked_inline(executor, total);
	weir_step_ready_inline(executor, step);
}

void weir_runners_free_givebacks(struct weir_pipeline *pipeline)
{
	struct rte_mbuf *packets[FREE_BURST];

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		struct weir_edge *edge = pipeline->runners[i].giveback;
		unsigned n =
			edge ? weir_edge_recv(edge, packets, FREE_BURST) : 0;

		for (; n; n = weir_edge_recv(edge, packets, FREE_BURST))
			rte_pktmbuf_free_bulk(packets, n);
	}
}

static struct weir_runner *nth_lcore(
	struct weir_pipeline *pipeline, unsigned index)
{
	unsigned count = 0;

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
		count += pipeline->plan->executors[i].kind == WEIR_PLAN_LCORE;
	if (!count)
		return NULL;
	index %= count;
	for (struct weir_runner *runner = pipeline->runners;; runner++)
		if (runner->plan->kind == WEIR_PLAN_LCORE && !index--)
			return runner;
}

static int open_giveback(
	struct weir_pipeline *pipeline, unsigned index, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	struct weir_runner *runner = &pipeline->runners[index];
	struct weir_runner *lcore = nth_lcore(pipeline, index);
	struct weir_edge *edge = &pipeline->givebacks[index];
	struct weir_freer *freer;
	int err;

	if (!lcore)
		return weir_error_set(e, -EINVAL,
			"every stage is on a thread: at least one must be on "
			"an lcore, which alone may free packets");
	freer = &lcore->freer;
	err = weir_edge_open(edge, runner->plan->reason, WEIR_GIVEBACK_DEPTH,
		WEIR_WHEN_FULL_WAIT, lcore->plan->node, NULL, e);
	if (err)
		return err;
	runner->giveback = edge; // only now does it have a ring
	if (!freer->edges)
		freer->edges =
			weir_mem_create(plan->executor_count * sizeof(void *),
				lcore->plan->node);
	if (!freer->edges)
		return weir_error_set(e, -ENOMEM, "out of memory");
	freer->edges[freer->count++] = runner->giveback;
	return 0;
}

// ---- making ----

static unsigned task_count(
	const struct weir_pipeline *pipeline, unsigned executor)
{
	const struct weir_plan *plan = pipeline->plan;
	unsigned count = 0;

	for (unsigned i = 0; i < plan->instance_count; i++)
		count += plan->instances[i].executor == executor &&
			 pipeline->instances[i].type->task;
	return count;
}

static int open_counts(struct weir_pipeline *pipeline,
	struct weir_runner *runner, const char *name, struct weir_error *e)
{
	static const struct weir_count_field others = {
		"others", "ticks", WEIR_COUNT_HISTOGRAM, 0};
	static const struct weir_count_field ready = {
		"ready", "ticks", WEIR_COUNT_HISTOGRAM, 0};

	runner->counts =
		weir_count_add(pipeline->segment, name, sizeof(*runner->counts),
			weir_executor_fields, WEIR_EXECUTOR_FIELDS, e);
	runner->others = weir_count_add(pipeline->segment, name,
		sizeof(*runner->others), &others, 1, e);
	runner->ready = weir_count_add(
		pipeline->segment, name, sizeof(*runner->ready), &ready, 1, e);
	return runner->counts && runner->others && runner->ready ? 0 : -ENOSPC;
}

static int open_runner(
	struct weir_pipeline *pipeline, unsigned index, struct weir_error *e)
{
	struct weir_runner *runner = &pipeline->runners[index];
	bool thread = runner->plan->kind == WEIR_PLAN_THREAD;
	unsigned tasks = task_count(pipeline, index);
	struct weir_executor_options options = {
		.clock = pipeline->clock,
		// Each task stage has one that supervises it.
		.stack_count = tasks ? 2 * tasks + TASK_STACKS : 1,
		.node = runner->plan->node,
	};
	char name[WEIR_COUNT_PATH_SIZE];
	int err;

	snprintf(name, sizeof(name), "%s.%u", thread ? "threads" : "lcores",
		runner->plan->id);
	err = open_counts(pipeline, runner, name, e);
	if (err)
		return err;
	options.name = name;
	options.counts = runner->counts;
	options.task_steps = runner->others;
	options.ready_waits = runner->ready;
	if (thread)
		options.idle = idle_thread;
	else if (runner->plan->shares_cpu)
		options.idle = weir_idle_yield;
	err = weir_executor_create(&runner->executor, &options, e);
	return !err && thread ? open_giveback(pipeline, index, e) : err;
}

static int open_shells(struct weir_pipeline *pipeline, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;

	pipeline->shells = weir_mem_create(
		(plan->instance_count + 1) * sizeof(*pipeline->shells),
		WEIR_NODE_ANY);
	if (!pipeline->shells)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < plan->instance_count; i++) {
		struct weir_shell *shell =
			&pipeline->shells[pipeline->shell_count];
		int err;

		if (!plan->instances[i].root)
			continue;
		pipeline->shell_count++;
		shell->stop = &pipeline->stop;
		shell->latency_all = plan->config->runtime.latency_all;
		if (pipeline->limit.all)
			shell->limit = &pipeline->limit;
		err = weir_shell_open(shell, &pipeline->instances[i],
			pipeline->instances, plan, pipeline->edges,
			pipeline->runners[plan->instances[i].executor].giveback,
			e);
		if (err)
			return err;
	}
	return 0;
}

// mark_callers tells of executors whose ports must make system calls, and of those
// on a thread, whose stages may: what they sleep there is no fault.
static void mark_callers(struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->plan->instance_count; i++) {
		const struct weir_instance *instance = &pipeline->instances[i];
		struct weir_runner *runner =
			&pipeline->runners[instance->plan->executor];

		if (instance->port && instance->port->traits.makes_system_calls)
			runner->executor->makes_calls = true;
	}
	// A thread is where calls belong.
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
		if (pipeline->runners[i].plan->kind == WEIR_PLAN_THREAD)
			pipeline->runners[i].executor->makes_calls = true;
}

int weir_runners_open(struct weir_pipeline *pipeline, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	unsigned count = plan->executor_count;
	int err = 0;

	pipeline->runners = weir_mem_create(
		(count + 1) * sizeof(*pipeline->runners), WEIR_NODE_ANY);
	pipeline->givebacks = weir_mem_create(
		(count + 1) * sizeof(*pipeline->givebacks), WEIR_NODE_ANY);
	if (!pipeline->runners || !pipeline->givebacks)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < count; i++)
		pipeline->runners[i].plan = &plan->executors[i];
	for (unsigned i = 0; i < count && !err; i++)
		err = open_runner(pipeline, i, e);
	if (err)
		return err;
	mark_callers(pipeline);
	return open_shells(pipeline, e);
}

// ---- running ----

static int run_on_lcore(void *arg)
{
	struct weir_runner *runner = arg;

	// Whether it can be had was asked before; the system may refuse it yet.
	if (runner->trap)
		runner->untrapped =
			weir_trap_enter(runner->trap, runner->executor);
	weir_mem_forbid(1);
	weir_executor_run(runner->executor);
	weir_mem_forbid(0);
	weir_trap_leave();
	store_release(&runner->returned, true);
	return 0;
}

static void *run_on_thread(void *arg)
{
	run_on_lcore(arg);
	return NULL;
}

static int start_thread(struct weir_runner *runner, struct weir_error *e)
{
	pthread_attr_t attributes;
	cpu_set_t cpus;
	int err;

	CPU_ZERO(&cpus);
	CPU_SET(runner->plan->cpu, &cpus);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	err = pthread_create(
		&runner->thread, &attributes, run_on_thread, runner);
	pthread_attr_destroy(&attributes);
	if (err)
		return weir_error_set(e, -err,
			"cannot start thread %u on CPU %u: %s",
			runner->plan->id, runner->plan->cpu, strerror(err));
	return 0;
}

static int start_shells(struct weir_pipeline *pipeline, struct weir_error *e)
{
	int err = 0;

	for (unsigned i = 0; i < pipeline->shell_count && !err; i++) {
		struct weir_shell *shell = &pipeline->shells[i];
		unsigned executor = shell->root->plan->executor;

		err = weir_shell_start(
			shell, pipeline->runners[executor].executor, e);
	}
	return err;
}

int weir_runners_start(struct weir_pipeline *pipeline, struct weir_error *e)
{
	int err = start_shells(pipeline, e);

	for (unsigned i = 0; i < pipeline->plan->executor_count && !err; i++) {
		struct weir_runner *runner = &pipeline->runners[i];

		if (runner->freer.count) {
			weir_step_init(&runner->freer.step, step_freer, NULL);
			weir_step_label(runner->executor, &runner->freer.label,
				&runner->freer.step, "(frees packets)");
			weir_step_ready(runner->executor, &runner->freer.step);
		}
		err = runner->plan->kind == WEIR_PLAN_THREAD
			      ? start_thread(runner, e)
			      : weir_eal_launch(runner->plan->id, run_on_lcore,
					runner, e);
		runner->running = !err;
	}
	return err;
}

static bool all_returned(const struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
		if (pipeline->runners[i].running &&
			!load_acquire(&pipeline->runners[i].returned))
			return false;
	return true;
}

bool weir_runners_halt(struct weir_pipeline *pipeline)
{
	const struct timespec nap = {.tv_nsec = HALT_POLL_NS};

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
		if (pipeline->runners[i].running)
			weir_executor_stop(pipeline->runners[i].executor);
	weir_patience_begin(pipeline);
	while (!all_returned(pipeline)) {
		if (weir_patience_ends(pipeline, HALT_NS))
			return all_returned(pipeline);
		nanosleep(&nap, NULL);
	}
	return true;
}

void weir_runners_stop(struct weir_pipeline *pipeline)
{
	unsigned count = pipeline->runners ? pipeline->plan->executor_count : 0;

	for (unsigned i = 0; i < count; i++)
		if (pipeline->runners[i].running)
			weir_executor_stop(pipeline->runners[i].executor);
	for (unsigned i = 0; i < count; i++) {
		struct weir_runner *runner = &pipeline->runners[i];

		if (!runner->running)
			continue;
		if (pipeline->given_up && !load_acquire(&runner->returned))
			continue;
		if (runner->plan->kind == WEIR_PLAN_THREAD)
			pthread_join(runner->thread, NULL);
		else
			weir_eal_join(runner->plan->id);
		// All that it wrote is seen from here on.
		weir_assert(load_acquire(&runner->returned));
		runner->running = false;
	}
}

void weir_runners_close(struct weir_pipeline *pipeline)
{
	unsigned count = pipeline->runners ? pipeline->plan->executor_count : 0;
	bool left = false;

	// A task that did not end when it was cancelled keeps its executor.
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		left |= !weir_task_stage_ended(&pipeline->shells[i]);
	for (unsigned i = 0; i < count; i++) {
		struct weir_runner *runner = &pipeline->runners[i];

		if (!left)
			weir_executor_destroy(runner->executor);
		if (runner->giveback)
			weir_edge_close(runner->giveback);
		weir_mem_destroy(runner->freer.edges);
		free(runner->trap);
	}
	for (unsigned i = 0; i < pipeline->shell_count; i++)
		weir_shell_close(&pipeline->shells[i]);
	weir_mem_destroy(pipeline->shells);
	weir_mem_destroy(pipeline->givebacks);
	weir_mem_destroy(pipeline->runners);
	pipeline->shells = NULL;
	pipeline->givebacks = NULL;
	pipeline->runners = NULL;
	pipeline->shell_count = 0;
}
