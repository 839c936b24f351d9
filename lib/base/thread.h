// SPDX-License-Identifier: BSD-3-Clause
//
// What a thread asks the system of itself.
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

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

#endif
