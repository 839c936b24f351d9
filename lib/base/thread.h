// SPDX-License-Identifier: BSD-3-Clause
//
// What a thread asks the system of itself, and what those of the library have in
// common.
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

// What a thread had had by a moment.
struct weir_reading {
	uint64_t tick;	    // of the moment; 0: nothing was read
	uint64_t width;	    // ticks that the reading took, up to then
	uint64_t cpu_ns;    // time on a CPU
	uint64_t waited_ns; // ready to run, but without a CPU
	uint64_t sleeps;    // how often it went to sleep in the kernel
	bool waits;	    // waited_ns is known: not every system tells
};

// weir_own_reading reads it all for the caller's thread: some five system calls.
void weir_own_reading(struct weir_reading *reading);

// weir_waited reads a file of the system, …/schedstat of a thread, for how long
// that thread was ready and waited, and how often it got a CPU. false: there is
// no such file.
bool weir_waited(const char *path, uint64_t *ns, uint64_t *turns);

// weir_own_sleeps answers how often the caller's thread went to sleep in the
// kernel: its voluntary context switches. Being stopped, or traced, is one too. A
// system call.
static inline uint64_t weir_own_sleeps(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw;
}

// weir_thread_quiet lets a thread that is created with attributes take no signal:
// those of the process are for the program's own threads, whatever their masks say
// later. SIGSYS stays open, since a thread that inherits a trap of system calls
// (watch/trap.h) is ended by the kernel where it is blocked.
void weir_thread_quiet(pthread_attr_t *attributes);

#endif
