// SPDX-License-Identifier: BSD-3-Clause
//
// Threads that block, executors that sleep: what is refused, deadlines, and that
// an executor that polls makes no system call to wake one.
#include "base/error.h"
#include "chan/parking.h"
#include "chan/segments.h"
#include "dies.h"
#include "stepped.h"
#include "task/bell.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static struct weir_tx tx;
static struct weir_rx rx;

static void open_class(enum weir_channel_class class_)
{
	const struct weir_channel_options options = {
		.class_ = class_, .message_size = 8, .name = "orders"};

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
}

// spdk#3375: threads that could be preempted sent on a ring that others used, and
// one that was stopped in the middle kept all of them waiting.
Test(block, spdk_3375_only_ends_with_one_user_may_block_a_thread)
{
	static const bool tx_may[] = {false, true, false, true};
	static const bool rx_may[] = {false, true, true, false};
	struct weir_error e;

	for (unsigned c = WEIR_MPMC; c <= WEIR_SPMC; c++) {
		open_class((enum weir_channel_class)c);
		weir_error_clear(&e);
		cr_assert_eq(
			weir_tx_may_block(&tx, &e), tx_may[c] ? 0 : -EINVAL);
		if (!tx_may[c])
			cr_assert(strstr(e.text, "cannot block while it sends "
						 "on channel 'orders' (M") &&
					  strstr(e.text, "): others "
							 "use that end too"),
				"%s", e.text);
		cr_assert_eq(
			weir_rx_may_block(&rx, NULL), rx_may[c] ? 0 : -EINVAL);
		weir_tx_close(&tx);
		weir_rx_close(&rx);
	}
}

Test(block, nor_local_channels_nor_segments)
{
	struct weir_channel_options options = {
		.class_ = WEIR_SPSC, .message_size = 8, .place = WEIR_LOCAL};
	struct weir_segments *pool;

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
	cr_assert_eq(weir_tx_may_block(&tx, NULL), -EINVAL);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	cr_assert_eq(weir_segments_open(&pool, 4, 4, 8), 0);
	options = (struct weir_channel_options){
		.class_ = WEIR_SPSC, .message_size = 8, .segments = pool};
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	cr_assert_eq(weir_rx_may_block(&rx, NULL), -EINVAL);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	cr_assert_eq(weir_segments_close(pool), 0);
}

static void block_on_many(void)
{
	uint64_t message;

	open_class(WEIR_MPMC);
	if (weir_recv_blocking(&rx, &message, WEIR_NEVER) == WEIR_RECEIVED)
		_exit(1);
}

static void block_in_task(void *arg)
{
	uint64_t message;

	if (weir_recv_blocking(&rx, &message, WEIR_NEVER) == WEIR_RECEIVED)
		_exit(1);
}

static void block_on_executor(void)
{
	open_class(WEIR_SPSC);
	weir_run(block_in_task, NULL);
}

Test(block, who_blocks_where_it_may_not_is_told_why)
{
	char said[2000];

	cr_assert(dies(block_on_many, said, sizeof(said)));
	cr_assert(strstr(said, "give it a channel of its own"), "%s", said);
	cr_assert(dies(block_on_executor, said, sizeof(said)));
	cr_assert(strstr(said, "task 'main' cannot block"), "%s", said);
}

Test(block, a_deadline_ends_it_and_nothing_else_happened)
{
	uint64_t message = 1;

	open_class(WEIR_SPSC);
	cr_assert_eq(weir_recv_blocking(&rx, &message, weir_in_us(100)),
		WEIR_TIMED_OUT);
	cr_assert_eq(weir_send_blocking(&tx, &message, WEIR_NEVER), WEIR_SENT);
	cr_assert_eq(weir_send_blocking(&tx, &message, weir_in_us(100)),
		WEIR_TIMED_OUT);
	cr_assert_eq(weir_send_blocking(&tx, &message, weir_ticks() - 1),
		WEIR_TIMED_OUT);
	cr_assert_eq(get(&rx), 1);
	cr_assert_eq(weir_rx_len(&rx), 0);
	weir_tx_close(&tx);
	cr_assert_eq(
		weir_recv_blocking(&rx, &message, WEIR_NEVER), WEIR_CLOSED);
}

// ---- the end ----

static struct blocked {
	bool sends;
	int thread_id;
	uint64_t message;
	enum weir_result result;
} blocked;

static void *block_for_ever(void *arg)
{
	blocked.message = 7;
	store_release(&blocked.thread_id, (int)gettid());
	blocked.result =
		blocked.sends
			? weir_send_blocking(&tx, &blocked.message, WEIR_NEVER)
			: weir_recv_blocking(&rx, &blocked.message, WEIR_NEVER);
	return NULL;
}

static bool sleeps(int thread_id)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread_id);
	file = fopen(path, "r");
	cr_assert(file);
	cr_assert_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void begin_blocked(pthread_t *thread, bool sends)
{
	blocked = (struct blocked){.sends = sends};
	pthread_create(thread, NULL, block_for_ever, NULL);
	while (!load_acquire(&blocked.thread_id) || !sleeps(blocked.thread_id))
		sched_yield();
}

// tokio#1923, #5338, #2046: the end waited for threads that would have blocked for
// ever. Those that block on a channel here are freed by its end.
Test(block, tokio_1923_5338_2046_closing_frees_a_thread_that_blocks)
{
	pthread_t thread;

	open_class(WEIR_SPSC);
	begin_blocked(&thread, false);
	weir_tx_close(&tx);
	pthread_join(thread, NULL);
	cr_assert_eq(blocked.result, WEIR_CLOSED);
	weir_rx_close(&rx);

	open_class(WEIR_SPSC);
	put(&tx, 1);
	begin_blocked(&thread, true);
	weir_rx_close(&rx);
	pthread_join(thread, NULL);
	cr_assert_eq(blocked.result, WEIR_CLOSED);
	cr_assert_eq(blocked.message, 7, "it is still the sender's");
	weir_tx_close(&tx);
}

// ---- bells ----

struct sleeper {
	struct weir_bell *bell;
	uint32_t ready, woken;
};

static void *sleep_once(void *arg)
{
	struct sleeper *s = arg;

	s->bell = weir_bell_get();
	weir_bell_arm(s->bell);
	store_release(&s->ready, 1);
	weir_bell_sleep(s->bell, WEIR_NEVER);
	weir_bell_disarm(s->bell);
	store_release(&s->woken, 1);
	return NULL;
}

static void ring(void *arg)
{
	struct sleeper *s = arg;

	fence_full();
	weir_bell_ring(s->bell);
}

// From a thread, from an executor that polls (the keeper rings), from one that
// sleeps.
Test(block, a_bell_wakes_whoever_rings_it)
{
	for (unsigned from = 0; from < 3; from++) {
		const struct weir_executor_options options = {
			.sleeps = from == 2, .node = WEIR_NODE_ANY};
		struct sleeper s = {0};
		struct weir_executor *executor;
		pthread_t thread;

		cr_assert_eq(
			weir_executor_create(&executor, &options, NULL), 0);
		pthread_create(&thread, NULL, sleep_once, &s);
		while (!load_acquire(&s.ready))
			sched_yield();
		if (from == 0) {
			ring(&s);
		} else {
			cr_assert_eq(
				weir_start(executor, ring, &s, NULL, NULL), 0);
			turns(executor, 1);
		}
		pthread_join(thread, NULL);
		cr_assert(s.woken);
		weir_bell_put(s.bell);
		weir_executor_destroy(executor);
	}
}

Test(block, a_bell_that_was_rung_before_it_slept_does_not_sleep)
{
	struct weir_bell *bell = weir_bell_get();

	weir_bell_arm(bell);
	weir_bell_ring(bell);
	weir_bell_sleep(bell, WEIR_NEVER);
	weir_bell_disarm(bell);
	weir_bell_put(bell);
}

Test(block, there_are_as_many_bells_as_it_says_and_they_are_used_again)
{
	static struct weir_bell *bells[WEIR_BELLS];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < WEIR_BELLS; i++)
			cr_assert_not_null(bells[i] = weir_bell_get());
		cr_assert_null(weir_bell_get());
		for (unsigned i = 0; i < WEIR_BELLS; i++)
			weir_bell_put(bells[i]);
	}
}

// ---- who comes and sleeps while the first user is inside an operation ----

static struct weir_parking parking;
static struct weir_place *entered;

static unsigned nothing(const struct weir_side *side)
{
	return 0;
}

static void enter(void *arg)
{
	entered = weir_parking_enter(&parking);
}

static void act(void *arg)
{
	weir_parking_wake(&parking, entered, WEIR_SIDE_RECV);
}

Test(block, who_fell_asleep_while_the_owner_was_at_work_is_rung_for,
	.timeout = 30)
{
	static const char *const kinds[WEIR_SIDES] = {"nothing", "nothing"};
	struct weir_blocker blocker;

	executors(1);
	weir_parking_init(&parking, nothing, kinds, NULL);
	cr_assert_eq(weir_start(on[0], enter, NULL, NULL, NULL), 0);
	turns(on[0], 1);
	cr_assert_not_null(entered);
	cr_assert_null(weir_parking_enter(&parking));
	weir_blocker_begin(&blocker, &parking);
	cr_assert(weir_blocker_wait(&blocker, WEIR_NEVER)); // it is armed
	cr_assert_eq(weir_start(on[0], act, NULL, NULL, NULL), 0);
	turns(on[0], 1);
	cr_assert(weir_blocker_wait(&blocker, WEIR_NEVER)); // it sleeps
	weir_blocker_end(&blocker);
	executors_end(1);
}
