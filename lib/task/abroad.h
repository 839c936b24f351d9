// SPDX-License-Identifier: BSD-3-Clause
//
// A child abroad: a task whose scope lies on another executor.
//
//	home (the scope's executor)              away (the task's)
//	spawn          ── start ──▶              starts the task, or fails
//	cancel         ── cancel ─▶              cancels the task, if it lives
//	ended, counted ◀── start ──              the task has ended
//	acknowledged   ◀─ cancel ──              the cancel was seen
//
// Two posts go out and come back, so each executor touches only its own. The
// child counts as living until both are home.
//
// Memory.  Each executor has as many records as stacks, for children that its
// scopes have elsewhere.
#ifndef WEIR_TASK_ABROAD_H
#define WEIR_TASK_ABROAD_H

#include "task/task_inline.h"

struct weir_abroad {
	struct weir_list link; // in the scope, or free
	struct weir_post start, cancel;
	struct weir_scope *scope;
	struct weir_executor *home, *away;
	struct weir_task *task; // of away, while it lives
	void (*fn)(void *arg);
	void *arg;
	struct weir_histogram *steps;
	struct weir_join *join; // of home
	void *result;		// written away, read home after start came back
	int error;		// as well
	unsigned posts_out;	// of home
	bool cancel_sent;	// of home
	char name[WEIR_NAME_SIZE];
};

// weir_abroad_spawn starts a child of scope on away. Answers 0, or -EAGAIN when
// there is no record left. Home's thread, as is cancel.
int weir_abroad_spawn(struct weir_scope *scope, struct weir_executor *away,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options);

// weir_abroad_cancel asks away to cancel the child; once is enough.
void weir_abroad_cancel(struct weir_abroad *abroad);

// weir_abroad_ended tells home that the child has ended. Away's thread.
void weir_abroad_ended(struct weir_abroad *abroad, int error, void *result);

#endif
