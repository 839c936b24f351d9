// SPDX-License-Identifier: BSD-3-Clause
//
// What the private end of a ring keeps. The functions are in chan/ring.h; the
// structs are apart so that whoever embeds an end need not see DPDK.
#ifndef WEIR_CHAN_END_H
#define WEIR_CHAN_END_H

#include <stdint.h>

struct rte_ring;

// The index up to which the producer may write (the consumer's tail when last
// seen, plus the capacity), and up to which the consumer may read. mark tells the
// one from the other, for who finds an end in memory (task/wait.h).
struct weir_ring_tx {
	struct rte_ring *ring;
	uint32_t limit;
	uint16_t message_size; // bytes
	uint16_t mark;	       // WEIR_END_TX
};
struct weir_ring_rx {
	struct rte_ring *ring;
	uint32_t limit;
	uint16_t message_size;
	uint16_t mark; // WEIR_END_RX
};

enum { WEIR_END_TX = 0x7478, WEIR_END_RX = 0x7278 };

#endif
