// SPDX-License-Identifier: BSD-3-Clause
//
// Whatever may wait takes from the step's budget, though it never waits: a task
// whose every wish is granted at once is made to yield all the same.
#include "chan/broadcast.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "chan/permit.h"
#include "stepped.h"

#define TIMES (2 * WEIR_STEP_BUDGET)

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_broadcast_tx everybody;
static struct weir_broadcast_rx lossy;
static struct weir_latest_tx setting;
static struct weir_latest_rx reader;
static unsigned times;

static enum weir_result send_to_all(void)
{
	uint64_t value = 1;

	return weir_broadcast_send(&everybody, &value, WEIR_NEVER);
}

static enum weir_result recv_as_one_of_all(void)
{
	uint64_t value;

	return weir_broadcast_recv(&lossy, &value, NULL, WEIR_NEVER);
}

static enum weir_result see_a_change(void)
{
	return weir_latest_changed(&reader, 0, WEIR_NEVER);
}

static enum weir_result reserve(void)
{
	struct weir_permits permits = {0};
	enum weir_result result = weir_reserve(&tx, 1, 1, &permits, WEIR_NEVER);

	weir_permits_drop(&permits);
	return result;
}

static enum weir_result recv_an_answer(void)
{
	struct weir_oneshot_rx none = {0};
	uint64_t value;

	return weir_oneshot_recv(&none, &value, WEIR_NEVER);
}

static enum weir_result wait_for_the_end(void)
{
	return weir_tx_wait_closed(&tx, WEIR_NEVER);
}

static void do_it_often(void *arg)
{
	enum weir_result (*const *fn)(void) = arg;

	for (times = 0; times < TIMES; times++)
		if ((*fn)() == WEIR_CANCELED)
			return;
}

static void takes_from_the_budget(enum weir_result (*fn)(void))
{
	cr_assert_eq(weir_start(on[0], do_it_often, &fn, NULL, NULL), 0);
	turns(on[0], 1);
	cr_assert_lt(times, TIMES, "it has yielded");
	turns(on[0], 3);
	cr_assert_eq(times, TIMES);
}

Test(budget, who_need_not_wait_yields_all_the_same)
{
	const struct weir_channel_options options = {
		.message_size = 8, .permits = true};
	uint64_t value = 1;

	executors(1);
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	cr_assert_eq(weir_broadcast_open(4, 8, &everybody), 0);
	cr_assert_eq(
		weir_broadcast_subscribe(&everybody, WEIR_LOSSY, &lossy), 0);
	cr_assert_eq(weir_latest_open(8, &value, &setting, &reader), 0);
	takes_from_the_budget(send_to_all);
	weir_broadcast_tx_close(&everybody);
	takes_from_the_budget(recv_as_one_of_all);
	takes_from_the_budget(see_a_change);
	takes_from_the_budget(reserve);
	takes_from_the_budget(recv_an_answer);
	weir_rx_close(&rx);
	takes_from_the_budget(wait_for_the_end);
	weir_tx_close(&tx);
	weir_broadcast_rx_close(&lossy);
	weir_latest_tx_close(&setting);
	weir_latest_rx_close(&reader);
	executors_end(1);
}
