// SPDX-License-Identifier: BSD-3-Clause
//
// What an executor that polls pays for a reactor beside it: no system call, also
// where the two talk; and where they do not, no instruction.
//
// System calls are counted by seccomp: each of the thread's is told to another one,
// which counts it and lets it go on. Instructions are counted one by one, as a
// debugger would step through them, in a process in which nothing else differs.
#include "crowd.h"
#include "base/atomic.h"
#include "chan/chan.h"
#include "mem/mem.h"
#include "reactor/reactor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct crowd crowd;
static struct weir_executor *lcore;
static struct weir_tx to_reactor, to_lcore;
static struct weir_rx from_lcore, from_reactor;

// ---- who counts the calls of a thread ----

#define ARMED 0x10000

static int listener;	   // and ARMED, once it is there; -1: refused
static uint32_t calls;	   // so far
static int last_call = -1; // which
static pthread_t counter;

static void *count_calls(void *arg)
{
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;
	struct pollfd fd = {.events = POLLIN};

	while (load_acquire(&listener) == 0)
		usleep(100);
	fd.fd = load_acquire(&listener) & ~ARMED;
	for (;;) {
		if (poll(&fd, 1, -1) < 0 || !(fd.revents & POLLIN))
			break; // the thread has gone
		memset(&call, 0, sizeof(call));
		if (ioctl(fd.fd, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;
		store_relaxed(&last_call, call.data.nr);
		add_acq_rel(&calls, 1);
		answer = (struct seccomp_notif_resp){.id = call.id,
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
		ioctl(fd.fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	close(fd.fd);
	return NULL;
}

// count_mine has all calls of the calling thread counted from now on. False: the
// system does not allow it.
static bool count_mine(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
	struct sock_fprog program = {.len = 1, .filter = code};
	long fd = -1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	// Nothing between that and this may be a call: nobody would answer it.
	store_release(&listener, fd < 0 ? -1 : (int)fd | ARMED);
	return fd >= 0;
}

// ---- no system call ----

#define TRIPS 500

static uint32_t trips; // to the reactor and back
static bool works;     // the lcore runs
static bool enough;

// answer_lcore is on the reactor: it lets it sleep in between.
static void answer_lcore(void *arg)
{
	uint64_t message;

	while (weir_recv(&from_lcore, &message) == WEIR_RECEIVED)
		if (weir_send(&to_lcore, &message) != WEIR_SENT)
			break;
	weir_rx_close(&from_lcore);
	weir_tx_close(&to_lcore);
}

static void ask_reactor(void *arg)
{
	uint64_t answer;

	store_release(&works, true);
	for (uint64_t i = 1; !load_acquire(&enough); i++) {
		if (weir_send(&to_reactor, &i) != WEIR_SENT ||
			weir_recv(&from_reactor, &answer) != WEIR_RECEIVED)
			break;
		add_acq_rel(&trips, answer == i);
		if (weir_sleep(weir_in_us(100)))
			break;
	}
	weir_tx_close(&to_reactor);
	while (weir_recv(&from_reactor, &answer) == WEIR_RECEIVED)
		;
	weir_rx_close(&from_reactor);
	weir_executor_stop(lcore);
}

static void *run_lcore(void *arg)
{
	if (count_mine())
		weir_executor_run(lcore);
	return NULL;
}

static void open_lcore(void)
{
	const struct weir_executor_options polls = {
		.idle = weir_idle_spin, .node = WEIR_NODE_ANY};
	const struct weir_channel_options channel = {
		.class_ = WEIR_SPSC, .message_size = 8};

	cr_assert_eq(weir_executor_create(&lcore, &polls, NULL), 0);
	cr_assert_eq(
		weir_channel_open_with(4, &channel, &to_reactor, &from_lcore),
		0);
	cr_assert_eq(
		weir_channel_open_with(4, &channel, &to_lcore, &from_reactor),
		0);
	cr_assert_eq(weir_start(lcore, ask_reactor, NULL, NULL, NULL), 0);
}

static uint32_t all_calls(void)
{
	return load_acquire(&calls);
}

Test(beside, an_lcore_makes_no_system_call_for_a_reactor_that_it_talks_to)
{
	uint32_t before, answers, began;
	pthread_t thread;

	open_lcore();
	pthread_create(&counter, NULL, count_calls, NULL);
	pthread_create(&thread, NULL, run_lcore, NULL);
	while (load_acquire(&listener) == 0)
		usleep(100);
	if (load_acquire(&listener) < 0)
		cr_skip_test("seccomp is not to be had here");
	crowd.count = 300;
	crowd.chatting = 20;
	crowd.fn = answer_lcore;
	crowd_begin(&crowd);
	while (!load_acquire(&works) || !load_acquire(&trips))
		usleep(100);
	before = all_calls();
	cr_assert_gt(before, 0u, "they are not counted");
	began = load_acquire(&trips);
	answers = load_acquire(&crowd.answers);
	while (load_acquire(&trips) - began < TRIPS ||
		load_acquire(&crowd.answers) - answers < 4 * TRIPS)
		usleep(100);
	cr_assert_eq(all_calls(), before, "%u calls, the last is number %d",
		all_calls() - before, load_relaxed(&last_call));
	store_release(&enough, true);
	pthread_join(thread, NULL);
	pthread_join(counter, NULL);
	crowd_end(&crowd);
	weir_executor_turn(lcore);
	weir_executor_destroy(lcore);
}

// ---- no instruction ----

#if defined(__x86_64__) // elsewhere a locked operation never ends when stepped

#define TURNS 20

static uint64_t ticks;
static struct weir_clock virtual;
static struct weir_tx tx;
static struct weir_rx rx;
static uint64_t received;

static void produce(void *arg)
{
	uint64_t burst[8];
	unsigned done;

	for (uint64_t i = 0;; i++) {
		for (unsigned k = 0; k < 8; k++)
			burst[k] = i;
		if (weir_send_burst(&tx, burst, 8, &done, WEIR_NEVER) !=
			WEIR_SENT)
			break;
	}
}

static void consume(void *arg)
{
	uint64_t burst[8];
	unsigned done;

	while (weir_recv_burst(&rx, burst, 8, &done, WEIR_NEVER) ==
		WEIR_RECEIVED)
		for (unsigned k = 0; k < done; k++)
			received += burst[k];
}

static void turn(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		ticks += 100;
		weir_executor_turn(lcore);
	}
}

// be_stepped is the other process: it stops where counting begins and ends.
static __attribute__((noreturn)) void be_stepped(bool beside)
{
	const struct weir_channel_options channel = {
		.class_ = WEIR_SPSC, .message_size = 8};

	virtual = weir_clock_virtual(&ticks, 1000000000);
	const struct weir_executor_options options = {
		.clock = &virtual, .node = WEIR_NODE_ANY};

	if (weir_executor_create(&lcore, &options, NULL) ||
		weir_channel_open_with(16, &channel, &tx, &rx) ||
		weir_start(lcore, produce, NULL, NULL, NULL) ||
		weir_start(lcore, consume, NULL, NULL, NULL))
		_exit(1);
	turn(10);
	crowd.count = 300;
	crowd.chatting = 20;
	if (beside)
		crowd_begin(&crowd);
	while (beside && load_acquire(&crowd.answers) < 100)
		usleep(100);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(2);
	raise(SIGSTOP);
	turn(TURNS);
	raise(SIGSTOP);
	_exit(0);
}

static bool stopped(pid_t child)
{
	int status;

	return waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
	       WSTOPSIG(status) == SIGSTOP;
}

// step lets it do one instruction; false: it has stopped by itself.
static bool step(pid_t child)
{
	int status;

	cr_assert_eq(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSTOPPED(status), "it ended: %x", (unsigned)status);
	return WSTOPSIG(status) == SIGTRAP;
}

// instructions_of counts those of TURNS turns; 0: nobody may step here.
static uint64_t instructions_of(bool beside)
{
	uint64_t count = 0;
	pid_t child = fork();

	if (child == 0)
		be_stepped(beside);
	if (stopped(child))
		while (step(child))
			count++;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return count;
}

Test(beside, an_lcore_does_not_one_instruction_more_where_a_reactor_lives)
{
	uint64_t alone = instructions_of(false);

	if (alone == 0)
		cr_skip_test("no process may be stepped through here");
	cr_assert_gt(alone, 100u * TURNS, "too few to be turns");
	cr_assert_eq(
		instructions_of(false), alone, "they differ by themselves");
	cr_assert_eq(instructions_of(true), alone);
	cr_log_info("%lu instructions a turn", (unsigned long)alone / TURNS);
}

#endif
