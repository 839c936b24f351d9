// SPDX-License-Identifier: BSD-3-Clause
//
// What turning a document into a config shares inside this folder. Each part
// notes its faults and goes on with what is sound: a name that is faulty in
// itself is still there for others to refer to, so that one mistake is told
// once.
#ifndef WEIR_CONFIG_CHECK_H
#define WEIR_CONFIG_CHECK_H

#include "config/config.h"
#include "document/node.h"

#define WEIR_NAME_SIZE_MAX 32 // letters of a stage's or port's name
#define WEIR_WORDS_MAX 1088   // names in one place: keys of a mapping and more

struct weir_check {
	struct weir_config *config;
	struct weir_document *document;
	struct weir_faults *faults;
	const struct weir_node **stage_nodes; // by index of stage
	bool *drops_unclear;		      // by index of stage
	bool *port_used;		      // by index of port
	bool loads_failed; // types of stages may be missing because of that
};

// Words to choose from, gathered for a message.
struct weir_words {
	const char *list[WEIR_WORDS_MAX];
	unsigned count;
};

// weir_words_add adds a word while there is room; weir_words_add_options the
// names of a table.
void weir_words_add(struct weir_words *words, const char *word);
void weir_words_add_options(
	struct weir_words *words, const struct weir_option *table);

// weir_check_get answers size zeroed bytes of the config's memory, or notes
// that there are none and answers NULL.
void *weir_check_get(struct weir_check *check, size_t size);

// weir_check_kind notes a fault unless node, which is what (a phrase), has the
// kind wanted.
bool weir_check_kind(struct weir_check *check, const struct weir_node *node,
	enum weir_node_kind kind, const char *what);

// weir_check_name notes a fault unless the key of node will do for the name of
// a what.
bool weir_check_name(struct weir_check *check, const struct weir_node *node,
	const char *what);

// weir_check_unknown_key notes that the key of node is none of words.
void weir_check_unknown_key(struct weir_check *check,
	const struct weir_node *node, const char *where,
	const struct weir_words *words);

// weir_check_option reads the value at node into option of block.
bool weir_check_option(struct weir_check *check,
	struct weir_option_block *block, const struct weir_option *option,
	const struct weir_node *node);

// weir_check_missing notes the options of table that must be given and are not
// there in the mapping node, which is what (a phrase) and was said at at.
void weir_check_missing(struct weir_check *check,
	const struct weir_option *table, const struct weir_node *node,
	struct weir_at at, const char *what);

// The sections, in this order.
void weir_check_load(struct weir_check *check, const struct weir_node *node);
void weir_check_runtime(struct weir_check *check, const struct weir_node *node);
void weir_check_ports(struct weir_check *check, const struct weir_node *node);
void weir_check_stages(struct weir_check *check, const struct weir_node *node);
void weir_check_wiring(struct weir_check *check);
void weir_check_tests(struct weir_check *check, const struct weir_node *node);

// weir_check_inputs reads the inputs of the stage at index.
void weir_check_inputs(
	struct weir_check *check, unsigned index, const struct weir_node *node);

// weir_config_stage_index and weir_config_port_index answer the index of that
// name (size letters of it), or -1.
int weir_config_stage_index(
	const struct weir_config *config, const char *name, size_t size);
int weir_config_port_index(const struct weir_config *config, const char *name);

// weir_config_output_index answers the index of an output, or -1.
int weir_config_output_index(
	const struct weir_config_stage *stage, const char *name);

#endif
