// SPDX-License-Identifier: BSD-3-Clause
//
// Bursts that wait: how much of them goes, in which order, what a cancelled
// one says.
#include "three.h"

Test(burst, a_burst_is_sent_as_room_comes_and_who_comes_later_waits_for_it)
{
	uint64_t got;

	open_three(1);
	a.count = 3;
	send_on(on[0], &a, &tx, 10);
	send_on(on[0], &b, &tx2, 20);
	turns(on[0], 2);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(weir_rx_len(&rx), 1);
		cr_assert_eq(a.done, i < 3 ? i + 1 : 3);
		on_executor(get_one, NULL);
		turns(on[0], 2);
	}
	cr_assert_eq(a.result, WEIR_SENT);
	cr_assert_eq(b.result, WEIR_SENT);
	cr_assert_eq(weir_try_recv(&rx, &got), WEIR_EMPTY);
	close_three();
}

Test(burst, a_cancelled_burst_says_how_much_of_it_was_sent)
{
	open_three(2);
	a.count = 4;
	send_on(on[0], &a, &tx, 10);
	turns(on[0], 1);
	on_executor(get_one, NULL);
	turns(on[0], 1);
	weir_task_cancel(a.task);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_CANCELED);
	cr_assert_eq(a.done, 3);
	cr_assert_eq(get(&rx), 11);
	cr_assert_eq(get(&rx), 12);
	close_three();
}

Test(burst, a_burst_receives_what_is_there_and_the_next_one_the_rest)
{
	open_three(4);
	a.count = b.count = 2;
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	recv_on(on[0], &c, &rx3);
	turns(on[0], 1);
	put_two(NULL);
	put_two(NULL);
	turns(on[0], 6);
	cr_assert_eq(a.done, 2);
	cr_assert_eq(b.done, 2);
	cr_assert_eq(c.result, NOT_YET);
	put_one((void *)5);
	turns(on[0], 3);
	cr_assert_eq(c.messages[0], 5);
	close_three();
}

static void bursts_then_put(void *arg)
{
	put_two(NULL);
	put_two(NULL);
}

Test(burst, bursts_that_wait_keep_their_order_on_one_executor_too)
{
	open_three(4);
	a.count = b.count = 2;
	recv_on(on[0], &a, &rx);
	recv_on(on[0], &b, &rx2);
	turns(on[0], 1);
	on_executor(bursts_then_put, NULL);
	turns(on[0], 2);
	cr_assert_eq(a.done, 2);
	cr_assert_eq(b.done, 2);
	cr_assert_lt(a.order, b.order);
	close_three();
}
