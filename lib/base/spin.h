// SPDX-License-Identifier: BSD-3-Clause
//
// A spin lock for a few instructions between executors that own their CPUs: it
// is taken in the order in which it was asked for, and who waits burns its CPU.
// For all else there is sync/sync.h, and first of all a message.
//
// It must not be held over a wait, a yield or the end of a step: whoever spins
// for it then stops its whole executor, and if it is the same executor, for
// ever. Checked builds keep the stack of each taking and abort at such a wait,
// with both stacks. Not for threads that share a CPU: who spins for one that was
// preempted spins until the system lets it go on (after a while it offers the
// CPU to others).
//
// Threads.  Any.
// Memory.  The caller's; all zero is a free lock.
// Ordering.  Who takes it sees what was written before the release before.
#ifndef WEIR_BASE_SPIN_H
#define WEIR_BASE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// Touch it only through the functions. Both count takings, modulo 2^32.
struct weir_spin {
	uint32_t next;	  // the number of who asks next
	uint32_t serving; // the number of who has it
};

// weir_spin_init makes it free.
void weir_spin_init(struct weir_spin *spin);

// weir_spin_lock spins until the caller has it.
void weir_spin_lock(struct weir_spin *spin);

// weir_spin_try_lock takes it if nobody has it or asks for it.
__attribute__((warn_unused_result)) bool weir_spin_try_lock(
	struct weir_spin *spin);

// weir_spin_unlock hands it to who has asked for longest.
void weir_spin_unlock(struct weir_spin *spin);

// weir_spin_none_held aborts with both stacks when the calling thread holds one;
// doing ends the sentence "a task … with a spin lock held". Checked builds only:
// else nothing is known.
void weir_spin_none_held(const char *doing);

#ifdef WEIR_DEBUG
#define weir_spin_debug_none_held(doing) weir_spin_none_held(doing)
#else
#define weir_spin_debug_none_held(doing) ((void)0)
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
