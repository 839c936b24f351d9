// SPDX-License-Identifier: BSD-3-Clause
//
// Each remark is one function that looks at one task. The numbers are such that
// what a healthy program does lies far below them.
#include "base/clock.h"
#include "watch/seen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONG_STEP_NS UINT64_C(100000000)  // 100 ms
#define LONG_HOLD_NS UINT64_C(1000000000) // 1 s
#define LONG_WAIT_NS UINT64_C(1000000000)
#define MANY 1000

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
		task->for_ns / 1000000);
}

static void yields_idly(struct remarks *r, const struct weir_seen_task *task)
{
	if (task->steps < 100 * MANY ||
		task->idle_yields < task->steps / 10 * 9)
		return;
	remark(r, task,
		"yielded in %" PRIu64 " of its %" PRIu64
		" steps and did nothing that may wait: it asks again and again "
		"for what it could wait for",
		task->idle_yields, task->steps);
}

static void wakes_in_vain(struct remarks *r, const struct weir_seen_task *task)
{
	if (task->waits < MANY || task->vain_wakes < task->waits / 2)
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
		task->waits_for, task->for_ns / 1000000);
}

static void look_at(struct remarks *r, const struct weir_seen_task *task)
{
	stack_full(r, task);
	never_yields(r, task);
	yields_idly(r, task);
	wakes_in_vain(r, task);
	holds_long(r, task);
}

static bool waits_for_ever(const struct weir_seen_task *task)
{
	return task->state == WEIR_SEEN_WAITING &&
	       task->left_ns == WEIR_NEVER && task->for_ns >= LONG_WAIT_NS;
}

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
		for (unsigned t = 0; t < r->executor->count; t++)
			remark(r, &r->executor->tasks[t],
				"waits for %s, and no task is left that could "
				"bring it: all wait, without a deadline",
				r->executor->tasks[t].waits_for);
	}
}

unsigned weir_seen_remarks(const struct weir_seen *seen,
	void (*say)(void *arg, const char *sentence), void *arg)
{
	struct remarks r = {.say = say, .arg = arg};

	for (unsigned i = 0; i < seen->count; i++) {
		r.executor = &seen->executors[i];
		for (unsigned t = 0; t < r.executor->count; t++)
			look_at(&r, &r.executor->tasks[t]);
	}
	if (nobody_acts(seen))
		everybody_waits(&r, seen);
	return r.count;
}
