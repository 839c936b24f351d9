// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct heard {
	unsigned count;
	unsigned long held_back;
	char last[4096];
	char event[64];
	enum weir_log_level level;
};

static void hear(void *arg, enum weir_log_level level, const char *event,
	const char *line)
{
	struct heard *heard = arg;
	const char *more = strstr(line, " more like this held back");

	heard->count++;
	heard->level = level;
	snprintf(heard->event, sizeof(heard->event), "%s", event);
	snprintf(heard->last, sizeof(heard->last), "%s", line);
	while (more && more[-1] != '(')
		more--;
	if (more)
		heard->held_back += strtoul(more, NULL, 10);
}

static void wait_a_second(void)
{
	struct timespec second = {.tv_sec = 1, .tv_nsec = 10000000};

	nanosleep(&second, NULL);
}

Test(log, a_line_has_its_level_and_its_event)
{
	struct heard heard = {0};

	weir_log_hook(hear, &heard);
	weir_log(WEIR_LOG_WARNING, "port.truncated", "'%s' is cut", "a.pcap");
	cr_expect_str_eq(
		heard.last, "weir: warning: 'a.pcap' is cut [port.truncated]");
	cr_expect_str_eq(heard.event, "port.truncated");
	cr_expect_eq(heard.level, WEIR_LOG_WARNING);
}

Test(log, without_a_hook_lines_go_to_standard_error, .init = cr_redirect_stderr)
{
	weir_log(WEIR_LOG_ERROR, "a.b", "text");
	fflush(stderr);
	cr_assert_stderr_eq_str("weir: error: text [a.b]\n");
}

Test(log, warnings_and_above_are_asked_for_at_the_start)
{
	struct heard heard = {0};

	weir_log_hook(hear, &heard);
	weir_log(WEIR_LOG_INFO, "a", "unasked");
	cr_expect_eq(heard.count, 0);
	weir_log(WEIR_LOG_WARNING, "a", "asked");
	weir_log(WEIR_LOG_ERROR, "a", "asked");
	cr_expect_eq(heard.count, 2);
}

Test(log, the_level_can_be_set)
{
	struct heard heard = {0};

	weir_log_hook(hear, &heard);
	weir_log_level_set(WEIR_LOG_DEBUG);
	weir_log(WEIR_LOG_DEBUG, "a", "asked");
	cr_expect_eq(heard.count, 1);
	weir_log_level_set(WEIR_LOG_ERROR);
	weir_log(WEIR_LOG_WARNING, "a", "unasked");
	cr_expect_eq(heard.count, 1);
}

Test(log, a_flood_is_limited_and_every_line_of_it_is_accounted_for)
{
	struct heard heard = {0};
	time_t start = time(NULL);
	unsigned seconds;

	weir_log_hook(hear, &heard);
	for (int i = 0; i < 1000; i++)
		weir_log(WEIR_LOG_WARNING, "flood", "line %d", i);
	seconds = (unsigned)(time(NULL) - start) + 2;
	cr_expect_leq(heard.count, seconds * WEIR_LOG_BURST);
	cr_expect_geq(heard.count, WEIR_LOG_BURST);
	wait_a_second();
	weir_log(WEIR_LOG_WARNING, "flood", "after");
	cr_expect_eq(heard.count + heard.held_back, 1001, "%u said, %lu held",
		heard.count, heard.held_back);
}

Test(log, one_flood_does_not_hold_another_event_back)
{
	struct heard heard = {0};

	weir_log_hook(hear, &heard);
	for (int i = 0; i < 100; i++)
		weir_log(WEIR_LOG_WARNING, "flood", "line %d", i);
	weir_log(WEIR_LOG_WARNING, "other", "heard");
	cr_expect_str_eq(heard.last, "weir: warning: heard [other]");
}

Test(log, a_very_long_line_keeps_its_event)
{
	struct heard heard = {0};
	char text[8192];
	size_t length;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	weir_log_hook(hear, &heard);
	weir_log(WEIR_LOG_ERROR, "long", "%s", text);
	length = strlen(heard.last);
	cr_assert_gt(length, 1000);
	cr_expect_str_eq(heard.last + length - 7, " [long]");
}

static void *log_many(void *arg)
{
	for (int i = 0; i < 1000; i++)
		weir_log(WEIR_LOG_WARNING, arg, "line %d", i);
	return NULL;
}

Test(log, lines_of_several_threads_reach_the_hook_one_at_a_time)
{
	static char events[4][4] = {"a", "b", "c", "d"};
	struct heard heard = {0};
	pthread_t threads[4];

	weir_log_hook(hear, &heard);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, log_many, events[i]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	wait_a_second();
	for (int i = 0; i < 4; i++)
		weir_log(WEIR_LOG_WARNING, events[i], "after");
	cr_expect_eq(heard.count + heard.held_back, 4 * 1001);
}
