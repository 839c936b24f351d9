// SPDX-License-Identifier: BSD-3-Clause
//
// How a task waits, below channels, locks and descriptors.
//
// A wait queue holds the tasks of one executor that wait for one thing, in
// FIFO order. Who makes the thing true on the same executor wakes: that is a
// push. A watch is for what is made true elsewhere: the executor asks it each
// turn (hot) or each few turns (cold), the other side does nothing, and no
// wakeup can be lost: that is a pull.
//
// Waking is a hint: a woken task looks again and may have to wait again, at the
// front.
//
// What stands in a queue is a node. A task has one of its own for the plain
// wait; one that waits for several things at once (task/select.h) has one in
// each queue, and the first that is woken takes the others out.
//
// Threads.  The executor's own, throughout.
// Memory.  The caller's.
#ifndef WEIR_TASK_WAIT_H
#define WEIR_TASK_WAIT_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;
struct weir_task;

// Who has of it what one waits for, for people. Where several take, the latest.
struct weir_wait_hold {
	const struct weir_task *task; // NULL: no task
	uint64_t began;		      // tells it from a later task in its place
	uint64_t since;		      // the tick at which it took some
	uint32_t count;		      // that are out, of all who took
	bool bound;		      // nobody else can give it back
};

// The handles by which alone somebody can end what one waits for: each begins with
// the words first and second and has mark in the highest 16 bits of the third,
// wherever it lies in memory. So who looks through that finds out whether there is
// one yet. Of *all handles *these and *those are counted; where there are more,
// others may become such.
struct weir_wait_handles {
	const void *first, *second;
	uint64_t mark;
	const uint32_t *all, *these, *those;
};

// What one waits for in a queue, for people: a kind, as a phrase that follows
// "waits for" ("the mutex"), the name of the object, or NULL, and who holds it, and
// by which handles it comes, or NULL where that is not known. All must stay where
// they are as long as the queue.
struct weir_wait_what {
	const char *kind;
	const char *name;
	const struct weir_wait_hold *hold;
	const struct weir_wait_handles *handles;
};

struct weir_wait_queue {
	struct weir_list waiters;	   // nodes, by since
	const struct weir_wait_what *what; // NULL: not said
};

// A node stands in at most one queue. woken is called when it was woken, and is
// no longer in it: to make someone runnable, no more. It wakes nobody else in
// that queue.
struct weir_wait_node {
	struct weir_list link;
	uint64_t since; // when it came, in waits of its executor
	void (*woken)(struct weir_wait_node *node);
};

// weir_wait_queue_init makes it empty.
void weir_wait_queue_init(struct weir_wait_queue *queue);

// weir_wait_queue_says makes it empty, and says what one waits for in it: it
// borrows what. That is what 'weir tasks' shows.
void weir_wait_queue_says(
	struct weir_wait_queue *queue, const struct weir_wait_what *what);

// weir_wait_queue_empty tells whether nobody waits.
static inline bool weir_wait_queue_empty(const struct weir_wait_queue *queue)
{
	return weir_list_empty(&queue->waiters);
}

// AGAIN is for who was there before: behind those that came before it did.
enum weir_wait_place { WEIR_WAIT_BACK, WEIR_WAIT_FRONT, WEIR_WAIT_AGAIN };

// weir_wait parks the calling task in queue until it is woken, the deadline
// (an absolute tick, or WEIR_NEVER) has come, or it is cancelled. Answers 0,
// -ETIMEDOUT or -ECANCELED. A task that was woken answers 0 even if it is
// cancelled or its deadline comes in the same turn: the wakeup is not lost. A
// cancelled task does not park. A waiter that comes back for what another took
// waits at the FRONT.
__attribute__((warn_unused_result)) int weir_wait(struct weir_wait_queue *queue,
	uint64_t deadline, enum weir_wait_place place);

// weir_wait_enlist puts node, which stands nowhere, in queue: what a wait of
// one's own making begins with.
void weir_wait_enlist(struct weir_executor *executor,
	struct weir_wait_queue *queue, struct weir_wait_node *node,
	enum weir_wait_place place);

// weir_wake wakes the first waiter; false when there is none.
bool weir_wake(struct weir_wait_queue *queue);

// weir_wake_all wakes all; answers how many.
unsigned weir_wake_all(struct weir_wait_queue *queue);

// A watch asks ready(watch) on behalf of the waiters in queue and wakes as many
// as ready answers (0: none). It is hot while that was so lately, and asked each
// turn, unless there are more than WEIR_TURN_HOT; asked WEIR_WATCH_COLD times in
// vain it is cold, and asked in turn with the other cold ones. ready only looks: it wakes no one, and starts and stops
// no watch. Before an executor sleeps it asks each once more, WEIR_TURN_HOT a turn.
#define WEIR_WATCH_COLD 1024

struct weir_watch {
	struct weir_list link; // of the executor
	struct weir_wait_queue queue;
	unsigned (*ready)(struct weir_watch *watch);
	// unwoken, unless it is NULL, is told how many fewer were woken than
	// ready answered: one that was woken took others out of the queue.
	void (*unwoken)(struct weir_watch *watch, unsigned count);
	uint32_t missed; // times asked since ready last answered more than 0
	uint32_t pass;	 // of the executor's, in which it was asked last
};

// weir_watch_init prepares a watch that asks ready.
void weir_watch_init(
	struct weir_watch *watch, unsigned (*ready)(struct weir_watch *watch));

// weir_watch_start makes executor ask from the next turn on; no effect when it
// does already. It stops by itself when queue is empty at the time of asking.
void weir_watch_start(struct weir_executor *executor, struct weir_watch *watch);

// weir_watch_stop makes executor forget the watch.
void weir_watch_stop(struct weir_watch *watch);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
