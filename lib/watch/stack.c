// SPDX-License-Identifier: BSD-3-Clause
#include "watch/stack.h"

// What a frame pointer points at, on x86-64 and aarch64 alike.
struct record {
	uintptr_t caller; // its frame pointer
	uintptr_t back;	  // where it goes on
};

__attribute__((no_sanitize("address"), no_sanitize("thread"))) void
weir_frames_walk(struct weir_frames *frames, uintptr_t pc, uintptr_t fp,
	uintptr_t low, uintptr_t high)
{
	frames->count = 1;
	frames->at[0] = pc;
	while (frames->count < WEIR_FRAMES && fp >= low && fp < high &&
		high - fp >= sizeof(struct record) &&
		fp % sizeof(uintptr_t) == 0) {
		const volatile struct record *record =
			(const volatile struct record *)fp;
		uintptr_t caller = record->caller, back = record->back;

		if (!back)
			return;
		frames->at[frames->count++] = back;
		// The callers' frames lie above: it ends.
		if (caller <= fp)
			return;
		fp = caller;
	}
}
