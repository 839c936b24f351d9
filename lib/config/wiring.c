// SPDX-License-Identifier: BSD-3-Clause
//
// What only the whole can tell: every output leads somewhere and to one place,
// replicas get what is theirs, every port is used and in one direction where
// it has one.
#include "config/check.h"
#include "option/value.h"

#include <stdio.h>
#include <string.h>

// How many stages an output leads to, and the first of them.
struct consumers {
	unsigned count;
	const struct weir_config_stage *first, *second;
	struct weir_at second_at;
};

// Whether an output leads to a stage that could not be read to its end is not
// known: then nothing is said of outputs.
static bool all_read(const struct weir_check *check)
{
	for (unsigned i = 0; i < check->config->stage_count; i++) {
		const struct weir_config_stage *stage =
			&check->config->stages[i];
		const struct weir_node *inputs =
			weir_node_get(check->stage_nodes[i], "inputs");
		unsigned said = !inputs || inputs->kind == WEIR_NODE_NONE ? 0
				: inputs->kind == WEIR_NODE_LIST ? inputs->count
								 : 1;

		if (!stage->type ||
			(!stage->type->source && stage->input_count != said))
			return false;
	}
	return true;
}

static struct consumers consumers_of(
	const struct weir_config *config, unsigned stage, unsigned output)
{
	struct consumers found = {.count = 0};

	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *to = &config->stages[i];

		for (unsigned j = 0; j < to->input_count; j++) {
			if (to->inputs[j].stage != stage ||
				to->inputs[j].output != output)
				continue;
			if (found.count++ == 0)
				found.first = to;
			else if (!found.second) {
				found.second = to;
				found.second_at = to->inputs[j].at;
			}
		}
	}
	return found;
}

// "web", or "web.rest" where there are several.
static void output_name(const struct weir_config_stage *stage, unsigned output,
	char *name, size_t size)
{
	bool only = stage->output_count == 1;

	snprintf(name, size, "%s%s%s", stage->name, only ? "" : ".",
		only ? "" : stage->outputs[output]);
}

static void check_output(struct weir_check *check, unsigned index,
	unsigned output, bool complete)
{
	const struct weir_config_stage *stage = &check->config->stages[index];
	struct consumers to = consumers_of(check->config, index, output);
	const char *word = stage->outputs[output];
	char name[80];

	output_name(stage, output, name, sizeof(name));
	if (to.count && stage->drop_rest[output])
		weir_fault_add(check->faults, stage->at,
			"output '%s' of stage '%s' is dropped and leads to "
			"'%s': take one of both away",
			word, stage->name, to.first->name);
	else if (to.count > 1 && stage->type->ways != WEIR_WAYS_COPY)
		weir_fault_add(check->faults, to.second_at,
			"'%s' leads to '%s' already, and to '%s': put a tee "
			"before them to have copies",
			name, to.first->name, to.second->name);
	else if (!to.count && !stage->drop_rest[output] && complete &&
		 !check->drops_unclear[index])
		weir_fault_add(check->faults, stage->at,
			"output '%s' of stage '%s' leads nowhere: give it to a "
			"stage ('inputs: %s') or drop what it has ('drop: %s')",
			word, stage->name, name, word);
}

// first_source answers the stage that brings in what the port receives: the
// first in the file.
static const struct weir_config_stage *first_source(
	const struct weir_config *config, int port)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];

		if (stage->type && stage->type->source && stage->port == port)
			return stage;
	}
	return NULL;
}

// A source runs once for each queue of its port, where that says how many.
static void count_queues(struct weir_check *check,
	struct weir_config_stage *stage, const struct weir_node *given)
{
	const struct weir_config_port *port =
		&check->config->ports[stage->port];

	const struct weir_config_stage *first =
		first_source(check->config, stage->port);

	if (!port->queues)
		return;
	if (first != stage) {
		weir_fault_add(check->faults, stage->at,
			"stage '%s' would have no queue: port '%s' has %u, and "
			"'%s' a replica for each; take 'queues' away or use "
			"one rx",
			stage->name, port->name, port->queues, first->name);
		return;
	}
	if (given && port->queues != stage->replicas)
		weir_fault_add(check->faults, given->at,
			"stage '%s' has %u replicas, but port '%s' has %u "
			"queues, and there is one for each: set queues of the "
			"port alone",
			stage->name, stage->replicas, port->name, port->queues);
	stage->replicas = port->queues;
}

static void check_sources(struct weir_check *check)
{
	for (unsigned i = 0; i < check->config->stage_count; i++) {
		struct weir_config_stage *stage = &check->config->stages[i];

		if (stage->type && stage->type->source && stage->port >= 0)
			count_queues(check, stage,
				weir_node_get(
					check->stage_nodes[i], "replicas"));
	}
}

static void check_replicas(struct weir_check *check, unsigned index)
{
	const struct weir_config_stage *stage = &check->config->stages[index];

	if (stage->replicas == 1 || stage->type->source)
		return;
	if (stage->type->no_replicas) {
		weir_fault_add(check->faults, stage->at,
			"stage '%s' (%s) runs once: take 'replicas' away",
			stage->name, stage->type->type);
		return;
	}
	for (unsigned i = 0; i < stage->input_count; i++) {
		const struct weir_config_stage *from =
			&check->config->stages[stage->inputs[i].stage];

		if (from->type->ways == WEIR_WAYS_SPREAD ||
			from->replicas == stage->replicas)
			continue;
		weir_fault_add(check->faults, stage->inputs[i].at,
			"stage '%s' has %u replicas, and nothing says which "
			"packet of '%s' goes to which: put a shard before it",
			stage->name, stage->replicas, from->name);
	}
}

static const struct weir_config_stage *user_of(
	const struct weir_config *config, unsigned port, bool source)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];

		if (stage->port == (int)port && stage->type &&
			stage->type->source == source)
			return stage;
	}
	return NULL;
}

// Reading a file and writing it at the same time would destroy it.
static void check_same_file(struct weir_check *check, unsigned index)
{
	const struct weir_config *config = check->config;
	const struct weir_config_port *port = &config->ports[index];
	const struct weir_config_port *other;

	bool is_stream = !strcmp(port->value, "-");

	if (!*port->value || !user_of(config, index, false))
		return;
	for (unsigned i = 0; i < config->port_count; i++) {
		other = &config->ports[i];
		if (i == index || other->driver != port->driver ||
			strcmp(other->value, port->value))
			continue;
		if (is_stream && !user_of(config, i, false))
			continue; // one reads, the other writes: two streams
		if (user_of(config, i, true))
			weir_fault_add(check->faults, port->at,
				"port '%s' would overwrite the file that port "
				"'%s' reads: write another one",
				port->name, other->name);
		else if (i < index && user_of(config, i, false))
			weir_fault_add(check->faults, port->at,
				"ports '%s' and '%s' write the same file: "
				"write another one",
				port->name, other->name);
	}
}

// Whether each stage that wants a port has one: else one that nobody seems to
// use may be the one that was meant.
static bool ports_settled(const struct weir_config *config)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];

		if (!stage->type ||
			(stage->port < 0 &&
				weir_option_find(stage->type->options, "port")))
			return false;
	}
	return true;
}

// A device has one owner: a second one would take it away, or fail.
static void check_same_device(struct weir_check *check, unsigned index)
{
	const struct weir_config *config = check->config;
	const struct weir_config_port *port = &config->ports[index], *other;

	for (unsigned i = 0; i < index; i++) {
		other = &config->ports[i];
		if (other->driver == port->driver &&
			!strcmp(other->kind, port->kind) &&
			!strcmp(other->value, port->value))
			weir_fault_add(check->faults, port->at,
				"ports '%s' and '%s' are the same device: use "
				"one port, for both directions",
				other->name, port->name);
	}
}

static void check_port(struct weir_check *check, unsigned index, bool settled)
{
	const struct weir_config_port *port = &check->config->ports[index];
	const struct weir_config_stage *reader, *writer;

	if (!check->port_used[index] && settled) {
		weir_fault_add(check->faults, port->at,
			"port '%s' is not used: name it in a stage ('port: "
			"%s') or take it away",
			port->name, port->name);
		return;
	}
	if (port->driver && port->traits.exclusive)
		check_same_device(check, index);
	if (!port->driver || !port->traits.one_way)
		return;
	reader = user_of(check->config, index, true);
	writer = user_of(check->config, index, false);
	if (reader && writer)
		weir_fault_add(check->faults, port->at,
			"port '%s' is a file that '%s' reads and '%s' writes: "
			"use two ports",
			port->name, reader->name, writer->name);
	else
		check_same_file(check, index);
}

void weir_check_wiring(struct weir_check *check)
{
	const struct weir_config *config = check->config;
	bool complete, settled = ports_settled(config);

	if (!check->drops_unclear)
		return;
	complete = all_read(check);
	check_sources(check);
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_stage *type = config->stages[i].type;

		if (!type)
			continue;
		for (unsigned j = 0; j < config->stages[i].output_count; j++)
			check_output(check, i, j, complete);
		check_replicas(check, i);
	}
	for (unsigned i = 0; i < config->port_count; i++)
		check_port(check, i, settled);
}
