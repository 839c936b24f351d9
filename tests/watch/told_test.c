// SPDX-License-Identifier: BSD-3-Clause
//
// What the watchdog says, and that it waits for nobody who listens.
#include "watch/faulty.h"
#include "watch/threads.h"

#include "base/log.h"

#include <fcntl.h>

// How many lines were said of an event.
struct heard {
	const char *event;
	unsigned count;
	char line[2048]; // the last
};

static void hear(void *arg, enum weir_log_level level, const char *event,
	const char *line)
{
	struct heard *heard = arg;

	if (strcmp(event, heard->event))
		return;
	snprintf(heard->line, sizeof(heard->line), "%s", line);
	store_release(&heard->count, heard->count + 1);
}

// fill_pipe gives standard error to a pipe that is full and that nobody reads.
static void fill_pipe(int ends[2])
{
	char bytes[4096] = "";

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
	cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
}

Test(told, who_cannot_say_it_holds_up_nobody, .timeout = 60)
{
	struct weir_executor_options options = {.name = "another"};
	int ends[2], kept = dup(STDERR_FILENO);
	struct weir_executor *another;

	fill_pipe(ends);
	begin(never_yield);
	for (int i = 0; i < 10000 && !threads("weir-warns"); i++)
		usleep(1000);
	cr_assert_eq(threads("weir-warns"), 1, "it says it");
	usleep(300000);
	cr_assert_eq(threads("weir-warns"), 1, "and cannot");
	cr_assert_eq(weir_executor_create(&another, &options, &error), 0);
	weir_watchdog_settle();
	cr_expect_eq(read_state().blocked, 1);
	weir_executor_destroy(another);
	store_release(&go_on, true);
	end();
	cr_assert_eq(threads("weir-warns"), 1);
	close(ends[0]);
	dup2(kept, STDERR_FILENO);
}

static void block_and_never_yield(void *arg)
{
	block_all(NULL);
	never_yield(arg);
}

Test(told, a_thread_that_does_not_answer_is_told_of_once)
{
	struct heard heard = {.event = "watch.deaf"};

	weir_log_hook(hear, &heard);
	begin(block_and_never_yield);
	for (int i = 0; i < 20000 && !load_acquire(&heard.count); i++)
		usleep(1000);
	usleep(1500000);
	cr_expect_eq(load_acquire(&heard.count), 1);
	cr_expect(strstr(heard.line, "'watched' does not answer signal"), "%s",
		heard.line);
	store_release(&go_on, true);
	end();
	weir_log_hook(NULL, NULL);
}
