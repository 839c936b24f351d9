// SPDX-License-Identifier: BSD-3-Clause
//
// Each class between each two places: an executor that polls, one that sleeps, a
// thread that blocks. Senders are slower and faster than receivers in turn, so
// that both sides sleep. A lost wakeup shows as a run that never ends: the
// timeout of the test. What may not be is refused, with the reason.
//
// Before that: an executor that polls makes no system call to wake who sleeps. Its
// thread is one that the kernel kills for any.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/error.h"
#include "chan/chan.h"
#include "task/executor.h"
#include "task/task.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES 600 // of each sender
#define USERS_MAX 2

enum place { POLLS, SLEEPS, BLOCKS, PLACES };

struct user {
	enum place place;
	bool sends;
	unsigned id;
	struct weir_tx tx;
	struct weir_rx rx;
	struct weir_executor *executor;
	pthread_t thread;
};

static uint32_t received;

// Sometimes it is long before the next message.
static void dawdle(const struct user *user, unsigned i)
{
	if (i % 100 != (user->sends ? 0 : 50))
		return;
	if (user->place == BLOCKS)
		nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
	else
		weir_assert(weir_sleep(weir_in_us(300)) == 0);
}

static void send_all(struct user *user)
{
	for (uint64_t i = 0; i < MESSAGES;) {
		uint64_t message = (uint64_t)user->id << 32 | i;
		uint64_t deadline = i % 5 ? WEIR_NEVER : weir_in_us(100);
		enum weir_result result =
			user->place == BLOCKS ? weir_send_blocking(&user->tx,
							&message, deadline)
					      : weir_send_until(&user->tx,
							&message, deadline);

		weir_assert(result == WEIR_SENT || result == WEIR_TIMED_OUT);
		if (result == WEIR_SENT)
			dawdle(user, (unsigned)++i);
	}
	weir_tx_close(&user->tx);
}

static void recv_all(struct user *user)
{
	uint32_t next[USERS_MAX] = {0};
	enum weir_result result;

	for (unsigned i = 0;;) {
		uint64_t message;
		uint64_t deadline = i % 5 ? WEIR_NEVER : weir_in_us(100);

		result = user->place == BLOCKS ? weir_recv_blocking(&user->rx,
							 &message, deadline)
					       : weir_recv_until(&user->rx,
							 &message, deadline);
		if (result == WEIR_TIMED_OUT)
			continue;
		if (result == WEIR_CLOSED)
			break;
		weir_assert(result == WEIR_RECEIVED);
		weir_assert((uint32_t)message >= next[message >> 32]);
		next[message >> 32] = (uint32_t)message + 1;
		add_relaxed(&received, 1);
		dawdle(user, ++i);
	}
	weir_rx_close(&user->rx);
}

static void use(void *arg)
{
	struct user *user = arg;

	if (user->sends)
		send_all(user);
	else
		recv_all(user);
	if (user->executor)
		weir_executor_stop(user->executor);
}

static void *run(void *arg)
{
	struct user *user = arg;

	if (user->executor)
		weir_executor_run(user->executor);
	else
		use(user);
	return NULL;
}

static void start(struct user *user)
{
	const struct weir_executor_options options = {
		.name = user->place == SLEEPS ? "sleeps" : "polls",
		.idle = user->place == POLLS ? weir_idle_yield : NULL,
		.sleeps = user->place == SLEEPS,
		.stack_count = 2,
		.node = -1};

	if (user->place != BLOCKS) {
		weir_assert(
			!weir_executor_create(&user->executor, &options, NULL));
		weir_assert(!weir_start(user->executor, use, user, NULL, NULL));
	}
	pthread_create(&user->thread, NULL, run, user);
}

static void finish(struct user *user)
{
	pthread_join(user->thread, NULL);
	if (!user->executor)
		return;
	weir_executor_turn(user->executor);
	weir_executor_destroy(user->executor);
}

// refused tells whether an end may not be used by a thread that blocks.
static bool refused(
	struct weir_tx *tx, struct weir_rx *rx, enum place from, enum place to)
{
	struct weir_error e;

	weir_error_clear(&e);
	if (from == BLOCKS && weir_tx_may_block(tx, &e)) {
		weir_assert(strstr(e.text, "others use that end too"));
		return true;
	}
	weir_error_clear(&e);
	if (to == BLOCKS && weir_rx_may_block(rx, &e)) {
		weir_assert(strstr(e.text, "others use that end too"));
		return true;
	}
	return false;
}

static void race(enum weir_channel_class class_, enum place from, enum place to)
{
	bool many_tx = class_ == WEIR_MPMC || class_ == WEIR_MPSC;
	bool many_rx = class_ == WEIR_MPMC || class_ == WEIR_SPMC;
	unsigned txs = many_tx ? 2 : 1, users = txs + (many_rx ? 2 : 1);
	const struct weir_channel_options options = {
		.class_ = class_, .message_size = 8};
	struct user user[2 * USERS_MAX] = {0};
	struct weir_tx tx;
	struct weir_rx rx;

	weir_assert(!weir_channel_open_with(2, &options, &tx, &rx));
	if (refused(&tx, &rx, from, to)) {
		weir_assert((from == BLOCKS && many_tx) ||
			    (to == BLOCKS && many_rx));
		weir_tx_close(&tx);
		weir_rx_close(&rx);
		return;
	}
	received = 0;
	for (unsigned i = 0; i < users; i++) {
		user[i].sends = i < txs;
		user[i].place = user[i].sends ? from : to;
		user[i].id = i;
		if (i > 0 && i < txs)
			weir_assert(!weir_tx_clone(&tx, &user[i].tx));
		if (i > txs)
			weir_assert(!weir_rx_clone(&rx, &user[i].rx));
	}
	user[0].tx = tx;
	user[txs].rx = rx;
	for (unsigned i = 0; i < users; i++)
		start(&user[i]);
	for (unsigned i = 0; i < users; i++)
		finish(&user[i]);
	weir_assert(received == txs * MESSAGES);
}

// ---- no system call ----

#define WOKEN 42
#define UNABLE 43

static struct weir_tx quiet_tx;
static struct weir_rx quiet_rx;

static void recv_and_leave(void *arg)
{
	uint64_t message;

	weir_assert(weir_recv(&quiet_rx, &message) == WEIR_RECEIVED);
	weir_assert(weir_recv(&quiet_rx, &message) == WEIR_RECEIVED);
	_exit(WOKEN);
}

static void *block_and_leave(void *arg)
{
	uint64_t message;

	weir_assert(weir_recv_blocking(&quiet_rx, &message, WEIR_NEVER) ==
		    WEIR_RECEIVED);
	weir_assert(weir_recv_blocking(&quiet_rx, &message, WEIR_NEVER) ==
		    WEIR_RECEIVED);
	_exit(WOKEN);
}

static void send_one(void *arg)
{
	uint64_t message = 1;

	weir_assert(weir_try_send(&quiet_tx, &message) == WEIR_SENT);
}

static void *run_sleeper(void *executor)
{
	weir_executor_run(executor);
	return NULL;
}

// The second message comes when the receiver sleeps, from a thread that may not
// even end but by exit.
static void wake_quietly(enum place to)
{
	const struct weir_executor_options options[2] = {
		{.node = -1}, {.sleeps = true, .node = -1}};
	const struct weir_channel_options spsc = {
		.class_ = WEIR_SPSC, .message_size = 8};
	struct weir_executor *polls, *sleeps;
	pthread_t thread;

	weir_assert(!weir_channel_open_with(2, &spsc, &quiet_tx, &quiet_rx));
	weir_assert(!weir_executor_create(&polls, &options[0], NULL));
	weir_assert(!weir_executor_create(&sleeps, &options[1], NULL));
	if (to == SLEEPS) {
		weir_assert(
			!weir_start(sleeps, recv_and_leave, NULL, NULL, NULL));
		pthread_create(&thread, NULL, run_sleeper, sleeps);
	} else {
		pthread_create(&thread, NULL, block_and_leave, NULL);
	}
	weir_assert(!weir_start(polls, send_one, NULL, NULL, NULL));
	weir_executor_turn(polls);
	weir_assert(!weir_start(polls, send_one, NULL, NULL, NULL));
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(UNABLE);
	weir_executor_turn(polls);
	syscall(SYS_exit, 0); // of this thread alone
}

static void no_system_call(enum place to)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		alarm(60); // the kernel may kill the thread alone
		wake_quietly(to);
		_exit(1);
	}
	weir_assert(waitpid(child, &status, 0) == child);
	weir_assert(WIFEXITED(status));
	weir_assert(
		WEXITSTATUS(status) == WOKEN || WEXITSTATUS(status) == UNABLE);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZER_CALLS 1 // and would be killed for it
#endif
#endif

int main(void)
{
#ifndef SANITIZER_CALLS
	no_system_call(SLEEPS);
	no_system_call(BLOCKS);
#else
	(void)no_system_call;
#endif
	for (unsigned c = WEIR_MPMC; c <= WEIR_SPMC; c++)
		for (unsigned from = 0; from < PLACES; from++)
			for (unsigned to = 0; to < PLACES; to++)
				race((enum weir_channel_class)c,
					(enum place)from, (enum place)to);
	puts("every class works between all places where it may");
	return 0;
}
