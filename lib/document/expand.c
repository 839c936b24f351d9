// SPDX-License-Identifier: BSD-3-Clause
//
// Variables are put in after parsing, so that no value of the environment can
// change what the file is: it stays one text, whatever is in it.
#include "document/node.h"
#include "option/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_SIZE 128

struct expand {
	struct weir_document *document;
	struct weir_faults *faults;
	const struct weir_node *node; // the text that is being expanded
	char *result;		      // WEIR_DOCUMENT_TEXT_MAX + 1 bytes
	size_t size;
	bool full;
};

static void put(struct expand *x, const char *text, size_t size)
{
	if (size > WEIR_DOCUMENT_TEXT_MAX - x->size) {
		x->full = true;
		return;
	}
	memcpy(x->result + x->size, text, size);
	x->size += size;
}

static size_t name_size(const char *text)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	return isdigit((unsigned char)text[0]) ? 0 : size;
}

// Puts the value of what stands in ${…}; end is at the '}'.
static bool put_variable(struct expand *x, const char *inside, const char *end)
{
	size_t size = name_size(inside);
	const char *behind = inside + size, *value;
	bool fallback = behind[0] == ':' && behind[1] == '-';
	char name[NAME_MAX_SIZE + 1];

	if (!size || size > NAME_MAX_SIZE || (behind != end && !fallback)) {
		weir_fault_add(x->faults, x->node->at,
			"a variable is written ${NAME} or ${NAME:-default}");
		return false;
	}
	memcpy(name, inside, size);
	name[size] = '\0';
	value = getenv(name);
	if (fallback && (!value || !*value)) {
		put(x, behind + 2, (size_t)(end - behind - 2));
		return true;
	}
	if (!value) {
		weir_fault_add(x->faults, x->node->at,
			"the variable %s is not set: set it, or write "
			"${%s:-default}",
			name, name);
		return false;
	}
	put(x, value, strlen(value));
	return true;
}

// What begins with '$' at from. Answers what is behind it, or NULL.
static const char *dollar(struct expand *x, const char *from)
{
	const char *end, *inner;

	if (from[1] == '$') {
		put(x, "$", 1);
		return from + 2;
	}
	end = from[1] == '{' ? strchr(from, '}') : NULL;
	if (!end) {
		weir_fault_add(x->faults, x->node->at,
			"a '$' begins ${NAME} or ${NAME:-default}; write $$ "
			"for a '$' that is meant as such");
		return NULL;
	}
	inner = strstr(from + 2, "${");
	if (inner && inner < end) {
		weir_fault_add(x->faults, x->node->at,
			"a variable inside of another: ${…} cannot be nested");
		return NULL;
	}
	return put_variable(x, from + 2, end) ? end + 1 : NULL;
}

static void expand_text(struct expand *x, struct weir_node *node)
{
	const char *at = node->text, *next;

	x->node = node;
	x->size = 0;
	x->full = false;
	while (at && *at) {
		next = strchrnul(at, '$');
		put(x, at, (size_t)(next - at));
		at = *next ? dollar(x, next) : next;
	}
	if (x->full)
		weir_fault_add(x->faults, node->at,
			"more than %u bytes with its variables put in",
			WEIR_DOCUMENT_TEXT_MAX);
	if (!at || x->full)
		return;
	next = weir_document_text(
		x->document, x->result, x->size, node->at, x->faults);
	if (next)
		node->text = next;
}

// Not deeper than WEIR_DOCUMENT_DEPTH_MAX and what overrides add.
static void expand_node(struct expand *x, struct weir_node *node)
{
	if (node->kind == WEIR_NODE_TEXT && !node->literal &&
		strchr(node->text, '$'))
		expand_text(x, node);
	weir_node_each(child, node) expand_node(x, child);
}

void weir_document_expand(
	struct weir_document *document, struct weir_faults *faults)
{
	struct expand x = {.document = document, .faults = faults};

	if (!document->root)
		return;
	x.result = malloc(WEIR_DOCUMENT_TEXT_MAX + 1);
	if (!x.result) {
		faults->no_memory = true;
		return;
	}
	expand_node(&x, document->root);
	free(x.result);
}
