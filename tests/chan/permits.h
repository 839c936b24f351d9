// SPDX-License-Identifier: BSD-3-Clause
//
// A channel with permits, and tasks that wait for some, for the tests of what is
// reserved.
#ifndef WEIR_TESTS_CHAN_PERMITS_H
#define WEIR_TESTS_CHAN_PERMITS_H

#include "chan/permit.h"
#include "stepped.h"

static struct weir_tx tx, tx2, tx3;
static struct weir_rx rx;
static struct weir_permits permits;
static unsigned release_count;

static inline void release(void *arg, void *message)
{
	release_count++;
}

static inline void on_executor(void (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weir_start(on[0], fn, arg, NULL, NULL), 0);
	turns(on[0], 1);
}

static inline void open_permits(
	unsigned capacity, enum weir_channel_class class_)
{
	const struct weir_channel_options options = {.class_ = class_,
		.message_size = 8,
		.permits = true,
		.release = release};

	executors(1);
	release_count = 0;
	permits = (struct weir_permits){0};
	cr_assert_eq(weir_channel_open_with(capacity, &options, &tx, &rx), 0);
}

static inline void close_permits(void)
{
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(1);
}

// One weir_reserve in a task of its own, and what it answered.
struct reservation {
	struct weir_tx *tx;
	unsigned min, max;
	struct weir_permits permits;
	enum weir_result result;
	struct weir_task *task;
};

static inline void do_reserve(void *arg)
{
	struct reservation *r = arg;

	r->task = weir_task_self();
	r->result = weir_reserve(
		r->tx, r->min, r->max, &r->permits, now_ticks + 1000);
}

static inline void start_reserve(
	struct reservation *r, struct weir_tx *of, unsigned min, unsigned max)
{
	*r = (struct reservation){.tx = of,
		.min = min,
		.max = max,
		.result = (enum weir_result)NOT_YET};
	cr_assert_eq(weir_start(on[0], do_reserve, r, NULL, NULL), 0);
	turns(on[0], 1);
}

static inline void recv_one(void *arg)
{
	get(&rx);
}

#endif
