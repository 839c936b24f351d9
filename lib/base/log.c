// SPDX-License-Identifier: BSD-3-Clause
//
// One lock for all: lines do not mix, a hook is called for one line at a time,
// and the books of an event are simple. Events are string literals, few, and
// never forgotten.
#include "base/log.h"
#include "base/atomic.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_SIZE 2048
#define SECOND_NS 1000000000u

struct event {
	const char *name;
	uint64_t since_ns;  // when the present second began
	unsigned said;	    // lines in it
	uint64_t held_back; // since the last line that passed
	struct event *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event *events;
static enum weir_log_level asked_for = WEIR_LOG_WARNING;
static void (*hook_fn)(void *arg, enum weir_log_level level, const char *event,
	const char *line);
static void *hook_arg;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

// NULL when there is no memory: then the line passes.
static struct event *event_of(const char *name)
{
	struct event *event = events;

	while (event && strcmp(event->name, name))
		event = event->next;
	if (event)
		return event;
	event = calloc(1, sizeof(*event));
	if (event) {
		event->name = name;
		event->since_ns = now_ns();
		event->next = events;
		events = event;
	}
	return event;
}

// Tells whether a line of event passes; if so, how many were held back before.
static bool passes(const char *name, uint64_t *held_back)
{
	struct event *event = event_of(name);
	uint64_t now = now_ns();

	*held_back = 0;
	if (!event)
		return true;
	if (now - event->since_ns >= SECOND_NS) {
		event->since_ns = now;
		event->said = 0;
	}
	if (event->said == WEIR_LOG_BURST) {
		event->held_back++;
		return false;
	}
	event->said++;
	*held_back = event->held_back;
	event->held_back = 0;
	return true;
}

static void compose(char *line, enum weir_log_level level, const char *event,
	const char *text, uint64_t held_back)
{
	static const char *const names[] = {
		"error", "warning", "info", "debug"};
	char more[64] = "";

	if (held_back)
		snprintf(more, sizeof(more), " (%llu more like this held back)",
			(unsigned long long)held_back);
	snprintf(line, LINE_SIZE, "weir: %s: %.*s%s [%s]", names[level],
		LINE_SIZE - 256, text, more, event);
}

void weir_log(
	enum weir_log_level level, const char *event, const char *format, ...)
{
	char text[LINE_SIZE], line[LINE_SIZE];
	uint64_t held_back;
	va_list args;

	if (level > load_relaxed(&asked_for))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pthread_mutex_lock(&lock);
	if (passes(event, &held_back)) {
		compose(line, level, event, text, held_back);
		if (hook_fn)
			hook_fn(hook_arg, level, event, line);
		else
			fprintf(stderr, "%s\n", line);
	}
	pthread_mutex_unlock(&lock);
}

void weir_log_level_set(enum weir_log_level level)
{
	store_relaxed(&asked_for, level);
}

void weir_log_hook(void (*hook)(void *arg, enum weir_log_level level,
			   const char *event, const char *line),
	void *arg)
{
	pthread_mutex_lock(&lock);
	hook_fn = hook;
	hook_arg = arg;
	pthread_mutex_unlock(&lock);
}
