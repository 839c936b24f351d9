// SPDX-License-Identifier: BSD-3-Clause
//
// Stacks for tasks: ordinary mapped memory, each with a guard below it, from a
// pool that is sized before the start.
//
//	low  | guard, 64 KiB | stack, grows down ...     top |      | high
//
// The tops of neighbours are staggered by cache lines, so that tasks that do
// the same do not compete for the same sets of the cache. The page that a task
// touches first is there from the start; the others come as they are touched.
//
// A touch of the guard is a stack overflow. weir_stack_watch installs a handler
// (on an alternate signal stack) that prints the task's name, as told by the
// hook, and aborts; any other fault goes to the handler that was there.
//
// Threads.  A pool belongs to one executor: get and put on its thread only.
// The counts may be read by anyone.
#ifndef WEIR_MEM_STACK_H
#define WEIR_MEM_STACK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct weir_stack_pool;

struct weir_stack {
	char *base;  // lowest usable byte; the guard lies below
	size_t size; // usable bytes
	struct weir_stack *next_free; // of the pool
	struct weir_stack_pool *pool;
	void *fiber; // of the sanitizers, theirs to use
};

// weir_stack_pool_create maps count stacks of at least size bytes each near
// node. Answers 0, or -ENOMEM with the remedy in e (vm.max_map_count allows
// some 32,000 in a process).
int weir_stack_pool_create(struct weir_stack_pool **pool, unsigned count,
	size_t size, int node, struct weir_error *e);

// weir_stack_pool_destroy unmaps all; every stack must have been put back.
void weir_stack_pool_destroy(struct weir_stack_pool *pool);

// weir_stack_get takes a stack, NULL when the pool is empty. Never allocates.
struct weir_stack *weir_stack_get(struct weir_stack_pool *pool);

// weir_stack_put gives it back.
void weir_stack_put(struct weir_stack *stack);

// weir_stack_pool_count, _used, _used_max answer how many there are, are out
// now, and were out at once at most.
unsigned weir_stack_pool_count(const struct weir_stack_pool *pool);
unsigned weir_stack_pool_used(const struct weir_stack_pool *pool);
unsigned weir_stack_pool_used_max(const struct weir_stack_pool *pool);

// weir_stack_pool_memory answers where all its stacks lie, and their guards.
char *weir_stack_pool_memory(const struct weir_stack_pool *pool, size_t *size);

// weir_stack_high_water answers the most bytes of stack that were ever
// touched, found by looking for the lowest byte that is not zero.
size_t weir_stack_high_water(const struct weir_stack *stack);

// weir_stack_untouched answers how many bytes at its end were never touched, most
// (a page at most) where there are that many. It touches none itself.
size_t weir_stack_untouched(const struct weir_stack *stack, size_t most);

// weir_stack_pool_high_water answers the most of all stacks of the pool. It
// reads every stack: for reports.
size_t weir_stack_pool_high_water(const struct weir_stack_pool *pool);

// weir_stack_watch turns on the overflow message for the calling thread (call
// it once on each thread that runs tasks). name answers the name of the task
// whose stack has address as its base, or NULL; it is asked on the thread that
// overflowed and must be safe in a signal handler. Answers 0 or -errno.
int weir_stack_watch(const char *(*name)(const void *address));

#endif
