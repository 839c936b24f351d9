// SPDX-License-Identifier: BSD-3-Clause
//
// A task that selects some times, for the tests of select.
#ifndef WEIR_TESTS_TASK_SELECTOR_H
#define WEIR_TESTS_TASK_SELECTOR_H

#include "task/hand.h"
#include "task/select.h"

#define QUEUES 4
#define NOT_YET 99

static struct weir_wait_queue queues[QUEUES] __attribute__((unused));

__attribute__((unused)) static void open_queues(void)
{
	open_executor();
	for (int i = 0; i < QUEUES; i++)
		weir_wait_queue_init(&queues[i]);
}

// A selector waits for its cases some times and keeps what was answered.
struct selector {
	struct weir_case cases[8];
	unsigned count;
	uint64_t deadline;
	unsigned times;
	int answers[8];
	unsigned answered;
};

__attribute__((unused)) static void select_times(void *arg)
{
	struct selector *s = arg;

	for (unsigned i = 0; i < s->times; i++) {
		s->answers[i] = NOT_YET;
		s->answers[i] =
			weir_select_until(s->cases, s->count, s->deadline);
		s->answered++;
	}
}

__attribute__((unused)) static void select_queues(
	struct selector *s, unsigned count, unsigned times)
{
	*s = (struct selector){
		.count = count, .times = times, .deadline = WEIR_NEVER};
	for (unsigned i = 0; i < count; i++)
		s->cases[i] = weir_case_queue(&queues[i]);
}

static struct selector a __attribute__((unused)), b __attribute__((unused));

#endif
