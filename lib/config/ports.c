// SPDX-License-Identifier: BSD-3-Clause
//
// A port is a mapping with one key that says what kind of port it is, and the
// options of the driver behind that kind.
#include "config/check.h"

#include <stdio.h>
#include <string.h>

static void add_kinds(struct weir_words *words)
{
	const struct weir_port_driver *driver;

	for (unsigned i = 0; (driver = weir_port_at(i)); i++) {
		for (unsigned j = 0; driver->kinds[j].name; j++)
			weir_words_add(words, driver->kinds[j].name);
	}
}

// What every port may say.
struct common {
	uint32_t queues;
};

const struct weir_option weir_port_common_options[] = {
	WEIR_OPTION_U32(struct common, queues, "queues", auto,
		"queues in each direction, and so replicas of the rx on it; "
		"auto: as many as stages use it",
		.min = 1, .max = WEIR_STAGE_WAYS_MAX, .zero = "auto"),
	{0},
};

static void set_kind(struct weir_check *check, struct weir_config_port *port,
	const struct weir_node *node)
{
	if (port->driver) {
		weir_fault_add(check->faults, node->key_at,
			"port '%s' is of kind '%s' already: take '%s' or "
			"'%s' away",
			port->name, port->kind, port->kind, node->key);
		return;
	}
	port->driver = weir_port_find(node->key);
	port->kind = node->key;
	port->value = node->text ? node->text : "";
	port->traits = weir_port_traits_of(port->kind, port->value);
	if (node->kind == WEIR_NODE_LIST || node->kind == WEIR_NODE_MAP ||
		(port->traits.one_way && !*port->value))
		weir_fault_add(check->faults, node->at,
			"%s of port '%s' must be a text: %s", node->key,
			port->name, weir_port_kind_find(node->key)->help);
}

// First the kind: it says whose the other keys are.
static void find_kind(struct weir_check *check, struct weir_config_port *port,
	const struct weir_node *node)
{
	weir_node_each(child, node)
	{
		if (weir_port_find(child->key))
			set_kind(check, port, child);
	}
}

static void no_kind(struct weir_check *check,
	const struct weir_config_port *port, const struct weir_node *node)
{
	struct weir_words words = {.count = 0};
	char kinds[200] = "", where[WEIR_NAME_SIZE_MAX + 16];
	size_t used = 0;

	add_kinds(&words);
	snprintf(where, sizeof(where), " in port '%.*s'", WEIR_NAME_SIZE_MAX,
		port->name);
	weir_node_each(child, node)
		weir_check_unknown_key(check, child, where, &words);
	if (node->count)
		return;
	for (unsigned i = 0; i < words.count && used < sizeof(kinds); i++)
		used += (size_t)snprintf(kinds + used, sizeof(kinds) - used,
			"%s%s", i ? ", " : "", words.list[i]);
	weir_fault_add(check->faults, port->at,
		"port '%s' has no kind: give it one of %s", port->name, kinds);
}

static void take_common(struct weir_check *check, struct weir_config_port *port,
	struct weir_option_block *block, const struct weir_node *queues)
{
	const struct common *common = weir_option_block_data(block);
	unsigned most = port->traits.queues_max;

	port->queues = common->queues;
	if (queues && most && port->queues > most)
		weir_fault_add(check->faults, queues->at,
			"port '%s' (%s) has %u queue%s: take 'queues' away",
			port->name, port->kind, most, most == 1 ? "" : "s");
}

// check_values lets the driver itself look at what it was given.
static void check_values(struct weir_check *check,
	const struct weir_config_port *port, const struct weir_node *node)
{
	struct weir_error why = {0};
	const struct weir_node *child;
	const char *key;

	if (!port->driver->check)
		return;
	key = port->driver->check(port->kind, port->value,
		weir_option_block_data(port->options), &why);
	if (!key)
		return;
	child = weir_node_get(node, key);
	weir_fault_add(check->faults, child ? child->at : port->at,
		"port '%s': %s", port->name, why.text);
}

static void check_keys(struct weir_check *check, struct weir_config_port *port,
	const struct weir_node *node)
{
	const struct weir_option *table = port->driver->options, *option;
	struct weir_option_block *common;
	char where[WEIR_NAME_SIZE_MAX + 16];
	struct weir_words words = {.count = 0};

	weir_words_add(&words, port->kind);
	weir_words_add_options(&words, table);
	if (port->traits.queues_max != 1)
		weir_words_add_options(&words, weir_port_common_options);
	if (weir_option_block_create(
		    &common, sizeof(struct common), weir_port_common_options)) {
		check->faults->no_memory = true;
		return;
	}
	snprintf(where, sizeof(where), " in port '%.*s'", WEIR_NAME_SIZE_MAX,
		port->name);
	weir_node_each(child, node)
	{
		option = weir_option_find(table, child->key);
		if (option)
			weir_check_option(check, port->options, option, child);
		else if ((option = weir_option_find(
				  weir_port_common_options, child->key)))
			weir_check_option(check, common, option, child);
		else if (!weir_port_find(child->key))
			weir_check_unknown_key(check, child, where, &words);
	}
	take_common(check, port, common, weir_node_get(node, "queues"));
	weir_option_block_destroy(common);
	snprintf(where, sizeof(where), "port '%.*s'", WEIR_NAME_SIZE_MAX,
		port->name);
	weir_check_missing(check, table, node, port->at, where);
	check_values(check, port, node);
}

static void check_port(struct weir_check *check, struct weir_config_port *port,
	const struct weir_node *node)
{
	port->name = node->key;
	port->at = node->key_at;
	if (!weir_check_name(check, node, "port") ||
		!weir_check_kind(check, node, WEIR_NODE_MAP, "a port"))
		return;
	find_kind(check, port, node);
	if (!port->driver) {
		no_kind(check, port, node);
		return;
	}
	if (weir_option_block_create(&port->options, port->driver->state_size,
		    port->driver->options)) {
		check->faults->no_memory = true;
		return;
	}
	check_keys(check, port, node);
}

void weir_check_ports(struct weir_check *check, const struct weir_node *node)
{
	struct weir_config *config = check->config;

	if (!node || node->kind == WEIR_NODE_NONE ||
		!weir_check_kind(check, node, WEIR_NODE_MAP, "ports"))
		return;
	config->ports =
		weir_check_get(check, node->count * sizeof(config->ports[0]));
	check->port_used = weir_check_get(
		check, node->count * sizeof(check->port_used[0]));
	if (!config->ports || !check->port_used)
		return;
	weir_node_each(child, node)
		check_port(check, &config->ports[config->port_count++], child);
}
