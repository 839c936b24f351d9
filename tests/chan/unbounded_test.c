// SPDX-License-Identifier: BSD-3-Clause
//
// Channels that grow in segments, and handles that do not keep a channel open.
#include "base/error.h"
#include "chan/segments.h"
#include "chan/weak.h"
#include "stepped.h"

#include <errno.h>

static struct weir_segments *pool;
static struct weir_tx tx;
static struct weir_rx rx;
static struct op a;
static unsigned high_count, high_len;

static void on_high_water(void *arg, unsigned len)
{
	cr_assert_eq(arg, &pool);
	high_count++;
	high_len = len;
}

static void open_growing(unsigned cap, unsigned segments, unsigned each)
{
	struct weir_channel_options options = {.message_size = 8,
		.high_water = 6,
		.on_high_water = on_high_water,
		.high_water_arg = &pool};

	cr_assert_eq(weir_segments_open(&pool, segments, each, 8), 0);
	options.segments = pool;
	cr_assert_eq(weir_channel_open_with(cap, &options, &tx, &rx), 0);
}

static void close_growing(void)
{
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	cr_assert_eq(weir_segments_close(pool), 0);
}

// scylladb#14909: a queue grew until there was no memory left.
Test(unbounded, scylladb_14909_it_grows_to_its_cap_and_says_so)
{
	uint64_t message = 99;

	open_growing(10, 20, 3);
	for (uint64_t i = 0; i < 10; i++)
		put(&tx, i);
	cr_assert_eq(weir_try_send(&tx, &message), WEIR_AT_CAP);
	cr_assert_eq(weir_tx_len(&tx), 10);
	cr_assert_eq(weir_segments_free_count(pool), 16);
	for (uint64_t i = 0; i < 10; i++)
		cr_assert_eq(get(&rx), i);
	cr_assert_eq(weir_segments_free_count(pool), 19);
	put(&tx, 10);
	cr_assert_eq(get(&rx), 10);
	close_growing();
}

Test(unbounded, what_channels_of_one_pool_hold_is_bounded_by_it)
{
	struct weir_channel_options more = {.message_size = 8};
	struct weir_error e;
	struct weir_tx tx2, tx3;
	struct weir_rx rx2, rx3;
	uint64_t message = 9;

	open_growing(100, 3, 2);
	more.segments = pool;
	more.error = &e;
	cr_assert_eq(weir_channel_open_with(100, &more, &tx2, &rx2), 0);
	for (uint64_t i = 0; i < 4; i++)
		put(&tx, i);
	cr_assert_eq(weir_try_send(&tx, &message), WEIR_NO_SEGMENT);
	put(&tx2, 7);
	put(&tx2, 8);
	cr_assert_eq(weir_try_send(&tx2, &message), WEIR_NO_SEGMENT);
	for (uint64_t i = 0; i < 3; i++)
		cr_assert_eq(get(&rx), i); // gives a segment back
	put(&tx2, 9);
	cr_assert_eq(get(&rx2), 7);
	weir_error_clear(&e);
	cr_assert_eq(weir_channel_open_with(100, &more, &tx3, &rx3), -ENOMEM);
	cr_assert(strstr(e.text, "no segment left"), "%s", e.text);
	cr_assert_eq(weir_segments_close(pool), -EBUSY);
	weir_tx_close(&tx2);
	weir_rx_close(&rx2);
	close_growing();
}

static void send_burst_of(unsigned count, unsigned moved, int result)
{
	const uint64_t burst[8] = {0};
	unsigned done;

	cr_assert_eq((int)weir_try_send_burst(&tx, burst, count, &done), result,
		"%u of %u", done, count);
	cr_assert_eq(done, moved);
}

// What the sender can do about it differs: its receivers are slow, or others are.
Test(unbounded, the_cap_and_an_empty_pool_are_told_apart)
{
	cr_assert_eq(WEIR_AT_CAP, -ENOBUFS);
	open_growing(5, 2, 3);
	send_burst_of(8, 5, WEIR_AT_CAP);
	send_burst_of(1, 0, WEIR_AT_CAP);
	close_growing();
	open_growing(7, 2, 3);
	send_burst_of(8, 6, WEIR_NO_SEGMENT);
	send_burst_of(1, 0, WEIR_NO_SEGMENT);
	get(&rx); // the segment is not used up: none comes back
	send_burst_of(1, 0, WEIR_NO_SEGMENT);
	for (unsigned i = 0; i < 3; i++)
		get(&rx);
	send_burst_of(4, 3, WEIR_NO_SEGMENT);
	close_growing();
	open_growing(6, 2, 3); // both at once: its own receivers can mend it
	send_burst_of(7, 6, WEIR_AT_CAP);
	close_growing();
}

Test(unbounded, the_high_water_is_told_once_until_it_has_fallen)
{
	open_growing(10, 20, 3);
	for (uint64_t i = 0; i < 9; i++)
		put(&tx, i);
	cr_assert_eq(high_count, 1);
	cr_assert_eq(high_len, 6);
	for (unsigned i = 0; i < 6; i++)
		get(&rx);
	for (uint64_t i = 0; i < 4; i++)
		put(&tx, i);
	cr_assert_eq(high_count, 1, "it has not fallen below half");
	for (unsigned i = 0; i < 5; i++)
		get(&rx);
	for (uint64_t i = 0; i < 5; i++)
		put(&tx, i);
	cr_assert_eq(high_count, 2);
	close_growing();
}

Test(unbounded, a_send_never_waits_and_a_receive_may)
{
	executors(1);
	open_growing(1, 2, 3);
	recv_on(on[0], &a, &rx);
	turns(on[0], 2);
	cr_assert_eq(a.result, NOT_YET);
	send_on(on[0], &(struct op){0}, &tx, 5);
	turns(on[0], 3);
	cr_assert_eq(a.messages[0], 5);
	put(&tx, 6);
	send_on(on[0], &a, &tx, 7);
	turns(on[0], 2);
	cr_assert_eq(a.result, WEIR_AT_CAP);
	close_growing();
	executors_end(1);
}

Test(unbounded, what_cannot_be_is_refused_in_words)
{
	struct weir_error e;
	struct weir_channel_options options = {.message_size = 8, .error = &e};

	cr_assert_eq(weir_segments_open(&pool, 0, 2, 8), -EINVAL);
	cr_assert_eq(weir_segments_open(&pool, 2, 0, 8), -EINVAL);
	cr_assert_eq(weir_segments_open(&pool, 2, 2, 6), -EINVAL);
	cr_assert_eq(weir_segments_open(&pool, 2, 2, 16), 0);
	weir_error_clear(&e);
	options.segments = pool;
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), -EINVAL);
	cr_assert(strstr(e.text, "another size"), "%s", e.text);
	weir_error_clear(&e);
	options.permits = true;
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), -EINVAL);
	cr_assert(strstr(e.text, "cannot be reserved"), "%s", e.text);
	cr_assert_eq(weir_segments_close(pool), 0);
}

Test(unbounded, a_high_water_that_nobody_can_be_told_of_is_refused)
{
	struct weir_error e;
	struct weir_channel_options options = {
		.message_size = 8, .high_water = 2, .error = &e};

	weir_error_clear(&e);
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), -EINVAL);
	cr_assert(strstr(e.text, "only a channel in segments"), "%s", e.text);
	cr_assert_eq(weir_segments_open(&pool, 2, 2, 8), 0);
	weir_error_clear(&e);
	options.segments = pool;
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), -EINVAL);
	cr_assert(strstr(e.text, "set on_high_water"), "%s", e.text);
	cr_assert_eq(weir_segments_close(pool), 0);
}

// ---- weak handles ----

Test(weak, does_not_keep_a_channel_open)
{
	const struct weir_channel_options options = {.message_size = 8};
	struct weir_weak_tx weak;
	struct weir_weak_rx weak_rx;
	struct weir_tx again;
	struct weir_rx rx2;
	uint64_t message = 1;

	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	cr_assert_eq(weir_tx_weak(&tx, &weak, NULL), 0);
	cr_assert_eq(weir_rx_weak(&rx, &weak_rx, NULL), 0);
	cr_assert(weir_weak_tx_upgrade(&weak, &again));
	weir_tx_close(&tx);
	put(&again, 1);
	cr_assert_eq(get(&rx), 1);
	cr_assert_eq(weir_try_recv(&rx, &message), WEIR_EMPTY);
	weir_tx_close(&again);
	cr_assert_eq(weir_try_recv(&rx, &message), WEIR_CLOSED);
	cr_assert_not(weir_weak_tx_upgrade(&weak, &again), "closed for good");
	cr_assert(weir_weak_rx_upgrade(&weak_rx, &rx2));
	weir_rx_close(&rx2);
	weir_rx_close(&rx);
	cr_assert_not(weir_weak_rx_upgrade(&weak_rx, &rx2));
	weir_weak_tx_drop(&weak);
	weir_weak_tx_drop(&weak);
	weir_weak_rx_drop(&weak_rx);
	cr_assert_not(weir_weak_tx_upgrade(&weak, &again));
}

Test(weak, a_single_end_has_none)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_SPSC, .name = "pair"};
	struct weir_weak_tx weak;
	struct weir_weak_rx weak_rx;
	struct weir_error e;

	weir_error_clear(&e);
	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	cr_assert_eq(weir_tx_weak(&tx, &weak, &e), -EINVAL);
	cr_assert(strstr(e.text, "'pair' has one sender"), "%s", e.text);
	cr_assert_eq(weir_rx_weak(&rx, &weak_rx, NULL), -EINVAL);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
}
