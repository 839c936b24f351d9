// SPDX-License-Identifier: BSD-3-Clause
//
// A task that waits for a message, whose sender was forgotten and not closed, waits
// for ever, whatever others do. Handles are moved without a word, so who has one is
// not known; but it lies somewhere. Whoever could end a wait
//
//	holds a handle, in memory that something still uses   a channel
//	is a task of the scope, and goes on			a scope
//	is the task that has it, and goes on			a lock
//
// and all who wait for something else, or not for ever, go on. So we begin with
// those, and with all memory but the stacks of those that wait for such things, and
// see whom they reach; what is reached goes on, too, and what its stack reaches.
// Who is never reached is lost. A stack is also in use when something in use points
// into it: what lies on it may be lent.
//
// A copy of a handle that was forgotten in memory keeps a wait going for us, though
// nobody will ever use it: we find too few. One too many is found where a handle
// moves while we look, so we look twice: it must have moved both times, or gone to a
// task that was spawned, or called deeper, since the tasks were seen; or where the
// only pointer to a stack is in a register of a thread that sleeps.
#include "watch/memory.h"
#include "watch/seen_look.h"

#include <stdlib.h>
#include <unistd.h>

#define WAIT_NS UINT64_C(1000000000)
#define RED_ZONE 128
#define CANDIDATES_MAX 4096 // each is compared with each

struct candidate {
	struct weir_seen_task *task;
	bool reached, looked;
};

struct search {
	const struct weir_seen_look *look;
	struct weir_seen *seen;
	struct weir_memory *memory;
	struct candidate *all;
	unsigned count, reached;
	uint64_t first_low, first_high; // of handles' first words
	uint64_t stack_low, stack_high;
	bool read; // all that was to be
};

// is_candidate: what it waits for comes from those that are known.
static bool is_candidate(const struct weir_seen_task *task)
{
	return task->state == WEIR_SEEN_WAITING && !task->restless &&
	       task->left_ns == WEIR_NEVER && task->for_ns >= WAIT_NS &&
	       task->stack_from &&
	       (task->handles.known || task->closes ||
		       (task->hold.count && task->hold.bound));
}

// low_of and high_of answer what of its stack is in use. They are not kept: who
// looks through its own memory would find them.
static uint64_t low_of(const struct weir_seen_task *task)
{
	return task->stack + task->stack_from;
}

static uint64_t high_of(const struct weir_seen_task *task)
{
	return task->stack + task->stack_size;
}

static void reach(struct search *s, struct candidate *candidate)
{
	s->reached += !candidate->reached;
	candidate->reached = true;
}

// ---- memory ----

static bool is_handle(
	const struct weir_seen_handles *handles, const uint64_t *words)
{
	return handles->known && words[0] == handles->first &&
	       words[1] == handles->second && words[2] >> 48 == handles->mark;
}

static void reach_by_word(struct search *s, const uint64_t *words)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct weir_seen_task *task = s->all[i].task;

		if (is_handle(&task->handles, words) ||
			(words[0] >= low_of(task) && words[0] < high_of(task)))
			reach(s, &s->all[i]);
	}
}

static bool look_at_words(void *arg, const uint64_t *words, size_t count)
{
	struct search *s = arg;

	for (size_t i = 0; i < count; i++)
		if ((words[i] >= s->first_low && words[i] <= s->first_high) ||
			(words[i] >= s->stack_low && words[i] < s->stack_high))
			reach_by_word(s, &words[i]);
	return s->reached < s->count;
}

static void look_at(struct search *s, uint64_t low, uint64_t high)
{
	s->read &= weir_memory_part(s->memory, low, high, look_at_words, s);
}

// ---- tasks ----

static void look_at_task(struct search *s, const struct weir_seen_task *task)
{
	uint64_t from =
		task->stack_from > RED_ZONE ? task->stack_from - RED_ZONE : 0;

	look_at(s, task->stack + from, task->stack + task->stack_size);
	look_at(s, task->address, task->address + s->look->map.task_size);
}

// goes_on: task does, so who waits for it is reached.
static void goes_on(struct search *s, const struct weir_seen_task *task)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct candidate *one = &s->all[i];
		const struct weir_seen_task *waits = one->task;

		if ((waits->closes && waits->closes == task->scope) ||
			(waits->hold.bound && waits->hold.count &&
				waits->hold.task == task->address))
			reach(s, one);
	}
	look_at_task(s, task);
}

static unsigned count_of_scope(const struct weir_seen *seen, uint64_t scope)
{
	unsigned count = 0;

	for (unsigned i = 0; i < seen->count; i++)
		for (unsigned t = 0; t < seen->executors[i].count; t++)
			count += seen->executors[i].tasks[t].scope == scope;
	return count;
}

static bool is_seen(const struct weir_seen *seen, uint64_t task)
{
	for (unsigned i = 0; i < seen->count; i++)
		for (unsigned t = 0; t < seen->executors[i].count; t++)
			if (seen->executors[i].tasks[t].address == task)
				return true;
	return false;
}

// reach_unknown reaches those that wait for tasks which are not all known: children
// on other executors, steppers, one that has just ended.
static void reach_unknown(struct search *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct weir_seen_task *task = s->all[i].task;

		if (task->closes && count_of_scope(s->seen, task->closes) !=
					    task->closes_count)
			reach(s, &s->all[i]);
		else if (!task->closes && !task->handles.known &&
			 !is_seen(s->seen, task->hold.task))
			reach(s, &s->all[i]);
	}
}

static void begin_with_tasks(struct search *s)
{
	unsigned next = 0; // candidate: they are in the same order

	for (unsigned i = 0; i < s->seen->count; i++) {
		const struct weir_seen_executor *x = &s->seen->executors[i];

		for (unsigned t = 0; t < x->count; t++)
			if (next < s->count &&
				s->all[next].task == &x->tasks[t])
				next++;
			else
				goes_on(s, &x->tasks[t]);
	}
}

static void follow(struct search *s)
{
	for (bool more = true; more && s->reached < s->count;) {
		more = false;
		for (unsigned i = 0; i < s->count; i++) {
			struct candidate *one = &s->all[i];

			if (!one->reached || one->looked)
				continue;
			one->looked = more = true;
			goes_on(s, one->task);
		}
	}
}

// ---- a search ----

static bool leave_out_own(struct search *s, const void *at, size_t size)
{
	return weir_memory_leave_out(
		s->memory, (uintptr_t)at, (uintptr_t)at + size);
}

static bool leave_out(
	struct search *s, const struct weir_seen_executor *x, bool own)
{
	struct weir_memory *memory = s->memory;

	return weir_memory_leave_out(memory, x->tasks_low, x->tasks_high) &&
	       weir_memory_leave_out(memory, x->stacks_low, x->stacks_high) &&
	       (!own || leave_out_own(s, x->tasks, x->tasks_size)) &&
	       (!x->thread_sp || weir_memory_end(memory, x->thread_sp));
}

static bool prepare(struct search *s, uint64_t sp)
{
	const struct weir_seen_look *look = s->look;
	bool own = look->pid == getpid();
	bool done = weir_memory_ends(s->memory);

	// What we know of a process's memory is no part of it.
	if (own)
		done = done &&
		       leave_out_own(s, look->copies, look->copies_size) &&
		       weir_memory_end(s->memory, sp);
	for (unsigned i = 0; i < s->seen->count && done; i++)
		done = leave_out(s, &s->seen->executors[i], own);
	return done;
}

// search leaves unreached who is lost; false: not all could be looked at.
static bool search(struct search *s, uint64_t sp)
{
	s->memory = weir_memory_open(s->look->pid);
	s->read = s->memory && prepare(s, sp);
	if (s->read) {
		reach_unknown(s);
		begin_with_tasks(s);
		follow(s);
	}
	if (s->read && s->reached < s->count) {
		s->read = weir_memory_all(s->memory, look_at_words, s);
		follow(s);
	}
	weir_memory_close(s->memory);
	return s->read;
}

static void add(struct search *s, struct weir_seen_task *task)
{
	uint64_t first = task->handles.first;

	s->all[s->count++].task = task;
	if (low_of(task) < s->stack_low)
		s->stack_low = low_of(task);
	if (high_of(task) > s->stack_high)
		s->stack_high = high_of(task);
	if (!task->handles.known)
		return;
	if (first < s->first_low)
		s->first_low = first;
	if (first > s->first_high)
		s->first_high = first;
}

// collect finds the candidates; false: there are none that a handle would help,
// there are too many, or there is no memory.
static bool collect(struct search *s)
{
	unsigned count = 0;
	bool any = false;

	for (unsigned i = 0; i < s->seen->count; i++)
		count += s->seen->executors[i].count;
	s->all = calloc(count ? count : 1, sizeof(*s->all));
	s->first_low = s->stack_low = UINT64_MAX;
	for (unsigned i = 0; s->all && i < s->seen->count; i++) {
		struct weir_seen_executor *x = &s->seen->executors[i];

		for (unsigned t = 0; t < x->count; t++)
			if (is_candidate(&x->tasks[t])) {
				add(s, &x->tasks[t]);
				any |= x->tasks[t].handles.known;
			}
	}
	return any && s->count <= CANDIDATES_MAX;
}

// still tells whether a task is where it was when it was seen.
static bool still(
	const struct weir_seen_look *look, const struct weir_seen_task *task)
{
	return word(look, task->address + look->map.task_switches) ==
	       task->switches;
}

// once answers how many candidates are left, which become all there are.
static unsigned once(struct search *s, uint64_t sp)
{
	unsigned left = 0;

	s->reached = 0;
	for (unsigned i = 0; i < s->count; i++)
		s->all[i].reached = s->all[i].looked = false;
	if (!search(s, sp))
		return 0;
	for (unsigned i = 0; i < s->count; i++)
		left += !s->all[i].reached && s->all[i].task->handles.known;
	return left;
}

void weir_seen_lost(
	const struct weir_seen_look *look, struct weir_seen *seen, uint64_t sp)
{
	struct search s = {.look = look, .seen = seen};

	if (collect(&s) && once(&s, sp)) {
		bool *lost = calloc(s.count, sizeof(*lost));

		for (unsigned i = 0; lost && i < s.count; i++)
			lost[i] = !s.all[i].reached;
		if (lost && once(&s, sp))
			for (unsigned i = 0; i < s.count; i++)
				s.all[i].task->lost =
					lost[i] && !s.all[i].reached &&
					s.all[i].task->handles.known &&
					still(look, s.all[i].task);
		free(lost);
	}
	free(s.all);
}
