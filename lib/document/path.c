// SPDX-License-Identifier: BSD-3-Clause
#include "document/node.h"
#include "option/value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct path {
	struct weir_document *document;
	struct weir_faults *faults;
	struct weir_at at;
	char *rest;	   // what has not been walked yet
	const char *above; // the name walked last, for messages
};

static void malformed(struct path *path)
{
	weir_fault_add(path->faults, path->at,
		"write PATH=VALUE, as in ports.in.file=other.pcap or "
		"stages.tx.inputs[0].depth=64");
}

static void not_there(
	struct path *path, const struct weir_node *node, const char *key)
{
	const char *keys[WEIR_DOCUMENT_KEYS_MAX];
	char where[WEIR_QUOTED_SIZE + 8];
	unsigned count = 0;

	weir_node_each(child, node)
	{
		if (count < WEIR_DOCUMENT_KEYS_MAX)
			keys[count++] = child->key;
	}
	snprintf(where, sizeof(where), " in %s", path->above);
	weir_fault_unknown(path->faults, path->at,
		&(struct weir_unknown){.what = "name",
			.word = key,
			.where = where,
			.words = keys,
			.count = count});
}

// A name below node. The last of a path may be new, and so may the first and
// what is below it: a file need not have a 'runtime' for runtime.lcores to be
// set.
static struct weir_node *step_key(
	struct path *path, struct weir_node *node, const char *key)
{
	struct weir_node *child = weir_node_get(node, key);
	bool may_add = !*path->rest || node == path->document->root ||
		       node->kind == WEIR_NODE_NONE;

	if (child)
		return child;
	if (node->kind == WEIR_NODE_NONE)
		node->kind = WEIR_NODE_MAP;
	if (node->kind != WEIR_NODE_MAP) {
		weir_fault_add(path->faults, path->at,
			"%s is %s here and has no '%s'", path->above,
			weir_node_kind_name(node->kind), key);
		return NULL;
	}
	if (!may_add) {
		not_there(path, node, key);
		return NULL;
	}
	child = weir_node_create(
		path->document, WEIR_NODE_NONE, path->at, path->faults);
	if (!child)
		return NULL;
	child->key = key;
	child->key_at = path->at;
	weir_node_add(node, child);
	return child;
}

// A text stands for a list of one.
static bool list_of_one(struct path *path, struct weir_node *node)
{
	struct weir_node *child = weir_node_create(
		path->document, WEIR_NODE_TEXT, node->at, path->faults);

	if (!child)
		return false;
	child->text = node->text;
	child->literal = node->literal;
	node->kind = WEIR_NODE_LIST;
	node->text = NULL;
	weir_node_add(node, child);
	return true;
}

static struct weir_node *step_index(
	struct path *path, struct weir_node *node, unsigned long index)
{
	struct weir_node *child;

	if (node->kind == WEIR_NODE_TEXT && !list_of_one(path, node))
		return NULL;
	if (node->kind != WEIR_NODE_LIST) {
		weir_fault_add(path->faults, path->at,
			"%s is %s here, not a list", path->above,
			weir_node_kind_name(node->kind));
		return NULL;
	}
	if (index > node->count || (index == node->count && *path->rest)) {
		weir_fault_add(path->faults, path->at,
			"%s has %u element%s, and they are counted from [0]",
			path->above, node->count, node->count == 1 ? "" : "s");
		return NULL;
	}
	if (index == node->count) {
		child = weir_node_create(
			path->document, WEIR_NODE_NONE, path->at, path->faults);
		if (child)
			weir_node_add(node, child);
		return child;
	}
	child = node->first;
	while (index--)
		child = child->next;
	return child;
}

// Takes "[12]" off the path. Answers false for anything else in brackets.
static bool take_index(struct path *path, unsigned long *index)
{
	char *end;

	if (!isdigit((unsigned char)path->rest[1]))
		return false;
	*index = strtoul(path->rest + 1, &end, 10);
	if (*end != ']')
		return false;
	path->rest = end + 1;
	if (*path->rest == '.')
		return *++path->rest != '\0';
	return !*path->rest || *path->rest == '[';
}

// Takes a name off the path: it ends before '[', or at a '.' that goes with it.
static const char *take_key(struct path *path)
{
	struct weir_arena *arena = &path->document->arena;
	size_t size = strcspn(path->rest, ".[");
	const char *key;

	if (!size)
		return NULL;
	key = weir_arena_copy(arena, path->rest, size);
	if (!key) {
		path->faults->no_memory = true;
		return NULL;
	}
	path->rest += size;
	if (*path->rest == '.' && *++path->rest == '\0')
		return NULL;
	return key;
}

static struct weir_node *walk(struct path *path)
{
	struct weir_node *node = path->document->root;
	unsigned long index;
	const char *key;

	while (node && *path->rest) {
		if (*path->rest == '[') {
			if (!take_index(path, &index)) {
				malformed(path);
				return NULL;
			}
			node = step_index(path, node, index);
			continue;
		}
		key = take_key(path);
		if (!key) {
			malformed(path);
			return NULL;
		}
		node = step_key(path, node, key);
		path->above = key;
	}
	return node;
}

static void make_literal(struct weir_node *node)
{
	node->literal = true;
	weir_node_each(child, node) make_literal(child);
}

// Reads value as YAML into the memory of the document.
static struct weir_node *value_load(struct path *path, const char *value)
{
	struct weir_document part = {
		.arena = path->document->arena,
		.name = path->at.file,
		.placeless = true,
		.node_count = path->document->node_count,
		.text_size = path->document->text_size,
	};

	weir_document_load(&part, value, strlen(value), path->faults);
	path->document->arena = part.arena;
	path->document->node_count = part.node_count;
	path->document->text_size = part.text_size;
	if (part.root)
		make_literal(part.root);
	return part.root;
}

static struct weir_node *value_create(struct path *path, const char *value)
{
	struct weir_node *node;

	if (*value == '[' || *value == '{')
		return value_load(path, value);
	node = weir_node_create(
		path->document, WEIR_NODE_TEXT, path->at, path->faults);
	if (!node)
		return NULL;
	node->text = weir_document_text(
		path->document, value, strlen(value), path->at, path->faults);
	node->literal = true;
	return node->text ? node : NULL;
}

static void put(struct weir_node *node, const struct weir_node *value)
{
	node->kind = value->kind;
	node->literal = value->literal;
	node->at = value->at;
	node->text = value->text;
	node->first = value->first;
	node->last = value->last;
	node->count = value->count;
}

void weir_document_set(struct weir_document *document, const char *set,
	struct weir_faults *faults)
{
	struct path path = {.document = document, .faults = faults};
	const char *equals = strchrnul(set, '=');
	size_t size = (size_t)(equals - set);
	struct weir_node *value, *node;
	char *name;

	if (!document->root)
		return;
	name = weir_arena_get(&document->arena, size + sizeof("--set "));
	path.rest = weir_arena_copy(&document->arena, set, size);
	if (!name || !path.rest) {
		faults->no_memory = true;
		return;
	}
	memcpy(stpcpy(name, "--set "), set, size);
	path.at.file = name;
	path.above = "the file";
	if (!*equals || !size) {
		malformed(&path);
		return;
	}
	node = walk(&path);
	value = node ? value_create(&path, equals + 1) : NULL;
	if (value)
		put(node, value);
}
