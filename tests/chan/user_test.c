// SPDX-License-Identifier: BSD-3-Clause
//
// Ends that have one user: who comes as a second one is refused or named.
#include "chan/case.h"
#include "chan/permit.h"
#include "chan/weak.h"
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

// ---- what waits is for tasks ----

static enum weir_channel_class class_;

static void open_class(void)
{
	const struct weir_channel_options options = {
		.class_ = class_, .message_size = 8, .name = "orders"};

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
}

static void send_until_full(void)
{
	uint64_t word = 1;

	open_class();
	for (int i = 0; i < 2; i++)
		(void)!weir_send(&tx, &word);
}

static void recv_of_none(void)
{
	uint64_t word;

	open_class();
	(void)!weir_recv(&rx, &word);
}

static void send_into_room(void)
{
	uint64_t word = 1;

	open_class();
	(void)!weir_send(&tx, &word);
}

static void wait_for_close(void)
{
	open_class();
	(void)!weir_tx_wait_closed(&tx, WEIR_NEVER);
}

Test(user, a_thread_that_would_wait_is_told_how)
{
	for (class_ = WEIR_MPMC; class_ <= WEIR_SPMC; class_++) {
		cr_assert(dies(send_until_full, said, sizeof(said)));
		cr_assert(strstr(said, "calls weir_send: only a task can wait: "
				       "use weir_send_blocking here"),
			"%s", said);
		cr_assert(dies(recv_of_none, said, sizeof(said)));
		cr_assert(strstr(said, "calls weir_recv: only a task can wait: "
				       "use weir_recv_blocking here"),
			"%s", said);
		cr_assert(dies(wait_for_close, said, sizeof(said)));
		cr_assert(strstr(said, "calls weir_tx_wait_closed: only"), "%s",
			said);
#ifdef WEIR_DEBUG
		cr_assert(dies(send_into_room, said, sizeof(said)));
		cr_assert(strstr(said, "calls weir_send: only"), "%s", said);
#else
		(void)send_into_room;
#endif
	}
}

// ---- every call on an end that was closed ----

static struct weir_tx other_tx;
static struct weir_rx other_rx;
static struct weir_permits permits;
static uint64_t message;
static unsigned done;

static void select_one(struct weir_case c)
{
	(void)!weir_select_until(&c, 1, 0);
}

static void send_on_closed(void)
{
	permits = (struct weir_permits){.tx = &tx, .count = 1};
	(void)!weir_permits_send(&permits, &message);
}

static void drop_on_closed(void)
{
	permits = (struct weir_permits){.tx = &tx, .count = 1};
	weir_permits_drop(&permits);
}

#define CLOSED_CALLS(CALL)                                                   \
	CALL(try_send, (void)!weir_try_send(&tx, &message))                  \
	CALL(try_send_burst,                                                 \
		(void)!weir_try_send_burst(&tx, &message, 1, &done))         \
	CALL(try_recv, (void)!weir_try_recv(&rx, &message))                  \
	CALL(try_recv_burst,                                                 \
		(void)!weir_try_recv_burst(&rx, &message, 1, &done))         \
	CALL(send, (void)!weir_send(&tx, &message))                          \
	CALL(send_until, (void)!weir_send_until(&tx, &message, 0))           \
	CALL(send_burst, (void)!weir_send_burst(&tx, &message, 1, &done, 0)) \
	CALL(recv, (void)!weir_recv(&rx, &message))                          \
	CALL(recv_until, (void)!weir_recv_until(&rx, &message, 0))           \
	CALL(recv_burst, (void)!weir_recv_burst(&rx, &message, 1, &done, 0)) \
	CALL(send_blocking, (void)!weir_send_blocking(&tx, &message, 0))     \
	CALL(recv_blocking, (void)!weir_recv_blocking(&rx, &message, 0))     \
	CALL(tx_may_block, weir_tx_may_block(&tx, NULL))                     \
	CALL(rx_may_block, weir_rx_may_block(&rx, NULL))                     \
	CALL(tx_wait_closed, (void)!weir_tx_wait_closed(&tx, 0))             \
	CALL(tx_clone, weir_tx_clone(&tx, &other_tx))                        \
	CALL(rx_clone, weir_rx_clone(&rx, &other_rx))                        \
	CALL(tx_room, weir_tx_room(&tx))                                     \
	CALL(tx_credit, weir_tx_credit(&tx, 1))                              \
	CALL(tx_len, weir_tx_len(&tx))                                       \
	CALL(rx_len, weir_rx_len(&rx))                                       \
	CALL(tx_capacity, weir_tx_capacity(&tx))                             \
	CALL(rx_capacity, weir_rx_capacity(&rx))                             \
	CALL(tx_closed, weir_tx_closed(&tx))                                 \
	CALL(rx_closed, weir_rx_closed(&rx))                                 \
	CALL(case_recv, select_one(weir_case_recv(&rx, &message)))           \
	CALL(case_send, select_one(weir_case_send(&tx, &message)))           \
	CALL(case_closed, select_one(weir_case_closed(&tx)))                 \
	CALL(try_reserve, (void)!weir_try_reserve(&tx, 1, 1, &permits))      \
	CALL(reserve, (void)!weir_reserve(&tx, 1, 1, &permits, 0))           \
	CALL(permits_send, send_on_closed())                                 \
	CALL(permits_drop, drop_on_closed())                                 \
	CALL(tx_reserved, weir_tx_reserved(&tx))                             \
	CALL(tx_weak, weir_tx_weak(&tx, &(struct weir_weak_tx){0}, NULL))    \
	CALL(rx_weak, weir_rx_weak(&rx, &(struct weir_weak_rx){0}, NULL))

#define CALL_FUNCTION(name, call)            \
	static void closed_##name(void *arg) \
	{                                    \
		call;                        \
	}
CLOSED_CALLS(CALL_FUNCTION)

static void (*closed_call)(void *arg);

static void call_on_closed(void)
{
	const struct weir_channel_options options = {
		.message_size = 8, .permits = true};
	const struct weir_spawn_options late = {.name = "late"};

	executors(1);
	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	cr_assert_eq(weir_start(on[0], closed_call, NULL, &late, NULL), 0);
	turns(on[0], 1);
}

Test(user, each_call_on_an_end_that_was_closed_is_named)
{
#define CALL_NAMED(name, call) {#name, closed_##name},
	static const struct {
		const char *name;
		void (*call)(void *arg);
	} calls[] = {CLOSED_CALLS(CALL_NAMED)};

	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		closed_call = calls[i].call;
#ifdef WEIR_DEBUG
		cr_expect(dies(call_on_closed, said, sizeof(said)), "%s",
			calls[i].name);
		cr_expect(strstr(said, "task 'late' uses an end of a channel "
				       "that was closed"),
			"%s: %s", calls[i].name, said);
#endif
	}
	(void)call_on_closed;
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
