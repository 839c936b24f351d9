// SPDX-License-Identifier: BSD-3-Clause
//
// Ends that have one user: who comes as a second one is refused or named.
#include "dies.h"
#include "stepped.h"

static struct weir_tx tx;
static struct weir_rx rx;
static struct op a, b;
static char said[1000];

static void start_named(const char *name, struct op *op)
{
	const struct weir_spawn_options options = {.name = name};

	*op = (struct op){.rx = &rx, .tx = &tx, .deadline = WEIR_NEVER};
	cr_assert_eq(weir_start(on[0], op_recv, op, &options, NULL), 0);
}

static void open_local(enum weir_channel_place place)
{
	const struct weir_channel_options options = {.class_ = WEIR_SPSC,
		.place = place,
		.message_size = 8,
		.name = "orders"};

	executors(2);
	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
}

static void two_receive_from_one_end(void)
{
	open_local(WEIR_ANYWHERE);
	start_named("first", &a);
	start_named("second", &b);
	turns(on[0], 2);
}

static void use_a_local_channel_elsewhere(void)
{
	open_local(WEIR_LOCAL);
	start_named("first", &a);
	turns(on[0], 1);
	send_on(on[1], &b, &tx, 1);
	turns(on[1], 1);
}

Test(user, two_tasks_on_one_single_end_are_both_named)
{
#ifdef WEIR_DEBUG
	cr_assert(dies(two_receive_from_one_end, said, sizeof(said)));
	cr_assert(strstr(said, "task 'second' uses the receiver of channel "
			       "'orders' while task 'first' does"),
		"%s", said);
#else
	cr_skip_test("in builds with checks");
	(void)two_receive_from_one_end;
#endif
}

static void use_closed_ends(void)
{
	uint64_t message = 1;

	open_local(WEIR_ANYWHERE);
	weir_tx_close(&tx);
	if (weir_try_send(&tx, &message) == WEIR_SENT)
		_exit(1);
}

static void recv_closed_end(void)
{
	open_local(WEIR_ANYWHERE);
	weir_rx_close(&rx);
	start_named("late", &a);
	turns(on[0], 1);
}

Test(user, who_uses_an_end_that_was_closed_is_named)
{
#ifdef WEIR_DEBUG
	cr_assert(dies(use_closed_ends, said, sizeof(said)));
	cr_assert(strstr(said, "uses an end of a channel that was closed"),
		"%s", said);
	cr_assert(dies(recv_closed_end, said, sizeof(said)));
	cr_assert(strstr(said, "task 'late' uses an end"), "%s", said);
#else
	cr_skip_test("in builds with checks");
	(void)use_closed_ends;
	(void)recv_closed_end;
#endif
}

Test(user, an_end_may_be_handed_from_one_task_to_another)
{
	open_local(WEIR_ANYWHERE);
	for (uint64_t i = 0; i < 3; i++) {
		start_named(i % 2 ? "first" : "second", &a);
		turns(on[0], 1);
		put(&tx, i);
		turns(on[0], 2);
		cr_assert_eq(a.messages[0], i);
	}
}

Test(user, a_local_channel_says_whose_it_is)
{
	cr_assert(dies(use_a_local_channel_elsewhere, said, sizeof(said)));
	cr_assert(strstr(said, "task 'task' uses channel 'orders', which is "
			       "local to executor executor"),
		"%s", said);
}
