// SPDX-License-Identifier: BSD-3-Clause
//
// A stage is a mapping: its type, what every stage may say, and the options of
// its type. Who gives to whom is checked when all stages are known (wiring).
#include "config/check.h"
#include "stage/outputs.h"

#include <stdio.h>
#include <string.h>

// What every stage may say.
struct common {
	uint32_t replicas, place, lcore;
	uint64_t max_exec_ns;
	const char **drop;
};

static const char *const places[] = {
	"auto", "fused", "lcore", "thread", "channel", NULL};

const struct weir_option weir_stage_common_options[] = {
	WEIR_OPTION_U32(struct common, replicas, "replicas", 1,
		"how many of it run side by side", .min = 1,
		.max = WEIR_STAGE_WAYS_MAX),
	WEIR_OPTION_CHOICE(struct common, place, "place", "auto", places,
		"where it runs: called by what is before it (fused), on the "
		"same lcore behind a ring (channel), on a polling core of its "
		"own (lcore), on a thread"),
	WEIR_OPTION_U32(struct common, lcore, "lcore", any,
		"the number of the lcore to run on, from 1", .min = 1,
		.max = 1023, .zero = "any"),
	WEIR_OPTION_DURATION(struct common, max_exec_ns, "max_exec", "runtime",
		"the longest that a step of it may take; runtime: what the "
		"runtime says",
		.zero = "runtime"),
	WEIR_OPTION_TEXTS(struct common, drop, "drop", "",
		"outputs whose packets are dropped"),
	{0},
};

static bool is_own_key(const char *key)
{
	return !strcmp(key, "type") || !strcmp(key, "inputs");
}

static void set_port(struct weir_check *check, struct weir_config_stage *stage,
	const struct weir_node *node)
{
	struct weir_words words = {.count = 0};

	stage->port = weir_config_port_index(check->config, node->text);
	if (stage->port >= 0) {
		check->port_used[stage->port] = true;
		return;
	}
	for (unsigned i = 0; i < check->config->port_count; i++)
		weir_words_add(&words, check->config->ports[i].name);
	weir_fault_unknown(check->faults, node->at,
		&(struct weir_unknown){.what = "port",
			.word = node->text,
			.where = "",
			.words = words.list,
			.count = words.count});
}

static void set_drops(struct weir_check *check, struct weir_config_stage *stage,
	const struct common *common, const struct weir_node *node)
{
	char where[WEIR_NAME_SIZE_MAX + 16];
	int output;

	snprintf(where, sizeof(where), " of stage '%.*s'", WEIR_NAME_SIZE_MAX,
		stage->name);
	for (const char **name = common->drop; *name; name++) {
		output = weir_config_output_index(stage, *name);
		if (output >= 0) {
			stage->drop_rest[output] = true;
			continue;
		}
		if (stage->type->outputs_from &&
			check->drops_unclear[stage - check->config->stages])
			continue;
		check->drops_unclear[stage - check->config->stages] = true;
		weir_fault_unknown(check->faults, node->at,
			&(struct weir_unknown){.what = "output",
				.word = *name,
				.where = where,
				.words = stage->outputs,
				.count = stage->output_count});
	}
}

static void take_common(struct weir_check *check,
	struct weir_config_stage *stage, struct weir_option_block *block,
	const struct weir_node *node)
{
	const struct common *common = weir_option_block_data(block);
	const struct weir_node *drop = weir_node_get(node, "drop");

	stage->replicas = common->replicas;
	stage->place = (enum weir_place_choice)common->place;
	stage->max_exec_ns = common->max_exec_ns;
	stage->lcore = common->lcore ? (int)common->lcore : -1;
	if (drop)
		set_drops(check, stage, common, drop);
}

static void unknown_key(struct weir_check *check,
	const struct weir_config_stage *stage, const struct weir_node *node)
{
	struct weir_words words = {.count = 0};
	char where[WEIR_NAME_SIZE_MAX + 16];

	snprintf(where, sizeof(where), " in stage '%.*s'", WEIR_NAME_SIZE_MAX,
		stage->name);
	weir_words_add_options(&words, stage->type->options);
	weir_words_add(&words, "type");
	weir_words_add(&words, "inputs");
	weir_words_add_options(&words, weir_stage_common_options);
	weir_check_unknown_key(check, node, where, &words);
}

static void check_key(struct weir_check *check, struct weir_config_stage *stage,
	struct weir_option_block *common, const struct weir_node *node)
{
	const struct weir_option *option =
		weir_option_find(stage->type->options, node->key);

	if (option) {
		if (weir_check_option(check, stage->options, option, node) &&
			!strcmp(node->key, "port"))
			set_port(check, stage, node);
		return;
	}
	option = weir_option_find(weir_stage_common_options, node->key);
	if (option)
		weir_check_option(check, common, option, node);
	else if (!is_own_key(node->key))
		unknown_key(check, stage, node);
}

// name_outputs finds out what the outputs are called. Where that cannot be told,
// nothing more is said of them.
static void name_outputs(struct weir_check *check,
	struct weir_config_stage *stage, const struct weir_node *node)
{
	const struct weir_stage *type = stage->type;
	struct weir_error why = {0};
	int count = weir_stage_outputs(type,
		weir_option_block_data(stage->options), stage->outputs, &why);
	const struct weir_node *child;

	stage->output_count =
		count < 0 ? weir_stage_output_count(type) : (unsigned)count;
	if (!type->outputs_from)
		return;
	child = weir_node_get(node, type->outputs_from);
	if (count < 0)
		weir_fault_add(check->faults, child ? child->at : stage->at,
			"stage '%s': %s", stage->name, why.text);
	if (count < 0 || !child)
		check->drops_unclear[stage - check->config->stages] = true;
}

static void check_keys(struct weir_check *check,
	struct weir_config_stage *stage, const struct weir_node *node)
{
	char what[WEIR_NAME_SIZE_MAX + 16];
	struct weir_option_block *common;

	if (weir_option_block_create(&common, sizeof(struct common),
		    weir_stage_common_options)) {
		check->faults->no_memory = true;
		return;
	}
	weir_node_each(child, node) check_key(check, stage, common, child);
	name_outputs(check, stage, node);
	take_common(check, stage, common, node);
	weir_option_block_destroy(common);
	snprintf(what, sizeof(what), "stage '%.*s'", WEIR_NAME_SIZE_MAX,
		stage->name);
	weir_check_missing(check, stage->type->options, node, stage->at, what);
}

// check_values lets the stage itself look at what it was given.
static void check_values(struct weir_check *check,
	const struct weir_config_stage *stage, const struct weir_node *node)
{
	struct weir_error why = {0};
	const struct weir_node *child;
	const char *option;

	if (!stage->type->check || weir_option_missing(stage->options))
		return;
	option = stage->type->check(
		weir_option_block_data(stage->options), &why);
	if (!option)
		return;
	child = weir_node_get(node, option);
	weir_fault_add(check->faults, child ? child->at : stage->at,
		"stage '%s': %s", stage->name, why.text);
}

static void unknown_type(struct weir_check *check, const struct weir_node *type)
{
	struct weir_words words = {.count = 0};
	const struct weir_stage *stage;

	for (unsigned i = 0; (stage = weir_stage_at(i)); i++)
		weir_words_add(&words, stage->type);
	weir_fault_unknown(check->faults, type->at,
		&(struct weir_unknown){.what = "stage type",
			.word = type->text,
			.where = "",
			.words = words.list,
			.count = words.count});
}

// Answers NULL after a fault. What the stage would have used counts as used.
static const struct weir_stage *type_of(struct weir_check *check,
	const struct weir_config_stage *stage, const struct weir_node *node)
{
	const struct weir_node *type = weir_node_get(node, "type");
	const struct weir_node *port = weir_node_get(node, "port");
	const struct weir_stage *found = NULL;
	int index;

	if (!type)
		weir_fault_add(check->faults, stage->at,
			"stage '%s' has no type: 'weir stages' lists what "
			"there is",
			stage->name);
	else if (weir_check_kind(check, type, WEIR_NODE_TEXT, "a type")) {
		found = weir_stage_find(type->text);
		if (!found && !check->loads_failed)
			unknown_type(check, type);
	}
	if (!found && port && port->kind == WEIR_NODE_TEXT) {
		index = weir_config_port_index(check->config, port->text);
		if (index >= 0)
			check->port_used[index] = true;
	}
	return found;
}

static void check_stage(struct weir_check *check,
	struct weir_config_stage *stage, const struct weir_node *node)
{
	stage->name = node->key;
	stage->at = node->key_at;
	stage->port = stage->lcore = -1;
	stage->replicas = 1;
	if (!weir_check_name(check, node, "stage") ||
		!weir_check_kind(check, node, WEIR_NODE_MAP, "a stage"))
		return;
	stage->type = type_of(check, stage, node);
	if (!stage->type)
		return;
	if (weir_option_block_create(&stage->options, stage->type->state_size,
		    stage->type->options)) {
		check->faults->no_memory = true;
		return;
	}
	check_keys(check, stage, node);
	check_values(check, stage, node);
}

void weir_check_stages(struct weir_check *check, const struct weir_node *node)
{
	struct weir_config *config = check->config;

	if (!node || node->kind == WEIR_NODE_NONE ||
		(node->kind == WEIR_NODE_MAP && !node->count)) {
		weir_fault_add(check->faults,
			node ? node->at : check->document->root->at,
			"the file has no stages: name at least one that "
			"brings packets in and one that takes them out");
		return;
	}
	if (!weir_check_kind(check, node, WEIR_NODE_MAP, "stages"))
		return;
	config->stages =
		weir_check_get(check, node->count * sizeof(config->stages[0]));
	check->stage_nodes = weir_check_get(
		check, node->count * sizeof(check->stage_nodes[0]));
	check->drops_unclear = weir_check_get(
		check, node->count * sizeof(check->drops_unclear[0]));
	if (!config->stages || !check->stage_nodes || !check->drops_unclear)
		return;
	weir_node_each(child, node)
	{
		check->stage_nodes[config->stage_count] = child;
		check_stage(
			check, &config->stages[config->stage_count++], child);
	}
	for (unsigned i = 0; i < config->stage_count; i++)
		weir_check_inputs(check, i, check->stage_nodes[i]);
}
