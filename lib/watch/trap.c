// SPDX-License-Identifier: BSD-3-Clause
//
// The handler runs on the stack that the call was made on, not on the thread's
// alternate one: a call that takes that one away would take it from under its own
// feet. SIGSYS stays open in it, so that other handlers may make calls on top, and
// is kept open when the program blocks all signals: the kernel ends a process whose
// SIGSYS is blocked.
#include "watch/trap.h"
#include "task/task_inline.h"
#include "watch/arch.h"
#include "watch/look.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BY_FILTER 1 // SYS_SECCOMP where the C library lacks the name

static __thread struct weir_trap *trap_of_thread;
static __thread bool trapped;

// ---- what is kept of a call ----

static void write_down(struct weir_trap *trap, long call, void *context)
{
	const struct weir_executor *executor = trap->executor;
	const struct weir_histogram *steps = executor->running;
	const struct weir_task *task = executor->current;
	struct weir_trapped *at = trap->at;

	while (at < trap->at + trap->count &&
		(at->steps != steps || at->call != call))
		at++;
	if (at == trap->at + WEIR_TRAPPED) {
		trap->lost++;
		return;
	}
	if (at == trap->at + trap->count) {
		trap->count++;
		at->steps = steps;
		at->call = call;
		if (task)
			memcpy(at->task, task->name, sizeof(at->task));
		weir_look_here(context, task, &at->frames);
	}
	at->count++;
}

// What the kernel keeps of a set of signals.
#define SIGNALS_SIZE 8

// set_mask does what rt_sigprocmask would, to what the return from the handler
// restores.
static long set_mask(ucontext_t *context, const long asked[WEIR_CALL_ARGUMENTS])
{
	long arguments[WEIR_CALL_ARGUMENTS];
	uint64_t set, now;
	long look[WEIR_CALL_ARGUMENTS] = {
		SIG_BLOCK, 0, (long)&now, SIGNALS_SIZE};
	long answer;

	memcpy(arguments, asked, sizeof(arguments));
	if (arguments[1] && arguments[3] == SIGNALS_SIZE) {
		memcpy(&set, (const void *)arguments[1], sizeof(set));
		if (arguments[0] != SIG_UNBLOCK)
			set &= ~(UINT64_C(1) << (SIGSYS - 1));
		arguments[1] = (long)&set;
	}
	answer = weir_call(SYS_rt_sigprocmask, arguments);
	if (!weir_call(SYS_rt_sigprocmask, look))
		memcpy(&context->uc_sigmask, &now, sizeof(now));
	return answer;
}

// ---- calls that return twice ----

#if WEIR_CALL_PLACES > 0

static bool starts(long call)
{
	return call == SYS_clone || call == SYS_clone3 || call == SYS_fork ||
	       call == SYS_vfork;
}

// place_for answers where a call can be made again that goes on at back; 0: there
// is no such place left. A place is of one back for ever.
static uintptr_t place_for(uintptr_t back)
{
	for (size_t i = 0; i < WEIR_CALL_PLACES; i++) {
		uintptr_t now = load_acquire(&weir_call_back[i]);

		if (now == back ||
			(!now && cas_acq_rel(&weir_call_back[i], &now, back)) ||
			now == back)
			return (uintptr_t)weir_call_again +
			       i * WEIR_CALL_PLACE_SIZE;
	}
	return 0;
}

// make_again lets such a call be made on the return from the handler; false: it is
// another one.
static bool make_again(ucontext_t *context, long call)
{
	uintptr_t place;

	if (!starts(call))
		return false;
	place = place_for(weir_registers_of(context).pc);
	weir_call_answer(context, place ? call : -EAGAIN);
	if (place)
		weir_call_go_on(context, place);
	return true;
}

#else // those that start something are not trapped

static bool make_again(ucontext_t *context, long call)
{
	return false;
}

#endif

// ---- the handler ----

// is_own: what was started has the trap of who started it.
static bool is_own(const struct weir_trap *trap)
{
	static const long none[WEIR_CALL_ARGUMENTS];

	return weir_call(SYS_gettid, none) == trap->thread;
}

static void on_call(int signal_number, siginfo_t *info, void *context)
{
	struct weir_trap *trap = trap_of_thread;
	long arguments[WEIR_CALL_ARGUMENTS];
	long call = info->si_syscall;
	int saved = errno;

	(void)signal_number;
	if (info->si_code != BY_FILTER)
		return;
	if (trap && trap->executor->running && is_own(trap))
		write_down(trap, call, context);
	weir_call_arguments(context, arguments);
	if (!make_again(context, call))
		weir_call_answer(context, call == SYS_rt_sigprocmask
						  ? set_mask(context, arguments)
						  : weir_call(call, arguments));
	errno = saved;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int install_error;

static void install(void)
{
	struct sigaction action = {.sa_sigaction = on_call,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
	unsigned wanted = SECCOMP_RET_TRAP;

	sigemptyset(&action.sa_mask);
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &wanted) ||
		sigaction(SIGSYS, &action, NULL))
		install_error = -errno;
}

int weir_trap_open(struct weir_error *e)
{
	pthread_once(&once, install);
	if (!install_error)
		return 0;
	return weir_error_set(e, install_error,
		"system calls cannot be trapped here (seccomp): %s",
		strerror(-install_error));
}

// ---- the filter ----

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW_IF(value)                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, 1), \
		ANSWER(SECCOMP_RET_ALLOW)
#define TRAP_UNLESS(value)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 1, 0), \
		ANSWER(SECCOMP_RET_TRAP)

#if WEIR_CALL_PLACES > 0
// Aligned to what it is, it is told by some of its bits.
#define PLACES_SIZE (WEIR_CALL_PLACES * WEIR_CALL_PLACE_SIZE)
static_assert(PLACES_SIZE == 128, "as arch.c aligns it");
#endif

static int filter(void)
{
	uint64_t made = (uintptr_t)weir_call_made;
#if WEIR_CALL_PLACES > 0
	uint64_t again = (uintptr_t)weir_call_again;
#endif
	const uint32_t pointer =
		offsetof(struct seccomp_data, instruction_pointer);
	struct sock_filter code[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WEIR_AUDIT_ARCH, 1, 0),
		ANSWER(SECCOMP_RET_ALLOW),
		LOAD(nr),
		ALLOW_IF(SYS_rt_sigreturn),
		ALLOW_IF(SYS_restart_syscall),
		ALLOW_IF(SYS_sigaltstack),
		ALLOW_IF(SYS_sched_yield),
#if WEIR_CALL_PLACES == 0
		ALLOW_IF(SYS_clone),
		ALLOW_IF(SYS_clone3),
#endif
		ALLOW_IF(SYS_execve),
		ALLOW_IF(SYS_execveat),
		ALLOW_IF(SYS_exit),
		ALLOW_IF(SYS_exit_group),
#if WEIR_CALL_PLACES > 0
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(again >> 32), 0,
			4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(PLACES_SIZE - 1)),
		ALLOW_IF(again),
#endif
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer),
		TRAP_UNLESS(made),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer + 4),
		TRAP_UNLESS(made >> 32),
		ANSWER(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return -errno;
	return 0;
}

int weir_trap_enter(
	struct weir_trap *trap, const struct weir_executor *executor)
{
	int err = trapped ? 0 : filter();

	if (err)
		return err;
	trapped = true;
	trap->executor = executor;
	trap->thread = gettid();
	trap_of_thread = trap;
	return 0;
}

void weir_trap_leave(void)
{
	trap_of_thread = NULL;
}
