// SPDX-License-Identifier: BSD-3-Clause
//
// The bytes of an input, read in large blocks through a window.
//
//	file, pipe or memory ──▶ | window | ──▶ need, skip
//
// Waiting.  What is not a regular file may have nothing yet: then waiting is
// called before the thread sleeps, and *quit, looked at some ten times a
// second, makes the input end where it is.
//
// Threads.  One at a time. quit may be set by any other.
// Memory.  open allocates the window; what need answers is valid until the
// next need.
#ifndef WEIR_DRIVERS_FILE_BYTES_H
#define WEIR_DRIVERS_FILE_BYTES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WEIR_BYTES_WINDOW (1u << 20)

struct weir_bytes {
	int fd; // -1: memory
	bool regular;
	bool borrowed; // the window is the caller's memory
	int error;     // -errno of a read that failed, else 0
	uint8_t *window;
	size_t begin, end; // what lies in the window
	uint64_t offset;   // of window[begin] in the input
	uint64_t size;	   // of a regular file or memory, else 0
	const bool *quit;  // borrowed; NULL: never
	void (*waiting)(void *arg);
	void *waiting_arg;
};

// weir_bytes_open opens path, "-" for standard input. The sentence in e begins
// with who.
int weir_bytes_open(struct weir_bytes *bytes, const char *who, const char *path,
	struct weir_error *e);

// weir_bytes_memory reads size bytes at data, which it borrows.
void weir_bytes_memory(
	struct weir_bytes *bytes, const uint8_t *data, size_t size);

// weir_bytes_need answers where the next size bytes lie, one after another, or
// NULL when the input ends before, or failed (error). size is at most
// WEIR_BYTES_WINDOW.
const uint8_t *weir_bytes_need(struct weir_bytes *bytes, size_t size);

// weir_bytes_left answers how many bytes lie in the window.
static inline size_t weir_bytes_left(const struct weir_bytes *bytes)
{
	return bytes->end - bytes->begin;
}

// weir_bytes_skip goes size bytes on; false when the input ends before.
bool weir_bytes_skip(struct weir_bytes *bytes, uint64_t size);

// weir_bytes_stream makes a stream of what has not been skipped, for libpcap,
// which closes it. The window must not be used after.
FILE *weir_bytes_stream(struct weir_bytes *bytes);

void weir_bytes_close(struct weir_bytes *bytes);

#endif
