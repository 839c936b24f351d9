// SPDX-License-Identifier: BSD-3-Clause
//
// What a process has in memory, word by word: all that it may write to, but for what
// is left out, and for what lies behind the end of a thread's stack.
//
// Nothing is stopped: a word that is moved while one looks may be seen twice, or not
// at all.
//
// Threads.  One at a time. Allocates and makes system calls.
#ifndef WEIR_WATCH_MEMORY_H
#define WEIR_WATCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_memory;

// weir_memory_look is given count words, and may read two more: what lies behind
// them. false: it has seen enough.
typedef bool weir_memory_look(void *arg, const uint64_t *words, size_t count);

// weir_memory_open answers the memory of process pid (it may be this one), NULL
// without any for itself.
struct weir_memory *weir_memory_open(int pid);

// weir_memory_leave_out leaves low..high out of what weir_memory_all looks at;
// weir_memory_end says that the stack that sp points into is in use from there on
// only. false: no memory.
bool weir_memory_leave_out(
	struct weir_memory *memory, uint64_t low, uint64_t high);
bool weir_memory_end(struct weir_memory *memory, uint64_t sp);

// weir_memory_ends is weir_memory_end for each thread that sleeps in the kernel.
bool weir_memory_ends(struct weir_memory *memory);

// weir_memory_part looks at low..high, whatever is left out; weir_memory_all at all
// else. false: not all of it could be read.
bool weir_memory_part(struct weir_memory *memory, uint64_t low, uint64_t high,
	weir_memory_look *look, void *arg);
bool weir_memory_all(
	struct weir_memory *memory, weir_memory_look *look, void *arg);

// weir_memory_close frees it; NULL is harmless.
void weir_memory_close(struct weir_memory *memory);

#endif
