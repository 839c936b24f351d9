// SPDX-License-Identifier: BSD-3-Clause
//
// Code tells which addresses of this process a call may return to. Frames that
// were taken by frame pointers (watch/stack.h) may hold others: code that has none,
// as the C library, uses that register for what it likes.
//
// Threads.  One at a time. It reads files and allocates: never on a polling core,
// never in a signal handler.
// Memory.  create allocates, destroy frees all.
#ifndef WEIR_WATCH_CODE_H
#define WEIR_WATCH_CODE_H

#include "watch/stack.h"

#include <stdbool.h>

struct weir_code;

// weir_code_create reads what is mapped as code now. NULL where that cannot be
// read, or memory has ended.
struct weir_code *weir_code_create(void);

// weir_code_returns tells whether there is code at address, and a call before it.
bool weir_code_returns(const struct weir_code *code, uintptr_t address);

// weir_code_cut ends frames before the first return address that is none: what
// lies beyond was found by a chain that was none. Without code (NULL) they stay.
void weir_code_cut(const struct weir_code *code, struct weir_frames *frames);

// weir_code_destroy frees it; NULL is harmless.
void weir_code_destroy(struct weir_code *code);

#endif
