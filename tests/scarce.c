// SPDX-License-Identifier: BSD-3-Clause
#include "scarce.h"

#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned left; // until one fails; 0: none does
static bool failed;

void scarce_from(unsigned number)
{
	left = number;
	failed = false;
}

bool scarce_end(void)
{
	left = 0;
	return failed;
}

static bool ends(void)
{
	if (left == 0 || --left > 0)
		return false;
	errno = ENOMEM;
	return failed = true;
}

// The linker leads calls of each to __wrap_, and __real_ to the library's.
#define STANDS_BEFORE(type, name, parameters, arguments, none)    \
	type __real_##name parameters;                            \
	type __wrap_##name parameters;                            \
	type __wrap_##name parameters                             \
	{                                                         \
		return ends() ? (none) : __real_##name arguments; \
	}

STANDS_BEFORE(void *, malloc, (size_t size), (size), NULL)
STANDS_BEFORE(void *, calloc, (size_t count, size_t size), (count, size), NULL)
STANDS_BEFORE(
	void *, realloc, (void *memory, size_t size), (memory, size), NULL)
STANDS_BEFORE(void *, aligned_alloc, (size_t to, size_t size), (to, size), NULL)
STANDS_BEFORE(char *, strdup, (const char *text), (text), NULL)
STANDS_BEFORE(
	char *, strndup, (const char *text, size_t size), (text, size), NULL)
STANDS_BEFORE(void *, mmap64,
	(void *at, size_t size, int may, int flags, int file, off_t from),
	(at, size, may, flags, file, from), MAP_FAILED)
STANDS_BEFORE(void *, rte_zmalloc_socket,
	(const char *name, size_t size, unsigned to, int node),
	(name, size, to, node), NULL)
