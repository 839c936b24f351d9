// SPDX-License-Identifier: BSD-3-Clause
//
// What needs no waiting: the ends, try_, closing. All from a plain thread.
#include "base/error.h"
#include "chan/chan.h"
#include "chan/ring.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct weir_tx tx;
static struct weir_rx rx;
static uint64_t released[16];
static unsigned release_count;

static void release_value(void *arg, void *message)
{
	cr_assert_eq(arg, &release_count);
	released[release_count++] = *(uint64_t *)message;
}

static void release_pointer(void *arg, void *message)
{
	released[release_count++] = (uintptr_t)message;
}

static void open_values(enum weir_channel_class class_, unsigned capacity)
{
	struct weir_channel_options options = {.class_ = class_,
		.message_size = 8,
		.release = release_value,
		.release_arg = &release_count};

	cr_assert_eq(weir_channel_open_with(capacity, &options, &tx, &rx), 0);
}

static void put(uint64_t message)
{
	cr_assert_eq(weir_try_send(&tx, &message), WEIR_SENT);
}

static uint64_t get(void)
{
	uint64_t message;

	cr_assert_eq(weir_try_recv(&rx, &message), WEIR_RECEIVED);
	return message;
}

static enum weir_result try_recv(void)
{
	uint64_t message;

	return weir_try_recv(&rx, &message);
}

static const enum weir_channel_class classes[] = {
	WEIR_MPMC, WEIR_SPSC, WEIR_MPSC, WEIR_SPMC};

Test(channel, holds_exactly_its_capacity_in_order)
{
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned capacity = 1; capacity <= 4; capacity++) {
			uint64_t more = 9;

			open_values(classes[i], capacity);
			cr_assert_eq(weir_tx_capacity(&tx), capacity);
			for (unsigned k = 0; k < capacity; k++)
				put(k);
			cr_assert_eq(weir_try_send(&tx, &more), WEIR_FULL);
			cr_assert_eq(weir_rx_len(&rx), capacity);
			cr_assert_eq(weir_tx_room(&tx), 0);
			for (unsigned k = 0; k < capacity; k++)
				cr_assert_eq(get(), k);
			cr_assert_eq(try_recv(), WEIR_EMPTY);
			weir_tx_close(&tx);
			weir_rx_close(&rx);
		}
	}
}

Test(channel, a_pointer_is_cleared_when_it_was_sent_and_only_then)
{
	int thing;
	void *first = &thing, *second = &thing, *got = NULL;

	cr_assert_eq(weir_channel_open(1, &tx, &rx), 0);
	cr_assert_eq(weir_try_send(&tx, &first), WEIR_SENT);
	cr_assert_null(first);
	cr_assert_eq(weir_try_send(&tx, &second), WEIR_FULL);
	cr_assert_eq(second, &thing);
	cr_assert_eq(weir_try_recv(&rx, &got), WEIR_RECEIVED);
	cr_assert_eq(got, &thing);
	weir_rx_close(&rx);
	cr_assert_eq(weir_try_send(&tx, &second), WEIR_CLOSED);
	cr_assert_eq(second, &thing);
	weir_tx_close(&tx);
}

Test(channel, a_value_that_was_sent_stays_as_it_was)
{
	uint64_t value = 7;

	open_values(WEIR_SPSC, 1);
	cr_assert_eq(weir_try_send(&tx, &value), WEIR_SENT);
	cr_assert_eq(value, 7);
}

Test(channel, messages_may_be_larger_or_smaller_than_a_pointer)
{
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned size = 4; size <= WEIR_MESSAGE_SIZE_MAX;
			size += size < 64 ? 4 : 64) {
			struct weir_channel_options options = {
				.class_ = classes[i], .message_size = size};
			unsigned char in[WEIR_MESSAGE_SIZE_MAX],
				out[WEIR_MESSAGE_SIZE_MAX] = {0};

			for (unsigned k = 0; k < size; k++)
				in[k] = (unsigned char)(k + size);
			cr_assert_eq(
				weir_channel_open_with(2, &options, &tx, &rx),
				0);
			cr_assert_eq(weir_try_send(&tx, in), WEIR_SENT);
			cr_assert_eq(weir_try_recv(&rx, out), WEIR_RECEIVED);
			cr_assert_eq(memcmp(in, out, size), 0);
			weir_tx_close(&tx);
			weir_rx_close(&rx);
		}
	}
}

Test(channel, what_cannot_be_is_refused)
{
	struct weir_channel_options odd = {.message_size = 6},
				    big = {.message_size =
						    WEIR_MESSAGE_SIZE_MAX + 4},
				    class_ = {.class_ = 7};

	cr_assert_eq(weir_channel_open(0, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_channel_open(1u << 30, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_channel_open_with(4, &odd, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_channel_open_with(4, &big, &tx, &rx), -EINVAL);
	cr_assert_eq(weir_channel_open_with(4, &class_, &tx, &rx), -EINVAL);
}

Test(channel, a_burst_moves_what_it_can_and_says_how_much)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t in[5] = {1, 2, 3, 4, 5}, out[5];
		unsigned done = 9;

		open_values(classes[i], 3);
		cr_assert_eq(weir_try_send_burst(&tx, in, 2, &done), WEIR_SENT);
		cr_assert_eq(done, 2);
		cr_assert_eq(
			weir_try_send_burst(&tx, in + 2, 3, &done), WEIR_FULL);
		cr_assert_eq(done, 1);
		cr_assert_eq(in[2], 3, "the array is not cleared");
		cr_assert_eq(
			weir_try_recv_burst(&rx, out, 5, &done), WEIR_RECEIVED);
		cr_assert_eq(done, 3);
		cr_assert_eq(memcmp(in, out, 24), 0);
		cr_assert_eq(
			weir_try_recv_burst(&rx, out, 5, &done), WEIR_EMPTY);
		cr_assert_eq(done, 0);
		weir_tx_close(&tx);
		weir_rx_close(&rx);
	}
}

Test(channel, a_burst_of_none_succeeds)
{
	uint64_t message;
	unsigned done = 9;

	open_values(WEIR_SPSC, 1);
	put(1);
	cr_assert_eq(weir_try_send_burst(&tx, &message, 0, &done), WEIR_SENT);
	cr_assert_eq(done, 0);
	cr_assert_eq(get(), 1);
	cr_assert_eq(
		weir_try_recv_burst(&rx, &message, 0, &done), WEIR_RECEIVED);
	cr_assert_eq(done, 0);
}

Test(channel, closing_drains_then_says_so)
{
	for (unsigned i = 0; i < 4; i++) {
		open_values(classes[i], 2);
		put(1);
		put(2);
		weir_tx_close(&tx);
		cr_assert_not(weir_rx_closed(&rx));
		cr_assert_eq(get(), 1);
		cr_assert_eq(get(), 2);
		cr_assert(weir_rx_closed(&rx));
		cr_assert_eq(try_recv(), WEIR_CLOSED);
		cr_assert_eq(try_recv(), WEIR_CLOSED);
		weir_rx_close(&rx);
	}
}

Test(channel, a_sender_learns_that_no_receiver_is_left)
{
	uint64_t message = 3;
	unsigned done = 9;

	open_values(WEIR_SPSC, 2);
	cr_assert_not(weir_tx_closed(&tx));
	weir_rx_close(&rx);
	cr_assert(weir_tx_closed(&tx));
	cr_assert_eq(weir_try_send(&tx, &message), WEIR_CLOSED);
	cr_assert_eq(weir_try_send_burst(&tx, &message, 1, &done), WEIR_CLOSED);
	cr_assert_eq(done, 0);
	cr_assert_eq(release_count, 0, "it is still ours");
}

// tokio#7714: a value was kept alive after its receiver had gone.
Test(channel, tokio_7714_what_no_receiver_is_left_for_is_released_at_once)
{
	for (unsigned i = 0; i < 4; i++) {
		release_count = 0;
		open_values(classes[i], 3);
		put(1);
		put(2);
		put(3);
		cr_assert_eq(get(), 1);
		weir_rx_close(&rx);
		cr_assert_eq(release_count, 2);
		cr_assert_eq(released[0], 2);
		cr_assert_eq(released[1], 3);
		weir_tx_close(&tx);
		cr_assert_eq(release_count, 2);
	}
}

Test(channel, release_gets_the_pointer_that_was_sent)
{
	struct weir_channel_options options = {.release = release_pointer};
	int thing;
	void *message = &thing;

	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
	cr_assert_eq(weir_try_send(&tx, &message), WEIR_SENT);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	cr_assert_eq(release_count, 1);
	cr_assert_eq(released[0], (uintptr_t)&thing);
}

Test(channel, only_the_last_of_several_ends_closes)
{
	struct weir_tx tx2;
	struct weir_rx rx2;

	open_values(WEIR_MPMC, 4);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_rx_clone(&rx, &rx2), 0);
	put(1);
	weir_tx_close(&tx);
	cr_assert_eq(get(), 1);
	cr_assert_eq(try_recv(), WEIR_EMPTY);
	weir_rx_close(&rx2);
	cr_assert_not(weir_tx_closed(&tx2));
	weir_tx_close(&tx2);
	cr_assert_eq(try_recv(), WEIR_CLOSED);
	weir_rx_close(&rx);
}

Test(channel, a_single_end_has_no_second_user_and_says_whose_it_is)
{
	static const bool many_tx[] = {true, false, true, false};
	static const bool many_rx[] = {true, false, false, true};
	struct weir_error e;
	struct weir_tx tx2 = {0}, tx3 = {0};
	struct weir_rx rx2 = {0}, rx3 = {0};

	for (unsigned i = 0; i < 4; i++) {
		open_values(classes[i], 4);
		weir_error_clear(&e);
		cr_assert_eq(weir_tx_clone_with(&tx, &tx2, &e),
			many_tx[i] ? 0 : -EINVAL);
		cr_assert_eq(
			weir_tx_clone(&tx, &tx3), many_tx[i] ? 0 : -EINVAL);
		if (!many_tx[i])
			cr_assert(strstr(e.text, "its one sender is thread '"),
				"%s", e.text);
		weir_error_clear(&e);
		cr_assert_eq(weir_rx_clone_with(&rx, &rx2, &e),
			many_rx[i] ? 0 : -EINVAL);
		cr_assert_eq(
			weir_rx_clone(&rx, &rx3), many_rx[i] ? 0 : -EINVAL);
		if (!many_rx[i])
			cr_assert(
				strstr(e.text, "its one receiver is thread '"));
		weir_tx_close(&tx);
		weir_tx_close(&tx2);
		weir_tx_close(&tx3);
		weir_rx_close(&rx);
		weir_rx_close(&rx2);
		weir_rx_close(&rx3);
	}
}

// As after 2^32 messages by another sender or receiver, all but a few: an end
// that had kept the other side's index would take it for a fresh one.
Test(channel, an_end_that_others_share_keeps_no_index)
{
	static const enum weir_channel_class shared[] = {WEIR_MPMC, WEIR_MPSC};
	uint64_t message = 9;
	struct weir_tx tx2;

	for (unsigned i = 0; i < 2; i++) {
		struct rte_ring *ring;

		open_values(shared[i], 2);
		cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
		put(1); // by now tx could know of room for one more
		cr_assert_eq(get(), 1);
		ring = tx.end.ring;
		ring->prod.head = ring->prod.tail = UINT32_MAX - 2;
		ring->cons.head = ring->cons.tail = UINT32_MAX - 2;
		if (shared[i] == WEIR_MPSC) // the receiver took part in them
			weir_ring_rx_init(&rx.end, ring, 8);
		for (unsigned k = 0; k < 2; k++)
			cr_assert_eq(weir_try_send(&tx2, &message), WEIR_SENT);
		cr_assert_eq(weir_try_send(&tx, &message), WEIR_FULL);
		cr_assert_eq(weir_tx_len(&tx), 2);
		for (unsigned k = 0; k < 9; k++) { // over the wrap
			cr_assert_eq(get(), 9);
			cr_assert_eq(
				weir_try_send(k % 2 ? &tx : &tx2, &message),
				WEIR_SENT);
			cr_assert_eq(
				weir_try_send(k % 2 ? &tx2 : &tx, &message),
				WEIR_FULL);
		}
		weir_tx_close(&tx);
		weir_tx_close(&tx2);
		weir_rx_close(&rx);
	}
}

Test(channel, a_receiver_that_others_share_keeps_no_index)
{
	static const enum weir_channel_class shared[] = {WEIR_MPMC, WEIR_SPMC};
	struct weir_rx rx2;

	for (unsigned i = 0; i < 2; i++) {
		struct rte_ring *ring;
		uint64_t got;

		open_values(shared[i], 2);
		cr_assert_eq(weir_rx_clone(&rx, &rx2), 0);
		put(1);
		put(2);
		cr_assert_eq(get(), 1); // by now rx could know of one more
		cr_assert_eq(weir_try_recv(&rx2, &got), WEIR_RECEIVED);
		ring = tx.end.ring;
		ring->prod.head = ring->prod.tail = 1;
		ring->cons.head = ring->cons.tail = 1;
		if (shared[i] == WEIR_SPMC)
			weir_ring_tx_init(&tx.end, ring, 8);
		cr_assert_eq(weir_try_recv(&rx, &got), WEIR_EMPTY);
		put(5);
		cr_assert_eq(weir_try_recv(&rx2, &got), WEIR_RECEIVED);
		cr_assert_eq(weir_try_recv(&rx, &got), WEIR_EMPTY);
		weir_tx_close(&tx);
		weir_rx_close(&rx);
		weir_rx_close(&rx2);
	}
}

Test(channel, closing_twice_is_harmless)
{
	open_values(WEIR_MPMC, 1);
	weir_tx_close(&tx);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	weir_rx_close(&rx);
	cr_assert_null(tx.channel);
}

Test(channel, an_unused_end_may_be_moved)
{
	struct weir_tx moved;
	uint64_t message = 2;

	open_values(WEIR_SPSC, 2);
	put(1);
	moved = tx;
	memset(&tx, 0xaa, sizeof(tx));
	cr_assert_eq(weir_try_send(&moved, &message), WEIR_SENT);
	cr_assert_eq(weir_try_send(&moved, &message), WEIR_FULL);
	cr_assert_eq(get(), 1);
	cr_assert_eq(get(), 2);
}

Test(channel, room_on_spsc_is_a_reservation)
{
	uint64_t in[4] = {1, 2, 3, 4};
	unsigned done;

	open_values(WEIR_SPSC, 4);
	put(0);
	cr_assert_eq(weir_tx_room(&tx), 3);
	cr_assert_eq(weir_tx_credit(&tx, 2), 2);
	cr_assert_eq(weir_tx_credit(&tx, 9), 3);
	get();
	cr_assert_eq(weir_tx_room(&tx), 4);
	cr_assert_eq(weir_try_send_burst(&tx, in, 4, &done), WEIR_SENT);
	cr_assert_eq(weir_tx_credit(&tx, 1), 0);
	get();
	cr_assert_eq(weir_tx_credit(&tx, 1), 1);
}

Test(channel, works_on_when_its_indices_wrap)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rte_ring *ring;

		open_values(classes[i], 3);
		ring = tx.end.ring;
		ring->prod.head = ring->prod.tail = UINT32_MAX - 3;
		ring->cons.head = ring->cons.tail = UINT32_MAX - 3;
		weir_ring_tx_init(&tx.end, ring, 8);
		weir_ring_rx_init(&rx.end, ring, 8);
		for (uint64_t k = 0; k < 12; k++) {
			put(k);
			put(k + 100);
			cr_assert_eq(weir_rx_len(&rx), 2);
			cr_assert_eq(weir_tx_room(&tx), 1);
			cr_assert_eq(get(), k);
			cr_assert_eq(get(), k + 100);
		}
		weir_tx_close(&tx);
		weir_rx_close(&rx);
	}
}

// spdk#811 aborted, libzmq#2037 dropped silently.
Test(channel, spdk_811_libzmq_2037_a_full_channel_says_so_and_keeps_all)
{
	uint64_t message = 3;

	open_values(WEIR_MPMC, 2);
	put(1);
	put(2);
	for (unsigned i = 0; i < 5; i++)
		cr_assert_eq(weir_try_send(&tx, &message), WEIR_FULL);
	cr_assert_eq(get(), 1);
	cr_assert_eq(get(), 2);
	cr_assert_eq(try_recv(), WEIR_EMPTY);
}
