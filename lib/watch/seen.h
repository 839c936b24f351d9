// SPDX-License-Identifier: BSD-3-Clause
//
// What is seen of the tasks of a process from outside, at one moment: who there
// is, what each does or waits for, since when, and its call stack.
//
// Nothing is stopped. A task's words and its stack are copied; if it ran
// meanwhile (its count of switches moved), they are copied again, up to
// WEIR_SEEN_TRIES times. A task that runs right now has no stack that could be
// copied. So each task is seen as it was at some moment, but not all at the same.
//
// Threads.  Any. Allocates and makes system calls.
// Memory.  free frees all.
#ifndef WEIR_WATCH_SEEN_H
#define WEIR_WATCH_SEEN_H

#include "base/error.h"
#include "watch/stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_SEEN_TRIES 8
#define WEIR_SEEN_NAME_SIZE 64
#define WEIR_SEEN_WAIT_SIZE 256
#define WEIR_SEEN_STACK_END 512 // bytes that a task should not come near

struct weir_executor;

enum weir_seen_state {
	WEIR_SEEN_RUNNING,
	WEIR_SEEN_READY,
	WEIR_SEEN_WAITING,
	WEIR_SEEN_ENDED, // only what is worth a remark is known
};

// Who holds what a task waits for; of several the latest. count 0: nobody, or it
// is not known.
struct weir_seen_hold {
	uint64_t task; // where it lies; 0: it was no task
	char name[WEIR_SEEN_NAME_SIZE];
	bool ended;	 // that task has
	bool bound;	 // and nobody else can give it back
	uint32_t count;	 // that are held, of all
	uint64_t for_ns; // since the latest was taken
};

// The handles by which alone somebody can end a wait (task/wait.h). known false:
// others may, too, or it is not known.
struct weir_seen_handles {
	bool known;
	uint64_t first, second, mark;
};

// Durations are nanoseconds.
struct weir_seen_task {
	uint64_t address;
	char name[WEIR_SEEN_NAME_SIZE];
	enum weir_seen_state state;
	char waits_for[WEIR_SEEN_WAIT_SIZE]; // "" unless it waits
	struct weir_seen_hold hold;	     // of that
	struct weir_seen_handles handles;    // by which that comes
	bool lost;	 // and there is none, nor will be: it waits for ever
	uint64_t closes; // the scope that it closes, 0: it does not wait so
	uint32_t closes_count; // of its tasks
	uint64_t scope;	       // that it belongs to
	uint64_t switches;
	uint64_t for_ns;  // how long it has been in state
	uint64_t left_ns; // until its deadline; WEIR_NEVER: it has none
	uint64_t steps;
	uint64_t step_ns_max;  // its longest stretch
	uint64_t ready_ns_max; // the longest it was ready and did not run
	uint64_t waits;	       // how often it parked
	uint64_t vain_wakes;   // and was woken for nothing
	uint64_t idle_yields;  // steps that did nothing and yielded
	unsigned locks_held;
	bool canceled;
	uint64_t stack; // where it lies
	size_t stack_size;
	size_t stack_from; // of it, what lies behind is in use
	// Bytes at the end of its stack that were never touched, by it or one
	// before it; WEIR_SEEN_STACK_END: at least that many.
	size_t stack_left;
	struct weir_frames frames; // none of one that runs
	bool restless; // it ran during each try: it has no frames either
};

#define WEIR_SEEN_STEPPERS 1000 // of an executor: more are only counted

struct weir_seen_stepper {
	char class_[WEIR_SEEN_NAME_SIZE];
	char name[WEIR_SEEN_NAME_SIZE]; // its own; "" if it has none
	enum weir_seen_state state; // ready (also one that runs), or waiting
	char waits_for[WEIR_SEEN_WAIT_SIZE];
	uint64_t left_ns;
};

// A function step that has a label.
struct weir_seen_function {
	char name[WEIR_SEEN_NAME_SIZE];
	bool ready; // or it runs
};

struct weir_seen_executor {
	uint64_t address;
	char name[WEIR_SEEN_NAME_SIZE];
	int thread; // that runs it; 0: none
	uint64_t task_count;
	uint64_t stepper_count;
	uint64_t steps;
	uint64_t turn_ns_max;
	uint64_t ready_ns_max;
	bool runs;	// a step, now
	long asleep_in; // the system call that it sleeps in; -1: it does not
	unsigned count;
	struct weir_seen_task *tasks;
	size_t tasks_size; // bytes
	// Tasks that have ended, and were worth a remark; what is not known of
	// one is 0.
	unsigned ended_count;
	struct weir_seen_task *ended;
	uint64_t ended_left; // such tasks that were not kept
	// Where its tasks lie, and their stacks.
	uint64_t tasks_low, tasks_high, stacks_low, stacks_high;
	uint64_t thread_sp; // of its thread, while a task runs; 0: not known
	unsigned stepper_listed, function_count;
	struct weir_seen_stepper *steppers;
	struct weir_seen_function *functions;
};

struct weir_seen {
	int pid;
	unsigned
		strangers; // threads that are no executor's: what they do is not seen
	unsigned count;
	struct weir_seen_executor *executors;
};

// weir_seen_take looks at process pid (it may be this one). Answers 0, or what
// weir_process_map answers, or -ENOMEM.
int weir_seen_take(struct weir_seen **seen, int pid, struct weir_error *e);

// weir_seen_keep takes those executors out of what was seen that are not among
// count, each by its address.
void weir_seen_keep(struct weir_seen *seen,
	const struct weir_executor *const *executors, unsigned count);

// weir_seen_free frees it; NULL is harmless.
void weir_seen_free(struct weir_seen *seen);

// weir_seen_remarks calls say with a sentence for each thing that is worth a
// look:
//
//	a stack that was full, or nearly
//	a step that does not end
//	steps that yield and do nothing
//	wakes that find nothing
//	locks that are held over a long wait
//	locks and permits that are held while somebody waits long for them
//	tasks that wait for one another's locks
//	a lock of pthreads that a step sleeps for
//	waiting for what nobody is left to do, whatever others do
//	everybody waiting for what nobody will do
//
// Answers how many.
unsigned weir_seen_remarks(const struct weir_seen *seen,
	void (*say)(void *arg, const char *sentence), void *arg);

// weir_own_remarks looks at this process and says the same of those executors;
// NULL: of all, and of the tasks of those that were destroyed. Where it cannot
// look it says so.
unsigned weir_own_remarks(const struct weir_executor *const *executors,
	unsigned count, void (*say)(void *arg, const char *sentence),
	void *arg);

#endif
