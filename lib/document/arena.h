// SPDX-License-Identifier: BSD-3-Clause
//
// An arena gives pieces of memory that all go at once: what was read from one
// file lives as long as the file's config.
//
// Threads.  One.
#ifndef WEIR_DOCUMENT_ARENA_H
#define WEIR_DOCUMENT_ARENA_H

#include <stddef.h>

struct weir_arena_chunk;

struct weir_arena {
	struct weir_arena_chunk *chunks; // the newest first
};

// weir_arena_get gives size zeroed bytes, aligned for any type, or NULL.
void *weir_arena_get(struct weir_arena *arena, size_t size);

// weir_arena_copy gives a copy of size bytes of text and a '\0', or NULL.
char *weir_arena_copy(struct weir_arena *arena, const char *text, size_t size);

// weir_arena_fini frees all that was given. An arena of zeros is empty.
void weir_arena_fini(struct weir_arena *arena);

#endif
