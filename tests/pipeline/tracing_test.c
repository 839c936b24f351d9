// SPDX-License-Identifier: BSD-3-Clause
//
// What a trace calls tasks that have the same place one after the other.
#include "pipeline/tracing.h"
#include "pipeline/runner.h"
#include "trace/events.h"

#include "task/executor.h"
#include "task/task.h"

#include <criterion/criterion.h>

#define NAMED 80 // bytes of trace.named

static struct weir_executor *executor;
static struct saved saved;

static void open_one(void)
{
	const struct weir_executor_options options = {
		.name = "one", .stack_count = 1, .node = -1};

	events_open();
	cr_assert_eq(weir_executor_create(&executor, &options, NULL), 0);
}

static void close_one(void)
{
	weir_executor_destroy(executor);
	weir_eal_close();
}

static void waits_once(void *arg)
{
	weir_yield();
}

// run_to_end lets the executor's only task run, and end.
static void run_to_end(void)
{
	while (weir_executor_counts(executor)->tasks)
		weir_executor_turn(executor);
}

static void begin(const char *name)
{
	const struct weir_spawn_options options = {.name = name};

	cr_assert_eq(weir_start(executor, waits_once, NULL, &options, NULL), 0);
	weir_executor_turn(executor);
}

// named answers when the task of that name is named, 0: never; and *last, the
// latest of all names.
static uint64_t named(const char *name, uint64_t *last)
{
	size_t size = 0;
	char *bytes = read_file(&saved, "names", &size);
	uint64_t tick = 0;

	for (size_t at = HEAD_SIZE; at < size; at += NAMED) {
		struct event event = event_at(bytes + at);

		cr_assert_geq(event.tick, *last, "names go back in time");
		*last = event.tick;
		if (strcmp(event.fields + 8 + 32, name) == 0)
			tick = event.tick;
	}
	free(bytes);
	return tick;
}

// ended answers when the first task of the trace ended.
static uint64_t ended(void)
{
	unsigned number = number_of(&saved, "task.ended");
	size_t size = 0;
	char *bytes = read_file(&saved, "channel0_0", &size);
	size_t at = HEAD_SIZE;

	while (at + 20 <= size && event_at(bytes + at).number != number)
		at += 8;
	cr_assert_leq(at + 20, size);
	at = event_at(bytes + at).tick;
	free(bytes);
	return at;
}

Test(tracing, tasks_that_share_a_place_have_their_own_names, .init = open_one,
	.fini = close_one)
{
	const struct weir_plan plan = {0};
	const struct weir_pipeline pipeline = {.plan = &plan};
	uint64_t first, second, last = 0;

	begin("first");
	cr_assert_eq(
		weir_tracing_start(&pipeline, 0, "weir.task.ended", NULL), 0);
	run_to_end();
	usleep(1000);
	begin("between");
	run_to_end();
	begin("second");
	strcpy(saved.folder, "/tmp/weir-trace-test-XXXXXX");
	cr_assert(mkdtemp(saved.folder));
	saved.fd = open(saved.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(
		weir_tracing_end(&pipeline, saved.fd, &saved.sum, NULL), 0);
	saved.metadata = read_file(&saved, "metadata", &(size_t){0});
	first = named("first", &last);
	last = 0;
	second = named("second", &last);
	cr_expect_gt(first, 0, "the first has its name");
	cr_expect_lt(first, ended());
	cr_expect_gt(second, ended(), "the second had it before it was there");
	run_to_end();
	forget(&saved);
}
