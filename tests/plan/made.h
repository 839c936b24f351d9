// SPDX-License-Identifier: BSD-3-Clause
//
// Configs made by hand, for machines made by hand, and what is planned of them.
#ifndef WEIR_TESTS_PLAN_MADE_H
#define WEIR_TESTS_PLAN_MADE_H

#include "plan/plan.h"
#include "stage/outputs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Not every file of tests uses all of these.
#define USED_BY_SOME __attribute__((unused))

#define STAGES_MAX 16
#define INPUTS_MAX 8

static void no_kernel(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	(void)state, (void)in, (void)n, (void)out;
}

static void no_task(void *state, struct weir_stage_io *io)
{
	(void)state, (void)io;
}

static const struct weir_stage source USED_BY_SOME = {.type = "source",
	.outputs = {"out"},
	.source = true,
	.kernel = no_kernel};
static const struct weir_stage plain USED_BY_SOME = {
	.type = "plain", .outputs = {"out"}, .kernel = no_kernel};
static const struct weir_stage two USED_BY_SOME = {
	.type = "two", .outputs = {"match", "rest"}, .kernel = no_kernel};
static const struct weir_stage spread USED_BY_SOME = {.type = "spread",
	.outputs = {"out"},
	.ways = WEIR_WAYS_SPREAD,
	.kernel = no_kernel};
static const struct weir_stage copy USED_BY_SOME = {.type = "copy",
	.outputs = {"out"},
	.ways = WEIR_WAYS_COPY,
	.kernel = no_kernel};
static const struct weir_stage waits USED_BY_SOME = {
	.type = "waits", .outputs = {"out"}, .task = no_task};
static const struct weir_stage writes USED_BY_SOME = {.type = "writes",
	.outputs = {"out"},
	.writes = true,
	.kernel = no_kernel};
static const struct weir_stage sink USED_BY_SOME = {
	.type = "sink", .kernel = no_kernel};

static const unsigned cpus[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const struct weir_plan_machine two_cpus USED_BY_SOME = {2, cpus};
static const struct weir_plan_machine eight_cpus USED_BY_SOME = {8, cpus};
static const struct weir_plan_machine one_cpu USED_BY_SOME = {1, cpus};

// A config under construction.
static struct weir_config_stage stages[STAGES_MAX];
static struct weir_config_input inputs[STAGES_MAX][INPUTS_MAX];
static struct weir_config config;
static struct weir_plan *plan;
static struct weir_error error;

static inline void begin(void)
{
	memset(stages, 0, sizeof(stages));
	memset(inputs, 0, sizeof(inputs));
	memset(&error, 0, sizeof(error));
	config = (struct weir_config){
		.file = "f.yaml",
		.runtime = {.packet_size = 2048, .depth = 1024},
		.stages = stages,
	};
}

static inline void end(void)
{
	weir_plan_destroy(plan);
	plan = NULL;
}

static inline struct weir_config_stage *add(
	const char *name, const struct weir_stage *type)
{
	unsigned index = config.stage_count++;
	struct weir_config_stage *stage = &stages[index];

	*stage = (struct weir_config_stage){
		.name = name,
		.type = type,
		.inputs = inputs[index],
		.port = -1,
		.replicas = 1,
		.lcore = -1,
		.at = {"f.yaml", 10 + index, 3},
	};
	stage->output_count =
		(unsigned)weir_stage_outputs(type, NULL, stage->outputs, NULL);
	return stage;
}

static inline struct weir_config_input *feed(struct weir_config_stage *to,
	const struct weir_config_stage *from, unsigned output)
{
	struct weir_config_input *input = &to->inputs[to->input_count++];

	*input = (struct weir_config_input){
		.from = from->name,
		.stage = (unsigned)(from - stages),
		.output = output,
		.at = {"f.yaml", 10 + (unsigned)(to - stages), 20},
	};
	return input;
}

// A row of stages, each fed by the one before it.
static inline struct weir_config_stage *then(
	const char *name, const struct weir_stage *type)
{
	struct weir_config_stage *before = &stages[config.stage_count - 1];
	struct weir_config_stage *stage = add(name, type);

	feed(stage, before, 0);
	return stage;
}

static inline void make(const struct weir_plan_machine *machine)
{
	int err = weir_plan_create(&plan, &config, machine, &error);

	cr_assert_eq(err, 0, "%s", error.text);
}

static inline void refuse(const char *words)
{
	int err = weir_plan_create(&plan, &config, &two_cpus, &error);

	cr_assert_lt(err, 0, "was planned");
	cr_assert_null(plan);
	cr_assert(strstr(error.text, words), "said: %s", error.text);
}

static inline const struct weir_plan_instance *find(const char *name)
{
	for (unsigned i = 0; i < plan->instance_count; i++)
		if (!strcmp(plan->instances[i].name, name))
			return &plan->instances[i];
	cr_assert_fail("no instance %s", name);
	return NULL;
}

#endif
