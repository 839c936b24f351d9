// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends: no stacks, no watch of them, no pool, each said.
#include "scarce.h"
#include "mem/mem.h"
#include "mem/stack.h"

#include <pthread.h>
#include <string.h>

static int create_stacks(struct weir_error *e)
{
	struct weir_stack_pool *pool = NULL;
	int err = weir_stack_pool_create(&pool, 4, 16384, WEIR_NODE_ANY, e);

	if (err) {
		cr_assert(strstr(e->text, "stack"), "%s", e->text);
		cr_assert_null(pool);
		return err;
	}
	weir_stack_pool_destroy(pool);
	return 0;
}

Test(scarce, stacks_are_had_all_or_none)
{
	// The pool, its stacks, the map and what the fault handler reads.
	cr_assert_eq(in_want_of_memory(create_stacks), 4);
}

static void *watch(void *arg)
{
	scarce_from(1);
	*(int *)arg = weir_stack_watch(NULL);
	scarce_end();
	return NULL;
}

Test(scarce, a_thread_that_cannot_be_watched_is_told)
{
	pthread_t thread;
	int answer = 0;

	pthread_create(&thread, NULL, watch, &answer);
	pthread_join(thread, NULL);
#ifndef __SANITIZE_ADDRESS__ // which gives each thread a stack for it
	cr_assert_eq(answer, -ENOMEM);
#endif
}

Test(scarce, memory_that_is_not_there_is_null)
{
	void *memory;

	scarce_from(1);
	memory = weir_mem_create(1, WEIR_NODE_ANY);
	scarce_end();
	cr_assert_null(memory);
}
