// SPDX-License-Identifier: BSD-3-Clause
//
// The hash step of what is looked up by address: the product of two words, its
// halves folded onto each other, as wyhash does (Wang Yi). Each is first mixed
// with a key drawn from a seed, so that whoever sends the packets cannot choose
// where they collide.
#ifndef WEIR_BUILTIN_FOLD_H
#define WEIR_BUILTIN_FOLD_H

#include <stdint.h>

static inline uint64_t weir_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
