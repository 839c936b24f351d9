// SPDX-License-Identifier: BSD-3-Clause
//
// What the file loads comes first, since it says which types of stages there
// are. A path is taken from where the file lies, so that a pipeline and its
// stages can be moved together.
#include "config/check.h"
#include "stage/load.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 4096

// Standard input and the short form lie where one stands.
static size_t folder_size(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) + 1 : 0;
}

static void load(struct weir_check *check, const struct weir_node *node)
{
	const char *file = check->config->file;
	struct weir_error why = {0};
	char path[PATH_SIZE];
	int size;

	if (!weir_check_kind(check, node, WEIR_NODE_TEXT, "an entry of load"))
		return;
	size = snprintf(path, sizeof(path), "%.*s%s",
		*node->text == '/' ? 0 : (int)folder_size(file), file,
		node->text);
	if (size < 0 || (size_t)size >= sizeof(path)) {
		weir_fault_add(check->faults, node->at,
			"load: this path is too long: %d letters are", size);
		return;
	}
	if (weir_stage_load(path, &why))
		weir_fault_add(check->faults, node->at, "load: %s", why.text);
}

void weir_check_load(struct weir_check *check, const struct weir_node *node)
{
	unsigned before = check->faults->count;

	if (!node || node->kind == WEIR_NODE_NONE)
		return;
	if (node->kind == WEIR_NODE_LIST) {
		weir_node_each(child, node) load(check, child);
	} else {
		load(check, node);
	}
	check->loads_failed = check->faults->count > before;
}
