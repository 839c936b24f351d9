// SPDX-License-Identifier: BSD-3-Clause
//
// New options for a stage that runs, in four steps:
//
//	main thread      prepare, for each instance: may fail, changes nothing
//	its executor     commit, between two steps
//	all executors    a turn: nobody is where the old one could be in use
//	main thread      retire
//
// The values live in a copy of the stage's option block. Texts among them may
// still belong to an older block, so those stay until the pipeline closes.
#include "base/assert.h"
#include "pipeline/runner.h"
#include "task/executor.h"
#include "task/post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_US 100
#define WAIT_ROUNDS 100000 // ten seconds
#define TEXTS_MAX 256	   // values of one option

// What is to be done on an executor.
struct order {
	struct weir_post post; // first
	struct weir_instance *instance;
	void *next, *old;
	bool done; // released by the executor
};

struct weir_change {
	struct weir_change *before;
	unsigned stage; // in config
	struct weir_option_block *options;
	struct order *orders;
	unsigned count; // of prepared ones
};

// ---- the values ----

static const struct weir_option_block *present_options(
	const struct weir_pipeline *pipeline, unsigned stage)
{
	const struct weir_change *change = pipeline->changes;

	while (change && change->stage != stage)
		change = change->before;
	return change ? change->options
		      : pipeline->plan->config->stages[stage].options;
}

static size_t name_length(const char *text)
{
	return strcspn(text, "=");
}

// set_option gives option all values that options has for it.
static int set_option(struct weir_option_block *block,
	const struct weir_option *option, const char *const *options,
	struct weir_error *e)
{
	size_t length = strlen(option->name);
	const char *texts[TEXTS_MAX];
	struct weir_error why = {0};
	unsigned count = 0;

	for (; *options; options++) {
		if (name_length(*options) != length ||
			strncmp(*options, option->name, length))
			continue;
		if (count == TEXTS_MAX)
			return weir_error_set(e, -E2BIG,
				"%s: more than %u values at once", option->name,
				TEXTS_MAX);
		texts[count++] = *options + length + 1;
	}
	if (!count)
		return 0;
	if (!option->live)
		return weir_error_set(e, -EPERM,
			"%s cannot be changed while it runs", option->name);
	if (!weir_option_set(block, option, texts, count, &why))
		return 0;
	return weir_error_set(e, why.code, "%s: %s", option->name, why.text);
}

static int check_names(const struct weir_stage *type,
	const char *const *options, struct weir_error *e)
{
	for (; *options; options++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)name_length(*options),
			*options);
		if (!weir_option_find(type->options, name))
			return weir_error_set(e, -EINVAL,
				"%s has no option '%s'", type->type, name);
		if (!(*options)[name_length(*options)])
			return weir_error_set(e, -EINVAL,
				"'%s' gives no value: write %s=VALUE", name,
				name);
	}
	return 0;
}

static int make_options(const struct weir_pipeline *pipeline,
	struct weir_change *change, const char *const *options,
	struct weir_error *e)
{
	const struct weir_stage *type =
		pipeline->plan->config->stages[change->stage].type;
	const struct weir_option *option = type->options;
	int err = check_names(type, options, e);

	if (err)
		return err;
	err = weir_option_block_create(
		&change->options, type->state_size, type->options);
	if (err)
		return weir_error_set(e, err, "out of memory");
	memcpy(weir_option_block_data(change->options),
		weir_option_block_data(
			(struct weir_option_block *)(uintptr_t)present_options(
				pipeline, change->stage)),
		type->state_size);
	for (; !err && option->type != WEIR_TYPE_END; option++)
		err = set_option(change->options, option, options, e);
	if (!err && type->check &&
		type->check(weir_option_block_data(change->options), e))
		err = -EINVAL;
	return err;
}

// ---- the steps ----

static int prepare(struct weir_pipeline *pipeline, struct weir_change *change,
	struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	int err = 0;

	change->orders = calloc(plan->instance_count + plan->executor_count,
		sizeof(struct order));
	if (!change->orders)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < plan->instance_count && !err; i++) {
		struct weir_instance *instance = &pipeline->instances[i];
		struct order *order = &change->orders[change->count];

		if (plan->instances[i].stage != change->stage)
			continue;
		order->instance = instance;
		err = instance->type->prepare(instance->state,
			weir_option_block_data(change->options), &order->next,
			e);
		change->count += !err;
	}
	return err;
}

static void commit(struct weir_executor *executor, struct weir_post *post)
{
	struct order *order = (struct order *)post;
	struct weir_instance *instance = order->instance;

	(void)executor;
	if (instance)
		order->old =
			instance->type->commit(instance->state, order->next);
	store_release(&order->done, true);
}

// send has an order done by an executor, or here where that does not run.
static void send(struct weir_runner *runner, struct order *order)
{
	order->post.fn = commit;
	if (runner->running)
		weir_executor_post(runner->executor, &order->post);
	else
		commit(runner->executor, &order->post);
}

static bool wait_for(const struct order *orders, unsigned count)
{
	for (unsigned i = 0, round = 0; i < count; round++) {
		if (load_acquire(&orders[i].done)) {
			i++;
			continue;
		}
		if (round == WAIT_ROUNDS)
			return false;
		usleep(WAIT_US);
	}
	return true;
}

// pass_turns answers true when every executor has handled an empty order, which
// it does between two steps.
static bool pass_turns(
	struct weir_pipeline *pipeline, struct weir_change *change)
{
	struct order *turns = &change->orders[change->count];
	unsigned count = pipeline->plan->executor_count;

	for (unsigned i = 0; i < count; i++)
		send(&pipeline->runners[i], &turns[i]);
	return wait_for(turns, count);
}

// retire frees what was committed before, or what never was.
static void retire(
	const struct weir_pipeline *pipeline, struct weir_change *change)
{
	const struct weir_stage *type =
		pipeline->plan->config->stages[change->stage].type;

	for (unsigned i = 0; type->retire && i < change->count; i++) {
		struct order *order = &change->orders[i];

		type->retire(order->done ? order->old : order->next);
	}
	free(change->orders);
	change->orders = NULL;
	change->count = 0;
}

static int apply(struct weir_pipeline *pipeline, struct weir_change *change,
	struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;

	for (unsigned i = 0; i < change->count; i++) {
		struct order *order = &change->orders[i];

		weir_assert(order->instance);
		send(&pipeline->runners[order->instance->plan->executor],
			order);
	}
	// From here on it is in force, or will be.
	change->before = pipeline->changes;
	pipeline->changes = change;
	if (!wait_for(change->orders, change->count) ||
		!pass_turns(pipeline, change))
		return weir_error_set(e, -ETIMEDOUT,
			"stage '%s': an executor has not come to a step's end "
			"for ten seconds; the change will be made when it does",
			plan->config->stages[change->stage].name);
	retire(pipeline, change);
	return 0;
}

// ---- all ----

static int find(const struct weir_pipeline *pipeline, const char *name,
	unsigned *index, struct weir_error *e)
{
	const struct weir_config *config = pipeline->plan->config;

	if (pipeline->report)
		return weir_error_set(e, -EALREADY, "the run is over");
	for (*index = 0; *index < config->stage_count; (*index)++)
		if (!strcmp(config->stages[*index].name, name))
			break;
	if (*index == config->stage_count)
		return weir_error_set(
			e, -ENOENT, "there is no stage '%s'", name);
	if (!config->stages[*index].type->prepare)
		return weir_error_set(e, -ENOTSUP,
			"stage '%s': a %s has nothing that may be changed "
			"while it runs",
			name, config->stages[*index].type->type);
	return 0;
}

static void discard(
	const struct weir_pipeline *pipeline, struct weir_change *change)
{
	if (change->orders)
		retire(pipeline, change);
	if (change->options)
		weir_option_block_destroy(change->options);
	free(change);
}

int weir_pipeline_change(struct weir_pipeline *pipeline, const char *stage,
	const char *const *options, struct weir_error *e)
{
	struct weir_change *change = calloc(1, sizeof(*change));
	struct weir_error why = {0};
	int err;

	if (!change)
		return weir_error_set(e, -ENOMEM, "out of memory");
	err = find(pipeline, stage, &change->stage, e);
	if (err) {
		free(change);
		return err;
	}
	err = make_options(pipeline, change, options, &why);
	if (!err)
		err = prepare(pipeline, change, &why);
	if (err) {
		discard(pipeline, change);
		return weir_error_set(
			e, err, "stage '%s': %s", stage, why.text);
	}
	return apply(pipeline, change, e);
}

void weir_changes_close(struct weir_pipeline *pipeline)
{
	while (pipeline->changes) {
		struct weir_change *change = pipeline->changes;

		pipeline->changes = change->before;
		discard(pipeline, change);
	}
}
