// SPDX-License-Identifier: BSD-3-Clause
//
// The watchdog is a thread that watches all executors of the process, each while
// weir_executor_run is on it, and finds out what became of every step that was
// beyond its limit (watch/contract.h).
//
// A step that goes on is looked at from its limit on. It is a blocked task when
// several looks, one after the other, found the core at it: by 1.5 × its limit and
// 1 ms, on a machine that gives the watchdog its own CPU when it wakes. It need
// not end for that. A step that has ended is judged by the CPU time that its
// thread had.
//
// It costs executors nothing until one is beyond a limit, and its own CPU a few
// microseconds at each wake: a thousand a second, up to five thousand for limits
// below 1 ms, ten where no class has a limit.
//
// What it says of a step that does not end is said by a thread that lives for
// that alone, and under no lock: nobody ever waits for standard error.
//
// Threads.  Any that may sleep.
// Memory.  start allocates, and the watchdog for executors that are new.
#ifndef WEIR_WATCH_WATCHDOG_H
#define WEIR_WATCH_WATCHDOG_H

#include "base/error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// weir_watchdog_start starts it on that CPU, -1: on any, or counts one more user
// of the one that runs. It catches the signal SIGRTMIN + 6, which executors that
// are run from then on let through; an earlier one whose thread blocks it is told
// of when a step of it was too long. Answers 0, -EBUSY where the program handles
// that signal, or -errno.
int weir_watchdog_start(int cpu, struct weir_error *e);

// weir_watchdog_stop ends it when its last user has called it; what executors
// wrote down before is judged. Once for each start that answered 0; who starts it
// meanwhile starts the next one.
void weir_watchdog_stop(void);

// weir_watchdog_settle judges all that executors have written down by now: before
// a report is made of those that have stopped. Harmless where none runs.
void weir_watchdog_settle(void);

struct weir_executor;

// weir_watchdog_sleeps answers how often the thread of an executor that polls went
// to sleep in the kernel, in the runs that have ended: never, if all is well. Stops
// are left out, and executors whose ports make system calls.
uint64_t weir_watchdog_sleeps(const struct weir_executor *executor);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
