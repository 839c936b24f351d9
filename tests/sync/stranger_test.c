// SPDX-License-Identifier: BSD-3-Clause
//
// Every call to a lock by one who must not make it: a thread that runs no
// executor; and, of those that may wait, a step that is no task. It is answered
// -EPERM and changes nothing; in checked builds it says the call and aborts.
#include "crew.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct weir_mutex mutex;
static struct weir_rwlock rwlock;
static struct weir_rwlock_hold hold;
static struct weir_semaphore semaphore;
static struct weir_event event;
static struct weir_barrier barrier;
static struct weir_once once;
static struct weir_gate gate;

static void open_all(void)
{
	open_crew();
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&rwlock, executor);
	weir_semaphore_init(&semaphore, executor, 1);
	weir_event_init(&event, executor);
	weir_barrier_init(&barrier, executor, 1);
	weir_once_init(&once, executor);
	weir_gate_init(&gate, executor);
}

static void close_all(void)
{
	weir_mutex_fini(&mutex);
	weir_rwlock_fini(&rwlock);
	weir_semaphore_fini(&semaphore);
	weir_event_fini(&event);
	weir_barrier_fini(&barrier);
	weir_once_fini(&once);
	weir_gate_fini(&gate);
	close_crew();
}

TestSuite(stranger, .init = open_all, .fini = close_all);

static unsigned calls_made; // of the function below, which nobody may call

static int count_call(void *arg)
{
	calls_made++;
	return 0;
}

static uint64_t seen = 99;
static int answer;

// A call, and how it is named.
struct call {
	const char *name;
	void (*make)(void);
};

#define CALL(function, ...)                            \
	static void call_##function(void)              \
	{                                              \
		answer = weir_##function(__VA_ARGS__); \
	}
#define NAMED(function)                                \
	{                                              \
		"weir_" #function "(", call_##function \
	}

CALL(mutex_lock, &mutex)
CALL(mutex_try_lock, &mutex)
CALL(mutex_unlock, &mutex)
CALL(rwlock_read, &rwlock, &hold)
CALL(rwlock_try_read, &rwlock, &hold)
CALL(rwlock_write, &rwlock, &hold)
CALL(rwlock_try_write, &rwlock, &hold)
CALL(semaphore_acquire, &semaphore, 1)
CALL(semaphore_try_acquire, &semaphore, 1)
CALL(semaphore_release, &semaphore, 1)
CALL(event_wait, &event, &seen)
CALL(event_try_wait, &event, &seen)
CALL(event_signal, &event)
CALL(barrier_wait, &barrier)
CALL(barrier_try_wait, &barrier)
CALL(barrier_break, &barrier)
CALL(barrier_reset, &barrier)
CALL(once_run, &once, count_call, NULL)
CALL(once_try_run, &once, count_call, NULL)
CALL(gate_enter, &gate)
CALL(gate_leave, &gate)
CALL(gate_close, &gate)
CALL(gate_try_wait, &gate)
CALL(gate_wait, &gate)

static const struct call calls[] = {NAMED(mutex_lock), NAMED(rwlock_read),
	NAMED(rwlock_write), NAMED(semaphore_acquire), NAMED(event_wait),
	NAMED(barrier_wait), NAMED(once_run), NAMED(gate_wait),
	// None of these waits.
	NAMED(mutex_try_lock), NAMED(mutex_unlock), NAMED(rwlock_try_read),
	NAMED(rwlock_try_write), NAMED(semaphore_try_acquire),
	NAMED(semaphore_release), NAMED(event_try_wait), NAMED(event_signal),
	NAMED(barrier_try_wait), NAMED(barrier_break), NAMED(barrier_reset),
	NAMED(once_try_run), NAMED(gate_enter), NAMED(gate_leave),
	NAMED(gate_close), NAMED(gate_try_wait)};

#define CALLS (sizeof(calls) / sizeof(*calls))
#define CALLS_THAT_WAIT 8 // the first of them

static void by_thread(void (*call)(void))
{
	call();
}

#ifdef WEIR_DEBUG
// refused runs one call in a child, whose words name it.
static void refused(void (*by)(void (*call)(void)), const struct call *call,
	const char *words)
{
	FILE *file = tmpfile();
	char text[2000];
	int status;
	pid_t child = fork();

	if (child == 0) {
		dup2(fileno(file), STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		by(call->make);
		_exit(0);
	}
	waitpid(child, &status, 0);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: %x",
		call->name, (unsigned)status);
	cr_expect(strstr(text, call->name), "'%s' is not in: %s", call->name,
		text);
	cr_expect(strstr(text, words), "'%s' is not in: %s", words, text);
}
#else
static void refused(void (*by)(void (*call)(void)), const struct call *call,
	const char *words)
{
	answer = 0;
	by(call->make);
	cr_expect_eq(answer, -EPERM, "%s answered %d", call->name, answer);
}
#endif

// nothing_changed looks whether all can be had as if nobody had called.
static void have_all(void)
{
	struct weir_rwlock_hold mine = {0};

	cr_expect_eq(weir_mutex_try_lock(&mutex), 0);
	cr_expect_eq(weir_mutex_unlock(&mutex), 0);
	cr_expect_eq(weir_rwlock_try_write(&rwlock, &mine), 0);
	cr_expect_eq(weir_rwlock_release(&mine), 0);
	cr_expect_eq(weir_semaphore_free_count(&semaphore), 1);
	cr_expect_eq(weir_event_state(&event), 0);
	cr_expect_eq(weir_barrier_try_wait(&barrier), 0);
	cr_expect_eq(weir_gate_enter(&gate), 0);
	cr_expect_eq(weir_gate_leave(&gate), 0);
}

static void nothing_changed(void)
{
	on_executor(have_all);
	cr_expect_eq(calls_made, 0);
}

Test(stranger, a_thread_that_runs_no_executor_is_refused_by_each_call)
{
	static const char words[] = "a thread that runs no executor";

	for (unsigned i = 0; i < CALLS; i++)
		refused(by_thread, &calls[i], words);
	nothing_changed();
}

Test(stranger, a_step_that_is_no_task_is_refused_by_what_may_wait)
{
	for (unsigned i = 0; i < CALLS_THAT_WAIT; i++)
		refused(on_step, &calls[i],
			"where nothing can wait: only a task can");
	nothing_changed();
}
