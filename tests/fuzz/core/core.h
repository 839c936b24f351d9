// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of tests/fuzz/core_fuzz.c: objects, each with its verbs and the
// plainest model of it.
//
//	3 bytes ─▶ verb, a, b ─┬─▶ now: plain code between two turns
//	                       └─▶ an op: a task in a scope of its own, which may
//	                           wait, with a deadline, here or elsewhere
//
// Each answer must be one that the model allows; who waits when all has come to
// rest waits with reason; at the end all is given back.
#ifndef TESTS_FUZZ_CORE_CORE_H
#define TESTS_FUZZ_CORE_CORE_H

#include "task/executor.h"
#include "task/join.h"
#include "task/select.h"
#include "task/stepper.h"
#include "task/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXECUTORS 3
#define OPS 12

// claim is an assert that stays, and may look at what only it needs.
#define claim(x) ((x) ? (void)0 : fuzz_fail(#x, __FILE__, __LINE__))

_Noreturn void fuzz_fail(const char *what, const char *file, int line);

struct op;

// What a sequence can say. now is done at once; the others make an op: begin
// takes what it needs from the models, false where that is not to be had; run
// is the task; waits tells, at rest, whether it has reason to.
struct verb {
	const char *name;
	void (*now)(uint8_t a, uint8_t b);
	bool (*begin)(struct op *op);
	void (*run)(struct op *op);
	bool (*waits)(const struct op *op);
	bool stays; // though it be cancelled, until the object lets it go
};

struct object {
	const char *name;
	const struct verb *verbs;
	unsigned count;	      // of them
	void (*init)(void);   // once
	void (*close)(void);  // all ops have ended: give all back
	void (*let_go)(void); // all were cancelled: end what some stay for
};

extern const struct object fuzz_tasks, fuzz_times, fuzz_channels, fuzz_permits,
	fuzz_oneshots, fuzz_broadcasts, fuzz_latests, fuzz_lines, fuzz_groups,
	fuzz_asks, fuzz_branches;

#define BRANCHES 4

// One of several that an op waits for: a case of an object.
struct branch {
	const struct branch_kind *kind;
	void *object;
	unsigned end;
	uint64_t message;
	uint64_t tick;
	void *request;
};

// claim_it takes it for op, of the object that pick says; served is told the
// result of the case; give_back follows, served or not; blocked tells, at rest,
// whether it has reason not to be ready.
struct branch_kind {
	bool (*claim_it)(struct op *op, struct branch *branch, unsigned pick);
	struct weir_case (*make)(struct branch *branch);
	void (*served)(struct op *op, struct branch *branch, int result);
	void (*give_back)(struct branch *branch);
	bool (*blocked)(const struct branch *branch);
	bool for_tasks; // not for steppers
};

extern const struct branch_kind fuzz_recv_branch, fuzz_send_branch,
	fuzz_oneshot_branch, fuzz_broadcast_branch, fuzz_latest_branch,
	fuzz_mutex_branch, fuzz_semaphore_branch, fuzz_event_branch;

struct op {
	bool used, running, canceled;
	const struct verb *verb;
	uint8_t a, b;
	void *object; // of the verb
	unsigned end, count;
	uint64_t deadline;
	bool asleep; // it holds something until the tick wakes
	uint64_t wakes;
	struct weir_executor *home, *where; // of its scope, of its task
	struct weir_scope scope;
	bool scope_open;
	struct weir_join join;
	struct branch branches[BRANCHES];
	unsigned branch_count;
	bool steps; // it is a stepper, not a task
	struct weir_stepper stepper;
};

extern struct weir_executor *fuzz_on[EXECUTORS];
extern uint64_t fuzz_now;

// fuzz_due tells whether tick is there; fuzz_deadline makes one of a byte, or
// never.
bool fuzz_due(uint64_t tick);
uint64_t fuzz_deadline(uint8_t b);

// fuzz_allowed claims that a wait of op may answer so, whatever it waited for.
void fuzz_allowed(const struct op *op, int answer);

// fuzz_hold lets some time pass while op holds something.
void fuzz_hold(struct op *op);

// fuzz_start starts an op, if there is a free one, and what it needs.
void fuzz_start(const struct verb *verb, uint8_t a, uint8_t b);

// fuzz_init is for the first run, fuzz_settle turns until all is at rest,
// fuzz_check_waiters claims reasons, fuzz_cancel_all cancels all ops, and
// fuzz_check_ended claims that none is left.
void fuzz_init(void);
void fuzz_settle(void);
void fuzz_check_waiters(void);
void fuzz_cancel_all(void);
void fuzz_check_ended(void);

#endif
