// SPDX-License-Identifier: BSD-3-Clause
//
// What one would write by hand with DPDK and libpcap instead of a pipeline of
// rx, filter, count, rewrite and tx: in one loop, for one purpose. Two versions
// of it: hand_chain.c as one writes it, hand_chain_fast.c after going over it
// once more with the one aim of making it faster. They share nothing but this.
#ifndef WEIR_PERF_PIPELINE_HAND_H
#define WEIR_PERF_PIPELINE_HAND_H

#include <stdint.h>

struct rte_mbuf;

// The port, as the pipeline's stages have it.
struct hand_port {
	void *state;
	unsigned (*rx)(void *state, unsigned queue, struct rte_mbuf **packets,
		unsigned count);
	unsigned (*tx)(void *state, unsigned queue, struct rte_mbuf **packets,
		unsigned count);
};

struct hand_count {
	uint64_t packets, bytes;
};

struct hand_chain {
	struct hand_port port;
	const char *expression;		     // what passes
	uint8_t source[6], destination[6];   // what is written
	struct hand_count protocols[256];    // of what passed
	uint64_t other;			     // passed without IP
	uint64_t filtered, expired, refused; // and freed
};

// hand_chain_run turns so often and answers how many packets it sent.
uint64_t hand_chain_run(struct hand_chain *chain, unsigned turns);
uint64_t hand_chain_fast_run(struct hand_chain *chain, unsigned turns);

#endif
