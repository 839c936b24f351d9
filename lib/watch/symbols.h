// SPDX-License-Identifier: BSD-3-Clause
//
// Symbols make names of addresses of code: of this process or of another one,
// of what it loaded while it ran too. Static functions are found where the
// file has a symbol table, files and lines where it has debug information (or
// the system has it, under its build ID). Nothing is asked of the network.
//
// Threads.  One at a time for each struct weir_symbols. It reads files and
// allocates: never on a polling core, never in a signal handler.
// Memory.  close frees all.
#ifndef WEIR_WATCH_SYMBOLS_H
#define WEIR_WATCH_SYMBOLS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct weir_symbols;

// weir_symbols_open reads what process pid (0: this one) has mapped. Answers 0,
// -ESRCH when there is no such process, -EACCES when it is not ours to look at,
// -ENOMEM; with the sentence in e.
int weir_symbols_open(
	struct weir_symbols **symbols, int pid, struct weir_error *e);

// weir_symbols_name writes what lies at address, cut to size:
//
//	spin at mine.c:17           with debug information
//	spin (libmine.so+0x1234)    with a symbol; the offset is addr2line's
//	0x7f12345678 (libmine.so+0x1234)
//	0x7f12345678                nothing is known
//
// Of an address to return to, ask for the byte before it: the call may be the
// last instruction of its function. What was loaded since open is found too.
void weir_symbols_name(struct weir_symbols *symbols, uintptr_t address,
	char *text, size_t size);

// weir_symbols_close frees them; NULL is harmless.
void weir_symbols_close(struct weir_symbols *symbols);

#endif
