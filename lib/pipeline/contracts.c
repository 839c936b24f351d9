// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/contracts.h"
#include "task/executor_inline.h"
#include "watch/code.h"
#include "watch/seen.h"
#include "watch/thread.h"
#include "watch/trap.h"
#include "watch/watchdog.h"
#include "watch/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUCK_NS 1000000000u

// ---- set-up ----

static int add(struct weir_pipeline *pipeline, const char *name,
	struct weir_histogram *steps, uint64_t max_exec_ns,
	struct weir_error *e)
{
	struct weir_contract **next =
		&pipeline->contracts[pipeline->contract_count];
	int err = weir_contract_borrow(
		next, name, steps, pipeline->clock, max_exec_ns, e);

	pipeline->contract_count += !err;
	return err;
}

static int add_others(struct weir_pipeline *pipeline, unsigned index,
	uint64_t max_exec_ns, struct weir_error *e)
{
	const struct weir_runner *runner = &pipeline->runners[index];
	char name[WEIR_CLASS_SIZE];

	snprintf(name, sizeof(name), "(others on %s %u)",
		runner->plan->kind == WEIR_PLAN_LCORE ? "lcore" : "thread",
		runner->plan->id);
	return add(pipeline, name, runner->others, max_exec_ns, e);
}

int weir_contracts_open(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	uint64_t general = plan->config->runtime.max_exec_ns;
	int err = 0;

	if (!general && options->contract)
		general = WEIR_CONTRACT_DEFAULT_NS;
	if (options->contract == WEIR_CONTRACT_ASKED_STRICTLY)
		pipeline->contract_flags = WEIR_CONTRACT_STRICT;
	pipeline->contracts =
		calloc(plan->instance_count + plan->executor_count + 1,
			sizeof(*pipeline->contracts));
	pipeline->contract_states =
		calloc(plan->instance_count + plan->executor_count + 1,
			sizeof(*pipeline->contract_states));
	if (!pipeline->contracts || !pipeline->contract_states)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < plan->instance_count && !err; i++) {
		struct weir_instance *instance = &pipeline->instances[i];
		uint64_t own = instance->config->max_exec_ns;

		if (!instance->timed_with)
			err = add(pipeline, instance->plan->name,
				instance->steps, own ? own : general, e);
	}
	for (unsigned i = 0; i < plan->executor_count && !err; i++)
		err = add_others(pipeline, i, general, e);
	return err;
}

int weir_traps_open(struct weir_pipeline *pipeline,
	const struct weir_pipeline_options *options, struct weir_error *e)
{
	int err = options->check_blocking ? weir_trap_open(e) : 0;

	if (!options->check_blocking || err)
		return err;
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		struct weir_runner *runner = &pipeline->runners[i];

		if (runner->plan->kind != WEIR_PLAN_LCORE ||
			runner->executor->makes_calls)
			continue;
		runner->trap = calloc(1, sizeof(*runner->trap));
		if (!runner->trap)
			return weir_error_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

void weir_contracts_close(struct weir_pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->contract_count; i++)
		weir_contract_destroy(pipeline->contracts[i]);
	free(pipeline->contracts);
	free(pipeline->contract_states);
	pipeline->contracts = NULL;
	pipeline->contract_states = NULL;
	pipeline->contract_count = 0;
}

// ---- a step that does not end ----

bool weir_stuck_step(
	struct weir_pipeline *pipeline, unsigned index, char *text, size_t size)
{
	const struct weir_runner *runner = &pipeline->runners[index];
	const struct weir_histogram *running =
		load_relaxed(&runner->executor->running);
	uint64_t begin = load_relaxed(&runner->executor->now);
	uint64_t ns = weir_clock_ns(
		pipeline->clock, weir_clock_now(pipeline->clock) - begin);
	const struct weir_contract *contract;

	if (!running || ns < STUCK_NS)
		return false;
	contract = weir_books_find(running);
	snprintf(text, size,
		"stage '%s' on %s %u does not end its step, which has gone on "
		"for %.1f s",
		contract ? contract->name : "?",
		runner->plan->kind == WEIR_PLAN_LCORE ? "lcore" : "thread",
		runner->plan->id, (double)ns / 1e9);
	weir_books_unlock();
	return true;
}

// ---- the report ----

static void set(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *stack_of(
	struct weir_symbols *symbols, const struct weir_sighting *sighting)
{
	json_t *stack = json_array();
	char text[256];

	for (unsigned i = 0; i < sighting->frames.count; i++)
		json_array_append_new(stack,
			json_string(weir_words_frame(symbols, &sighting->frames,
				i, text, sizeof(text))));
	return stack;
}

static json_t *call_of(long call)
{
	const char *name = weir_call_name(call);
	char text[24];

	snprintf(text, sizeof(text), "%ld", call);
	return json_string(name ? name : text);
}

static json_t *worst_of(
	struct weir_symbols *symbols, const struct weir_contract *contract)
{
	json_t *worst = json_array();

	for (unsigned i = 0; i < contract->worst_count; i++) {
		const struct weir_sighting *sighting = &contract->worst[i];
		json_t *object = json_object();

		json_array_append_new(worst, object);
		json_object_set_new(object, "finding",
			json_string(weir_found_name(sighting->found)));
		set(object, "ns", sighting->ns);
		json_object_set_new(
			object, "executor", json_string(sighting->executor));
		if (*sighting->task)
			json_object_set_new(
				object, "task", json_string(sighting->task));
		if (sighting->call >= 0)
			json_object_set_new(
				object, "call", call_of(sighting->call));
		json_object_set_new(
			object, "stack", stack_of(symbols, sighting));
	}
	return worst;
}

static json_t *class_of(const struct weir_contract_state *state)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(state->name));
	set(object, "max_exec_ns", state->limit_ns);
	set(object, "steps", state->steps);
	set(object, "longest_ns", state->worst_ns);
	set(object, "over", state->over);
	set(object, "blocked_task", state->blocked);
	set(object, "blocking_call", state->blocking);
	set(object, "stolen_core", state->stolen);
	set(object, "not_witnessed", state->unwitnessed);
	json_object_set_new(object, "broken", json_boolean(state->broken));
	return object;
}

static void find_broken(struct weir_pipeline *pipeline,
	struct weir_symbols *symbols, const struct weir_contract *contract,
	const struct weir_contract_state *state)
{
	char text[WEIR_ERROR_SIZE];
	size_t used;

	weir_words_broken(state, text, sizeof(text));
	for (unsigned i = 0; i < contract->worst_count; i++) {
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "\n");
		used = strlen(text);
		weir_words_seen(symbols, &contract->worst[i], text + used,
			sizeof(text) - used);
	}
	weir_finding(pipeline, true, "%s", text);
}

static void report_class(struct weir_pipeline *pipeline,
	struct weir_symbols *symbols, struct weir_contract *contract,
	const struct weir_contract_state *state, json_t *classes)
{
	json_t *object;

	if (!state->limit_ns)
		return;
	object = class_of(state);
	json_array_append_new(classes, object);
	json_object_set_new(object, "worst", worst_of(symbols, contract));
	if (state->broken)
		find_broken(pipeline, symbols, contract, state);
}

// ---- trapped calls ----

// times_of writes how often something was, as it is said: "once", "5 times".
static const char *times_of(uint64_t count, char *text, size_t size)
{
	if (count == 1)
		return "once";
	snprintf(text, size, "%" PRIu64 " times", count);
	return text;
}

static void find_trapped(struct weir_pipeline *pipeline,
	struct weir_symbols *symbols, const struct weir_trapped *trapped)
{
	struct weir_contract *contract = weir_books_find(trapped->steps);
	const char *call = weir_call_name(trapped->call);
	char text[WEIR_ERROR_SIZE], number[32], times[32];

	weir_books_unlock();
	snprintf(number, sizeof(number), "system call %ld,", trapped->call);
	weir_finding(pipeline, true,
		"stage '%s' called %s %s, which an lcore must not%s",
		contract ? contract->name : "?", call ? call : number,
		times_of(trapped->count, times, sizeof(times)),
		weir_words_stack(
			symbols, &trapped->frames, text, sizeof(text)));
}

static void report_trapped(
	struct weir_pipeline *pipeline, struct weir_symbols *symbols)
{
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		const struct weir_runner *runner = &pipeline->runners[i];
		const struct weir_trap *trap = runner->trap;

		if (runner->untrapped)
			weir_finding(pipeline, true,
				"lcore %u: the system refused to trap its "
				"system calls (seccomp): %s; what its stages "
				"call is not known",
				runner->plan->id, strerror(-runner->untrapped));
		for (unsigned j = 0; trap && j < trap->count; j++)
			find_trapped(pipeline, symbols, &trap->at[j]);
		if (trap && trap->lost)
			weir_finding(pipeline, true,
				"lcore %u: %" PRIu64 " more system calls",
				runner->plan->id, trap->lost);
	}
}

// find_sleeps tells of lcores that slept: with a contract or without.
static void find_sleeps(struct weir_pipeline *pipeline)
{
	char times[32];

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		const struct weir_runner *runner = &pipeline->runners[i];
		uint64_t count = weir_watchdog_sleeps(runner->executor);

		if (count)
			weir_finding(pipeline, false,
				"lcore %u went to sleep in the kernel %s: a "
				"stage on it makes a blocking call; "
				"--check=blocking tells which",
				runner->plan->id,
				times_of(count, times, sizeof(times)));
	}
}

// cut_stacks ends each stack where it is none any more.
static void cut_stacks(struct weir_pipeline *pipeline)
{
	struct weir_code *code = weir_code_create();

	weir_books_lock();
	for (unsigned i = 0; i < pipeline->contract_count; i++) {
		struct weir_contract *contract = pipeline->contracts[i];

		for (unsigned j = 0; j < contract->worst_count; j++)
			weir_code_cut(code, &contract->worst[j].frames);
	}
	weir_books_unlock();
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		struct weir_trap *trap = pipeline->runners[i].trap;

		for (unsigned j = 0; trap && j < trap->count; j++)
			weir_code_cut(code, &trap->at[j].frames);
	}
	weir_code_destroy(code);
}

// ---- the verdict ----

static bool any_broken(const struct weir_contract_state *states, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (states[i].limit_ns && states[i].broken)
			return true;
	return false;
}

static bool any_limit(const struct weir_contract_state *states, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (states[i].limit_ns)
			return true;
	return false;
}

static void report_all(struct weir_pipeline *pipeline,
	struct weir_symbols *symbols, const struct weir_contract_state *states,
	json_t *report)
{
	unsigned count = pipeline->contract_count;
	json_t *contract = json_object(), *classes = json_array();
	char text[512];

	json_object_set_new(report, "contract", contract);
	json_object_set_new(contract, "verdict",
		json_string(
			weir_words_verdict(states, count, text, sizeof(text))));
	json_object_set_new(contract, "strict",
		json_boolean(pipeline->contract_flags & WEIR_CONTRACT_STRICT));
	json_object_set_new(
		contract, "broken", json_boolean(any_broken(states, count)));
	json_object_set_new(contract, "classes", classes);
	for (unsigned i = 0; i < count; i++)
		report_class(pipeline, symbols, pipeline->contracts[i],
			&states[i], classes);
}

void weir_report_contracts(struct weir_pipeline *pipeline, json_t *report)
{
	struct weir_contract_state *states = pipeline->contract_states;
	unsigned count = pipeline->contract_count;
	struct weir_symbols *symbols = NULL;

	for (unsigned i = 0; i < count; i++)
		weir_contract_read(pipeline->contracts[i],
			pipeline->contract_flags, &states[i]);
	// Where they cannot be had, what was found stands without names.
	(void)weir_symbols_open(&symbols, 0, NULL);
	cut_stacks(pipeline);
	if (any_limit(states, count))
		report_all(pipeline, symbols, states, report);
	report_trapped(pipeline, symbols);
	find_sleeps(pipeline);
	weir_symbols_close(symbols);
}

// ---- remarks ----

static void add_remark(void *arg, const char *sentence)
{
	json_array_append_new(arg, json_string(sentence));
}

void weir_report_remarks(struct weir_pipeline *pipeline, json_t *report)
{
	unsigned count = pipeline->plan->executor_count;
	const struct weir_executor **executors =
		calloc(count + 1, sizeof(const struct weir_executor *));
	json_t *remarks = json_array();

	json_object_set_new(report, "remarks", remarks);
	for (unsigned i = 0; executors && i < count; i++) {
		executors[i] = pipeline->runners[i].executor;
		pipeline->runners[i].executor->told = true;
	}
	if (executors)
		weir_own_remarks(executors, count, add_remark, remarks);
	free(executors);
}
