// SPDX-License-Identifier: BSD-3-Clause
#include "chan/ring.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct fixture {
	struct rte_ring *ring;
	struct weir_ring_tx tx;
	struct weir_ring_rx rx;
};

static struct fixture ring_of(unsigned capacity, unsigned size)
{
	struct fixture f;
	size_t bytes = weir_ring_memory_size(capacity, size);

	cr_assert_gt(bytes, 0);
	f.ring = weir_ring_init(aligned_alloc(WEIR_CACHE_LINE,
					RTE_ALIGN(bytes, WEIR_CACHE_LINE)),
		"under test", capacity, false);
	weir_ring_tx_init(&f.tx, f.ring, size);
	weir_ring_rx_init(&f.rx, f.ring, size);
	return f;
}

// All four words one step before they wrap, as after 2^32 messages.
static void near_wrap(struct fixture *f, uint32_t before)
{
	f->ring->prod.head = f->ring->prod.tail = 0u - before;
	f->ring->cons.head = f->ring->cons.tail = 0u - before;
	weir_ring_tx_init(&f->tx, f->ring, f->tx.message_size);
	weir_ring_rx_init(&f->rx, f->ring, f->rx.message_size);
}

static unsigned send(struct fixture *f, uint64_t first, unsigned count)
{
	uint64_t burst[16];

	for (unsigned i = 0; i < count; i++)
		burst[i] = first + i;
	return weir_ring_send(&f->tx, burst, count);
}

static void expect(struct fixture *f, uint64_t first, unsigned count)
{
	uint64_t burst[16];

	cr_assert_eq(weir_ring_recv(&f->rx, burst, count), count);
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(burst[i], first + i);
}

Test(ring, holds_exactly_its_capacity)
{
	for (unsigned capacity = 1; capacity <= 9; capacity++) {
		struct fixture f = ring_of(capacity, 8);

		for (unsigned i = 0; i < capacity; i++)
			cr_assert_eq(send(&f, i, 1), 1);
		cr_assert_eq(send(&f, 99, 1), 0);
		cr_assert_eq(weir_ring_len(f.ring), capacity);
		for (unsigned i = 0; i < capacity; i++)
			expect(&f, i, 1);
		cr_assert_eq(weir_ring_len(f.ring), 0);
		free(f.ring);
	}
}

Test(ring, a_burst_sends_what_fits_and_says_how_much)
{
	struct fixture f = ring_of(3, 8);

	cr_assert_eq(send(&f, 0, 2), 2);
	cr_assert_eq(send(&f, 2, 5), 1);
	expect(&f, 0, 3);
	free(f.ring);
}

Test(ring, a_burst_of_none_does_nothing)
{
	struct fixture f = ring_of(2, 8);

	cr_assert_eq(send(&f, 0, 0), 0);
	cr_assert_eq(weir_ring_recv(&f.rx, NULL, 0), 0);
	cr_assert_eq(weir_ring_len(f.ring), 0);
	free(f.ring);
}

Test(ring, indices_wrap_at_2_to_the_32)
{
	for (unsigned capacity = 1; capacity <= 5; capacity++) {
		struct fixture f = ring_of(capacity, 8);

		near_wrap(&f, 3);
		for (unsigned i = 0; i < 20; i++) {
			cr_assert_eq(send(&f, i, 1), 1);
			cr_assert_eq(weir_ring_len(f.ring), 1);
			expect(&f, i, 1);
		}
		near_wrap(&f, 3);
		for (unsigned i = 0; i < 20; i++) {
			cr_assert_eq(send(&f, 0, capacity + 1), capacity);
			cr_assert_eq(send(&f, 0, 1), 0);
			cr_assert_eq(weir_ring_len(f.ring), capacity);
			expect(&f, 0, capacity);
		}
		free(f.ring);
	}
}

Test(ring, messages_of_every_size_arrive_whole)
{
	for (unsigned size = 4; size <= 160; size += 4) {
		struct fixture f = ring_of(5, size);
		unsigned char in[5 * 160], out[5 * 160];

		for (unsigned i = 0; i < sizeof(in); i++)
			in[i] = (unsigned char)(i * 7 + size);
		for (unsigned n = 1; n <= 5; n++) {
			memset(out, 0, sizeof(out));
			cr_assert_eq(weir_ring_send(&f.tx, in, n), n);
			cr_assert_eq(weir_ring_recv(&f.rx, out, n), n);
			cr_assert_eq(memcmp(in, out, n * size), 0);
		}
		free(f.ring);
	}
}

Test(ring, rte_ring_sees_what_our_ends_did)
{
	struct fixture f = ring_of(4, 8);
	uint64_t message;

	cr_assert(rte_ring_empty(f.ring));
	cr_assert_eq(send(&f, 10, 4), 4);
	cr_assert(rte_ring_full(f.ring));
	cr_assert_eq(f.ring->prod.head, f.ring->prod.tail);
	cr_assert_eq(rte_ring_sc_dequeue_elem(f.ring, &message, 8), 0);
	cr_assert_eq(message, 10);
	cr_assert_eq(rte_ring_count(f.ring), 3);
	cr_assert_eq(f.ring->cons.head, f.ring->cons.tail);
	free(f.ring);
}

Test(ring, our_ends_go_on_where_rte_ring_stopped)
{
	struct fixture f = ring_of(4, 8);
	uint64_t message = 7;

	for (unsigned i = 0; i < 40; i++) {
		cr_assert_eq(rte_ring_sp_enqueue_elem(f.ring, &message, 8), 0);
		expect(&f, 7, 1);
		cr_assert_eq(send(&f, 8, 1), 1);
		cr_assert_eq(rte_ring_sc_dequeue_elem(f.ring, &message, 8), 0);
		cr_assert_eq(message--, 8);
	}
	free(f.ring);
}

Test(ring, room_below_what_is_wanted_is_exact)
{
	struct fixture f = ring_of(4, 8);

	cr_assert_eq(weir_ring_tx_room(&f.tx, 4), 4);
	cr_assert_eq(send(&f, 0, 4), 4);
	cr_assert_eq(weir_ring_tx_room(&f.tx, 1), 0);
	expect(&f, 0, 3);
	cr_assert_eq(weir_ring_tx_room(&f.tx, 4), 3);
	cr_assert_eq(weir_ring_rx_ready(&f.rx, 4), 1);
	free(f.ring);
}

Test(ring, room_that_is_known_is_not_looked_up_again)
{
	struct fixture f = ring_of(4, 8);

	cr_assert_eq(send(&f, 0, 2), 2);
	expect(&f, 0, 2);
	cr_assert_eq(weir_ring_tx_room(&f.tx, 2), 2, "as from memory");
	cr_assert_eq(weir_ring_tx_room(&f.tx, 3), 4, "looked up");
	free(f.ring);
}

Test(ring, multi_ends_hold_exactly_the_capacity_too)
{
	for (unsigned capacity = 1; capacity <= 5; capacity++) {
		size_t bytes = weir_ring_memory_size(capacity, 12);
		struct rte_ring *ring = weir_ring_init(
			aligned_alloc(WEIR_CACHE_LINE,
				RTE_ALIGN(bytes, WEIR_CACHE_LINE)),
			"a name that is longer than rte_ring can keep",
			capacity, true);
		struct weir_ring_tx tx;
		struct weir_ring_rx rx;
		uint32_t in[6][3] = {{1, 2, 3}, {4, 5, 6}}, out[6][3];

		weir_ring_tx_init(&tx, ring, 12);
		weir_ring_rx_init(&rx, ring, 12);
		for (unsigned turn = 0; turn < 7; turn++) {
			cr_assert_eq(
				weir_ring_send_multi(&tx, in, capacity + 1),
				capacity);
			cr_assert_eq(weir_ring_len(ring), capacity);
			cr_assert_eq(
				weir_ring_recv_multi(&rx, out, 6), capacity);
			cr_assert_eq(memcmp(in, out, capacity * 12), 0);
		}
		free(ring);
	}
}

Test(ring, rte_ring_and_multi_ends_follow_one_protocol)
{
	size_t bytes = weir_ring_memory_size(3, 8);
	struct rte_ring *ring =
		weir_ring_init(aligned_alloc(WEIR_CACHE_LINE,
				       RTE_ALIGN(bytes, WEIR_CACHE_LINE)),
			"m", 3, true);
	struct weir_ring_tx tx;
	struct weir_ring_rx rx;
	uint64_t in = 1, out;

	weir_ring_tx_init(&tx, ring, 8);
	weir_ring_rx_init(&rx, ring, 8);
	for (unsigned i = 0; i < 9; i++, in++) {
		cr_assert_eq(rte_ring_enqueue_elem(ring, &in, 8), 0);
		cr_assert_eq(weir_ring_recv_multi(&rx, &out, 1), 1);
		cr_assert_eq(out, in);
		cr_assert_eq(weir_ring_send_multi(&tx, &in, 1), 1);
		cr_assert_eq(rte_ring_dequeue_elem(ring, &out, 8), 0);
		cr_assert_eq(out, in);
	}
	free(ring);
}

Test(ring, a_size_that_cannot_be_is_refused)
{
	cr_assert_eq(weir_ring_memory_size(0, 8), 0);
	cr_assert_eq(weir_ring_memory_size(4, 0), 0);
	cr_assert_eq(weir_ring_memory_size(4, 6), 0);
	cr_assert_eq(weir_ring_memory_size(4, 65536), 0);
	cr_assert_gt(weir_ring_memory_size(4, 65532), 0);
	cr_assert_eq(weir_ring_memory_size(WEIR_RING_CAPACITY_MAX + 1, 8), 0);
	cr_assert_gt(weir_ring_memory_size(WEIR_RING_CAPACITY_MAX, 8), 0);
}
