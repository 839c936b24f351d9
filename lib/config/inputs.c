// SPDX-License-Identifier: BSD-3-Clause
//
// What stands under "inputs": a name, a list of names, or a list of mappings
// with a name under "from". A name is a stage's, if it has one output, or
// STAGE.OUTPUT.
#include "config/check.h"
#include "option/value.h"

#include <stdio.h>
#include <string.h>

// What may be said of an input, as options write it.
struct said {
	const char *from;
	uint32_t depth, when_full;
};

static const char *const when_full[] = {
	"wait", "drop_newest", "drop_oldest", NULL};

const struct weir_option weir_input_options[] = {
	WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXT, struct said, from, "from",
		"where it comes from: STAGE or STAGE.OUTPUT"),
	WEIR_OPTION_U32(struct said, depth, "depth", runtime,
		"packets that may wait; runtime: what the runtime says",
		.min = 1, .max = 1 << 20, .zero = "runtime"),
	WEIR_OPTION_CHOICE(struct said, when_full, "when_full", "wait",
		when_full, "what happens when that many wait"),
	{0},
};

static void add_stage_names(
	const struct weir_config *config, struct weir_words *words)
{
	for (unsigned i = 0; i < config->stage_count; i++)
		weir_words_add(words, config->stages[i].name);
}

// The output that a stage's name alone means: its only one.
static bool only_output(struct weir_check *check,
	const struct weir_config_stage *stage,
	const struct weir_config_input *input)
{
	unsigned count = stage->output_count;
	char all[200] = "";
	size_t used = 0;

	if (count == 1)
		return true;
	if (!count) {
		weir_fault_add(check->faults, input->at,
			"stage '%s' (%s) has no outputs: packets end there",
			stage->name, stage->type->type);
		return false;
	}
	for (unsigned i = 0; i < count && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used,
			"%s%s.%s", i ? " or " : "", stage->name,
			stage->outputs[i]);
	weir_fault_add(check->faults, input->at,
		"stage '%s' has several outputs: write %s", stage->name, all);
	return false;
}

static bool named_output(struct weir_check *check,
	const struct weir_config_stage *stage, struct weir_config_input *input,
	const char *name)
{
	char where[WEIR_NAME_SIZE_MAX + 16];
	int output = weir_config_output_index(stage, name);

	if (output >= 0) {
		input->output = (unsigned)output;
		return true;
	}
	if (stage->type->outputs_from && check->drops_unclear[input->stage])
		return false;
	snprintf(where, sizeof(where), " of stage '%.*s'", WEIR_NAME_SIZE_MAX,
		stage->name);
	weir_fault_unknown(check->faults, input->at,
		&(struct weir_unknown){.what = "output",
			.word = name,
			.where = where,
			.words = stage->outputs,
			.count = stage->output_count});
	return false;
}

// Finds out what an input's text means.
static bool resolve(struct weir_check *check, struct weir_config_input *input)
{
	const struct weir_config *config = check->config;
	const char *dot = strchrnul(input->from, '.');
	const struct weir_config_stage *stage;
	struct weir_words words = {.count = 0};
	int index = weir_config_stage_index(
		config, input->from, (size_t)(dot - input->from));
	char name[WEIR_QUOTED_SIZE];

	if (index >= 0) {
		stage = &config->stages[index];
		input->stage = (unsigned)index;
		if (!stage->type)
			return false; // has been told of
		return *dot ? named_output(check, stage, input, dot + 1)
			    : only_output(check, stage, input);
	}
	add_stage_names(config, &words);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - input->from),
		input->from);
	weir_fault_unknown(check->faults, input->at,
		&(struct weir_unknown){.what = "stage",
			.word = name,
			.where = " as input",
			.words = words.list,
			.count = words.count});
	return false;
}

static void read_keys(struct weir_check *check, struct weir_option_block *block,
	const struct weir_node *node)
{
	struct weir_words words = {.count = 0};
	const struct weir_option *option;

	weir_words_add_options(&words, weir_input_options);
	weir_node_each(child, node)
	{
		option = weir_option_find(weir_input_options, child->key);
		if (option)
			weir_check_option(check, block, option, child);
		else
			weir_check_unknown_key(
				check, child, " in an input", &words);
	}
}

// Answers false if the mapping does not say from where.
static bool read_mapping(struct weir_check *check,
	struct weir_config_input *input, const struct weir_node *node)
{
	const struct weir_node *from = weir_node_get(node, "from");
	struct weir_option_block *block;
	const struct said *said;

	if (weir_option_block_create(
		    &block, sizeof(struct said), weir_input_options)) {
		check->faults->no_memory = true;
		return false;
	}
	read_keys(check, block, node);
	said = weir_option_block_data(block);
	input->depth = said->depth;
	input->when_full = (enum weir_when_full)said->when_full;
	weir_check_missing(
		check, weir_input_options, node, node->at, "an input");
	weir_option_block_destroy(block);
	if (!from || from->kind != WEIR_NODE_TEXT)
		return false;
	input->from = from->text;
	input->at = from->at;
	return true;
}

static void read_input(struct weir_check *check,
	struct weir_config_stage *stage, const struct weir_node *node)
{
	struct weir_config_input *input = &stage->inputs[stage->input_count];

	input->at = node->at;
	if (node->kind == WEIR_NODE_TEXT) {
		input->from = node->text;
	} else if (node->kind != WEIR_NODE_MAP) {
		weir_check_kind(check, node, WEIR_NODE_TEXT, "an input");
		return;
	} else if (!read_mapping(check, input, node)) {
		return;
	}
	if (!resolve(check, input))
		return;
	for (unsigned i = 0; i < stage->input_count; i++) {
		if (stage->inputs[i].stage != input->stage ||
			stage->inputs[i].output != input->output)
			continue;
		weir_fault_add(check->faults, input->at,
			"stage '%s' has this input twice: take one away",
			stage->name);
		return;
	}
	stage->input_count++;
}

static bool wants_inputs(struct weir_check *check,
	const struct weir_config_stage *stage, const struct weir_node *inputs)
{
	bool some = inputs && inputs->kind != WEIR_NODE_NONE &&
		    (inputs->kind == WEIR_NODE_TEXT || inputs->count);

	if (stage->type->source && inputs)
		weir_fault_add(check->faults, inputs->key_at,
			"stage '%s' (%s) brings packets in and takes no "
			"inputs: take them away",
			stage->name, stage->type->type);
	else if (!stage->type->source && !some)
		weir_fault_add(check->faults, stage->at,
			"stage '%s' has no inputs: say what comes before it, "
			"as in 'inputs: rx'",
			stage->name);
	return some && !stage->type->source;
}

void weir_check_inputs(
	struct weir_check *check, unsigned index, const struct weir_node *node)
{
	struct weir_config_stage *stage = &check->config->stages[index];
	const struct weir_node *inputs = weir_node_get(node, "inputs");
	unsigned count;

	if (!stage->type || !wants_inputs(check, stage, inputs))
		return;
	count = inputs->kind == WEIR_NODE_LIST ? inputs->count : 1;
	stage->inputs = weir_check_get(check, count * sizeof(stage->inputs[0]));
	if (!stage->inputs)
		return;
	if (inputs->kind != WEIR_NODE_LIST) {
		read_input(check, stage, inputs);
		return;
	}
	weir_node_each(child, inputs) read_input(check, stage, child);
}
