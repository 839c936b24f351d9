// SPDX-License-Identifier: BSD-3-Clause
//
// A post carries a function to an executor from any thread.
//
//	threads ── compare and swap ──▶ | stack of posts | ── one exchange ──▶ turn
//
// A thread that is preempted while it posts holds nobody up: neither other
// posters nor the executor. Posts of one thread are handled in its order; a
// turn handles at most WEIR_TURN_POSTS.
//
// Threads.  Any, signal handlers too.
// Memory.  The caller embeds it. It is the executor's from the call until fn
// is called, and may be posted again from then on.
// Ordering.  The compare-and-swap that adds a post releases what its thread
// wrote before; the exchange that takes it acquires.
#ifndef WEIR_TASK_POST_H
#define WEIR_TASK_POST_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_executor;

struct weir_post {
	struct weir_post *next;
	void (*fn)(struct weir_executor *executor, struct weir_post *post);
};

// weir_executor_post hands post to executor, whose thread calls fn in its next
// turns. Wait-free but for other posters' progress; a system call only to wake an
// executor that sleeps, and never from one that polls.
void weir_executor_post(struct weir_executor *executor, struct weir_post *post);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
