// SPDX-License-Identifier: BSD-3-Clause
//
// A process whose memory is read from outside, or this one: it does not stop, does
// not know, and pays nothing. What is copied may change meanwhile; who reads finds
// out whether it did.
//
// Threads.  Any.
#ifndef WEIR_WATCH_PROCESS_H
#define WEIR_WATCH_PROCESS_H

#include "base/error.h"
#include "task/map.h"

#include <stddef.h>
#include <stdint.h>

// weir_process_read copies size bytes from address on. Answers how many it got:
// fewer where the memory ends, or -errno (-ESRCH, -EPERM, -EFAULT).
ptrdiff_t weir_process_read(int pid, uint64_t address, void *to, size_t size);

#define WEIR_TASK_SIZE_MAX 8192	   // that we believe
#define WEIR_STEPPER_SIZE_MAX 1024 // and of a stepper

// weir_process_map finds the map (task/map.h) of the executors of process pid:
// what it leads to in a task, or in a stepper, lies in it, and its size is believed.
// Answers 0; -ESRCH: no such process; -EPERM: it may not be read; -ENOENT: it
// has no weir in it; -EPROTO: that of another version, or a damaged one; with
// the sentence in e.
int weir_process_map(int pid, struct weir_map *map, struct weir_error *e);

// weir_process_build_id copies the build ID of the file that is mapped at start,
// and answers its size; 0: it has none that fits.
size_t weir_process_build_id(int pid, uint64_t start, void *id, size_t size);

// weir_process_strangers answers how many threads process pid has beside count known
// ones, and beside those that by their names are this library's or DPDK's own.
unsigned weir_process_strangers(int pid, const int *known, unsigned count);

// weir_process_refuse says why process pid could not be read (err, a -errno), and
// answers err.
int weir_process_refuse(int pid, int err, struct weir_error *e);

#endif
