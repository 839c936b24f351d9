// SPDX-License-Identifier: BSD-3-Clause
#include "shell/instance.h"
#include "mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELDS_MAX (8 + 3 * WEIR_STAGE_NAMES)

// The directory of an instance's books, built from its stage's names.
struct fields {
	struct weir_count_field at[FIELDS_MAX];
	char names[FIELDS_MAX][WEIR_COUNT_PATH_SIZE];
	unsigned count;
};

static void field(struct fields *fields, const char *before, const char *name,
	enum weir_count_kind kind, size_t offset)
{
	unsigned i = fields->count++;

	weir_assert(i < FIELDS_MAX);
	snprintf(fields->names[i], sizeof(fields->names[i]), "%s%s", before,
		name);
	fields->at[i] = (struct weir_count_field){
		fields->names[i], "packets", kind, offset};
}

#define AT(member) offsetof(struct weir_instance_counts, member)

static void list_fields(
	struct fields *fields, const struct weir_instance *instance)
{
	const struct weir_stage *type = instance->type;
	const struct weir_config_stage *config = instance->config;

	field(fields, "", "in", WEIR_COUNT_TOTAL, AT(in));
	field(fields, "", "made", WEIR_COUNT_TOTAL, AT(made));
	field(fields, "", "consumed", WEIR_COUNT_TOTAL, AT(consumed));
	field(fields, "", "held", WEIR_COUNT_GAUGE, AT(held));
	for (unsigned i = 0; i < config->output_count; i++)
		field(fields, "out.", config->outputs[i], WEIR_COUNT_TOTAL,
			AT(out[i]));
	for (unsigned i = 0; type->drops[i]; i++)
		field(fields, "drop.", type->drops[i], WEIR_COUNT_TOTAL,
			AT(dropped[i]));
	for (unsigned i = 0; i < config->output_count; i++)
		if (instance->config->drop_rest[i])
			field(fields, "drop.", config->outputs[i],
				WEIR_COUNT_TOTAL, AT(rest[i]));
	if (type->writes)
		field(fields, "drop.", "no_mbuf", WEIR_COUNT_TOTAL,
			AT(no_mbuf));
	if (type->ethernet)
		field(fields, "drop.", WEIR_ETHERNET_REASON, WEIR_COUNT_TOTAL,
			AT(sifted.count));
}

// The stage's own counters lie in its state, which is private: housekeeping
// copies them to a block of its own.
static int open_own(struct weir_instance *instance,
	struct weir_count_segment *segment, const char *prefix,
	struct weir_error *e)
{
	const struct weir_stage_counter *counter = instance->type->counters;
	struct weir_count_field fields[WEIR_STAGE_NAMES];
	unsigned count = 0;

	for (; counter->name; counter++, count++)
		fields[count] =
			(struct weir_count_field){counter->name, counter->unit,
				WEIR_COUNT_TOTAL, count * sizeof(uint64_t)};
	if (!count)
		return 0;
	instance->own = weir_count_add(
		segment, prefix, count * sizeof(uint64_t), fields, count, e);
	return instance->own ? 0 : -ENOSPC;
}

static int open_books(struct weir_instance *instance,
	struct weir_count_segment *segment, struct weir_error *e)
{
	static const struct weir_count_field step = {
		"step", "ticks", WEIR_COUNT_HISTOGRAM, 0};
	struct fields fields = {.count = 0};
	char prefix[WEIR_COUNT_PATH_SIZE];

	snprintf(prefix, sizeof(prefix), "stages.%s", instance->plan->name);
	list_fields(&fields, instance);
	instance->counts = weir_count_add(segment, prefix,
		sizeof(*instance->counts), fields.at, fields.count, e);
	instance->steps = weir_count_add(
		segment, prefix, sizeof(*instance->steps), &step, 1, e);
	instance->timed_in = instance->steps;
	if (!instance->counts || !instance->steps)
		return -ENOSPC;
	return open_own(instance, segment, prefix, e);
}

static void point_out(struct weir_instance *instance)
{
	struct weir_out *out = &instance->out;

	out->dropped = instance->counts->dropped;
	out->made = &instance->counts->made;
	out->consumed = &instance->counts->consumed;
}

int weir_instance_open(struct weir_instance *instance,
	const struct weir_plan *plan, unsigned index,
	struct weir_count_segment *segment, int node, struct weir_error *e)
{
	const struct weir_plan_instance *planned = &plan->instances[index];
	const struct weir_config_stage *config =
		&plan->config->stages[planned->stage];
	int err;

	instance->plan = planned;
	instance->config = config;
	instance->type = config->type;
	instance->kernel = config->type->kernel;
	instance->writes = config->type->writes;
	instance->ethernet = config->type->ethernet;
	instance->emits = config->type->source || config->type->tick ||
			  config->type->drain;
	instance->state = weir_mem_create(config->type->state_size + 1, node);
	if (!instance->state)
		return weir_error_set(e, -ENOMEM,
			"stage '%s': no memory for its state: give "
			"runtime.memory more",
			planned->name);
	if (config->options)
		memcpy(instance->state, weir_option_block_data(config->options),
			config->type->state_size);
	err = open_books(instance, segment, e);
	if (!err)
		point_out(instance);
	return err;
}

void weir_instance_close(struct weir_instance *instance)
{
	if (instance->ready && instance->type->fini)
		instance->type->fini(instance->state);
	instance->ready = false;
	weir_mem_destroy(instance->emit.at);
	weir_mem_destroy(instance->take.at);
	weir_mem_destroy(instance->memory);
	weir_mem_destroy(instance->state);
	instance->take.at = instance->emit.at = NULL;
	instance->memory = instance->state = NULL;
}

void weir_instance_publish(struct weir_instance *instance)
{
	const struct weir_stage_counter *counter = instance->type->counters;

	for (unsigned i = 0; instance->own && counter[i].name; i++) {
		const uint64_t *value =
			(const uint64_t *)(const void *)((const char *)instance
								 ->state +
							 counter[i].offset);

		store_relaxed(&instance->own[i], load_relaxed(value));
	}
}
