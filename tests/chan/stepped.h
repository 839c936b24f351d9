// SPDX-License-Identifier: BSD-3-Clause
//
// Executors stepped by hand in one thread under a virtual clock, and tasks that
// do one channel operation each, for the tests of this folder.
#ifndef TESTS_CHAN_STEPPED_H
#define TESTS_CHAN_STEPPED_H

#include "chan/chan.h"
#include "mem/mem.h"
#include "task/executor.h"
#include "task/task.h"
#include "task/task_inline.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define EXECUTORS_MAX 20
#define NOT_YET 99

static uint64_t now_ticks;
static struct weir_clock test_clock;
static struct weir_executor *on[EXECUTORS_MAX];

// One operation in a task of its own, and what it answered.
struct op {
	struct weir_tx *tx;
	struct weir_rx *rx;
	uint64_t messages[8];
	unsigned count; // 0: the single form
	uint64_t deadline;
	enum weir_result result;
	unsigned done;
	unsigned order; // among those that ended
	struct weir_task *task;
};

static unsigned ended;

// executor_add makes on[i], beside those that there are.
static inline void executor_add(unsigned i)
{
	const struct weir_executor_options options = {
		.clock = &test_clock, .node = WEIR_NODE_ANY, .stack_count = 16};

	cr_assert_eq(weir_executor_create(&on[i], &options, NULL), 0);
}

static inline void executors(unsigned count)
{
	now_ticks = UINT64_MAX / 2;
	test_clock = weir_clock_virtual(&now_ticks, 1000000000);
	for (unsigned i = 0; i < count; i++)
		executor_add(i);
}

static inline void executors_end(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		weir_executor_destroy(on[i]);
}

static inline void turns(struct weir_executor *executor, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		weir_executor_turn(executor);
}

static inline void op_send(void *arg)
{
	struct op *op = arg;

	op->task = weir_task_self();
	if (op->count)
		op->result = weir_send_burst(op->tx, op->messages, op->count,
			&op->done, op->deadline);
	else
		op->result =
			weir_send_until(op->tx, &op->messages[0], op->deadline);
	op->order = ended++;
}

static inline void op_recv(void *arg)
{
	struct op *op = arg;

	op->task = weir_task_self();
	if (op->count)
		op->result = weir_recv_burst(op->rx, op->messages, op->count,
			&op->done, op->deadline);
	else
		op->result =
			weir_recv_until(op->rx, &op->messages[0], op->deadline);
	op->order = ended++;
}

// send_on and recv_on start an operation; it runs in the next turn.
static inline void send_on(struct weir_executor *executor, struct op *op,
	struct weir_tx *tx, uint64_t message)
{
	*op = (struct op){.tx = tx,
		.messages = {message, message + 1, message + 2, message + 3},
		.count = op->count,
		.result = (enum weir_result)NOT_YET,
		.deadline = op->deadline ? op->deadline : WEIR_NEVER};
	cr_assert_eq(weir_start(executor, op_send, op, NULL, NULL), 0);
}

static inline void recv_on(
	struct weir_executor *executor, struct op *op, struct weir_rx *rx)
{
	*op = (struct op){.rx = rx,
		.count = op->count,
		.result = (enum weir_result)NOT_YET,
		.deadline = op->deadline ? op->deadline : WEIR_NEVER};
	cr_assert_eq(weir_start(executor, op_recv, op, NULL, NULL), 0);
}

static inline void put(struct weir_tx *tx, uint64_t message)
{
	cr_assert_eq(weir_try_send(tx, &message), WEIR_SENT);
}

static inline uint64_t get(struct weir_rx *rx)
{
	uint64_t message;

	cr_assert_eq(weir_try_recv(rx, &message), WEIR_RECEIVED);
	return message;
}

#endif
