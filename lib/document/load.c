// SPDX-License-Identifier: BSD-3-Clause
//
// libyaml's document is a graph: an alias is an edge to the node of its
// anchor. Copying it gives a tree: a node whose copy is under way may not be
// met again (that would be a cycle), and each copy counts against the bound.
#include "document/load.h"
#include "option/value.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct load {
	struct weir_document *document;
	struct weir_faults *faults;
	yaml_document_t yaml;
	bool *under_way; // by index of node
};

static struct weir_at at_of(const struct load *load, yaml_mark_t mark)
{
	return weir_document_at(load->document, (unsigned)mark.line + 1,
		(unsigned)mark.column + 1);
}

struct weir_at weir_document_at(
	const struct weir_document *document, unsigned line, unsigned column)
{
	struct weir_at at = {document->name, line, column};

	if (document->placeless)
		at.line = at.column = 0;
	return at;
}

static struct weir_node *copy(struct load *load, int id, unsigned depth);

static bool is_none(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

static const char *scalar_text(struct load *load, const yaml_node_t *node)
{
	struct weir_at at = at_of(load, node->start_mark);
	size_t length = node->data.scalar.length;
	const char *text = (const char *)node->data.scalar.value;

	if (memchr(text, '\0', length)) {
		weir_fault_add(load->faults, at,
			"a text with a zero byte (\\0) in it");
		return NULL;
	}
	return weir_document_text(
		load->document, text, length, at, load->faults);
}

static struct weir_node *copy_scalar(
	struct load *load, const yaml_node_t *from, struct weir_node *node)
{
	if (is_none(from))
		return node;
	node->kind = WEIR_NODE_TEXT;
	node->text = scalar_text(load, from);
	return node->text ? node : NULL;
}

static struct weir_node *copy_list(struct load *load, const yaml_node_t *from,
	struct weir_node *node, unsigned depth)
{
	node->kind = WEIR_NODE_LIST;
	for (yaml_node_item_t *item = from->data.sequence.items.start;
		item < from->data.sequence.items.top; item++) {
		struct weir_node *child = copy(load, *item, depth + 1);

		if (!child)
			return NULL;
		weir_node_add(node, child);
	}
	return node;
}

// What is under a key goes into the mapping, unless the key is there. A merged
// one gives way; one that the file says twice is a fault.
static void add_entry(struct load *load, struct weir_node *map,
	struct weir_node *entry, bool merged)
{
	const struct weir_node *there = weir_node_get(map, entry->key);
	char quoted[WEIR_QUOTED_SIZE];

	if (!there) {
		weir_node_add(map, entry);
		return;
	}
	if (merged)
		return;
	weir_quote(entry->key, quoted);
	if (there->key_at.line)
		weir_fault_add(load->faults, entry->key_at,
			"key %s is already in line %u: take one of them away",
			quoted, there->key_at.line);
	else
		weir_fault_add(load->faults, entry->key_at,
			"key %s is there twice: take one away", quoted);
}

static bool merge_from(
	struct load *load, struct weir_node *map, int id, unsigned depth)
{
	struct weir_node *from = copy(load, id, depth + 1), *next;

	if (!from)
		return false;
	if (from->kind != WEIR_NODE_MAP) {
		weir_fault_add(load->faults, from->at,
			"'<<' merges mappings, not %s",
			weir_node_kind_name(from->kind));
		return true;
	}
	for (struct weir_node *entry = from->first; entry; entry = next) {
		next = entry->next;
		add_entry(load, map, entry, true);
	}
	return true;
}

static bool merge(
	struct load *load, struct weir_node *map, int id, unsigned depth)
{
	yaml_node_t *from = yaml_document_get_node(&load->yaml, id);

	if (from->type != YAML_SEQUENCE_NODE)
		return merge_from(load, map, id, depth);
	for (yaml_node_item_t *item = from->data.sequence.items.start;
		item < from->data.sequence.items.top; item++) {
		if (!merge_from(load, map, *item, depth))
			return false;
	}
	return true;
}

static bool is_merge(const yaml_node_t *key)
{
	return key->type == YAML_SCALAR_NODE &&
	       key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       !strcmp((const char *)key->data.scalar.value, "<<");
}

static bool copy_entry(struct load *load, struct weir_node *map,
	const yaml_node_pair_t *pair, unsigned depth)
{
	yaml_node_t *key = yaml_document_get_node(&load->yaml, pair->key);
	struct weir_node *child;
	const char *name;

	if (key->type != YAML_SCALAR_NODE) {
		weir_fault_add(load->faults, at_of(load, key->start_mark),
			"a key must be a word, not a list or a mapping");
		return true;
	}
	if (is_merge(key) || !strncmp((char *)key->data.scalar.value, "x-", 2))
		return true;
	name = scalar_text(load, key);
	child = name ? copy(load, pair->value, depth + 1) : NULL;
	if (!child)
		return false;
	child->key = name;
	child->key_at = at_of(load, key->start_mark);
	add_entry(load, map, child, false);
	return true;
}

// Two rounds: what a mapping says itself goes before what it merges.
static struct weir_node *copy_map(struct load *load, const yaml_node_t *from,
	struct weir_node *node, unsigned depth)
{
	const yaml_node_pair_t *start = from->data.mapping.pairs.start;
	const yaml_node_pair_t *top = from->data.mapping.pairs.top;

	node->kind = WEIR_NODE_MAP;
	if (top - start > WEIR_DOCUMENT_KEYS_MAX) {
		weir_fault_add(load->faults, node->at,
			"a mapping with more than %u keys",
			WEIR_DOCUMENT_KEYS_MAX);
		return NULL;
	}
	for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
		if (!copy_entry(load, node, pair, depth))
			return NULL;
	}
	for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
		if (is_merge(yaml_document_get_node(&load->yaml, pair->key)) &&
			!merge(load, node, pair->value, depth))
			return NULL;
	}
	return node;
}

static bool tag_is_known(const yaml_node_t *node)
{
	static const char standard[] = "tag:yaml.org,2002:";

	return !node->tag || !strncmp((const char *)node->tag, standard,
				     sizeof(standard) - 1);
}

static struct weir_node *copy_kind(struct load *load, const yaml_node_t *from,
	struct weir_node *node, unsigned depth)
{
	if (from->type == YAML_SEQUENCE_NODE)
		return copy_list(load, from, node, depth);
	if (from->type == YAML_MAPPING_NODE)
		return copy_map(load, from, node, depth);
	return copy_scalar(load, from, node);
}

// Answers NULL when reading cannot go on: then a fault was noted.
static struct weir_node *copy(struct load *load, int id, unsigned depth)
{
	yaml_node_t *from = yaml_document_get_node(&load->yaml, id);
	struct weir_at at = at_of(load, from->start_mark);
	struct weir_node *node;

	if (load->under_way[id]) {
		weir_fault_add(load->faults, at,
			"an alias inside of what it stands for");
		return NULL;
	}
	if (depth > WEIR_DOCUMENT_DEPTH_MAX) {
		weir_fault_add(load->faults, at, "nested more than %u deep",
			WEIR_DOCUMENT_DEPTH_MAX);
		return NULL;
	}
	if (!tag_is_known(from))
		weir_fault_add(load->faults, at,
			"a tag ('!…') means nothing here: take it away");
	node = weir_node_create(
		load->document, WEIR_NODE_NONE, at, load->faults);
	if (!node)
		return NULL;
	load->under_way[id] = true;
	node = copy_kind(load, from, node, depth);
	load->under_way[id] = false;
	return node;
}

static void copy_root(struct load *load)
{
	yaml_node_t *root = yaml_document_get_root_node(&load->yaml);
	size_t count = (size_t)(load->yaml.nodes.top - load->yaml.nodes.start);

	if (!root) {
		weir_fault_add(load->faults,
			weir_document_at(load->document, 0, 0),
			"the file is empty: it needs 'version: 1', ports and "
			"stages");
		return;
	}
	load->under_way = calloc(count + 1, sizeof(bool));
	if (!load->under_way)
		load->faults->no_memory = true;
	else
		load->document->root = copy(load, 1, 0);
	free(load->under_way);
}

// Answers false after a fault behind the first document.
static bool is_last(
	struct load *load, yaml_parser_t *parser, const char *text, size_t size)
{
	yaml_document_t second;
	bool last;

	if (!yaml_parser_load(parser, &second)) {
		weir_syntax_fault(
			load->document, parser, text, size, load->faults);
		return false;
	}
	last = !yaml_document_get_root_node(&second);
	if (!last)
		weir_fault_add(load->faults, at_of(load, second.start_mark),
			"a second document: one file is one pipeline");
	yaml_document_delete(&second);
	return last;
}

static void parse(
	struct load *load, yaml_parser_t *parser, const char *text, size_t size)
{
	if (!yaml_parser_load(parser, &load->yaml)) {
		weir_syntax_fault(
			load->document, parser, text, size, load->faults);
		return;
	}
	copy_root(load);
	if (load->document->root && !is_last(load, parser, text, size))
		load->document->root = NULL;
	yaml_document_delete(&load->yaml);
}

void weir_document_load(struct weir_document *document, const char *text,
	size_t size, struct weir_faults *faults)
{
	struct load load = {.document = document, .faults = faults};
	yaml_parser_t parser;

	if (size > WEIR_DOCUMENT_SIZE_MAX) {
		weir_fault_add(faults, weir_document_at(document, 0, 0),
			"the file has more than %u bytes: is it a pipeline?",
			WEIR_DOCUMENT_SIZE_MAX);
		return;
	}
	if (!weir_document_look(document, text, size, faults))
		return;
	if (!yaml_parser_initialize(&parser)) {
		faults->no_memory = true;
		return;
	}
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)text, size);
	parse(&load, &parser, text, size);
	yaml_parser_delete(&parser);
}
