// SPDX-License-Identifier: BSD-3-Clause
//
// A seeded random sequence (splitmix64, Steele, Lea and Flood 2014): the same
// seed gives the same numbers on every machine. For tests, the simulator and
// hashing seeds; never for secrets.
#ifndef WEIR_BASE_RANDOM_H
#define WEIR_BASE_RANDOM_H

#include <stdint.h>

struct weir_random {
	uint64_t state; // the seed, then what follows it
};

// weir_random_next answers the next 64 bits.
static inline uint64_t weir_random_next(struct weir_random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

// weir_random_below answers a number in 0..bound-1; bound is at least 1. The
// bias is below bound / 2^64.
static inline uint64_t weir_random_below(struct weir_random *r, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)weir_random_next(r) * bound) >>
			  64);
}

#endif
