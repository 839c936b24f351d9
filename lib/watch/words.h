// SPDX-License-Identifier: BSD-3-Clause
//
// Verdicts and sightings in words, for every report alike.
//
// Threads.  Any that may sleep.
#ifndef WEIR_WATCH_WORDS_H
#define WEIR_WATCH_WORDS_H

#include "watch/book.h"
#include "watch/symbols.h"

#include <stddef.h>

// weir_found_name answers "blocked task".
const char *weir_found_name(enum weir_found found);

// All of these write a text and answer it. Without symbols (NULL), as where /proc
// is not to be read, frames are addresses.
//
// weir_words_verdict: the verdict on count classes, a sentence.
// weir_words_broken: that on one that broke its contract.
const char *weir_words_verdict(const struct weir_contract_state *states,
	unsigned count, char *text, size_t size);
const char *weir_words_broken(
	const struct weir_contract_state *state, char *text, size_t size);

// weir_words_sighting: "blocked task, 5.1 ms on lcores.1 in task 'x'".
// weir_words_seen: the same and its stack.
// weir_words_frame: what one frame of a stack is called; of a return address, the
// call before it. weir_words_stack: ": spin (libmine.so+0x12) < burst (…) < …",
// the innermost first; "" where there is none.
const char *weir_words_sighting(
	const struct weir_sighting *sighting, char *text, size_t size);
const char *weir_words_seen(struct weir_symbols *symbols,
	const struct weir_sighting *sighting, char *text, size_t size);
const char *weir_words_frame(struct weir_symbols *symbols,
	const struct weir_frames *frames, unsigned frame, char *text,
	size_t size);
const char *weir_words_stack(struct weir_symbols *symbols,
	const struct weir_frames *frames, char *text, size_t size);

#endif
