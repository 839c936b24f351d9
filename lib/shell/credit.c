// SPDX-License-Identifier: BSD-3-Clause
//
// For each instance and each place that can be full: how many copies of one
// packet can get there at most. Worked out from the last instance to the
// first, so that what lies below a call is known when it is reached.
//
//	take[i][leaf]  of one packet that instance i is given
//	emit[i][leaf]  of one packet put on every lane of instance i
//
// A stage that copies may put a packet on all its ways: their numbers add up.
// Any other puts it on one: the largest counts. Places: every edge that waits,
// every stage with a room, and last the trash, which on a thread is a ring.
#include "mem/mem.h"
#include "shell/wire.h"

#include <errno.h>
#include <string.h>

struct reach {
	struct weir_instance *instances;
	struct weir_edge *edges;
	unsigned instance_count, edge_count;
	unsigned places; // edges, instances, the trash
	uint32_t *take, *emit;
};

static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t times(uint32_t a, uint32_t b)
{
	uint64_t product = (uint64_t)a * b;

	return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

static unsigned trash_place(const struct reach *reach)
{
	return reach->places - 1;
}

// via answers what one packet on a lane may become at a place.
static uint32_t via(
	const struct reach *reach, const struct weir_link *link, unsigned place)
{
	const struct weir_edge *edge = link->edge;

	if (link->next) {
		size_t next = (size_t)(link->next - reach->instances);

		return reach->take[next * reach->places + place];
	}
	if (edge && edge->when_full == WEIR_WHEN_FULL_WAIT)
		return place == (size_t)(edge - reach->edges);
	return place == trash_place(reach);
}

static uint32_t own(
	const struct reach *reach, unsigned instance, unsigned place)
{
	if (place == trash_place(reach))
		return 1;
	return place == reach->edge_count + instance &&
	       reach->instances[instance].type->room;
}

static void fill_one(struct reach *reach, unsigned index, unsigned place)
{
	const struct weir_instance *instance = &reach->instances[index];
	const struct weir_stage *type = instance->type;
	uint32_t take = 0, emit = 0;

	for (unsigned output = 0; output < instance->config->output_count;
		output++) {
		uint32_t copies =
			type->out_max[output] ? type->out_max[output] : 1;

		for (unsigned lane = instance->out.first[output];
			lane < instance->out.first[output + 1]; lane++) {
			uint32_t each =
				via(reach, &instance->links[lane], place);
			uint32_t all = times(copies, each);

			emit = add(emit, each);
			if (type->ways == WEIR_WAYS_COPY)
				take = add(take, all);
			else
				take = all > take ? all : take;
		}
	}
	if (own(reach, index, place) > take)
		take = 1;
	// What drains or ticks may drop what it holds.
	if (place == trash_place(reach) && !emit)
		emit = 1;
	// The shared original of what it writes to goes there, too.
	if (place == trash_place(reach) && type->writes)
		take = add(take, 1);
	reach->take[index * reach->places + place] = take;
	reach->emit[index * reach->places + place] = emit;
}

static int too_shallow(const struct weir_instance *instance,
	const struct weir_edge *edge, uint32_t copies, struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"edge %s: depth %u is less than the %u packets that '%s' may "
		"send there at once; give it a depth of %u or more",
		edge->name, edge->depth, copies, instance->plan->name, copies);
}

static int gather(const struct reach *reach, struct weir_instance *instance,
	const uint32_t *row, struct weir_leaves *leaves, struct weir_error *e)
{
	unsigned count = 0;

	for (unsigned i = 0; i < trash_place(reach); i++)
		count += row[i] > 0;
	leaves->at = weir_mem_create(
		(count + 1) * sizeof(*leaves->at), WEIR_NODE_ANY);
	if (!leaves->at)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < trash_place(reach); i++) {
		bool is_edge = i < reach->edge_count;

		if (!row[i])
			continue;
		if (is_edge && reach->edges[i].depth < row[i])
			return too_shallow(
				instance, &reach->edges[i], row[i], e);
		leaves->at[leaves->count++] = (struct weir_leaf){
			.edge = is_edge ? &reach->edges[i] : NULL,
			.instance =
				is_edge ? NULL
					: &reach->instances[i -
							    reach->edge_count],
			.copies = row[i],
			.wanted = times(row[i], WEIR_BURST),
		};
	}
	return 0;
}

static int find(struct reach *reach, struct weir_error *e)
{
	for (unsigned i = reach->instance_count; i-- > 0;) {
		struct weir_instance *instance = &reach->instances[i];
		const uint32_t *take = &reach->take[i * reach->places];
		const uint32_t *emit = &reach->emit[i * reach->places];
		int err;

		for (unsigned place = 0; place < reach->places; place++)
			fill_one(reach, i, place);
		err = gather(reach, instance, take, &instance->take, e);
		if (!err && instance->emits)
			err = gather(reach, instance, emit, &instance->emit, e);
		if (err)
			return err;
		instance->take_trash = take[trash_place(reach)];
		instance->emit_trash = emit[trash_place(reach)];
	}
	return 0;
}

static int too_little_room(const struct weir_instance *instance,
	const struct weir_leaf *leaf, unsigned room, struct weir_error *e)
{
	const struct weir_config_stage *stage = leaf->instance->config;

	return weir_error_set(e, -EINVAL,
		"%s:%u:%u: error: '%s' has room for %u packet%s, but '%s' may "
		"send it %u at once; give it more room (weir stages %s tells "
		"how)",
		stage->at.file, stage->at.line, stage->at.column,
		leaf->instance->plan->name, room, room == 1 ? "" : "s",
		instance->plan->name, leaf->copies, leaf->instance->type->type);
}

// Each stage is empty now: less room than this will never be enough. None at
// all is another matter: it opens later.
static int check_room(const struct weir_instance *instance,
	const struct weir_leaves *leaves, struct weir_error *e)
{
	for (unsigned i = 0; i < leaves->count; i++) {
		const struct weir_leaf *leaf = &leaves->at[i];
		unsigned room;

		if (leaf->edge)
			continue;
		room = leaf->instance->type->room(leaf->instance->state);
		if (room && room < leaf->copies)
			return too_little_room(instance, leaf, room, e);
	}
	return 0;
}

int weir_credit_check(const struct weir_instance *instances, unsigned count,
	struct weir_error *e)
{
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++) {
		err = check_room(&instances[i], &instances[i].take, e);
		if (!err)
			err = check_room(&instances[i], &instances[i].emit, e);
	}
	return err;
}

int weir_credit_find(struct weir_instance *instances,
	const struct weir_plan *plan, struct weir_edge *edges,
	struct weir_error *e)
{
	struct reach reach = {
		.instances = instances,
		.edges = edges,
		.instance_count = plan->instance_count,
		.edge_count = plan->edge_count,
		.places = plan->edge_count + plan->instance_count + 1,
	};
	size_t size =
		(size_t)reach.places * reach.instance_count * sizeof(uint32_t);
	int err;

	reach.take = weir_mem_create(size + 1, WEIR_NODE_ANY);
	reach.emit = weir_mem_create(size + 1, WEIR_NODE_ANY);
	err = reach.take && reach.emit
		      ? find(&reach, e)
		      : weir_error_set(e, -ENOMEM, "out of memory");
	weir_mem_destroy(reach.take);
	weir_mem_destroy(reach.emit);
	return err;
}
