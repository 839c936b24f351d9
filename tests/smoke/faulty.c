// SPDX-License-Identifier: BSD-3-Clause
//
// Stages for contract.sh, built as a shared object: what a stage must not do on
// an lcore.
#include "stage/stage.h"
#include "task/task_inline.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum how { SPIN, SLEEP, LOCK, WRITE, NUMBER, REFUSE, HANG };

static const char *const hows[] = {
	"spin", "sleep", "lock", "write", "number", "refuse", "hang", NULL};

struct faulty {
	uint64_t at, for_ns; // options
	uint32_t how;
	uint64_t seen, ticks;
};

// ---- the faults ----

__attribute__((noinline)) static void spin_too_long(struct faulty *faulty)
{
	uint64_t end = weir_ticks() + faulty->ticks;

	while (weir_ticks() < end)
		cpu_relax();
}

__attribute__((noinline)) static void sleep_in_a_step(struct faulty *faulty)
{
	uint64_t end = weir_ticks() + faulty->ticks;

	usleep((useconds_t)(faulty->for_ns / 1000));
	weir_assert(weir_ticks() >= end); // nothing cuts the sleep short
}

// Another thread holds a lock for a while when asked to.
static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static bool wanted, held;

static void *hold(void *arg)
{
	const struct faulty *faulty = arg;

	while (!load_acquire(&wanted))
		usleep(200);
	pthread_mutex_lock(&contended);
	store_release(&held, true);
	usleep((useconds_t)(faulty->for_ns / 1000));
	pthread_mutex_unlock(&contended);
	return NULL;
}

__attribute__((noinline)) static void take_a_lock(struct faulty *faulty)
{
	store_release(&wanted, true);
	while (!load_acquire(&held))
		cpu_relax();
	pthread_mutex_lock(&contended);
	pthread_mutex_unlock(&contended);
}

__attribute__((noinline)) static void write_nothing(struct faulty *faulty)
{
	// What the call answers is what it answers outside.
	weir_assert(write(-1, "", 0) == -1 && errno == EBADF);
}

// A call that has no name, and one that has.
__attribute__((noinline)) static void call_by_number(struct faulty *faulty)
{
	struct sigaction now;

	for (int i = 0; i < 3; i++)
		weir_assert(syscall(100000) == -1 && errno == ENOSYS);
	weir_assert(sigaction(SIGUSR2, NULL, &now) == 0);
}

static void do_nothing(struct faulty *faulty)
{
}

__attribute__((noinline)) static void wait_for_nobody(struct faulty *faulty)
{
	int ends[2];
	char byte;

	weir_assert(pipe(ends) == 0);
	weir_assert(read(ends[0], &byte, 1) == 1);
}

static void fail(struct faulty *faulty)
{
	static void (*const ways[])(struct faulty *) = {spin_too_long,
		sleep_in_a_step, take_a_lock, write_nothing, call_by_number,
		do_nothing, wait_for_nobody};

	ways[faulty->how](faulty);
}

// refuse_filters lets no thread of the process have another filter of its system
// calls, though the system says that it offers them.
static int refuse_filters(struct weir_error *e)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_TSYNC, &program))
		return weir_error_set(e, -errno, "no filter");
	return 0;
}

// ---- the stage ----

static int faulty_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct faulty *faulty = state;

	pthread_t thread;

	if (faulty->how == LOCK) {
		if (pthread_create(&thread, NULL, hold, faulty))
			return weir_error_set(e, -EAGAIN, "no thread");
		pthread_detach(thread);
	}
	faulty->ticks = weir_clock_ticks(setup->clock, faulty->for_ns);
	return faulty->how == REFUSE ? refuse_filters(e) : 0;
}

static void faulty_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct faulty *faulty = state;

	for (unsigned i = 0; i < n; i++) {
		if (++faulty->seen == faulty->at)
			fail(faulty);
		weir_out_put(out, 0, in[i]);
	}
}

static const struct weir_stage faulty_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "faulty",
	.help = "does on one packet what no stage must",
	.state_size = sizeof(struct faulty),
	.options = {WEIR_OPTION_U64(struct faulty, at, "at", 1,
			    "which packet, counted from 1"),
		WEIR_OPTION_DURATION(
			struct faulty, for_ns, "for", "5ms", "how long"),
		WEIR_OPTION_CHOICE(
			struct faulty, how, "how", "spin", hows, "what")},
	.outputs = {"forward"},
	.init = faulty_init,
	.kernel = faulty_burst,
};

// ---- a task that never yields ----

static void stubborn_task(void *state, struct weir_stage_io *io)
{
	while (!load_relaxed((bool *)state))
		cpu_relax();
}

static const struct weir_stage stubborn_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "stubborn",
	.help = "a task that never yields",
	.state_size = sizeof(bool),
	.task = stubborn_task,
};

// ---- a task that asks again and again, on a stack that is nearly full ----

static void restless_task(void *state, struct weir_stage_io *io)
{
	struct rte_mbuf *packets[WEIR_BURST];
	unsigned n;

	weir_task_self()->stack->base[400] = 1; // as a deep call would
	for (unsigned i = 0; i < 150000; i++)
		weir_yield();
	while ((n = weir_stage_recv(io, packets, WEIR_BURST)) > 0)
		weir_stage_consumed(io, packets, n);
}

static const struct weir_stage restless_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "restless",
	.help = "a task that yields and does nothing",
	.state_size = sizeof(bool),
	.task = restless_task,
};

WEIR_STAGES_EXPORT(&faulty_stage, &stubborn_stage, &restless_stage);
