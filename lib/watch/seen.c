// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a copy of a task is good: switches moves when it is resumed, before it
// touches anything else of its own, and the executor's current is the task from
// before that until behind its last store. So a task that was not current after its
// words were copied, and whose switches had not moved when its stack was, stood
// still from the one to the other. (A processor may show stores late, by less
// than a system call takes, of which there are several in between.)
#include "watch/seen.h"
#include "base/clock.h"
#include "base/text.h"
#include "watch/process.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a process that makes no sense could make us allocate.
#define EXECUTORS_MAX 4096
#define TASKS_MAX (1u << 20)
#define STACK_COPY_MAX (256u << 10)
#define CASES_SHOWN 4

struct look {
	int pid;
	struct weir_map map;
	struct weir_clock clock; // of the executor that is looked at
	uint64_t now;
	uint64_t executor; // its address
	char *task;	   // a copy of one
	char *stack;	   // and of its stack, STACK_COPY_MAX
};

// ---- words ----

static bool get(
	const struct look *look, uint64_t address, void *to, size_t size)
{
	return weir_process_read(look->pid, address, to, size) ==
	       (ptrdiff_t)size;
}

// word answers the pointer or count at address, 0 if there is none.
static uint64_t word(const struct look *look, uint64_t address)
{
	uint64_t value;

	return get(look, address, &value, sizeof(value)) ? value : 0;
}

static uint64_t word_in(const char *copy, uint32_t at)
{
	uint64_t value;

	memcpy(&value, copy + at, sizeof(value));
	return value;
}

static bool flag_in(const char *copy, uint32_t at)
{
	return copy[at] != 0;
}

static void text_at(
	const struct look *look, uint64_t address, char *text, size_t size)
{
	ptrdiff_t got =
		address ? weir_process_read(look->pid, address, text, size) : 0;

	memset(text + (got > 0 ? got : 0), 0,
		size - (size_t)(got > 0 ? got : 0));
	weir_text_clean(text, size);
}

static uint64_t ns(const struct look *look, uint64_t ticks)
{
	return weir_clock_ns(&look->clock, ticks);
}

// since answers for how long something has been so.
static uint64_t since(const struct look *look, uint64_t tick)
{
	return (int64_t)(look->now - tick) > 0 ? ns(look, look->now - tick) : 0;
}

// ---- what it waits for ----

__attribute__((format(printf, 2, 3))) static void add(
	char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list list;

	va_start(list, format);
	vsnprintf(text + used, WEIR_SEEN_WAIT_SIZE - used, format, list);
	va_end(list);
}

static void add_what(const struct look *look, char *text, uint64_t kind_at,
	uint64_t name_at, const char *otherwise)
{
	char kind[64], name[64];

	text_at(look, kind_at, kind, sizeof(kind));
	text_at(look, name_at, name, sizeof(name));
	add(text, "%s", kind[0] ? kind : otherwise);
	if (name_at)
		add(text, " '%s'", name);
}

static void describe_queue(const struct look *look, char *text, uint64_t queue)
{
	const struct weir_map *map = &look->map;
	uint64_t what = word(look, queue + map->queue_what);

	add_what(look, text, what ? word(look, what + map->what_kind) : 0,
		what ? word(look, what + map->what_name) : 0, "a wakeup");
}

static void describe_case(const struct look *look, char *text, uint64_t at)
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
	const struct look *look, char *text, uint64_t select)
{
	const struct weir_map *map = &look->map;
	uint64_t cases = word(look, select + map->select_cases);
	uint32_t count = 0, shown = 0, left = 0;

	get(look, select + map->select_count, &count, sizeof(count));
	if (count > TASKS_MAX)
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
		describe_case(look, text, at);
	}
	if (left)
		add(text, " or one of %u more", left);
}

static void describe_wait(const struct look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t queue = word_in(look->task, map->task_waits_in);
	uint64_t select = word_in(look->task, map->task_select);

	seen->waits_for[0] = '\0';
	if (select)
		describe_select(look, seen->waits_for, select);
	else if (queue)
		describe_queue(look, seen->waits_for, queue);
	else
		add(seen->waits_for, "a point in time");
	weir_text_clean(seen->waits_for, sizeof(seen->waits_for)); // cut
}

// ---- the stack ----

struct bounds {
	uint64_t low, high; // of the stack
};

static struct bounds bounds_of(const struct look *look)
{
	const struct weir_map *map = &look->map;
	uint64_t stack = word_in(look->task, map->task_stack);
	uint64_t base = stack ? word(look, stack + map->stack_base) : 0;
	uint64_t size = base ? word(look, stack + map->stack_size) : 0;

	return (struct bounds){base, base + size};
}

static size_t untouched(const struct look *look, struct bounds bounds)
{
	char end[WEIR_SEEN_STACK_END];
	size_t left = 0;

	if (!get(look, bounds.low, end, sizeof(end)))
		return sizeof(end);
	while (left < sizeof(end) && end[left] == 0)
		left++;
	return left;
}

// walk follows the frame pointers through a copy of what lies at [sp, top).
static void walk(struct weir_frames *frames, const char *copy, uint64_t sp,
	uint64_t top, uint64_t pc, uint64_t fp)
{
	frames->count = 1;
	frames->at[0] = pc;
	while (frames->count < WEIR_FRAMES && fp >= sp && fp < top &&
		top - fp >= 2 * sizeof(fp) && fp % sizeof(fp) == 0) {
		uint64_t caller = word_in(copy, (uint32_t)(fp - sp));
		uint64_t back = word_in(copy, (uint32_t)(fp - sp + 8));

		if (!back)
			return;
		frames->at[frames->count++] = back;
		if (caller <= fp)
			return;
		fp = caller;
	}
}

static void copy_frames(const struct look *look, struct weir_seen_task *seen,
	struct bounds bounds)
{
	uint32_t context = look->map.task_context;
	uint64_t sp = word_in(look->task, context);
	uint64_t fp = word_in(look->task, context + 8);
	uint64_t pc = word_in(look->task, context + 16);
	uint64_t top = bounds.high;

	seen->frames.count = 0;
	if (sp < bounds.low || sp >= top)
		return;
	if (top - sp > STACK_COPY_MAX)
		top = sp + STACK_COPY_MAX;
	if (get(look, sp, look->stack, top - sp))
		walk(&seen->frames, look->stack, sp, top, pc, fp);
}

// ---- a task ----

static void describe(const struct look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;
	const char *task = look->task;

	memset(seen->name, 0, sizeof(seen->name));
	memcpy(seen->name, task + map->task_name,
		map->name_size < sizeof(seen->name) ? map->name_size
						    : sizeof(seen->name));
	weir_text_clean(seen->name, sizeof(seen->name));
	seen->for_ns = since(look, word_in(task, map->task_since));
	seen->steps = word_in(task, map->task_switches) -
		      word_in(task, map->task_first_switch);
	seen->step_ns_max = ns(look, word_in(task, map->task_step_max));
	seen->ready_ns_max = ns(look, word_in(task, map->task_ready_max));
	seen->waits = word_in(task, map->task_parks);
	seen->vain_wakes = word_in(task, map->task_vain_wakes);
	seen->idle_yields = word_in(task, map->task_idle_yields);
	memcpy(&seen->locks_held, task + map->task_locks_held,
		sizeof(seen->locks_held));
	seen->canceled = flag_in(task, map->task_canceled);
}

// describe_parked is for a task that had stopped when it was copied.
static void describe_parked(
	const struct look *look, struct weir_seen_task *seen, uint64_t address)
{
	const struct weir_map *map = &look->map;
	uint64_t timer = address + map->task_deadline;
	const char *copy = look->task + map->task_deadline;
	uint64_t tick = word_in(copy, map->timer_tick);

	seen->state = flag_in(look->task, map->task_parked) ? WEIR_SEEN_WAITING
							    : WEIR_SEEN_READY;
	seen->left_ns = WEIR_NEVER;
	if (seen->state != WEIR_SEEN_WAITING)
		return;
	if (word_in(copy, map->timer_next) != timer + map->timer_next)
		seen->left_ns = (int64_t)(tick - look->now) > 0
					? ns(look, tick - look->now)
					: 0;
	describe_wait(look, seen);
}

static bool is_current(const struct look *look, uint64_t address)
{
	return word(look, look->executor + look->map.executor_current) ==
	       address;
}

static void describe_running(
	const struct look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;

	seen->state = WEIR_SEEN_RUNNING;
	seen->left_ns = WEIR_NEVER;
	seen->frames.count = 0;
	// The last clock read is where its stretch began.
	seen->for_ns =
		since(look, word(look, look->executor + map->executor_now));
}

// see looks at the task at address; false when none lives there.
static bool see(
	struct look *look, struct weir_seen_task *seen, uint64_t address)
{
	const struct weir_map *map = &look->map;
	struct bounds bounds;

	*seen = (struct weir_seen_task){0};
	for (unsigned try = 0; try < WEIR_SEEN_TRIES; try++) {
		if (!get(look, address, look->task, map->task_size) ||
			!flag_in(look->task, map->task_live) ||
			flag_in(look->task, map->task_ended))
			return false;
		describe(look, seen);
		bounds = bounds_of(look);
		seen->stack_size = bounds.high - bounds.low;
		seen->stack_left = untouched(look, bounds);
		if (is_current(look, address)) {
			describe_running(look, seen);
			return true;
		}
		seen->waits_for[0] = '\0';
		describe_parked(look, seen, address);
		copy_frames(look, seen, bounds);
		if (word(look, address + map->task_switches) ==
			word_in(look->task, map->task_switches))
			return true;
	}
	seen->restless = true;
	seen->frames.count = 0;
	return true;
}

// ---- an executor ----

static void see_tasks(struct look *look, struct weir_seen_executor *seen,
	uint64_t tasks, uint32_t count)
{
	const struct weir_map *map = &look->map;
	char live;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = tasks + (uint64_t)i * map->task_size;

		if (!get(look, address + map->task_live, &live, 1))
			return;
		if (live && see(look, &seen->tasks[seen->count], address))
			seen->count++;
	}
}

static void read_clock(struct look *look)
{
	const struct weir_map *map = &look->map;
	uint64_t clock = word(look, look->executor + map->executor_clock);
	uint64_t virtual = word(look, clock + map->clock_virtual_ticks);

	look->clock =
		(struct weir_clock){.hz = word(look, clock + map->clock_hz)};
	if (!look->clock.hz)
		look->clock.hz = 1;
	look->now = virtual ? word(look, virtual) : weir_ticks();
}

static void see_counts(const struct look *look, struct weir_seen_executor *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t counts = word(look, look->executor + map->executor_counts);
	uint64_t waits = word(look, look->executor + map->executor_ready_waits);

	seen->steps = word(look, counts + map->counts_steps);
	seen->task_count = word(look, counts + map->counts_tasks);
	seen->turn_ns_max = ns(look, word(look, counts + map->counts_turn_max));
	seen->ready_ns_max = ns(look, word(look, waits + map->histogram_max));
}

static int see_executor(
	struct look *look, struct weir_seen_executor *seen, uint64_t executor)
{
	const struct weir_map *map = &look->map;
	uint64_t tasks = word(look, executor + map->executor_tasks);
	uint32_t count = 0;

	look->executor = executor;
	*seen = (struct weir_seen_executor){0};
	text_at(look, executor + map->executor_name, seen->name,
		map->name_size < sizeof(seen->name) ? map->name_size
						    : sizeof(seen->name));
	get(look, executor + map->executor_thread, &seen->thread,
		sizeof(seen->thread));
	get(look, executor + map->executor_stack_count, &count, sizeof(count));
	if (count > TASKS_MAX)
		count = 0;
	seen->tasks = calloc(count ? count : 1, sizeof(*seen->tasks));
	if (!seen->tasks)
		return -ENOMEM;
	read_clock(look);
	see_counts(look, seen);
	see_tasks(look, seen, tasks, count);
	seen->stepper_count = seen->task_count > seen->count
				      ? seen->task_count - seen->count
				      : 0;
	seen->runs = word(look, executor + map->executor_running) != 0;
	return 0;
}

static int see_all(struct look *look, struct weir_seen *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t roster = (uintptr_t)map->roster;
	uint64_t link = word(look, roster + map->list_next);
	int err = 0;

	for (; link && link != roster && seen->count < EXECUTORS_MAX && !err;
		link = word(look, link + map->list_next)) {
		struct weir_seen_executor *more = realloc(seen->executors,
			(seen->count + 1) * sizeof(*seen->executors));

		if (!more)
			return -ENOMEM;
		seen->executors = more;
		err = see_executor(
			look, &more[seen->count], link - map->executor_link);
		seen->count += !err;
	}
	return err;
}

// ended tells whether the process went while it was looked at.
static bool ended(const struct look *look)
{
	uint64_t magic;

	return !get(look, (uintptr_t)look->map.roster, &magic, sizeof(magic));
}

int weir_seen_take(struct weir_seen **seen, int pid, struct weir_error *e)
{
	struct look look = {.pid = pid};
	struct weir_seen *s;
	int err = weir_process_map(pid, &look.map, e);

	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	look.task = malloc(WEIR_TASK_SIZE_MAX);
	look.stack = malloc(STACK_COPY_MAX);
	err = s && look.task && look.stack ? see_all(&look, s) : -ENOMEM;
	free(look.stack);
	free(look.task);
	if (err || ended(&look)) {
		weir_seen_free(s);
		return err ? weir_error_set(e, err, "no memory")
			   : weir_process_refuse(pid, -ESRCH, e);
	}
	s->pid = pid;
	*seen = s;
	return 0;
}

void weir_seen_free(struct weir_seen *seen)
{
	if (!seen)
		return;
	for (unsigned i = 0; i < seen->count; i++)
		free(seen->executors[i].tasks);
	free(seen->executors);
	free(seen);
}
