// SPDX-License-Identifier: BSD-3-Clause
//
// What the private end of a ring keeps. The functions are in chan/ring.h; the
// structs are apart so that whoever embeds an end need not see DPDK.
#ifndef WEIR_CHAN_END_H
#define WEIR_CHAN_END_H

#include <stdint.h>

struct rte_ring;

// The index up to which the producer may write (the consumer's tail when last
// seen, plus the capacity), and up to which the consumer may read.
struct weir_ring_tx {
	struct rte_ring *ring;
	uint32_t limit;
	uint32_t message_size; // bytes
};
struct weir_ring_rx {
	struct rte_ring *ring;
	uint32_t limit;
	uint32_t message_size;
};

#endif
