// SPDX-License-Identifier: BSD-3-Clause
//
// Each remark is one function that looks at one task. The numbers are such that
// what a healthy program does lies far below them.
#include "base/clock.h"
#include "task/ended.h"
#include "watch/seen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MS 1000000u
#define LONG_STEP_NS UINT64_C(100000000)  // 100 ms
#define LONG_HOLD_NS UINT64_C(1000000000) // 1 s
#define LONG_WAIT_NS UINT64_C(1000000000)

struct remarks {
	void (*say)(void *arg, const char *sentence);
	void *arg;
	const struct weir_seen_executor *executor;
	unsigned count;
};

__attribute__((format(printf, 3, 4))) static void remark(struct remarks *r,
	const struct weir_seen_task *task, const char *format, ...)
{
	char sentence[1024];
	size_t used = (size_t)snprintf(sentence, sizeof(sentence),
		"task '%s' of executor '%s' ", task->name, r->executor->name);
	va_list list;

	va_start(list, format);
	vsnprintf(sentence + used, sizeof(sentence) - used, format, list);
	va_end(list);
	r->say(r->arg, sentence);
	r->count++;
}

static void stack_full(struct remarks *r, const struct weir_seen_task *task)
{
	if (!task->stack_size || task->stack_left >= WEIR_SEEN_STACK_END)
		return;
	remark(r, task,
		"has a stack of %zu KiB that was full but for %zu bytes, by it "
		"or one before it: keep large arrays off it, or give the "
		"executor a larger stack_size",
		task->stack_size >> 10, task->stack_left);
}

static void never_yields(struct remarks *r, const struct weir_seen_task *task)
{
	if (task->state != WEIR_SEEN_RUNNING || task->for_ns < LONG_STEP_NS)
		return;
	remark(r, task,
		"has run for %" PRIu64
		" ms without waiting or yielding, and all others of its "
		"executor wait for it: let it call weir_yield_if_over in its "
		"loop, or give the work to a thread",
		task->for_ns / MS);
}

static void yields_idly(struct remarks *r, const struct weir_seen_task *task)
{
	if (!weir_ended_yields_idly(task->steps, task->idle_yields))
		return;
	remark(r, task,
		"yielded in %" PRIu64 " of its %" PRIu64
		" steps and did nothing that may wait: it asks again and again "
		"for what it could wait for",
		task->idle_yields, task->steps);
}

static void wakes_in_vain(struct remarks *r, const struct weir_seen_task *task)
{
	if (!weir_ended_wakes_in_vain(task->waits, task->vain_wakes))
		return;
	remark(r, task,
		"was woken for nothing %" PRIu64 " times in %" PRIu64
		" waits: others take what it was woken for",
		task->vain_wakes, task->waits);
}

static void holds_long(struct remarks *r, const struct weir_seen_task *task)
{
	if (task->state != WEIR_SEEN_WAITING || !task->locks_held ||
		task->for_ns < LONG_HOLD_NS)
		return;
	remark(r, task,
		"holds %u lock%s and has waited for %s for %" PRIu64
		" ms: unlock before such a wait, or give it a deadline",
		task->locks_held, task->locks_held > 1 ? "s" : "",
		task->waits_for, task->for_ns / MS);
}

// held_long is the other side: who waits names who holds.
static void held_long(struct remarks *r, const struct weir_seen_task *task)
{
	const struct weir_seen_hold *hold = &task->hold;

	if (task->state != WEIR_SEEN_WAITING || !hold->count ||
		task->for_ns < LONG_WAIT_NS || hold->for_ns < LONG_HOLD_NS)
		return;
	if (hold->bound)
		remark(r, task,
			"has waited for %s for %" PRIu64
			" ms, which task '%s' has had for %" PRIu64 " ms",
			task->waits_for, task->for_ns / MS, hold->name,
			hold->for_ns / MS);
	else
		remark(r, task,
			"has waited for %s for %" PRIu64
			" ms, while permits are held too long: %u are out, the "
			"latest by %s%s%s, taken %" PRIu64 " ms ago%s",
			task->waits_for, task->for_ns / MS, hold->count,
			*hold->name  ? "task '"
			: hold->task ? "a task"
				     : "no task",
			hold->name, *hold->name ? "'" : "", hold->for_ns / MS,
			hold->ended ? "; that task has ended since" : "");
}

static void is_lost(struct remarks *r, const struct weir_seen_task *task)
{
	if (!task->lost)
		return;
	remark(r, task,
		"waits for %s, for %" PRIu64
		" ms so far, and nobody is left who could bring it: the other "
		"end is open, but no task and no thread has it any more; close "
		"an end before it is forgotten",
		task->waits_for, task->for_ns / MS);
}

static void look_at(struct remarks *r, const struct weir_seen_task *task)
{
	stack_full(r, task);
	never_yields(r, task);
	yields_idly(r, task);
	wakes_in_vain(r, task);
	holds_long(r, task);
	held_long(r, task);
	is_lost(r, task);
}

static bool waits_for_ever(const struct weir_seen_task *task)
{
	return task->state == WEIR_SEEN_WAITING &&
	       task->left_ns == WEIR_NEVER && task->for_ns >= LONG_WAIT_NS;
}

// ---- tasks that wait for one another ----

static const struct weir_seen_task *task_at(
	const struct weir_seen_executor *x, uint64_t address)
{
	for (unsigned i = 0; i < x->count; i++)
		if (x->tasks[i].address == address)
			return &x->tasks[i];
	return NULL;
}

// holder answers who alone could end the endless wait of task, NULL: that is not
// known. A lock's executor is that of both.
static const struct weir_seen_task *holder(
	const struct weir_seen_executor *x, const struct weir_seen_task *task)
{
	return waits_for_ever(task) && task->hold.count && task->hold.bound
		       ? task_at(x, task->hold.task)
		       : NULL;
}

// is_first tells whether task is in a circle of waits, and the first of it.
static bool is_first(
	const struct weir_seen_executor *x, const struct weir_seen_task *task)
{
	const struct weir_seen_task *next = holder(x, task);

	for (unsigned i = 0; next && next != task && i < x->count; i++) {
		if (next < task)
			return false;
		next = holder(x, next);
	}
	return next == task;
}

static void waits_in_circle(
	struct remarks *r, const struct weir_seen_task *task)
{
	const struct weir_seen_task *next = holder(r->executor, task);
	char text[512] = "";
	size_t used = 0;

	if (!is_first(r->executor, task))
		return;
	for (; next != task && used < sizeof(text);
		next = holder(r->executor, next))
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"task '%s' has, which waits for %s that ", next->name,
			next->waits_for);
	remark(r, task,
		"waits for %s that %stask '%s' has: none of them goes on, "
		"unless it is cancelled; take locks in one order",
		task->waits_for, text, task->name);
}

// ---- of an executor ----

__attribute__((format(printf, 2, 3))) static void remark_on_executor(
	struct remarks *r, const char *format, ...)
{
	char sentence[512];
	size_t used = (size_t)snprintf(sentence, sizeof(sentence),
		"executor '%s' ", r->executor->name);
	va_list list;

	va_start(list, format);
	vsnprintf(sentence + used, sizeof(sentence) - used, format, list);
	va_end(list);
	r->say(r->arg, sentence);
	r->count++;
}

static void sleeps_for_lock(struct remarks *r)
{
	if (r->executor->asleep_in != SYS_futex)
		return;
	remark_on_executor(r,
		"sleeps in the kernel in the middle of a step: it waits for a "
		"lock of pthreads that another thread has; tasks take those of "
		"weir/sync, or ask the task that owns the data");
}

static void left_out(struct remarks *r)
{
	if (r->executor->ended_left)
		remark_on_executor(r,
			"had %" PRIu64 " more tasks that yielded and did "
			"nothing, or were woken for nothing",
			r->executor->ended_left);
}

// ---- all wait ----

// nobody_acts tells whether each task of each executor waits without an end, and
// nothing else lives there.
static bool nobody_acts(const struct weir_seen *seen)
{
	unsigned count = 0;

	for (unsigned i = 0; i < seen->count; i++) {
		const struct weir_seen_executor *x = &seen->executors[i];

		if (x->stepper_count || x->runs)
			return false;
		for (unsigned t = 0; t < x->count; t++)
			if (!waits_for_ever(&x->tasks[t]))
				return false;
		count += x->count;
	}
	return count > 0;
}

static void everybody_waits(struct remarks *r, const struct weir_seen *seen)
{
	for (unsigned i = 0; i < seen->count; i++) {
		r->executor = &seen->executors[i];
		for (unsigned t = 0; t < r->executor->count; t++) {
			if (r->executor->tasks[t].lost)
				continue;
			remark(r, &r->executor->tasks[t],
				"waits for %s, and no task is left that could "
				"bring it: all wait, without a deadline%s",
				r->executor->tasks[t].waits_for,
				seen->strangers ? "; only a thread outside of "
						  "the executors could"
						: "");
		}
	}
}

static void look_at_executor(struct remarks *r)
{
	const struct weir_seen_executor *x = r->executor;

	for (unsigned t = 0; t < x->count; t++) {
		look_at(r, &x->tasks[t]);
		waits_in_circle(r, &x->tasks[t]);
	}
	for (unsigned t = 0; t < x->ended_count; t++)
		look_at(r, &x->ended[t]);
	sleeps_for_lock(r);
	left_out(r);
}

unsigned weir_seen_remarks(const struct weir_seen *seen,
	void (*say)(void *arg, const char *sentence), void *arg)
{
	struct remarks r = {.say = say, .arg = arg};

	for (unsigned i = 0; i < seen->count; i++) {
		r.executor = &seen->executors[i];
		look_at_executor(&r);
	}
	if (nobody_acts(seen))
		everybody_waits(&r, seen);
	return r.count;
}

// ---- of this process ----

// remark_on_kept says of what a destroyed executor left what is said of others.
static void remark_on_kept(
	const struct weir_ended *ended, const char *executor, void *arg)
{
	struct weir_seen_task task = {
		.state = WEIR_SEEN_ENDED,
		.steps = ended->steps,
		.idle_yields = ended->idle_yields,
		.waits = ended->waits,
		.vain_wakes = ended->vain_wakes,
		.stack_size = ended->stack_size,
		.stack_left = ended->stack_left,
	};
	struct weir_seen_executor x = {0};
	struct remarks *r = arg;

	snprintf(task.name, sizeof(task.name), "%s", ended->name);
	snprintf(x.name, sizeof(x.name), "%s", executor);
	r->executor = &x;
	look_at(r, &task);
}

unsigned weir_own_remarks(const struct weir_executor *const *executors,
	unsigned count, void (*say)(void *arg, const char *sentence), void *arg)
{
	struct remarks r = {.say = say, .arg = arg};
	struct weir_error e = {0};
	char sentence[WEIR_ERROR_SIZE + 32];
	struct weir_seen *seen;

	if (weir_seen_take(&seen, getpid(), &e)) {
		snprintf(sentence, sizeof(sentence),
			"tasks were not looked at: %s", e.text);
		say(arg, sentence);
		return 1;
	}
	if (executors)
		weir_seen_keep(seen, executors, count);
	else
		weir_ended_each(remark_on_kept, &r);
	r.count += weir_seen_remarks(seen, say, arg);
	weir_seen_free(seen);
	return r.count;
}
