// SPDX-License-Identifier: BSD-3-Clause
#include "config/check.h"
#include "option/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void weir_words_add(struct weir_words *words, const char *word)
{
	if (words->count < WEIR_WORDS_MAX)
		words->list[words->count++] = word;
}

void weir_words_add_options(
	struct weir_words *words, const struct weir_option *table)
{
	for (unsigned i = 0; i < weir_option_count(table); i++)
		weir_words_add(words, table[i].name);
}

void *weir_check_get(struct weir_check *check, size_t size)
{
	void *memory = weir_arena_get(&check->document->arena, size);

	if (!memory)
		check->faults->no_memory = true;
	return memory;
}

bool weir_check_kind(struct weir_check *check, const struct weir_node *node,
	enum weir_node_kind kind, const char *what)
{
	if (node->kind == kind)
		return true;
	if (node->kind == WEIR_NODE_NONE)
		weir_fault_add(check->faults, node->at,
			"%s has no value: it must be %s", what,
			weir_node_kind_name(kind));
	else
		weir_fault_add(check->faults, node->at, "%s must be %s, not %s",
			what, weir_node_kind_name(kind),
			weir_node_kind_name(node->kind));
	return false;
}

bool weir_check_name(struct weir_check *check, const struct weir_node *node,
	const char *what)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t size = strlen(node->key);
	char quoted[WEIR_QUOTED_SIZE];

	if (isalpha((unsigned char)*node->key) && size <= WEIR_NAME_SIZE_MAX &&
		strspn(node->key, letters) == size)
		return true;
	weir_fault_add(check->faults, node->key_at,
		"%s cannot be the name of a %s: it takes a letter, then "
		"letters, digits, '-' and '_', %u at most",
		weir_quote(node->key, quoted), what, WEIR_NAME_SIZE_MAX);
	return false;
}

void weir_check_unknown_key(struct weir_check *check,
	const struct weir_node *node, const char *where,
	const struct weir_words *words)
{
	weir_fault_unknown(check->faults, node->key_at,
		&(struct weir_unknown){.what = "key",
			.word = node->key,
			.where = where,
			.words = words->list,
			.count = words->count,
			.list_all = true});
}

// The texts of a list, or of one alone. Answers their number, or -1 after a
// fault.
static int texts_of(struct weir_check *check, const struct weir_option *option,
	const struct weir_node *node, const char **texts, unsigned room)
{
	unsigned count = 0;

	if (node->kind == WEIR_NODE_TEXT) {
		texts[0] = node->text;
		return 1;
	}
	weir_node_each(child, node)
	{
		if (!weir_check_kind(
			    check, child, WEIR_NODE_TEXT, option->name))
			return -1;
		if (count == room) {
			weir_fault_add(check->faults, child->at,
				"%s: more than %u values", option->name, room);
			return -1;
		}
		texts[count++] = child->text;
	}
	return (int)count;
}

static void wrong_kind(struct weir_check *check,
	const struct weir_option *option, const struct weir_node *node)
{
	const char *wanted = weir_option_type_name(option->type);
	const char *list = weir_option_is_list(option->type) ? "a list or one "
							       "of "
							     : "";

	if (node->kind == WEIR_NODE_NONE)
		weir_fault_add(check->faults, node->at,
			"%s has no value: it must be of type %s%s",
			option->name, list, wanted);
	else
		weir_fault_add(check->faults, node->at,
			"%s must be of type %s%s, not %s", option->name, list,
			wanted, weir_node_kind_name(node->kind));
}

bool weir_check_option(struct weir_check *check,
	struct weir_option_block *block, const struct weir_option *option,
	const struct weir_node *node)
{
	bool list = weir_option_is_list(option->type);
	struct weir_error why = {0};
	const char *texts[256];
	int count, err;

	if (node->kind != WEIR_NODE_TEXT &&
		!(list && node->kind == WEIR_NODE_LIST)) {
		wrong_kind(check, option, node);
		return false;
	}
	count = texts_of(check, option, node, texts, 256);
	if (count < 0)
		return false;
	err = weir_option_set(block, option, texts, (unsigned)count, &why);
	if (!err)
		return true;
	if (err == -ENOMEM)
		check->faults->no_memory = true;
	else
		weir_fault_add(check->faults, node->at, "%s: %s", option->name,
			why.text);
	return false;
}

void weir_check_missing(struct weir_check *check,
	const struct weir_option *table, const struct weir_node *node,
	struct weir_at at, const char *what)
{
	for (unsigned i = 0; i < weir_option_count(table); i++) {
		if (table[i].preset || weir_node_get(node, table[i].name))
			continue;
		weir_fault_add(check->faults, at, "%s needs '%s': %s", what,
			table[i].name, table[i].help);
	}
}

int weir_config_stage_index(
	const struct weir_config *config, const char *name, size_t size)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		const char *there = config->stages[i].name;

		if (strlen(there) == size && !memcmp(there, name, size))
			return (int)i;
	}
	return -1;
}

int weir_config_port_index(const struct weir_config *config, const char *name)
{
	for (unsigned i = 0; i < config->port_count; i++) {
		if (!strcmp(config->ports[i].name, name))
			return (int)i;
	}
	return -1;
}

int weir_config_output_index(
	const struct weir_config_stage *stage, const char *name)
{
	for (unsigned i = 0; i < stage->output_count; i++) {
		if (!strcmp(stage->outputs[i], name))
			return (int)i;
	}
	return -1;
}
