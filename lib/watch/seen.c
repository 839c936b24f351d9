// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a copy of a task is good: switches moves when it is resumed, before it
// touches anything else of its own, and the executor's current is the task from
// before that until behind its last store. So a task that was not current after its
// words were copied, and whose switches had not moved when its stack was, stood
// still from the one to the other. (A processor may show stores late, by less
// than a system call takes, of which there are several in between.)
#include "watch/seen_look.h"
#include "watch/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

// What a process that makes no sense could make us allocate.
#define EXECUTORS_MAX 4096
#define STACK_COPY_MAX (256u << 10)

// ---- the stack ----

struct bounds {
	uint64_t low, high; // of the stack
};

static struct bounds bounds_of(const struct weir_seen_look *look)
{
	const struct weir_map *map = &look->map;
	uint64_t stack = word_in(look->task, map->task_stack);
	uint64_t base = stack ? word(look, stack + map->stack_base) : 0;
	uint64_t size = base ? word(look, stack + map->stack_size) : 0;

	return (struct bounds){base, base + size};
}

static size_t untouched(const struct weir_seen_look *look, struct bounds bounds)
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

static void copy_frames(const struct weir_seen_look *look,
	struct weir_seen_task *seen, struct bounds bounds)
{
	uint32_t context = look->map.task_context;
	uint64_t sp = word_in(look->task, context);
	uint64_t fp = word_in(look->task, context + 8);
	uint64_t pc = word_in(look->task, context + 16);
	uint64_t top = bounds.high;

	seen->frames.count = 0;
	if (sp < bounds.low || sp >= top)
		return;
	seen->stack_from = sp - bounds.low;
	if (top - sp > STACK_COPY_MAX)
		top = sp + STACK_COPY_MAX;
	if (get(look, sp, look->stack, top - sp))
		walk(&seen->frames, look->stack, sp, top, pc, fp);
}

// ---- a task ----

static void name_of(
	const struct weir_seen_look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;

	memset(seen->name, 0, sizeof(seen->name));
	memcpy(seen->name, look->task + map->task_name,
		map->name_size < sizeof(seen->name) ? map->name_size
						    : sizeof(seen->name));
	weir_text_clean(seen->name, sizeof(seen->name));
}

static void describe(
	const struct weir_seen_look *look, struct weir_seen_task *seen)
{
	const struct weir_map *map = &look->map;
	const char *task = look->task;

	name_of(look, seen);
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
	seen->scope = word_in(task, map->task_scope);
	seen->switches = word_in(task, map->task_switches);
}

// describe_parked is for a task that had stopped when it was copied.
static void describe_parked(const struct weir_seen_look *look,
	struct weir_seen_task *seen, uint64_t address)
{
	const struct weir_map *map = &look->map;
	seen->state = flag_in(look->task, map->task_parked) ? WEIR_SEEN_WAITING
							    : WEIR_SEEN_READY;
	seen->left_ns = WEIR_NEVER;
	if (seen->state != WEIR_SEEN_WAITING)
		return;
	seen->left_ns = weir_seen_deadline(look, address + map->task_deadline,
		look->task + map->task_deadline);
	weir_seen_wait(look, seen);
}

static bool is_current(const struct weir_seen_look *look, uint64_t address)
{
	return word(look, look->executor + look->map.executor_current) ==
	       address;
}

static void describe_running(
	const struct weir_seen_look *look, struct weir_seen_task *seen)
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
static bool see(struct weir_seen_look *look, struct weir_seen_task *seen,
	uint64_t address)
{
	const struct weir_map *map = &look->map;
	struct bounds bounds;

	*seen = (struct weir_seen_task){.address = address};
	for (unsigned try = 0; try < WEIR_SEEN_TRIES; try++) {
		if (!get(look, address, look->task, map->task_size) ||
			!flag_in(look->task, map->task_live) ||
			flag_in(look->task, map->task_ended))
			return false;
		describe(look, seen);
		bounds = bounds_of(look);
		seen->stack = bounds.low;
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

static void see_tasks(struct weir_seen_look *look,
	struct weir_seen_executor *seen, uint64_t tasks, uint32_t count)
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

static bool has_stack(
	const struct weir_seen_task *tasks, unsigned count, uint64_t stack)
{
	for (unsigned i = 0; i < count; i++)
		if (tasks[i].stack == stack)
			return true;
	return false;
}

// see_stacks looks at the stacks that tasks had which have ended.
static void see_stacks(const struct weir_seen_look *look,
	struct weir_seen_executor *seen, uint64_t tasks, uint32_t count)
{
	const struct weir_map *map = &look->map;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = tasks + (uint64_t)i * map->task_size;
		struct weir_seen_task one;
		struct bounds bounds;

		if (!get(look, address, look->task, map->task_size))
			return;
		if (flag_in(look->task, map->task_live) ||
			!word_in(look->task, map->task_stack))
			continue;
		bounds = bounds_of(look);
		one = (struct weir_seen_task){.address = address,
			.state = WEIR_SEEN_ENDED,
			.stack = bounds.low,
			.stack_size = bounds.high - bounds.low,
			.stack_left = untouched(look, bounds)};
		if (one.stack_left >= WEIR_SEEN_STACK_END ||
			has_stack(seen->tasks, seen->count, one.stack) ||
			has_stack(seen->ended, seen->ended_count, one.stack))
			continue;
		name_of(look, &one);
		weir_seen_add_ended(seen, &one);
	}
}

static void read_clock(struct weir_seen_look *look)
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

static void see_counts(
	const struct weir_seen_look *look, struct weir_seen_executor *seen)
{
	const struct weir_map *map = &look->map;
	uint64_t counts = word(look, look->executor + map->executor_counts);
	uint64_t waits = word(look, look->executor + map->executor_ready_waits);

	seen->steps = word(look, counts + map->counts_steps);
	seen->task_count = word(look, counts + map->counts_tasks);
	seen->turn_ns_max = ns(look, word(look, counts + map->counts_turn_max));
	seen->ready_ns_max = ns(look, word(look, waits + map->histogram_max));
}

// asleep_in answers the system call that a step of it sleeps in, -1 if none does.
static long asleep_in(const struct weir_seen_look *look,
	const struct weir_seen_executor *seen)
{
	uint64_t now = look->executor + look->map.executor_now, before;
	long call;

	if (!seen->runs || !seen->thread)
		return -1;
	before = word(look, now);
	if (!weir_thread_is_asleep(look->pid, seen->thread, &call) ||
		word(look, now) != before)
		return -1;
	return call;
}

// see_places says where its tasks lie, their stacks, and how far down its thread's.
static void see_places(const struct weir_seen_look *look,
	struct weir_seen_executor *seen, uint64_t tasks, uint32_t count)
{
	const struct weir_map *map = &look->map;
	uint64_t x = look->executor;

	seen->tasks_low = tasks;
	seen->tasks_high = tasks + (uint64_t)count * map->task_size;
	seen->stacks_low = word(look, x + map->executor_stack_memory);
	seen->stacks_high = seen->stacks_low +
			    word(look, x + map->executor_stack_memory_size);
	if (seen->thread)
		seen->thread_sp = word(look, x + map->executor_context);
}

static int see_executor(struct weir_seen_look *look,
	struct weir_seen_executor *seen, uint64_t executor)
{
	const struct weir_map *map = &look->map;
	uint64_t tasks = word(look, executor + map->executor_tasks);
	uint32_t count = 0;

	look->executor = executor;
	*seen = (struct weir_seen_executor){.address = executor};
	text_at(look, executor + map->executor_name, seen->name,
		map->name_size < sizeof(seen->name) ? map->name_size
						    : sizeof(seen->name));
	get(look, executor + map->executor_thread, &seen->thread,
		sizeof(seen->thread));
	get(look, executor + map->executor_stack_count, &count, sizeof(count));
	if (count > WEIR_SEEN_MANY)
		count = 0;
	seen->tasks = calloc(count ? count : 1, sizeof(*seen->tasks));
	seen->tasks_size = count * sizeof(*seen->tasks);
	if (!seen->tasks)
		return -ENOMEM;
	read_clock(look);
	see_places(look, seen, tasks, count);
	see_counts(look, seen);
	see_tasks(look, seen, tasks, count);
	see_stacks(look, seen, tasks, count);
	seen->stepper_count = seen->task_count > seen->count
				      ? seen->task_count - seen->count
				      : 0;
	seen->runs = word(look, executor + map->executor_running) != 0;
	seen->asleep_in = asleep_in(look, seen);
	return weir_seen_steps(look, seen);
}

static int see_all(struct weir_seen_look *look, struct weir_seen *seen)
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
static bool ended(const struct weir_seen_look *look)
{
	uint64_t magic;

	return !get(look, (uintptr_t)look->map.roster, &magic, sizeof(magic));
}

// count_strangers leaves it at 0 without memory.
static void count_strangers(struct weir_seen *seen)
{
	int *known = calloc(seen->count + 1, sizeof(*known));

	for (unsigned i = 0; known && i < seen->count; i++)
		known[i] = seen->executors[i].thread;
	if (known)
		seen->strangers =
			weir_process_strangers(seen->pid, known, seen->count);
	free(known);
}

// open_copies makes room for copies, apart from all else: who looks through the
// memory of its own process leaves it out.
static bool open_copies(struct weir_seen_look *look)
{
	size_t size = WEIR_TASK_SIZE_MAX + STACK_COPY_MAX;
	char *copies = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copies == MAP_FAILED)
		return false;
	look->copies = copies;
	look->copies_size = size;
	look->task = copies;
	look->stack = copies + WEIR_TASK_SIZE_MAX;
	return true;
}

int weir_seen_take(struct weir_seen **seen, int pid, struct weir_error *e)
{
	struct weir_seen_look look = {.pid = pid};
	struct weir_seen *s;
	int err = weir_process_map(pid, &look.map, e);

	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s || !open_copies(&look)) {
		free(s);
		return weir_error_set(e, -ENOMEM, "no memory");
	}
	s->pid = pid;
	err = see_all(&look, s);
	if (!err)
		weir_seen_lost(&look, s, (uintptr_t)__builtin_frame_address(0));
	munmap(look.copies, look.copies_size);
	if (err || ended(&look)) {
		weir_seen_free(s);
		return err ? weir_error_set(e, err, "no memory")
			   : weir_process_refuse(pid, -ESRCH, e);
	}
	count_strangers(s);
	*seen = s;
	return 0;
}

// drop leaves nothing behind that points into stacks: lost.c would find it.
static void drop(struct weir_seen_executor *executor)
{
	if (executor->tasks)
		explicit_bzero(executor->tasks, executor->tasks_size);
	free(executor->tasks);
	free(executor->steppers);
	free(executor->functions);
	free(executor->ended);
}

void weir_seen_keep(struct weir_seen *seen,
	const struct weir_executor *const *executors, unsigned count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < seen->count; i++) {
		bool ours = false;

		for (unsigned j = 0; j < count; j++)
			ours |= seen->executors[i].address ==
				(uintptr_t)executors[j];
		if (ours)
			seen->executors[kept++] = seen->executors[i];
		else
			drop(&seen->executors[i]);
	}
	seen->count = kept;
}

void weir_seen_free(struct weir_seen *seen)
{
	if (!seen)
		return;
	for (unsigned i = 0; i < seen->count; i++)
		drop(&seen->executors[i]);
	free(seen->executors);
	free(seen);
}
