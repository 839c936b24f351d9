// SPDX-License-Identifier: BSD-3-Clause
//
// weir_run: an executor for one program. Besides running it, it notices when
// every task waits and nothing is left that could wake one: no timer, no post,
// no watch, no child elsewhere, and no other thread in the process but the keeper
// of the bells.
#include "base/assert.h"
#include "task/bell.h"
#include "task/select_inline.h"
#include "task/task.h"
#include "task/task_inline.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define SPINS 2048 // idle turns before the CPU is yielded

struct run {
	struct weir_executor *executor;
	void (*fn)(void *arg);
	void *arg;
	int error;
	bool stuck;
	uint64_t idle_turn;  // the last idle one
	unsigned idle_count; // on end
};

// Executors that were given up with tasks in them: kept, so that what is on
// those stacks is not lost to a leak checker.
static struct weir_executor *given_up;

static void first_task(void *arg)
{
	struct run *run = arg;

	run->fn(run->arg);
	run->error = weir_task_current()->error;
}

static void on_end(void *arg)
{
	struct run *run = arg;

	weir_executor_stop(run->executor);
}

static bool stuck(struct weir_executor *executor, uint64_t until)
{
	return until == WEIR_NEVER && !executor->ready_first &&
	       !executor->inbox && !load_acquire(&executor->posted) &&
	       weir_list_empty(&executor->hot) &&
	       weir_list_empty(&executor->cold) &&
	       executor->abroad_count == 0 && !weir_bell_other_threads();
}

static void idle(void *arg, struct weir_executor *executor, uint64_t until)
{
	struct run *run = arg;
	uint64_t turn = executor->counts->turns;

	run->idle_count = turn == run->idle_turn + 1 ? run->idle_count + 1 : 0;
	run->idle_turn = turn;
	if (run->idle_count < SPINS) {
		cpu_relax();
		return;
	}
	sched_yield();
	if (run->idle_count % SPINS != 0 || !stuck(executor, until))
		return;
	run->stuck = true;
	weir_executor_stop(executor);
}

static void say_what(const char *kind, const char *name, const char *otherwise)
{
	fputs(kind ? kind : otherwise, stderr);
	if (name)
		fprintf(stderr, " '%s'", name);
}

// say_case says what one waits for in a case (task/select.h: name_at).
static void say_case(const struct weir_case *c)
{
	const char *object = c->object, *name = NULL;

	if (c->ops->name_at && object)
		memcpy(&name, object + c->ops->name_from, sizeof(name));
	say_what(c->ops->kind, name ? name + c->ops->name_at : NULL,
		"something");
}

static void say_select(const struct weir_select *select)
{
	const char *separator = "";

	for (unsigned i = 0; i < select->count; i++) {
		if (select->cases[i].disabled)
			continue;
		fputs(separator, stderr);
		say_case(&select->cases[i]);
		separator = " or ";
	}
}

static void say_waits(const struct weir_task *task)
{
	const struct weir_wait_what *what =
		task->waits_in ? task->waits_in->what : NULL;

	fprintf(stderr, "'%s' for ", task->name);
	if (task->select)
		say_select(task->select);
	else if (task->waits_in)
		say_what(what ? what->kind : NULL, what ? what->name : NULL,
			"a wakeup");
	else
		fputs("a point in time that never comes", stderr);
}

static void say_stuck(struct weir_executor *executor)
{
	const char *separator = "";

	fprintf(stderr, "weir: every task waits, and nothing is left that "
			"could wake one of them: ");
	for (unsigned i = 0; i < executor->stack_count; i++) {
		if (!executor->tasks[i].live)
			continue;
		fputs(separator, stderr);
		say_waits(&executor->tasks[i]);
		separator = ", ";
	}
	fprintf(stderr, ". Give a wait a deadline, or close the other end of "
			"the channel that it waits on.\n");
}

// finish answers what weir_run does, and frees what it may.
static int finish(struct run *run)
{
	if (run->stuck) {
		say_stuck(run->executor);
		store_relaxed(&given_up, run->executor);
		return 1;
	}
	weir_executor_destroy(run->executor);
	if (run->error == 0)
		return 0;
	fprintf(stderr, "weir: task 'main' failed: %s\n",
		strerror(run->error < 0 ? -run->error : run->error));
	return 1;
}

int weir_run_with(
	void (*fn)(void *arg), void *arg, const struct weir_run_options *how)
{
	struct run run = {.fn = fn, .arg = arg};
	const struct weir_executor_options options = {
		.name = "main",
		.stack_count = WEIR_RUN_TASKS,
		.node = -1,
		.idle = idle,
		.idle_arg = &run,
		.task_steps = how ? how->steps : NULL,
	};
	const struct weir_spawn_options task = {.name = "main"};
	struct weir_error e = {0};

	if (weir_executor_current())
		weir_misuse_end("weir_run",
			"this thread runs an executor already: spawn a task "
			"there instead");
	if (weir_executor_create(&run.executor, &options, &e)) {
		fprintf(stderr, "weir: %s\n", e.text);
		return 1;
	}
	if (weir_start(run.executor, first_task, &run, &task, on_end))
		weir_assert(!"a new executor has stacks");
	weir_executor_run(run.executor);
	return finish(&run);
}

int weir_run(void (*fn)(void *arg), void *arg)
{
	return weir_run_with(fn, arg, NULL);
}
