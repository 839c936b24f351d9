// SPDX-License-Identifier: BSD-3-Clause
//
// A contract says how long a step of a class may take: of a stage, or of tasks
// that a program spawns with it. Every step counts, none is sampled.
//
//	struct weir_contract *contract;
//	weir_contract_create(&contract, "parser", 200000, &error);
//	weir_spawn_with(&scope, NULL, parse, arg,
//		&(struct weir_spawn_options){
//			.steps = weir_contract_steps(contract)});
//	…
//	return weir_contract_report(stdout, 0);
//
// A step beyond its limit is over, and has one of these findings, which never
// mix:
//
//	blocked task   the task, or the kernel, itself worked so long
//	blocking call  it slept in the kernel
//	stolen core    the machine took the core: another thread, a stopped
//	               process, the hypervisor
//	not witnessed  it was over before anyone looked, and this machine does
//	               not tell whose time it was
//
// over = blocked + blocking + stolen + not witnessed, exactly. The first two
// break a contract, but for calls where calls may be made: on a thread of a pipeline,
// or where a port must make some. The last does where WEIR_CONTRACT_STRICT is asked for.
//
// Findings are the watchdog's (watch/watchdog.h): without one, what is over is
// not witnessed.
//
// Threads.  create, destroy, read and report: any thread that may sleep.
// Steps are recorded by one executor at a time: tasks of one class on several
// executors want a contract for each; they may have the same name.
// Memory.  create allocates.
#ifndef WEIR_WATCH_CONTRACT_H
#define WEIR_WATCH_CONTRACT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_contract;
struct weir_histogram;

// weir_contract_create makes the contract of the class name (copied, 47
// characters), a step of which may take max_exec_ns; 0: as long as it likes.
// Answers 0 or -ENOMEM.
int weir_contract_create(struct weir_contract **contract, const char *name,
	uint64_t max_exec_ns, struct weir_error *e);

// weir_contract_steps answers where the steps of the class are recorded, for
// struct weir_spawn_options and weir_step_init. It is the contract's.
struct weir_histogram *weir_contract_steps(struct weir_contract *contract);

// weir_contract_destroy forgets the class: no task of it may live any more. NULL
// is harmless.
void weir_contract_destroy(struct weir_contract *contract);

#define WEIR_CONTRACT_STRICT 1u // what nobody witnessed breaks it, too

// What is known of a class.
struct weir_contract_state {
	const char *name; // the contract's
	uint64_t limit_ns;
	uint64_t steps, worst_ns; // worst: of those that go on, too
	uint64_t over; // steps beyond the limit: the sum of these four
	uint64_t blocked, blocking, stolen, unwitnessed;
	uint64_t unended; // of blocked and blocking, those that go on
	uint64_t excused; // of blocking, those where calls may be made
	bool broken;
};

// weir_contract_read looks at one; flags: WEIR_CONTRACT_STRICT or 0. Exact when
// its executor is at rest.
void weir_contract_read(struct weir_contract *contract, unsigned flags,
	struct weir_contract_state *state);

// weir_contract_report writes the verdict on all contracts of the process that
// were made with weir_contract_create: "held for N steps, worst W in S", or who
// broke it, how often, and with which stacks; and, as remarks, what is worth a look
// in the tasks of the process (docs/tasks.md), those that have ended included.
// Answers 0, or 1 if a contract is broken: an exit code.
int weir_contract_report(FILE *to, unsigned flags);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
