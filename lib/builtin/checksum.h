// SPDX-License-Identifier: BSD-3-Clause
//
// Internet checksums brought up to date by what has changed (RFC 1624), never
// made anew: a packet that was damaged before stays recognisable as damaged.
//
//	change = weir_checksum_change(old, new) + …
//	sum = weir_checksum_update(sum, change)
//
// Sums are the same in either byte order: words are taken as they lie in memory.
// A change is of whole 16-bit words that lie at an even distance from where the
// checksum begins.
//
// Threads.  Free.
#ifndef WEIR_BUILTIN_CHECKSUM_H
#define WEIR_BUILTIN_CHECKSUM_H

#include <stdint.h>

// weir_checksum_change answers what one word, of 16 bits or two of them, adds.
// Some billion of them may be added up.
static inline uint64_t weir_checksum_change(uint32_t old, uint32_t new)
{
	return (uint64_t)(uint32_t)~old + new;
}

static inline uint16_t weir_checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

// weir_checksum_update answers the checksum after the change.
static inline uint16_t weir_checksum_update(uint16_t sum, uint64_t change)
{
	return (uint16_t)~weir_checksum_fold((uint16_t)~sum + change);
}

// weir_checksum_update_udp does so for UDP and UDP-Lite: 0 stands for no
// checksum and stays, and a checksum that comes out as 0 is written as 0xffff.
static inline uint16_t weir_checksum_update_udp(uint16_t sum, uint64_t change)
{
	uint16_t updated = weir_checksum_update(sum, change);

	if (!sum)
		return 0;
	return updated ? updated : UINT16_MAX;
}

#endif
