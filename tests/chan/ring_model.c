// SPDX-License-Identifier: BSD-3-Clause
//
// Random bursts through a ring of few slots, against a queue that is an array
// and two counts.
#include "chan/ring.h"
#include "seed.h"

#include <criterion/criterion.h>

#define STEPS 20000
#define BURST_MAX 7
#define SIZE_MAX_BYTES 36

// A message of any size is made of the low word of its number.
static void make(unsigned char *message, unsigned size, uint32_t number)
{
	for (unsigned i = 0; i < size; i += 4)
		memcpy(message + i, &(uint32_t){number * 2654435761u + i}, 4);
}

static void run(struct weir_random *r, unsigned capacity, unsigned size)
{
	size_t bytes = weir_ring_memory_size(capacity, size);
	struct rte_ring *ring =
		weir_ring_init(aligned_alloc(WEIR_CACHE_LINE,
				       RTE_ALIGN(bytes, WEIR_CACHE_LINE)),
			"m", capacity, false);
	unsigned char burst[BURST_MAX * SIZE_MAX_BYTES], one[SIZE_MAX_BYTES];
	uint32_t sent = 0, received = 0;
	struct weir_ring_tx tx;
	struct weir_ring_rx rx;

	ring->prod.head = ring->prod.tail = 0u - STEPS / 2;
	ring->cons.head = ring->cons.tail = 0u - STEPS / 2;
	weir_ring_tx_init(&tx, ring, size);
	weir_ring_rx_init(&rx, ring, size);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned n = (unsigned)weir_random_below(r, BURST_MAX + 1);
		unsigned held = sent - received, done;

		if (weir_random_below(r, 2)) {
			for (unsigned i = 0; i < n; i++)
				make(burst + i * size, size, sent + i);
			done = weir_ring_send(&tx, burst, n);
			cr_assert_eq(done, RTE_MIN(n, capacity - held));
			sent += done;
		} else {
			done = weir_ring_recv(&rx, burst, n);
			cr_assert_eq(done, RTE_MIN(n, held));
			for (unsigned i = 0; i < done; i++) {
				make(one, size, received + i);
				cr_assert_eq(
					memcmp(burst + i * size, one, size), 0);
			}
			received += done;
		}
		cr_assert_eq(weir_ring_len(ring), sent - received);
		cr_assert_eq(rte_ring_count(ring), sent - received);
	}
	free(ring);
}

Test(ring_model, behaves_as_a_queue)
{
	struct weir_random r = random_of_test();

	for (unsigned capacity = 1; capacity <= 9; capacity++) {
		for (unsigned size = 4; size <= SIZE_MAX_BYTES; size += 4) {
			if (size % 8 == 0 || size <= 12)
				run(&r, capacity, size);
		}
	}
}
