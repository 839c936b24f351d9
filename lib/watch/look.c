// SPDX-License-Identifier: BSD-3-Clause
#include "watch/look.h"
#include "task/task_inline.h"
#include "watch/arch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- where the thread was ----

// The top of the main thread's stack: what the kernel put there, once.
static uintptr_t main_top;

// top_of answers up to where the stack of a thread reaches at least: the C library
// keeps a thread's own memory at the top of its stack, but that of the main thread
// below it.
static uintptr_t top_of(uintptr_t sp)
{
	uintptr_t own = (uintptr_t)__builtin_thread_pointer();

	if (own > sp)
		return own;
	return main_top > sp ? main_top : sp;
}

void weir_look_here(
	void *context, const struct weir_task *task, struct weir_frames *frames)
{
	struct weir_registers at = weir_registers_of(context);
	const struct weir_stack *stack = task ? task->stack : NULL;
	uintptr_t high = top_of(at.sp);

	if (stack) {
		uintptr_t low = (uintptr_t)stack->base;

		// Between two stacks, in a switch, there is no chain.
		high = low + stack->size;
		if (at.sp < low || at.sp > high)
			high = at.sp;
	}
	weir_frames_walk(frames, at.pc, at.fp, at.sp, high);
}

// ---- the handler ----

static pid_t watcher; // the process

static void on_look(int signal_number, siginfo_t *info, void *context)
{
	struct weir_look *look = info->si_value.sival_ptr;
	const struct weir_executor *executor = weir_executor_current();
	uint64_t tick = weir_ticks();
	const struct weir_task *task;
	unsigned asked;
	int saved = errno;

	(void)signal_number;
	if (info->si_code != SI_QUEUE || info->si_pid != watcher || !executor)
		goto out;
	asked = load_acquire(&look->asked); // "asked": whose look it is
	if (look->executor != executor)
		goto out;
	task = executor->current;
	look->tick = tick;
	look->beat = executor->now;
	look->running = executor->running;
	memcpy(look->task, task ? task->name : "\0", task ? WEIR_NAME_SIZE : 1);
	weir_look_here(context, task, &look->frames);
	store_release(&look->answered, asked);
out:
	errno = saved;
}

// is_taken tells whether the program handles the signal itself.
static bool is_taken(void)
{
	struct sigaction now;

	return !sigaction(WEIR_LOOK_SIGNAL, NULL, &now) &&
	       now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN;
}

static int install(struct weir_error *e)
{
	struct sigaction action = {.sa_sigaction = on_look,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};

	if (is_taken())
		return weir_error_set(e, -EBUSY,
			"signal %d has a handler of the program, but the "
			"watchdog asks threads by it: take another one",
			WEIR_LOOK_SIGNAL);
	main_top = (uintptr_t)getauxval(AT_RANDOM);
	watcher = getpid();
	sigemptyset(&action.sa_mask);
	if (sigaction(WEIR_LOOK_SIGNAL, &action, NULL))
		return weir_error_set(e, -errno,
			"signal %d cannot be caught: %s", WEIR_LOOK_SIGNAL,
			strerror(errno));
	store_release(&weir_executor_is_asked, true);
	return 0;
}

int weir_look_open(struct weir_error *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!load_relaxed(&weir_executor_is_asked))
		err = install(e);
	pthread_mutex_unlock(&lock);
	return err;
}

// ---- the watcher ----

bool weir_look_ask(
	struct weir_look *look, const struct weir_executor *executor, int tid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = watcher;
	info.si_uid = getuid();
	info.si_value.sival_ptr = look;
	look->executor = executor;
	store_release(&look->asked, look->asked + 1); // "asked"
	look->asked_tick = weir_ticks();
	return syscall(SYS_rt_tgsigqueueinfo, info.si_pid, tid,
		       WEIR_LOOK_SIGNAL, &info) == 0;
}

bool weir_look_is_answered(const struct weir_look *look)
{
	return load_acquire(&look->answered) == look->asked;
}
