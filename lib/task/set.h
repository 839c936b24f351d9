// SPDX-License-Identifier: BSD-3-Clause
//
// A set is waiting for very many things: for servers with thousands of channels.
//
//	queue ─ member ─╮ woken
//	queue ─ member ─┼──────▶ | may be ready | ──▶ weir_set_wait
//	queue ─ member ─╯◀──────  found not ready
//
// A select stands in all queues anew each time. The members of a set stay in
// theirs, and a wait looks only at those that were woken: its cost does not
// depend on how many are not ready (on the executor's own objects; what lives
// elsewhere is asked in turn, task/wait.h).
//
// Order.  Members that are ready are served in turn: one that stays ready is
// passed over at most once by each other member between two of its turns.
//
// A member that was granted something is taken at its word only for a turn: if
// the set's user is elsewhere by then, what it was granted goes to who waits
// behind, and the member looks again when the user comes.
//
// Threads.  Tasks of one executor; one waits at a time.
// Memory.  The caller's: the set, and a member for each case. Neither moves
// while it is in use.
#ifndef WEIR_TASK_SET_H
#define WEIR_TASK_SET_H

#include "task/executor.h"
#include "task/select.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// Touch it only through the functions.
struct weir_set {
	struct weir_step step; // gives grants back
	struct weir_executor *executor;
	struct weir_list ready; // members that may be, in order of service
	struct weir_list fresh; // those of them that were granted something
	struct weir_wait_queue user;
	unsigned count; // of members that are not disabled
};

// wait.result says how a member that was served went. The rest is the set's.
struct weir_member {
	struct weir_case wait;
	struct weir_list ready, fresh; // of the set
	struct weir_set *set;
	uint8_t phase;
};

// weir_set_open makes an empty set for the calling task's executor.
void weir_set_open(struct weir_set *set);

// weir_set_close ends an empty set. It may yield.
void weir_set_close(struct weir_set *set);

// weir_set_add makes c, which must not be disabled, a member.
void weir_set_add(
	struct weir_set *set, struct weir_member *member, struct weir_case c);

// weir_set_remove takes member out, also one that is disabled. It may yield.
void weir_set_remove(struct weir_member *member);

// weir_set_wait serves one member that is ready and answers 0; *served is it.
// -ETIMEDOUT and -ECANCELED as weir_select_until; -EPIPE when no member is left
// that is not disabled. One that has nothing more to come is served once with
// that result, and is disabled then; it stays until it is removed.
__attribute__((warn_unused_result)) int weir_set_wait(
	struct weir_set *set, struct weir_member **served, uint64_t deadline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
