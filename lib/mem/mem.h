// SPDX-License-Identifier: BSD-3-Clause
//
// Memory near a NUMA node: from EAL's heap where EAL runs, through libnuma
// where it does not. Allocated at set-up only; nothing on a polling core calls
// this.
//
// Threads.  Any thread that may sleep; not an lcore that runs.
#ifndef WEIR_MEM_MEM_H
#define WEIR_MEM_MEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_NODE_ANY (-1)

// weir_mem_create allocates size zeroed bytes, aligned to a cache line, on
// node (or WEIR_NODE_ANY: that of the calling thread). NULL when there is not
// enough. The caller owns it and gives it back with weir_mem_destroy.
void *weir_mem_create(size_t size, int node);

// weir_mem_destroy gives back what weir_mem_create gave; NULL is harmless.
// What was created while EAL ran goes before EAL ends.
void weir_mem_destroy(void *memory);

// weir_mem_node_of_cpu answers the NUMA node of a CPU, 0 where there is one
// node only.
int weir_mem_node_of_cpu(unsigned cpu);

// weir_mem_forbid makes weir_mem_create on this thread abort (in builds with
// WEIR_DEBUG) until it is called with 0: lcores call it when they begin to
// poll.
void weir_mem_forbid(int forbid);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
