// SPDX-License-Identifier: BSD-3-Clause
//
// What looks wrong, and is said.
#include "watch/look.h"

#include "chan/chan.h"
#include "sync/sync.h"

TestSuite(remarks, .init = open_many);

static void spins(void *arg)
{
	ticks += UINT64_C(150000000);
	look();
	cr_assert_eq(remark(), 1);
	ticks += 1;
}

Test(remarks, a_task_that_never_yields_is_named)
{
	begin("spinner", spins, NULL);
	turn();
	cr_assert(remarked("task 'spinner' of executor 'executor' has run for "
			   "150 ms"),
		"%s", remarks);
}

// deep goes down its stack to left bytes from the end.
static __attribute__((noinline)) void deep(void *arg)
{
	const size_t *left = arg;
	const struct weir_stack *stack = weir_task_current()->stack;
	char here;
	size_t size = (size_t)(&here - stack->base) - *left;

	stack->base[*left] = 1; // what the deepest call would write
	cr_assert_lt(size, stack->size);
	cr_assert_eq(weir_sleep(WEIR_NEVER), 0);
}

Test(remarks, a_stack_within_512_bytes_of_its_end_is_named)
{
	static const size_t near = 511, far = 512;

	begin("glutton", deep, (void *)&near);
	begin("modest", deep, (void *)&far);
	settle();
	look();
	cr_assert_eq(task_of("glutton")->stack_left, 511);
	cr_assert_eq(task_of("modest")->stack_left, 512);
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'glutton' of executor 'executor' has a stack "
			   "of 6"),
		"%s", remarks);
	cr_assert(remarked("full but for 511 bytes"), "%s", remarks);
}

static bool stop_yielding;

static void yields(void *arg)
{
	while (!stop_yielding)
		weir_yield();
}

Test(remarks, a_task_that_only_yields_is_named)
{
	begin("asker", yields, NULL);
	for (int i = 0; i < 99999; i++)
		turn();
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
	turn();
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'asker' of executor 'executor' yielded in "
			   "100000 of its 100000 steps"),
		"%s", remarks);
	stop_yielding = true;
	settle();
}

static struct weir_mutex mutex;

static void holds_long(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	cr_assert_eq(weir_sleep(weir_in_ms(5000)), 0);
	weir_mutex_unlock(&mutex);
}

Test(remarks, a_lock_held_over_a_long_wait_is_named)
{
	weir_mutex_init(&mutex, executor);
	begin("holder", holds_long, NULL);
	turn();
	ticks += UINT64_C(999999999);
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
	ticks += 1;
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("'holder' of executor 'executor' holds 1 lock and "
			   "has waited for a point in time for 1000 ms"),
		"%s", remarks);
}

static struct weir_wait_queue crowd;

static void in_vain(void *arg)
{
	enum weir_wait_place place = WEIR_WAIT_BACK;

	for (;;) {
		cr_assert_eq(weir_wait(&crowd, WEIR_NEVER, place), 0);
		place = WEIR_WAIT_AGAIN;
	}
}

Test(remarks, wakes_that_find_nothing_are_named)
{
	weir_wait_queue_init(&crowd);
	begin("hopeful", in_vain, NULL);
	turn();
	for (int i = 0; i < 1000; i++) {
		weir_wake(&crowd);
		turn();
	}
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("'hopeful' of executor 'executor' was woken for "
			   "nothing 1000 times in 1001 waits"),
		"%s", remarks);
}

static struct weir_tx tx;
static struct weir_rx rx;

static void receives(void *arg)
{
	void *message;

	cr_assert_eq(weir_recv(&rx, &message), 0);
}

static void sends_nothing(void *arg)
{
	// It forgets its end, and ends.
}

Test(remarks, waiting_for_a_dropped_sender_is_named)
{
	struct weir_channel_options options = {.name = "food"};

	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	weir_mutex_init(&mutex, executor);
	begin("eater", receives, NULL);
	begin("cook", sends_nothing, NULL);
	settle();
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'eater' of executor 'executor' waits for a "
			   "message from channel 'food', and no task is left"),
		"%s", remarks);
	begin("alarm", holds_long, NULL);
	turn();
	ticks += HZ / 2;
	look();
	cr_assert_eq(remark(), 0, "%s", remarks); // that one may send
}
