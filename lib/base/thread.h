// SPDX-License-Identifier: BSD-3-Clause
//
// What a thread asks the system of itself, and what those of the library have in
// common.
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

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
static inline void weir_thread_quiet(pthread_attr_t *attributes)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_attr_setsigmask_np(attributes, &all);
}

#endif
