// SPDX-License-Identifier: BSD-3-Clause
//
// A task that selects between the case of a kind, which is 0, and the receive of
// another channel, which is 1, and what each of its selects answered.
#ifndef WEIR_TESTS_CHAN_CASE_SELECTOR_H
#define WEIR_TESTS_CHAN_CASE_SELECTOR_H

#include "case_kinds.h"

static struct selector {
	struct weir_case cases[2];
	uint64_t deadline;
	unsigned times, answered;
	int answers[4], results[4];
	struct weir_task *task;
} selector;

static inline void select_times(void *arg)
{
	selector.task = weir_task_self();
	while (selector.answered < selector.times) {
		int k = weir_select_until(selector.cases, 2, selector.deadline);

		selector.results[selector.answered] =
			k < 0 ? NOT_YET : selector.cases[k].result;
		selector.answers[selector.answered++] = k;
		if (k == 0 && kind->use)
			kind->use();
	}
}

static inline void start_on(
	struct weir_executor *executor, void (*fn)(void *arg))
{
	cr_assert_eq(weir_start(executor, fn, NULL, NULL, NULL), 0);
}

static inline void do_on(struct weir_executor *executor, void (*fn)(void *arg))
{
	start_on(executor, fn);
	turns(executor, 1);
	turns(on[0], 5);
}

static inline void open_select(unsigned times)
{
	const struct weir_channel_options options = {.message_size = 8};

	cr_assert_eq(
		weir_channel_open_with(2, &options, &other_tx, &other_rx), 0);
	kind->open();
	got = 0;
	selector = (struct selector){
		.cases = {kind->make(), weir_case_recv(&other_rx, &other_got)},
		.times = times,
		.deadline = WEIR_NEVER};
}

static inline void close_select(void)
{
	cr_assert_eq(selector.answered, selector.times, "%s: somebody waits",
		kind->name);
	kind->close();
	weir_tx_close(&other_tx);
	weir_rx_close(&other_rx);
	turns(on[0], 2);
	cr_assert_eq(weir_executor_counts(on[0])->tasks, 0);
}

static inline void answered(unsigned i, int answer, int result)
{
	cr_assert_eq(selector.answered, i + 1, "%s: %u answers", kind->name,
		selector.answered);
	cr_assert_eq(selector.answers[i], answer, "%s: %d", kind->name,
		selector.answers[i]);
	cr_assert_eq(selector.results[i], result, "%s: %d", kind->name,
		selector.results[i]);
}

static inline void was_fired(unsigned i)
{
	answered(i, 0, kind->fired);
	cr_assert_eq(selector.cases[0].disabled, kind->once, "%s", kind->name);
	if (kind->fired == WEIR_RECEIVED)
		cr_assert_eq(got, 7, "%s", kind->name);
}

#endif
