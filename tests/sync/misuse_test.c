// SPDX-License-Identifier: BSD-3-Clause
//
// What checked builds say of misuse: who did it, to which lock, and what to do
// instead. Others have no words to look at, and do not build this.
#include "crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 16];

// words_of runs fn in a child, whose words are text then; it must abort.
static void words_of(void (*fn)(void))
{
	FILE *file = tmpfile();
	int status;
	pid_t child = fork();

	if (child == 0) {
		dup2(fileno(file), STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	waitpid(child, &status, 0);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	cr_assert(
		WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s", text);
}

static void says(const char *words)
{
	cr_assert(strstr(text, words), "'%s' is not in: %s", words, text);
}

static struct weir_mutex mutex;

static void lock_it(void *arg)
{
	(void)!weir_mutex_lock(&mutex);
}

static void lock_from_abroad(void)
{
	const struct weir_spawn_options options = {.name = "guest"};
	struct weir_executor *other;

	open_crew();
	weir_mutex_init(&mutex, executor);
	other = crew_executor("abroad", 2);
	(void)!weir_start(other, lock_it, NULL, &options, NULL);
	weir_executor_turn(other);
}

Test(misuse, names_the_task_both_executors_and_the_remedy)
{
	words_of(lock_from_abroad);
	says("task 'guest' of executor 'abroad' calls weir_mutex_lock");
	says("of executor 'home': ask a task of that one instead");
}

static void lock_from_no_executor(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
	(void)!weir_mutex_lock(&mutex);
}

Test(misuse, names_a_thread_that_runs_no_executor)
{
	words_of(lock_from_no_executor);
	says("a thread that runs no executor calls weir_mutex_lock");
}

static void lock_a_zeroed_one(void)
{
	static struct weir_mutex zeroed;

	(void)!weir_mutex_lock(&zeroed);
}

static void enter_a_finished_one(void)
{
	static struct weir_gate gate;

	open_crew();
	weir_gate_init(&gate, executor);
	weir_gate_fini(&gate);
	(void)!weir_gate_enter(&gate);
}

Test(misuse, a_lock_that_is_none_is_named_as_such)
{
	words_of(lock_a_zeroed_one);
	says("calls weir_mutex_lock");
	says("which is not initialised, or no longer");
	words_of(enter_a_finished_one);
	says("calls weir_gate_enter");
	says("which is not initialised, or no longer");
}

static void take_one_hold_twice(void)
{
	struct weir_rwlock lock;
	struct weir_rwlock_hold hold;

	weir_rwlock_init(&lock, executor);
	cr_assert_eq(weir_rwlock_read(&lock, &hold), 0);
	(void)!weir_rwlock_read(&lock, &hold);
}

static void take_one_hold_twice_in_a_task(void)
{
	open_crew();
	on_executor(take_one_hold_twice);
}

Test(misuse, a_hold_that_is_taken_is_not_taken_again)
{
	words_of(take_one_hold_twice_in_a_task);
	says("calls weir_rwlock_read");
	says("with a hold that is taken");
}

static void unlock_it(void)
{
	weir_mutex_unlock(&mutex);
}

static void unlock_what_is_free(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
	on_executor(unlock_it);
}

Test(misuse, names_what_was_wrong)
{
	words_of(unlock_what_is_free);
	says("task 'task' of executor 'home' calls weir_mutex_unlock");
	says("but does not hold it: only who locked it unlocks it");
}
