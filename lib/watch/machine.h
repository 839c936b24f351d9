// SPDX-License-Identifier: BSD-3-Clause
//
// Whose the CPU time of a thread is on this machine: what its host and interrupts take
// may be in it, and then it proves nothing.
//
// Threads.  Any that may sleep.
#ifndef WEIR_WATCH_MACHINE_H
#define WEIR_WATCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// weir_machine_accounts tells whether the CPU time of a thread is its own. The system
// says so (x86 without a hypervisor, or a host that has told some steal), and no gap
// denies it that a loop of WEIR_MACHINE_LOOK_NS runs into, the first time it is
// asked: a time that was gone and was charged all the same.
bool weir_machine_accounts(void);
#define WEIR_MACHINE_LOOK_NS 5000000

// weir_machine_robs tells whether a host takes time that CPU time leaves out: a
// thread may then be off its CPU without sleeping or waiting.
bool weir_machine_robs(void);

// A moment of a loop that does nothing but read clocks.
struct weir_machine_moment {
	uint64_t ns;	   // of the machine's clock
	uint64_t cpu_ns;   // that the thread had had
	uint64_t switches; // how often it had left its CPU
};

// weir_machine_denies tells whether between two of count moments time was gone for
// long, without a switch, and the thread was charged for it.
bool weir_machine_denies(
	const struct weir_machine_moment *moments, size_t count);

#endif
