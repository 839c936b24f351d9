// SPDX-License-Identifier: BSD-3-Clause
//
// Lists of steppers are followed while their executor changes them: a link is only
// believed when the one behind it points back, and a stepper when it says that it
// is this executor's. Where a list has moved, what lies behind is only counted.
#include "watch/seen_look.h"

#include <errno.h>
#include <stdlib.h>

#define LABELS_MAX 4096
#define ENDED_MAX 4096

// follow goes to the node behind *link in a list that begins at head; false at its
// end, and where it moved.
static bool follow(
	const struct weir_seen_look *look, uint64_t head, uint64_t *link)
{
	uint64_t next = word(look, *link + look->map.list_next);

	if (!next || next == head || next == *link ||
		word(look, next + sizeof(next)) != *link)
		return false;
	*link = next;
	return true;
}

// more answers list with room for one more of so many bytes, or NULL.
static void *more(void *list, unsigned count, size_t size)
{
	return count & (count - 1)
		       ? list
		       : realloc(list, (count ? 2 * (size_t)count : 1) * size);
}

// ---- steppers ----

static void describe_class(const struct weir_seen_look *look,
	struct weir_seen_stepper *seen, uint64_t stepper, uint64_t class_)
{
	const struct weir_map *map = &look->map;
	uint64_t at = word(look, class_ + map->class_name_at);

	text_at(look, word(look, class_ + map->class_name), seen->class_,
		sizeof(seen->class_));
	if (at)
		text_at(look, stepper + at, seen->name, sizeof(seen->name));
}

static bool describe_stepper(const struct weir_seen_look *look,
	struct weir_seen_stepper *seen, uint64_t at)
{
	const struct weir_map *map = &look->map;
	char copy[WEIR_STEPPER_SIZE_MAX];

	if (!get(look, at, copy, map->stepper_size) ||
		word_in(copy, map->stepper_executor) != look->executor)
		return false;
	*seen = (struct weir_seen_stepper){
		.state = WEIR_SEEN_READY, .left_ns = WEIR_NEVER};
	describe_class(look, seen, at, word_in(copy, map->stepper_class));
	if ((unsigned char)copy[map->stepper_phase] != map->stepper_parked)
		return true;
	seen->state = WEIR_SEEN_WAITING;
	seen->left_ns = weir_seen_deadline(
		look, at + map->stepper_deadline, copy + map->stepper_deadline);
	weir_seen_case(look, seen->waits_for, at + map->stepper_case);
	return true;
}

static int see_steppers(const struct weir_seen_look *look,
	struct weir_seen_executor *seen, uint64_t head)
{
	const struct weir_map *map = &look->map;

	for (uint64_t link = head; seen->stepper_listed < WEIR_SEEN_STEPPERS &&
				   follow(look, head, &link);) {
		unsigned count = seen->stepper_listed;
		struct weir_seen_stepper *all =
			more(seen->steppers, count, sizeof(*all));

		if (!all)
			return -ENOMEM;
		seen->steppers = all;
		if (!describe_stepper(
			    look, &all[count], link - map->stepper_link))
			break;
		seen->stepper_listed++;
	}
	return 0;
}

static int see_scopes(
	const struct weir_seen_look *look, struct weir_seen_executor *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t head = look->executor + map->executor_scopes, link = head;
	int err = see_steppers(
		look, seen, look->executor + map->executor_steppers);

	for (unsigned i = 0;
		!err && i < WEIR_SEEN_MANY && follow(look, head, &link); i++)
		err = see_steppers(look, seen,
			link - map->scope_link + map->scope_steppers);
	return err;
}

// ---- function steps ----

static int see_labels(
	const struct weir_seen_look *look, struct weir_seen_executor *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t head = look->executor + map->executor_labels, link = head;

	while (seen->function_count < LABELS_MAX && follow(look, head, &link)) {
		unsigned count = seen->function_count;
		char queued = 0;
		struct weir_seen_function *all =
			more(seen->functions, count, sizeof(*all));
		uint64_t at = link - map->label_link;

		if (!all)
			return -ENOMEM;
		seen->functions = all;
		get(look, word(look, at + map->label_step) + map->step_queued,
			&queued, sizeof(queued));
		all[count].ready = queued != 0;
		text_at(look, word(look, at + map->label_name), all[count].name,
			sizeof(all[count].name));
		seen->function_count++;
	}
	return 0;
}

// ---- tasks that have ended ----

void weir_seen_add_ended(
	struct weir_seen_executor *seen, const struct weir_seen_task *task)
{
	struct weir_seen_task *all =
		more(seen->ended, seen->ended_count, sizeof(*all));

	if (!all) {
		seen->ended_left++;
		return;
	}
	seen->ended = all;
	all[seen->ended_count++] = *task;
}

static void see_ended(
	const struct weir_seen_look *look, struct weir_seen_executor *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t list = look->executor + map->executor_ended;
	uint64_t count = word(look, list + map->ended_count);

	for (uint64_t i = 0; i < count && i < map->ended_max && i < ENDED_MAX;
		i++) {
		uint64_t at = list + map->ended_at + i * map->ended_size;
		struct weir_seen_task task = {
			.state = WEIR_SEEN_ENDED,
			.left_ns = WEIR_NEVER,
			.steps = word(look, at + map->ended_steps),
			.idle_yields = word(look, at + map->ended_idle_yields),
			.waits = word(look, at + map->ended_waits),
			.vain_wakes = word(look, at + map->ended_vain_wakes),
		};

		text_at(look, at + map->ended_name, task.name,
			map->name_size < sizeof(task.name) ? map->name_size
							   : sizeof(task.name));
		weir_seen_add_ended(seen, &task);
	}
	if (count > map->ended_max)
		seen->ended_left += count - map->ended_max;
}

int weir_seen_steps(
	const struct weir_seen_look *look, struct weir_seen_executor *seen)
{
	int err;

	see_ended(look, seen);
	err = see_scopes(look, seen);
	return err ? err : see_labels(look, seen);
}
