// SPDX-License-Identifier: BSD-3-Clause
//
// What a program did wrong, in a sentence: for what only the program can mend.
//
//	weir: bug: task 'main' of executor 'main' calls weir_spawn: the scope …
//
// Threads.  Any.
#ifndef WEIR_TASK_MISUSE_H
#define WEIR_TASK_MISUSE_H

// weir_misuse_caller begins the sentence on standard error, up to who calls.
__attribute__((cold)) void weir_misuse_caller(void);

// weir_misuse_end says who calls what and why that is wrong, and aborts.
__attribute__((noreturn, cold)) void weir_misuse_end(
	const char *call, const char *why);

// weir_misuse_waits is weir_misuse_end for a call that only a task may make, since
// it waits. blocking is its form for threads without an executor; NULL: none.
__attribute__((noreturn, cold)) void weir_misuse_waits(
	const char *call, const char *blocking);

// weir_misuse_blocks is weir_misuse_end for a call that would make an executor
// stand still. waiting is its form for tasks.
__attribute__((noreturn, cold)) void weir_misuse_blocks(
	const char *call, const char *waiting);

// weir_misuse_elsewhere is weir_misuse_end for a call on what belongs to the
// executor called home, made anywhere else.
__attribute__((noreturn, cold)) void weir_misuse_elsewhere(
	const char *call, const char *what, const char *home);

#endif
