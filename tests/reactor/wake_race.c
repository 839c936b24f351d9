// SPDX-License-Identifier: BSD-3-Clause
//
// Who wakes a reactor that is just going to sleep: an executor that polls, another
// reactor, a plain thread that writes to a descriptor, one that posts.
//
//	poller ── channel ──▶ ┌───────┐ ◀── socket ──▶ other reactor
//	thread ── pipe ─────▶ │reactor│ ── channel ──▶ (poller)
//	thread ── posts ────▶ └───────┘
//
// Each is slow at random, so that the reactor sleeps in between. A wakeup that is
// lost hangs the program.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/random.h"
#include "chan/case.h"
#include "mem/mem.h"
#include "reactor/fd.h"
#include "reactor/reactor.h"
#include "task/task.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 1500u

static struct weir_reactor *reactors[2];
static struct weir_executor *poller;
static struct weir_tx to_reactor, to_poller;
static struct weir_rx from_poller, from_reactor;
static int pipe_ends[2], pair[2];
static struct weir_post post;
static uint32_t posts_done;

static void pause_at_random(struct weir_random *random)
{
	if (weir_random_below(random, 16) == 0)
		usleep((useconds_t)weir_random_below(random, 300));
}

static void stop_all(void)
{
	weir_executor_stop(weir_reactor_executor(reactors[0]));
	weir_executor_stop(weir_reactor_executor(reactors[1]));
	weir_executor_stop(poller);
}

// ---- the poller ----

static void send_to_reactor(void *arg)
{
	struct weir_random random = {1};

	for (uint64_t i = 1; i <= MESSAGES; i++) {
		weir_assert(weir_send(&to_reactor, &i) == WEIR_SENT);
		pause_at_random(&random);
	}
	weir_tx_close(&to_reactor);
}

static void count_from_reactor(void *arg)
{
	uint64_t message, count = 0;

	while (weir_recv(&from_reactor, &message) == WEIR_RECEIVED)
		weir_assert(message == ++count);
	weir_assert(count == MESSAGES);
	weir_rx_close(&from_reactor);
	stop_all();
}

// ---- the reactor ----

static void take_messages(void *arg)
{
	uint64_t message, count = 0;

	while (weir_recv(&from_poller, &message) == WEIR_RECEIVED)
		weir_assert(message == ++count);
	weir_assert(count == MESSAGES);
	weir_rx_close(&from_poller);
}

static void take_bytes(void *arg)
{
	struct weir_fd fd;
	uint64_t count = 0;
	unsigned char text[64];
	ssize_t n = 1;

	weir_assert(weir_fd_open(&fd, pipe_ends[0], NULL) == 0);
	struct weir_case c = weir_case_readable(&fd);

	while (n) {
		if (count % 2)
			n = weir_read(&fd, text, sizeof(text), WEIR_NEVER);
		else if (weir_select(&c, 1) == 0)
			n = weir_try_read(&fd, text, sizeof(text));
		weir_assert(n >= 0);
		for (ssize_t i = 0; i < n; i++)
			weir_assert(text[i] == (unsigned char)count++);
	}
	weir_assert(count == MESSAGES);
	weir_fd_close(&fd);
}

static void play(void *arg)
{
	const int *number = arg;
	bool first = number == &pair[0];
	uint64_t message = 0;
	struct weir_fd fd;
	size_t done;

	weir_assert(weir_fd_open(&fd, *number, NULL) == 0);
	for (uint64_t i = 1; i <= MESSAGES; i++) {
		if (first)
			weir_assert(weir_write_all(&fd, &i, sizeof(i), &done,
					    WEIR_NEVER) == 0);
		weir_assert(weir_read_all(&fd, &message, sizeof(message), &done,
				    WEIR_NEVER) == 0);
		weir_assert(message == i);
		if (!first)
			weir_assert(weir_write_all(&fd, &i, sizeof(i), &done,
					    WEIR_NEVER) == 0);
	}
	weir_fd_close(&fd);
}

static void first_task(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, take_messages, NULL) ||
		weir_spawn(&scope, NULL, take_bytes, NULL) ||
		weir_spawn(&scope, NULL, play, &pair[0]))
		weir_assert(!"there are stacks");
	for (uint64_t i = 1; i <= MESSAGES; i++) {
		weir_assert(weir_send(&to_poller, &i) == WEIR_SENT);
		if (i % 64 == 0 && weir_sleep(weir_in_us(50)))
			break;
	}
	weir_assert(weir_scope_close(&scope, WEIR_NEVER) == 0);
	while (load_acquire(&posts_done) < MESSAGES)
		weir_assert(weir_sleep(weir_in_us(100)) == 0);
	weir_tx_close(&to_poller);
}

// ---- plain threads ----

static void *write_bytes(void *arg)
{
	struct weir_random random = {2};

	for (unsigned i = 0; i < MESSAGES; i++) {
		unsigned char byte = (unsigned char)i;

		weir_assert(write(pipe_ends[1], &byte, 1) == 1);
		pause_at_random(&random);
	}
	close(pipe_ends[1]);
	return NULL;
}

static void on_post(struct weir_executor *executor, struct weir_post *p)
{
	store_release(&posts_done, posts_done + 1);
}

static void *post_and_wait(void *arg)
{
	struct weir_random random = {3};

	post.fn = on_post;
	for (uint32_t i = 0; i < MESSAGES; i++) {
		weir_executor_post(weir_reactor_executor(reactors[0]), &post);
		while (load_acquire(&posts_done) == i)
			usleep(1);
		pause_at_random(&random);
	}
	return NULL;
}

static void *run(void *arg)
{
	weir_executor_run(arg);
	return NULL;
}

// ---- all together ----

static void open_all(enum weir_reactor_bell bell)
{
	const struct weir_channel_options channel = {
		.class_ = WEIR_SPSC, .message_size = 8};
	const struct weir_reactor_options options = {
		.executor = {.node = WEIR_NODE_ANY}, .bell = bell};
	const struct weir_executor_options polls = {
		.idle = weir_idle_yield, .node = WEIR_NODE_ANY};

	for (unsigned i = 0; i < 2; i++)
		weir_assert(
			weir_reactor_create(&reactors[i], &options, NULL) == 0);
	weir_assert(weir_executor_create(&poller, &polls, NULL) == 0);
	weir_assert(weir_channel_open_with(
			    4, &channel, &to_reactor, &from_poller) == 0);
	weir_assert(weir_channel_open_with(
			    4, &channel, &to_poller, &from_reactor) == 0);
	weir_assert(pipe(pipe_ends) == 0);
	weir_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	posts_done = 0;
}

static void close_all(void)
{
	weir_reactor_destroy(reactors[0]);
	weir_reactor_destroy(reactors[1]);
	weir_executor_destroy(poller);
}

static void start(
	struct weir_executor *executor, void (*fn)(void *arg), void *arg)
{
	weir_assert(weir_start(executor, fn, arg, NULL, NULL) == 0);
}

// ---- one post at a time: nothing else would wake who sleeps ----

#define POSTS 60000u

// The next one may come while this one still runs, or whenever it has gone to sleep.
static void on_post_slowly(struct weir_executor *executor, struct weir_post *p)
{
	static struct weir_random random = {6};

	store_release(&posts_done, posts_done + 1);
	for (uint64_t k = weir_random_below(&random, 50); k > 0; k--)
		cpu_relax();
}

static void *post_one_by_one(void *arg)
{
	struct weir_random random = {5};

	post.fn = on_post_slowly;
	for (uint32_t i = 0; i < POSTS; i++) {
		for (uint64_t k = weir_random_below(&random, 100); k > 0; k--)
			cpu_relax();
		weir_executor_post(arg, &post);
		while (load_acquire(&posts_done) == i)
			cpu_relax();
	}
	weir_executor_stop(arg);
	return NULL;
}

static void only_posts(void)
{
	const struct weir_reactor_options options = {
		.executor = {.node = WEIR_NODE_ANY}};
	struct weir_executor *reactor;
	pthread_t thread;

	weir_assert(weir_reactor_create(&reactors[0], &options, NULL) == 0);
	reactor = weir_reactor_executor(reactors[0]);
	pthread_create(&thread, NULL, post_one_by_one, reactor);
	weir_executor_run(reactor);
	pthread_join(thread, NULL);
	weir_reactor_destroy(reactors[0]);
}

// ---- one question at a time, of an executor that polls ----

#define QUESTIONS 4000u

static void ask_reactor(void *arg)
{
	struct weir_random random = {4};
	uint64_t answer;

	for (uint64_t i = 1; i <= QUESTIONS; i++) {
		for (uint64_t k = weir_random_below(&random, 2000); k > 0; k--)
			cpu_relax();
		weir_assert(weir_send(&to_reactor, &i) == WEIR_SENT);
		weir_assert(weir_recv(&from_reactor, &answer) == WEIR_RECEIVED);
		weir_assert(answer == i);
	}
	weir_tx_close(&to_reactor);
	weir_rx_close(&from_reactor);
	stop_all();
}

static void answer_poller(void *arg)
{
	uint64_t question;

	while (weir_recv(&from_poller, &question) == WEIR_RECEIVED)
		weir_assert(weir_send(&to_poller, &question) == WEIR_SENT);
	weir_tx_close(&to_poller);
	weir_rx_close(&from_poller);
}

static void ask_and_answer(void)
{
	struct weir_executor *reactor;
	pthread_t threads[2];

	open_all(WEIR_REACTOR_RELAY);
	reactor = weir_reactor_executor(reactors[0]);
	start(poller, ask_reactor, NULL);
	start(reactor, answer_poller, NULL);
	pthread_create(&threads[0], NULL, run, reactor);
	pthread_create(&threads[1], NULL, run, poller);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 8; i++) {
		weir_executor_turn(reactor);
		weir_executor_turn(poller);
	}
	close_all();
	for (unsigned i = 0; i < 2; i++) {
		close(pipe_ends[i]);
		close(pair[i]);
	}
}

static void race(enum weir_reactor_bell bell)
{
	pthread_t threads[5];

	open_all(bell);
	start(weir_reactor_executor(reactors[0]), first_task, NULL);
	start(weir_reactor_executor(reactors[1]), play, &pair[1]);
	start(poller, send_to_reactor, NULL);
	start(poller, count_from_reactor, NULL);
	pthread_create(
		&threads[0], NULL, run, weir_reactor_executor(reactors[0]));
	pthread_create(
		&threads[1], NULL, run, weir_reactor_executor(reactors[1]));
	pthread_create(&threads[2], NULL, run, poller);
	pthread_create(&threads[3], NULL, write_bytes, NULL);
	pthread_create(&threads[4], NULL, post_and_wait, NULL);
	for (unsigned i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	// What was made ready in the turn in which they were stopped.
	for (unsigned i = 0; i < 8; i++) {
		weir_executor_turn(weir_reactor_executor(reactors[i % 2]));
		weir_executor_turn(poller);
	}
	close_all();
}

int main(void)
{
	only_posts();
	ask_and_answer();
	for (unsigned i = 0; i < 3; i++) {
		race(WEIR_REACTOR_RELAY);
		race(WEIR_REACTOR_POLL);
	}
	puts("nobody slept for ever");
	return 0;
}
