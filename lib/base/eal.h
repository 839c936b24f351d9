// SPDX-License-Identifier: BSD-3-Clause
//
// The one file of lib that calls EAL: start it, find its lcores, launch on
// them, end it. The rest of lib runs with or without EAL.
//
// EAL can be started once in a process and must not be forked after.
//
// Threads.  All from the thread that called weir_eal_open, which becomes EAL's
// main lcore (id 0).
#ifndef WEIR_BASE_EAL_H
#define WEIR_BASE_EAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_EAL_LCORES_MAX 64

struct weir_eal_options {
	uint64_t memory_size; // bytes for EAL's heap; 0: 64 MiB
	bool no_huge;	      // software ports only: ordinary pages
	bool shared;	      // hugepages that a vhost's other side can map
	unsigned lcore_count; // lcore ids 1..lcore_count
	unsigned lcore_cpu
		[WEIR_EAL_LCORES_MAX]; // CPU of lcore id i + 1; several
				       // may name one CPU
	unsigned main_cpu;	       // CPU of the main lcore, id 0
	const char *const
		*pci; // PCI addresses to probe, NULL-ended; NULL: none
	const char *const *args; // further EAL arguments, NULL-ended; or NULL
};

// weir_eal_open starts EAL. Answers 0 or -errno with the sentence in e. A
// second call in one process answers -EALREADY.
int weir_eal_open(const struct weir_eal_options *options, struct weir_error *e);

// weir_eal_is_open tells whether EAL runs in this process (started here or by
// the program that embeds us).
bool weir_eal_is_open(void);

// weir_eal_launch runs fn(arg) on lcore id; it returns at once.
int weir_eal_launch(
	unsigned id, int (*fn)(void *arg), void *arg, struct weir_error *e);

// weir_eal_join waits until what was launched on lcore id has returned, and
// answers what it returned.
int weir_eal_join(unsigned id);

// weir_eal_page_size answers the size in bytes of the pages under EAL's heap.
size_t weir_eal_page_size(void);

// weir_eal_version answers DPDK's version, "DPDK 22.11.11".
const char *weir_eal_version(void);

// weir_eal_close ends EAL; what was allocated from it is gone.
void weir_eal_close(void);

#endif
