// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends an executor is not made, and says which one.
#include "scarce.h"
#include "task/executor.h"
#include "task/task.h"

#include <string.h>

static int create_executor(struct weir_error *e)
{
	const struct weir_executor_options options = {
		.name = "scarce", .stack_count = 4, .node = -1};
	struct weir_executor *executor;
	int err = weir_executor_create(&executor, &options, e);

	if (err) {
		cr_assert(strstr(e->text, "memory") ||
				  strstr(e->text, "cannot map"),
			"%s", e->text);
		return err;
	}
	weir_executor_destroy(executor);
	return 0;
}

Test(scarce, an_executor_is_made_whole_or_not_at_all)
{
	// Itself, its books, their steps, two of stacks and the map, its tasks.
	cr_assert_geq(in_want_of_memory(create_executor), 7);
}

static bool ran;

static void note(void *arg)
{
	ran = true;
}

Test(scarce, a_run_without_memory_ends_before_it_begins)
{
	scarce_from(1);
	cr_assert_eq(weir_run(note, NULL), 1);
	cr_assert(scarce_end());
	cr_assert_not(ran);
}
