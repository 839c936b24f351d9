// SPDX-License-Identifier: BSD-3-Clause
#include "trace/objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct weir_object **bucket_of(
	struct weir_objects *objects, uint64_t address)
{
	uint64_t mixed = address * UINT64_C(0x9e3779b97f4a7c15);

	return &objects->buckets[mixed >> 50];
}

_Static_assert(WEIR_OBJECT_BUCKETS == 1u << (64 - 50), "bits of bucket_of");

static struct weir_object *find(struct weir_objects *objects, uint64_t address)
{
	struct weir_object *object = *bucket_of(objects, address);

	while (object && object->address != address)
		object = object->next;
	return object;
}

struct weir_object *weir_objects_get(
	struct weir_objects *objects, uint64_t address)
{
	struct weir_object *object = find(objects, address), **bucket;

	if (object)
		return object;
	object = calloc(1, sizeof(*object));
	if (!object) {
		objects->failed = true;
		return NULL;
	}
	bucket = bucket_of(objects, address);
	object->address = address;
	object->next = *bucket;
	*bucket = object;
	return object;
}

void weir_objects_call(
	struct weir_objects *objects, uint64_t address, const char *name)
{
	struct weir_object *object = weir_objects_get(objects, address);

	if (object)
		snprintf(object->name, sizeof(object->name), "%s", name);
}

void weir_objects_forget(struct weir_objects *objects, uint64_t address)
{
	struct weir_object **at = bucket_of(objects, address), *object;

	while (*at && (*at)->address != address)
		at = &(*at)->next;
	object = *at;
	if (!object)
		return;
	*at = object->next;
	free(object->sends);
	free(object);
}

const char *weir_objects_known(struct weir_objects *objects, uint64_t address)
{
	const struct weir_object *object = find(objects, address);

	return object && object->name[0] ? object->name : NULL;
}

const char *weir_objects_name(struct weir_objects *objects, uint64_t address)
{
	const char *name = weir_objects_known(objects, address);

	if (name)
		return name;
	snprintf(objects->unknown, sizeof(objects->unknown), "0x%" PRIx64,
		address);
	return objects->unknown;
}

void weir_objects_each(struct weir_objects *objects,
	void (*each)(struct weir_object *object, void *arg), void *arg)
{
	for (unsigned i = 0; i < WEIR_OBJECT_BUCKETS; i++)
		for (struct weir_object *object = objects->buckets[i]; object;
			object = object->next)
			each(object, arg);
}

void weir_objects_fini(struct weir_objects *objects)
{
	for (unsigned i = 0; i < WEIR_OBJECT_BUCKETS; i++)
		while (objects->buckets[i]) {
			struct weir_object *object = objects->buckets[i];

			objects->buckets[i] = object->next;
			free(object->sends);
			free(object);
		}
}

// ---- messages ----
//
// Who receives sees what its sender has sent, but of threads whose older events
// were overwritten at different times only one is there. The depth tells: what is
// inside by our count may differ from it by what is under way, not by more.
#define UNDER_WAY 256

static void begin_anew(
	struct weir_object *channel, uint64_t sent, uint64_t received)
{
	channel->counted = true;
	channel->sent = sent;
	channel->received = received;
	channel->send_count = 0;
}

static void compare(struct weir_object *channel, uint64_t depth)
{
	uint64_t inside = channel->sent - channel->received;

	if (inside > depth + UNDER_WAY || depth > inside + UNDER_WAY)
		begin_anew(
			channel, channel->received + depth, channel->received);
}

void weir_object_sent(struct weir_object *channel, uint64_t count,
	uint64_t depth, const struct weir_moment *at)
{
	unsigned last;

	// What was inside at the first look was sent before it.
	if (!channel->counted)
		begin_anew(channel, depth > count ? depth - count : 0, 0);
	channel->sent += count;
	compare(channel, depth);
	if (!channel->sends)
		channel->sends =
			calloc(WEIR_CHROME_SENDS, sizeof(*channel->sends));
	if (!channel->sends)
		return; // its messages have no arrows then
	if (channel->send_count == WEIR_CHROME_SENDS) {
		channel->first_send++;
		channel->send_count--;
	}
	last = (channel->first_send + channel->send_count++) %
	       WEIR_CHROME_SENDS;
	channel->sends[last] =
		(struct weir_send){channel->sent - count, channel->sent, *at};
}

bool weir_object_received(struct weir_object *channel, uint64_t count,
	uint64_t depth, struct weir_moment *from)
{
	uint64_t first = channel->received;
	bool found = false;

	if (!channel->counted || first + count > channel->sent)
		begin_anew(channel, first + count + depth, first);
	channel->received += count;
	compare(channel, depth);
	while (channel->send_count) {
		const struct weir_send *send =
			&channel->sends[channel->first_send %
					WEIR_CHROME_SENDS];

		if (send->first <= first && first < send->last) {
			*from = send->at;
			found = true;
		}
		if (send->last > channel->received)
			break;
		channel->first_send++;
		channel->send_count--;
	}
	return found;
}
