// SPDX-License-Identifier: BSD-3-Clause
//
// System calls of steps, trapped and made all the same. A thread keeps its trap
// for life, so each test has one of its own.
#include "task/executor_inline.h"
#include "task/task.h"
#include "watch/trap.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct weir_executor *executor;
static struct weir_trap trap;
static struct weir_error error;
static struct weir_histogram class_;

static void (*body)(void);

static void task(void *arg)
{
	body();
	weir_executor_stop(executor);
}

static void *run(void *arg)
{
	cr_assert_eq(weir_trap_enter(&trap, executor), 0);
	weir_executor_run(executor);
	weir_trap_leave();
	write(-1, "", 0); // in no step any more
	return arg;
}

// trapped_in runs fn in a step whose calls are trapped.
static void trapped_in(void (*fn)(void))
{
	struct weir_executor_options options = {.name = "trapped"};
	struct weir_spawn_options how = {.name = "caller", .steps = &class_};
	pthread_t thread;

	body = fn;
	cr_assert_eq(weir_trap_open(&error), 0, "%s", error.text);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, task, NULL, &how, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
	pthread_join(thread, NULL);
	weir_executor_destroy(executor);
}

static const struct weir_trapped *find(long call)
{
	for (unsigned i = 0; i < trap.count; i++)
		if (trap.at[i].call == call)
			return &trap.at[i];
	return NULL;
}

static void call_some(void)
{
	char text[4] = "";
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "abc", 3), 3);
	cr_assert_eq(read(ends[0], text, 3), 3);
	cr_assert_str_eq(text, "abc");
	cr_assert_eq(read(-1, text, 3), -1);
	cr_assert_eq(errno, EBADF);
	close(ends[0]);
	close(ends[1]);
}

Test(trap, calls_are_written_down_and_answer_as_ever)
{
	trapped_in(call_some);
	cr_assert(find(SYS_read));
	cr_expect_eq(find(SYS_read)->count, 2);
	cr_expect_eq(find(SYS_write)->count, 1);
	cr_expect_eq(find(SYS_close)->count, 2);
	cr_expect_eq(find(SYS_read)->steps, &class_);
	cr_expect_str_eq(find(SYS_read)->task, "caller");
	cr_expect_geq(find(SYS_read)->frames.count, 2);
	cr_expect_eq(trap.lost, 0);
}

static void make_none(void)
{
	for (int i = 0; i < 100; i++)
		weir_yield();
}

Test(trap, who_calls_nothing_is_found_to_call_nothing)
{
	trapped_in(make_none);
	// A sanitizer may map memory.
	for (unsigned i = 0; i < trap.count; i++)
		cr_expect(trap.at[i].call == SYS_mmap ||
				  trap.at[i].call == SYS_munmap,
			"call %ld", trap.at[i].call);
}

static volatile sig_atomic_t came;

static void on_signal(int number)
{
	came++;
	write(-1, "", 0); // on top of what was trapped
}

static void change_mask(void)
{
	sigset_t all, before, now;

	signal(SIGUSR1, on_signal);
	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
	pthread_kill(pthread_self(), SIGUSR1);
	cr_assert_eq(came, 0, "it is blocked");
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &before, &now), 0);
	cr_assert_eq(came, 1, "and comes then");
	cr_assert(sigismember(&now, SIGUSR1));
	cr_assert_not(sigismember(&before, SIGUSR1));
}

Test(trap, a_mask_of_signals_stays_as_it_was_set)
{
	trapped_in(change_mask);
	cr_expect_eq(came, 1);
	cr_expect(find(SYS_rt_sigprocmask));
}

// block blocks all signals in one way, makes a call that is trapped, and looks.
static void block(int how)
{
	sigset_t all, before, now;

	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(how, &all, &before), 0);
	cr_assert_eq(write(-1, "", 0), -1, "the program goes on");
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	cr_assert(sigismember(&now, SIGUSR1));
	cr_assert_not(sigismember(&now, SIGSYS), "the kernel would end us");
	cr_assert_eq(pthread_sigmask(SIG_UNBLOCK, &all, NULL), 0);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	cr_assert_not(sigismember(&now, SIGUSR1), "all were let in again");
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void block_all(void)
{
	sigset_t now;

	block(SIG_SETMASK);
	block(SIG_BLOCK);
	// What the kernel refuses is refused, and changes nothing.
	cr_assert_eq(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &now, NULL, 4), -1);
	cr_assert_eq(errno, EINVAL);
	cr_assert_eq(syscall(SYS_rt_sigprocmask, 77, &now, NULL, 8), -1);
	cr_assert_eq(errno, EINVAL);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	cr_assert_not(sigismember(&now, SIGUSR1));
}

Test(trap, a_program_that_blocks_all_signals_is_trapped_and_lives)
{
	trapped_in(block_all);
	cr_expect_eq(find(SYS_write)->count, 2);
}

static void call_many(void)
{
	for (long i = 0; i < WEIR_TRAPPED + 5; i++)
		syscall(100000 + i);
}

Test(trap, what_finds_no_room_is_counted)
{
	trapped_in(call_many);
	cr_expect_eq(trap.count, WEIR_TRAPPED);
	cr_expect_geq(trap.lost, 5);
}

static void *nothing(void *arg)
{
	return arg;
}

static void start_thread(void)
{
	pthread_t thread;
	void *answer;

	cr_assert_eq(pthread_create(&thread, NULL, nothing, &trap), 0);
	cr_assert_eq(pthread_join(thread, &answer), 0);
	cr_assert_eq(answer, &trap);
}

// starts answers how often something was started, by whatever call.
static uint64_t starts(void)
{
	static const long calls[] = {
		SYS_clone,
		SYS_clone3,
#if defined(SYS_vfork)
		SYS_vfork
#endif
	};
	uint64_t count = 0;

	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		count += find(calls[i]) ? find(calls[i])->count : 0;
	return count;
}

// On aarch64 starts are not trapped.
#if defined(__x86_64__)
#define STARTS 1
#else
#define STARTS 0
#endif

Test(trap, a_thread_that_is_started_is_named_lives_and_ends)
{
	trapped_in(start_thread);
	cr_expect_gt(trap.count, 0);
	cr_expect_eq(starts(), STARTS);
}

static void fork_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		// Not in what is written down, and made all the same.
		cr_assert_eq(write(-1, "", 0), -1);
		_exit(errno == EBADF && getppid() > 0 ? 7 : 8);
	}
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "%x", status);
}

Test(trap, a_fork_is_named_and_its_child_lives)
{
	trapped_in(fork_child);
	cr_expect_eq(starts(), STARTS);
	cr_expect(find(SYS_wait4));
	cr_expect_not(find(SYS_write));
}

static void vfork_child(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(9);
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 9, "%x", status);
}

Test(trap, so_is_a_vfork)
{
	trapped_in(vfork_child);
	cr_expect_eq(starts(), STARTS);
}

// What is documented: seccomp gives nobody back what it took.
static void execute(void)
{
	char *const arguments[] = {"true", NULL};
	int status;
	pid_t pid;

	cr_assert_eq(
		posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, NULL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%x",
		status);
}

Test(trap, a_program_that_is_executed_is_named_and_dies)
{
	trapped_in(execute);
	cr_expect_eq(starts(), STARTS);
	cr_expect_not(find(SYS_rt_sigaction), "its calls are not the step's");
}
