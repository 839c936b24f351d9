// SPDX-License-Identifier: BSD-3-Clause
//
// What travels has one owner: builds with checks name those who forget it.
#include "dies.h"
#include "stepped.h"

static struct weir_tx tx;
static struct weir_rx rx;
static struct op a, b;
static char said[4000];
static uint64_t *thing;

static void open_owned(void (*release)(void *arg, void *message))
{
	const struct weir_channel_options options = {
		.owned_size = sizeof(*thing),
		.name = "orders",
		.release = release};

	executors(1);
	thing = calloc(1, sizeof(*thing));
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
}

static void release(void *arg, void *message)
{
	*(uint64_t *)message = 7; // it may be touched again
	free(message);
}

static void start_named(const char *name, void (*fn)(void *arg), struct op *op)
{
	const struct weir_spawn_options options = {.name = name};

	op->tx = &tx;
	op->rx = &rx;
	op->deadline = WEIR_NEVER;
	op->messages[0] = (uintptr_t)thing;
	cr_assert_eq(weir_start(on[0], fn, op, &options, NULL), 0);
	turns(on[0], 1);
}

Test(owner, what_is_received_may_be_touched_and_sent_again)
{
	open_owned(release);
	for (uint64_t i = 0; i < 3; i++) {
		void *message = thing, *got = NULL;

		*thing = i;
		cr_assert_eq(weir_try_send(&tx, &message), WEIR_SENT);
		cr_assert_eq(weir_try_recv(&rx, &got), WEIR_RECEIVED);
		cr_assert_eq(*(uint64_t *)got, i);
	}
	put(&tx, (uintptr_t)thing);
	weir_rx_close(&rx); // releases it
	weir_tx_close(&tx);
}

Test(owner, what_was_not_sent_is_still_the_senders)
{
	open_owned(release);
	weir_rx_close(&rx);
	for (unsigned i = 0; i < 2; i++) {
		void *message = thing;

		cr_assert_eq(weir_try_send(&tx, &message), WEIR_CLOSED);
		*(uint64_t *)message = 1;
	}
	weir_tx_close(&tx);
	free(thing);
}

#ifdef WEIR_DEBUG
static void send_twice(void)
{
	open_owned(release);
	start_named("first", op_send, &a);
	start_named("second", op_send, &b);
}

static void leave_behind(void)
{
	open_owned(NULL);
	start_named("sender", op_send, &a);
	weir_rx_close(&rx);
}

static void touch(void)
{
	open_owned(release);
	start_named("sender", op_send, &a);
	*thing = 9;
	start_named("receiver", op_recv, &b);
}

Test(owner, a_double_send_names_both_tasks)
{
	cr_assert(dies(send_twice, said, sizeof(said)));
	cr_assert(strstr(said, "task 'second' sends"), "%s", said);
	cr_assert(strstr(said, "but task 'first' has sent it"), "%s", said);
}

Test(owner, a_leak_names_who_sent_and_who_closed)
{
	cr_assert(dies(leave_behind, said, sizeof(said)));
	cr_assert(strstr(said, "which task 'sender' sent on channel 'orders', "
			       "is lost: thread '"),
		"%s", said);
}

Test(owner, who_touches_what_it_has_sent_is_found)
{
	bool died = dies(touch, said, sizeof(said));

	// The address sanitizer says so on its own, where it happens.
	if (strstr(said, "use-after-poison"))
		return;
	cr_assert(died);
	cr_assert(
		strstr(said, "was written to after task 'sender' had sent it "
			     "on channel 'orders' and before task 'receiver'"),
		"%s", said);
}
#else
Test(owner, is_watched_in_builds_with_checks)
{
	(void)start_named, (void)a, (void)b, (void)said;
	cr_skip_test("this is none");
}
#endif
