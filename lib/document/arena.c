// SPDX-License-Identifier: BSD-3-Clause
#include "document/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 16384

struct weir_arena_chunk {
	struct weir_arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct weir_arena_chunk *chunk_add(struct weir_arena *arena, size_t size)
{
	struct weir_arena_chunk *chunk;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *weir_arena_get(struct weir_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct weir_arena_chunk *chunk = arena->chunks;
	void *given;

	size = (size + align - 1) / align * align;
	if (!chunk || chunk->size - chunk->used < size)
		chunk = chunk_add(arena, size);
	if (!chunk)
		return NULL;
	given = chunk->bytes + chunk->used;
	chunk->used += size;
	return given;
}

char *weir_arena_copy(struct weir_arena *arena, const char *text, size_t size)
{
	char *copy = weir_arena_get(arena, size + 1);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void weir_arena_fini(struct weir_arena *arena)
{
	struct weir_arena_chunk *next;

	for (struct weir_arena_chunk *c = arena->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	arena->chunks = NULL;
}
