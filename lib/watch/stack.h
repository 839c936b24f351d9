// SPDX-License-Identifier: BSD-3-Clause
//
// Frames are the return addresses of a stack, taken without a word to whoever
// runs on it: by the chain of frame pointers, within bounds that are known.
//
// Code without frame pointers (the C library) hides the frame that called it. Where
// it uses that register for something else the chain ends there, or holds what is no
// return address: watch/code.h cuts it then. A chain that leaves the bounds ends.
//
// Threads.  Any; safe in a signal handler.
// Memory.  The caller's.
#ifndef WEIR_WATCH_STACK_H
#define WEIR_WATCH_STACK_H

#include <stdint.h>

#define WEIR_FRAMES 32

struct weir_frames {
	unsigned count;
	uintptr_t at[WEIR_FRAMES]; // the innermost first
};

// weir_frames_walk takes pc and then the return addresses of the chain that
// begins at fp, of which nothing outside of [low, high) is read. What lies there
// may change meanwhile: then the frames are wrong, and nothing else is.
void weir_frames_walk(struct weir_frames *frames, uintptr_t pc, uintptr_t fp,
	uintptr_t low, uintptr_t high);

#endif
