// SPDX-License-Identifier: BSD-3-Clause
//
// Symbols are the names of addresses in a process.
//
// Threads.  One at a time; not on a polling path.
#ifndef WEIR_WATCH_SYMBOLS_H
#define WEIR_WATCH_SYMBOLS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct weir_symbols;

// weir_symbols_open prepares to name addresses of process pid; 0: of this one.
int weir_symbols_open(
	struct weir_symbols **symbols, int pid, struct weir_error *e);

// weir_symbols_name writes what an address is called: "spin (libmine.so+0x12)",
// at worst the address. It never fails.
void weir_symbols_name(struct weir_symbols *symbols, uintptr_t address,
	char *text, size_t size);

// weir_symbols_close frees it. NULL is harmless.
void weir_symbols_close(struct weir_symbols *symbols);

#endif
