// SPDX-License-Identifier: BSD-3-Clause
//
// A bell wakes a thread that sleeps in the kernel: an executor that sleeps when
// it has nothing to do, or a thread that blocks on a channel.
//
//	who acts ── ring ──▶ | armed? | ── system call ──▶ who sleeps
//	                          └── asked ──▶ keeper ── system call ──▶
//
// An executor that polls makes no system call to wake somebody (it costs some
// 10 µs): it only says that the bell is to be rung, and a keeper, a thread that
// exists while there are bells, rings it within WEIR_BELL_PERIOD_NS and what the
// system takes to run the keeper. Everybody else rings the bell itself. Where no
// executor polls, the keeper sleeps however many bells are armed.
//
// Who sleeps arms the bell, looks once more whether there is something to do,
// and only then sleeps. Who acts does what it does and then, behind a full
// fence, looks whether the bell is armed. So one of the two sees the other.
//
// Threads.  ring: any, signal handlers too. The rest: who sleeps.
// Memory.  Bells are never freed, only used again: who rings one whose sleeper
// has gone wakes somebody else for nothing. There are WEIR_BELLS.
// Ordering.  "the bell" in chan/parking.h.
#ifndef WEIR_TASK_BELL_H
#define WEIR_TASK_BELL_H

#include <stdbool.h>
#include <stdint.h>

#define WEIR_BELLS 256
#define WEIR_BELL_PERIOD_NS 50000

struct weir_bell;

// weir_bell_get answers a bell for one sleeper; NULL when there is none left or
// its keeper cannot be started.
struct weir_bell *weir_bell_get(void);

// weir_bell_put gives it back; NULL is harmless.
void weir_bell_put(struct weir_bell *bell);

// weir_bell_of_thread answers the calling thread's own, which it has until it
// ends; NULL as above.
struct weir_bell *weir_bell_of_thread(void);

// weir_bell_other_threads tells whether the process may have threads besides the
// caller's and the keeper.
bool weir_bell_other_threads(void);

// weir_bell_arm says that the caller is about to sleep. A full fence.
void weir_bell_arm(struct weir_bell *bell);

// weir_bell_disarm says that it does not, or no longer.
void weir_bell_disarm(struct weir_bell *bell);

// weir_bell_sleep sleeps until the armed bell was rung, the tick (of the real
// clock) has come, or for no reason.
void weir_bell_sleep(struct weir_bell *bell, uint64_t until);

// weir_bell_patience answers for how many nanoseconds an armed bell may be slept
// on, until the tick: WEIR_NEVER if for ever, 0 if the tick has come. It is for
// who sleeps on the bell's descriptor.
uint64_t weir_bell_patience(uint64_t until);

// weir_bell_descriptor makes ringing write to an eventfd in place of waking
// weir_bell_sleep, until the bell is put, and answers it, or -errno. It stays the
// bell's, open for as long as the process lives: who rings late must not write
// to what has its number by then. Nobody has to read it.
int weir_bell_descriptor(struct weir_bell *bell);

// weir_bell_askers says that so many executors more, or less, are there which
// make no system calls and ask the keeper.
void weir_bell_askers(int change);

// weir_bell_ring wakes who sleeps, if somebody does; the caller has put a full
// fence between what it did and this.
void weir_bell_ring(struct weir_bell *bell);

// weir_bell_may_fence tells whether the system offers weir_bell_fence_others.
// The first call asks the system.
bool weir_bell_may_fence(void);

// weir_bell_fence_others puts a full fence into each other thread of the process:
// a system call of some microseconds, and an interrupt where they run. Where the
// system refuses in spite of what may_fence said, no sleep is longer than
// WEIR_BELL_NAP_NS from then on.
void weir_bell_fence_others(void);
#define WEIR_BELL_NAP_NS 1000000

#endif
