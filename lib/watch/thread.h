// SPDX-License-Identifier: BSD-3-Clause
//
// What the system tells of a thread of this process to whoever looks from another
// thread.
//
// Threads.  Any that may sleep: all of these are system calls.
#ifndef WEIR_WATCH_THREAD_H
#define WEIR_WATCH_THREAD_H

#include <stdbool.h>
#include <stdint.h>

// weir_thread_cpu answers the CPU time that thread tid has had, in nanoseconds;
// false when there is no such thread.
bool weir_thread_cpu(int tid, uint64_t *ns);

// weir_thread_waited answers for how long it was ready and waited for a CPU, and
// how often it got one; false where the system does not tell.
bool weir_thread_waited(int tid, uint64_t *ns, uint64_t *turns);

// weir_thread_sleeps answers how often it went to sleep in the kernel: its
// voluntary context switches. Being stopped, or traced, is one too. false when
// that is not known.
bool weir_thread_sleeps(int tid, uint64_t *count);

// weir_thread_is_asleep tells whether thread tid of process pid (0: this one)
// sleeps in the kernel now, and in which system call; -1: not known.
bool weir_thread_is_asleep(int pid, int tid, long *call);

// weir_call_name answers the name of a system call that sleeps or is common,
// NULL for another.
const char *weir_call_name(long call);

#endif
