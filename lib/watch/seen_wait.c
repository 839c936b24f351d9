// SPDX-License-Identifier: BSD-3-Clause
#include "watch/seen_look.h"

#include <stdarg.h>
#include <stdio.h>

#define CASES_SHOWN 4

__attribute__((format(printf, 2, 3))) static void add(
	char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list list;

	va_start(list, format);
	vsnprintf(text + used, WEIR_SEEN_WAIT_SIZE - used, format, list);
	va_end(list);
}

static void add_what(const struct weir_seen_look *look, char *text,
	uint64_t kind_at, uint64_t name_at, const char *otherwise)
{
	char kind[64], name[64];

	text_at(look, kind_at, kind, sizeof(kind));
	text_at(look, name_at, name, sizeof(name));
	add(text, "%s", kind[0] ? kind : otherwise);
	if (name_at)
		add(text, " '%s'", name);
}

static void describe_queue(
	const struct weir_seen_look *look, char *text, uint64_t queue)
{
	const struct weir_map *map = &look->map;
	uint64_t what = word(look, queue + map->queue_what);

	add_what(look, text, what ? word(look, what + map->what_kind) : 0,
		what ? word(look, what + map->what_name) : 0, "a wakeup");
}

// describe_hold says who holds what one waits for in a queue.
static void describe_hold(const struct weir_seen_look *look,
	struct weir_seen_hold *seen, uint64_t queue)
{
	const struct weir_map *map = &look->map;
	uint64_t what = word(look, queue + map->queue_what);
	uint64_t hold = what ? word(look, what + map->what_hold) : 0;
	uint64_t began = hold ? word(look, hold + map->hold_began) : 0;
	char live = 0;
	bool same;

	if (!hold || !get(look, hold + map->hold_count, &seen->count,
			     sizeof(seen->count)))
		return;
	get(look, hold + map->hold_bound, &seen->bound, sizeof(seen->bound));
	seen->for_ns = since(look, word(look, hold + map->hold_since));
	seen->task = word(look, hold + map->hold_task);
	if (!seen->task)
		return;
	get(look, seen->task + map->task_live, &live, 1);
	same = word(look, seen->task + map->task_first_switch) == began;
	seen->ended = !live || !same;
	if (same)
		text_at(look, seen->task + map->task_name, seen->name,
			map->name_size < sizeof(seen->name)
				? map->name_size
				: sizeof(seen->name));
}

static uint32_t count_at(const struct weir_seen_look *look, uint64_t address)
{
	uint32_t count = 0;

	get(look, address, &count, sizeof(count));
	return count;
}

// describe_handles says by which handles comes what one waits for in a queue.
static void describe_handles(const struct weir_seen_look *look,
	struct weir_seen_handles *seen, uint64_t queue)
{
	const struct weir_map *map = &look->map;
	uint64_t what = word(look, queue + map->queue_what);
	uint64_t at = what ? word(look, what + map->what_handles) : 0;
	uint32_t all, these, those;

	if (!at)
		return;
	seen->first = word(look, at + map->handles_first);
	seen->second = word(look, at + map->handles_second);
	seen->mark = word(look, at + map->handles_mark);
	all = count_at(look, word(look, at + map->handles_all));
	these = count_at(look, word(look, at + map->handles_these));
	those = count_at(look, word(look, at + map->handles_those));
	seen->known = seen->first && these > 0 && all == these + those;
}

// describe_scope says whose tasks one waits for in a queue, if it is a scope's.
static void describe_scope(const struct weir_seen_look *look,
	struct weir_seen_task *seen, uint64_t queue)
{
	const struct weir_map *map = &look->map;

	if (word(look, queue + map->queue_what) != (uintptr_t)map->scope_what)
		return;
	seen->closes = queue - map->scope_closer;
	seen->closes_count =
		count_at(look, seen->closes + map->scope_live_count);
}

void weir_seen_case(const struct weir_seen_look *look, char *text, uint64_t at)
{
	const struct weir_map *map = &look->map;
	uint64_t ops = word(look, at + map->case_ops), name = 0;
	uint16_t from = 0, name_at = 0;

	if (get(look, ops + map->ops_name_at, &name_at, sizeof(name_at)) &&
		get(look, ops + map->ops_name_from, &from, sizeof(from)) &&
		name_at) {
		name = word(look, at + map->case_object);
		name = name ? word(look, name + from) : 0;
		name = name ? name + name_at : 0;
	}
	add_what(
		look, text, word(look, ops + map->ops_kind), name, "something");
}

static void describe_select(
	const struct weir_seen_look *look, char *text, uint64_t select)
{
	const struct weir_map *map = &look->map;
	uint64_t cases = word(look, select + map->select_cases);
	uint32_t count = 0, shown = 0, left = 0;

	get(look, select + map->select_count, &count, sizeof(count));
	if (count > WEIR_SEEN_MANY)
		count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = cases + (uint64_t)i * map->case_size;
		char disabled = 0;

		if (!get(look, at + map->case_disabled, &disabled, 1))
			break;
		if (disabled)
			continue;
		if (shown == CASES_SHOWN) {
			left = count - i;
			break;
		}
		add(text, "%s", shown++ ? " or " : "");
		weir_seen_case(look, text, at);
	}
	if (left)
		add(text, " or one of %u more", left);
}

void weir_seen_wait(
	const struct weir_seen_look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t queue = word_in(look->task, map->task_waits_in);
	uint64_t select = word_in(look->task, map->task_select);

	seen->waits_for[0] = '\0';
	seen->hold = (struct weir_seen_hold){0};
	if (select)
		describe_select(look, seen->waits_for, select);
	else if (queue)
		describe_queue(look, seen->waits_for, queue);
	else
		add(seen->waits_for, "a point in time");
	weir_text_clean(seen->waits_for, sizeof(seen->waits_for)); // cut
	if (!queue || select)
		return;
	describe_hold(look, &seen->hold, queue);
	describe_handles(look, &seen->handles, queue);
	describe_scope(look, seen, queue);
}

uint64_t weir_seen_deadline(
	const struct weir_seen_look *look, uint64_t timer, const char *copy)
{
	const struct weir_map *map = &look->map;
	uint64_t tick = word_in(copy, map->timer_tick);

	if (word_in(copy, map->timer_next) == timer + map->timer_next)
		return WEIR_NEVER;
	return (int64_t)(tick - look->now) > 0 ? ns(look, tick - look->now) : 0;
}
