// SPDX-License-Identifier: BSD-3-Clause
//
// What the cases of one kind do and those of others do not: a receiver that misses
// values, one that does not read, several that wait for the end, somebody new.
#include "case_selector.h"

Test(case_ends_own, what_a_lossy_receiver_missed_is_told_when_it_asks)
{
	kind = &kinds[3];
	executors(1);
	open_select(2);
	for (unsigned i = 0; i < 5; i++)
		do_on(on[0], kind->fire);
	do_on(on[0], select_times);
	cr_assert_eq(selector.answers[0], 0);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 3);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 0);
	do_on(on[0], kind->fire);
	do_on(on[0], kind->fire);
	answered(1, 0, WEIR_RECEIVED);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 0);
	close_select();
	executors_end(1);
}

Test(case_ends_own, a_latest_value_that_was_not_read_stays_ready)
{
	struct weir_case c;

	kind = &kinds[1];
	executors(1);
	open_select(0);
	c = kind->make();
	latest_fire(NULL);
	for (unsigned i = 0; i < 2; i++)
		cr_assert(c.ops->attempt(&c) && c.result == WEIR_RECEIVED);
	seen = weir_latest_version(&latest_rx);
	cr_assert_not(c.ops->attempt(&c));
	close_select();
	executors_end(1);
}

// Two senders of one channel, and one of them in a plain wait.
static void wait_closed(void *arg)
{
	enum weir_result *result = arg;

	*result = weir_tx_wait_closed(&tx, WEIR_NEVER);
}

Test(case_ends_own, all_who_wait_for_the_receivers_end_learn_of_it)
{
	enum weir_result result = WEIR_FULL;

	kind = &kinds[4];
	executors(1);
	open_select(1);
	do_on(on[0], select_times);
	cr_assert_eq(weir_start(on[0], wait_closed, &result, NULL, NULL), 0);
	turns(on[0], 1);
	do_on(on[0], kind->fire);
	was_fired(0);
	cr_assert_eq(result, WEIR_CLOSED);
	close_select();
	executors_end(1);
}

static unsigned subscribed;

// It goes on when there is somebody again.
static void send_until_nobody(void *arg)
{
	uint64_t value = 0;
	struct weir_case c = weir_case_broadcast_send(&cast_tx, &value);

	while (weir_select(&c, 1) == 0) {
		value++;
		if (c.result == WEIR_SENT)
			continue;
		cr_assert(c.disabled);
		cr_assert_eq(weir_select(&c, 1), WEIR_CLOSED,
			"there is nothing left to wait for");
		if (subscribed++ == 2)
			break;
		cr_assert_eq(weir_broadcast_subscribe(
				     &cast_tx, WEIR_LOSSLESS, &cast_rx),
			0);
		c.disabled = false;
	}
}

Test(case_ends_own, a_broadcast_send_is_enabled_again_when_somebody_subscribes)
{
	executors(2);
	cr_assert_eq(weir_broadcast_open(2, 8, &cast_tx), 0);
	do_on(on[0], send_until_nobody);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t value, first = 0;

		cr_assert_eq(subscribed, i + 1, "it waits for room");
		// Two values are held for it; who goes lets the third be lost.
		for (unsigned k = 0; k < 2; k++) {
			cr_assert_eq(
				weir_broadcast_try_recv(&cast_rx, &value, NULL),
				WEIR_RECEIVED);
			cr_assert(k == 0 || value == first + 1);
			first = value;
		}
		do_on(on[i], full_shut);
	}
	cr_assert_eq(subscribed, 3);
	cr_assert_eq(weir_executor_counts(on[0])->tasks, 0);
	weir_broadcast_tx_close(&cast_tx);
	executors_end(2);
}
