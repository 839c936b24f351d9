// SPDX-License-Identifier: BSD-3-Clause
//
// A document is what a YAML file says, as a tree that knows where each part
// was said. Anchors, aliases and merges are resolved, keys that begin with
// "x-" are gone, so whoever reads it sees texts, lists and mappings only.
//
// Everything is bounded: the file's size, the nodes (aliases count each time
// they are used, so an alias bomb ends early), the depth, the keys of a
// mapping, the length of a text.
//
// Threads.  Set-up only: one thread.
// Memory.  All lies in the document's arena.
#ifndef WEIR_DOCUMENT_NODE_H
#define WEIR_DOCUMENT_NODE_H

#include "document/arena.h"
#include "document/fault.h"

#include <stdbool.h>
#include <stddef.h>

#define WEIR_DOCUMENT_SIZE_MAX (1u << 20) // bytes of a file
#define WEIR_DOCUMENT_NODES_MAX 65536
#define WEIR_DOCUMENT_DEPTH_MAX 32
#define WEIR_DOCUMENT_KEYS_MAX 1024	   // of one mapping
#define WEIR_DOCUMENT_TEXT_MAX (1u << 16)  // bytes of one text
#define WEIR_DOCUMENT_TEXTS_MAX (1u << 24) // bytes of all texts

enum weir_node_kind {
	WEIR_NODE_NONE, // "key:" and nothing behind it, ~ or null
	WEIR_NODE_TEXT,
	WEIR_NODE_LIST,
	WEIR_NODE_MAP,
};

struct weir_node {
	enum weir_node_kind kind;
	bool literal; // a text in which '$' means nothing
	struct weir_at at;
	const char *text;		// of a text, else NULL
	struct weir_node *first, *last; // of a list or mapping
	unsigned count;
	// In its list or mapping:
	struct weir_node *next;
	const char *key; // NULL in a list
	struct weir_at key_at;
};

struct weir_document {
	struct weir_arena arena;
	const char *name; // of the file, for messages
	bool placeless;	  // lines and columns would tell the user nothing
	struct weir_node *root;
	unsigned node_count;
	size_t text_size; // of all texts
};

#define weir_node_each(child, node)                                  \
	for (struct weir_node *child = (node)->first; child != NULL; \
		child = child->next)

// weir_document_load reads text (it need not end in '\0') into document, which
// must be zero but for its name. On a fault it is noted and the root is NULL.
void weir_document_load(struct weir_document *document, const char *text,
	size_t size, struct weir_faults *faults);

// weir_document_expand puts the environment's values in place of ${NAME} and
// ${NAME:-default} in all texts, and '$' in place of "$$".
void weir_document_expand(
	struct weir_document *document, struct weir_faults *faults);

// weir_document_set applies one "PATH=VALUE": names joined by '.', elements of
// lists as [0]. The last name of a path may be new, the others must be there.
// A value that begins with '[' or '{' is read as YAML; any other is the text
// that it is.
void weir_document_set(struct weir_document *document, const char *set,
	struct weir_faults *faults);

// weir_document_fini frees it. A document of zeros is empty.
void weir_document_fini(struct weir_document *document);

// weir_node_create gives a node of the document, or notes that there is no
// memory or no room and answers NULL.
struct weir_node *weir_node_create(struct weir_document *document,
	enum weir_node_kind kind, struct weir_at at,
	struct weir_faults *faults);

// weir_document_text gives a copy of a text that someone wrote at at, or notes
// that it is too long, that all are, or that there is no memory, and answers
// NULL.
const char *weir_document_text(struct weir_document *document, const char *text,
	size_t size, struct weir_at at, struct weir_faults *faults);

// weir_node_add puts child at the end of parent.
void weir_node_add(struct weir_node *parent, struct weir_node *child);

// weir_node_get answers the value of key in a mapping, or NULL; also where
// node is no mapping.
struct weir_node *weir_node_get(const struct weir_node *node, const char *key);

// weir_node_kind_name answers "a text", "a list", … for messages.
const char *weir_node_kind_name(enum weir_node_kind kind);

#endif
