// SPDX-License-Identifier: BSD-3-Clause
//
// A look at another process: what it is made with, and how its words are read. For
// the sources of watch/seen.h.
//
//	seen.c        executors, tasks and their stacks
//	seen_wait.c   what one waits for
//	seen_steps.c  steppers, function steps, tasks that have ended
//	lost.c        tasks that nobody can wake any more
//
// Threads.  The one that looks.
#ifndef WEIR_WATCH_SEEN_LOOK_H
#define WEIR_WATCH_SEEN_LOOK_H

#include "base/clock.h"
#include "base/text.h"
#include "watch/process.h"
#include "watch/seen.h"

#include <string.h>

#define WEIR_SEEN_MANY (1u << 20) // what makes no sense beyond that

struct weir_seen_look {
	int pid;
	struct weir_map map;
	struct weir_clock clock; // of the executor that is looked at
	uint64_t now;
	uint64_t executor; // its address
	char *task;	   // a copy of one
	char *stack;	   // and of its stack, STACK_COPY_MAX
	void *copies;	   // where these two lie
	size_t copies_size;
};

static inline bool get(const struct weir_seen_look *look, uint64_t address,
	void *to, size_t size)
{
	return weir_process_read(look->pid, address, to, size) ==
	       (ptrdiff_t)size;
}

// word answers the pointer or count at address, 0 if there is none.
static inline uint64_t word(const struct weir_seen_look *look, uint64_t address)
{
	uint64_t value;

	return get(look, address, &value, sizeof(value)) ? value : 0;
}

static inline uint64_t word_in(const char *copy, uint32_t at)
{
	uint64_t value;

	memcpy(&value, copy + at, sizeof(value));
	return value;
}

static inline bool flag_in(const char *copy, uint32_t at)
{
	return copy[at] != 0;
}

static inline void text_at(const struct weir_seen_look *look, uint64_t address,
	char *text, size_t size)
{
	ptrdiff_t got =
		address ? weir_process_read(look->pid, address, text, size) : 0;

	memset(text + (got > 0 ? got : 0), 0,
		size - (size_t)(got > 0 ? got : 0));
	weir_text_clean(text, size);
}

static inline uint64_t ns(const struct weir_seen_look *look, uint64_t ticks)
{
	return weir_clock_ns(&look->clock, ticks);
}

// since answers for how long something has been so.
static inline uint64_t since(const struct weir_seen_look *look, uint64_t tick)
{
	return (int64_t)(look->now - tick) > 0 ? ns(look, look->now - tick) : 0;
}

// weir_seen_wait says what the task that was copied waits for, and who holds it.
void weir_seen_wait(
	const struct weir_seen_look *look, struct weir_seen_task *seen);

// weir_seen_lost finds the tasks whose wait nobody can end any more. Without memory,
// where all cannot be read, or there are very many, it finds none. sp: that of the calling thread.
void weir_seen_lost(
	const struct weir_seen_look *look, struct weir_seen *seen, uint64_t sp);

// weir_seen_case adds what one waits for in the case at address.
void weir_seen_case(const struct weir_seen_look *look, char *text, uint64_t at);

// weir_seen_deadline answers how long the timer, of which copy is a copy, has
// left; WEIR_NEVER: it is not set.
uint64_t weir_seen_deadline(
	const struct weir_seen_look *look, uint64_t timer, const char *copy);

// weir_seen_add_ended keeps a task that has ended; without memory it is counted.
void weir_seen_add_ended(
	struct weir_seen_executor *seen, const struct weir_seen_task *task);

// weir_seen_steps looks at the steppers and function steps of the executor, and at
// what it keeps of tasks that have ended. Answers 0 or -ENOMEM.
int weir_seen_steps(
	const struct weir_seen_look *look, struct weir_seen_executor *seen);

#endif
