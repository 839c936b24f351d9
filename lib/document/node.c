// SPDX-License-Identifier: BSD-3-Clause
#include "document/node.h"

#include <string.h>

struct weir_node *weir_node_create(struct weir_document *document,
	enum weir_node_kind kind, struct weir_at at, struct weir_faults *faults)
{
	struct weir_node *node;

	if (document->node_count == WEIR_DOCUMENT_NODES_MAX) {
		weir_fault_add(faults, at,
			"more than %u values, counting each use of an alias: "
			"this is too much for a pipeline",
			WEIR_DOCUMENT_NODES_MAX);
		return NULL;
	}
	node = weir_arena_get(&document->arena, sizeof(*node));
	if (!node) {
		faults->no_memory = true;
		return NULL;
	}
	document->node_count++;
	node->kind = kind;
	node->at = at;
	return node;
}

const char *weir_document_text(struct weir_document *document, const char *text,
	size_t size, struct weir_at at, struct weir_faults *faults)
{
	const char *kept;

	if (size > WEIR_DOCUMENT_TEXT_MAX) {
		weir_fault_add(faults, at, "a text of more than %u bytes",
			WEIR_DOCUMENT_TEXT_MAX);
		return NULL;
	}
	if (size > WEIR_DOCUMENT_TEXTS_MAX - document->text_size) {
		weir_fault_add(faults, at,
			"texts of more than %u bytes, counting each use of an "
			"alias: this is too much for a pipeline",
			WEIR_DOCUMENT_TEXTS_MAX);
		return NULL;
	}
	kept = weir_arena_copy(&document->arena, text, size);
	if (kept)
		document->text_size += size;
	else
		faults->no_memory = true;
	return kept;
}

void weir_node_add(struct weir_node *parent, struct weir_node *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

struct weir_node *weir_node_get(const struct weir_node *node, const char *key)
{
	if (!node || node->kind != WEIR_NODE_MAP)
		return NULL;
	weir_node_each(child, node)
	{
		if (!strcmp(child->key, key))
			return child;
	}
	return NULL;
}

const char *weir_node_kind_name(enum weir_node_kind kind)
{
	static const char *const names[] = {
		[WEIR_NODE_NONE] = "nothing",
		[WEIR_NODE_TEXT] = "a text",
		[WEIR_NODE_LIST] = "a list",
		[WEIR_NODE_MAP] = "a mapping",
	};

	return names[kind];
}

void weir_document_fini(struct weir_document *document)
{
	weir_arena_fini(&document->arena);
	document->root = NULL;
}
