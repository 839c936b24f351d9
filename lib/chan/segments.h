// SPDX-License-Identifier: BSD-3-Clause
//
// Segments: memory that channels without a bound of their own grow into.
//
//	weir_segments ── a segment when the last is full ──▶ channel's chain
//	       ▲──────── the first when it is used up ───────────┘
//
// A pool is made once, for any number of channels, and never grows: what they
// hold together is bounded by it, and each has a cap of its own beside. A send
// that finds no room does not wait, and says which of the two it was:
//
//	WEIR_AT_CAP      the channel's receivers are slow: it holds its capacity
//	WEIR_NO_SEGMENT  the pool is used up, mostly by others: what this channel's
//	                 receivers take need not help
//
// Threads.  open, close: one. The rest is for the channels.
// Memory.  open allocates it all. It goes after its channels: close says -EBUSY
// while there are any.
#ifndef WEIR_CHAN_SEGMENTS_H
#define WEIR_CHAN_SEGMENTS_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_segments;

// weir_segments_open makes a pool of count segments (1..2^20) of each messages
// (1..65536) of message_size bytes; 0: pointers. Answers 0, -EINVAL or -ENOMEM.
int weir_segments_open(struct weir_segments **segments, unsigned count,
	unsigned each, unsigned message_size);

// weir_segments_close frees it: 0, or -EBUSY while channels use it.
int weir_segments_close(struct weir_segments *segments);

// weir_segments_free_count answers how many segments no channel holds: exact
// when quiet. A channel that is empty holds one.
unsigned weir_segments_free_count(const struct weir_segments *segments);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
