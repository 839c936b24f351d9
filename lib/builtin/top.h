// SPDX-License-Identifier: BSD-3-Clause
//
// Counts packets by key in bounded memory and knows the most frequent keys: the
// space-saving algorithm of Metwally, Agrawal and El Abbadi (2005).
//
// While there are no more keys than the capacity, all counts are exact. After
// that a new key takes the place of the least counted one. What is answered for
// a key is what was counted since it last came in, so
//
//	packets ≤ truth ≤ packets + weir_top_error
//
// and a key that is not there had at most weir_top_error packets. The error is
// at most all packets ÷ capacity.
//
// Adding takes a bounded number of steps but for the hash's chains, whose
// places a seed decides; it does not allocate.
//
// Threads.  One.
#ifndef WEIR_BUILTIN_TOP_H
#define WEIR_BUILTIN_TOP_H

#include <stdint.h>

struct weir_top_key {
	uint64_t word[2];
	uint64_t kind;
};

struct weir_top;

// weir_top_create makes an empty one for capacity keys (1 to 2^20) on node; NULL
// without memory.
struct weir_top *weir_top_create(uint32_t capacity, uint64_t seed, int node);
void weir_top_destroy(struct weir_top *top);

// weir_top_add counts one packet of that many bytes under key.
void weir_top_add(
	struct weir_top *top, const struct weir_top_key *key, uint64_t bytes);

// weir_top_error answers how many packets of a key may have been missed.
uint64_t weir_top_error(const struct weir_top *top);

// weir_top_each calls each for all keys that are there, in no order.
void weir_top_each(const struct weir_top *top,
	void (*each)(void *arg, const struct weir_top_key *key,
		uint64_t packets, uint64_t bytes),
	void *arg);

#endif
