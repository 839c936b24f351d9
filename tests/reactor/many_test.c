// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of connections from another process that say nothing: what they cost
// while they do, and that each is served all the same.
#include "base/atomic.h"
#include "ends.h"
#include "reactor/connection.h"
#include "reactor/socket.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MANY 8000
#define ASKED 200

static unsigned count; // of connections
static struct weir_connection *connections;
static struct weir_fd listener;
static struct weir_address at;
static unsigned handled, ended;

static enum weir_connection_next echo(struct weir_connection *c)
{
	char text[16];
	ssize_t n = weir_read(&c->fd, text, sizeof(text), WEIR_NEVER);

	if (n <= 0 || weir_write(&c->fd, text, (size_t)n, WEIR_NEVER) != n)
		return WEIR_CONNECTION_END;
	handled++;
	return WEIR_CONNECTION_KEEP;
}

static void has_ended(struct weir_connection *c)
{
	ended++;
}

static const struct weir_connection_class echoes = {
	.name = "echo", .handle = echo, .ended = has_ended};

static void accept_all(struct weir_scope *scope)
{
	for (unsigned i = 0; i < count; i++) {
		cr_assert_eq(
			weir_accept(&listener, &connections[i].fd, WEIR_NEVER),
			0);
		cr_assert_eq(
			weir_connection_start(scope, &connections[i], &echoes),
			0);
	}
}

// ---- the other process ----

static void connect_all(int *numbers)
{
	for (unsigned i = 0; i < count; i++) {
		numbers[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (numbers[i] < 0 ||
			connect(numbers[i], (void *)&at.of, at.size))
			_exit(1);
	}
}

static void be_the_clients(int told)
{
	int *numbers = calloc(count, sizeof(*numbers));
	char byte;

	connect_all(numbers);
	if (read(told, &byte, 1) != 1)
		_exit(2);
	for (unsigned i = 0; i < ASKED; i++) {
		int number = numbers[i * 7919 % count];

		if (write(number, "x", 1) != 1 || read(number, &byte, 1) != 1)
			_exit(3);
	}
	_exit(0);
}

// ---- here ----

// as_many_as_may answers how many connections both processes may have.
static unsigned as_many_as_may(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur < MANY + 100 ? (unsigned)limit.rlim_cur - 100
					   : MANY;
}

static void hold_many(void *arg)
{
	const struct weir_executor_counts *counts =
		weir_executor_counts(weir_executor_self());
	struct weir_scope scope;
	uint64_t turns;
	int tell[2], status;
	pid_t child;

	cr_assert_eq(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL), 0);
	cr_assert_eq(weir_listen(&listener, &at, NULL, NULL), 0);
	cr_assert_eq(weir_address_own(&listener, &at), 0);
	cr_assert_eq(pipe(tell), 0);
	child = fork();
	if (child == 0)
		be_the_clients(tell[0]);
	weir_scope_open(&scope);
	accept_all(&scope);
	cr_assert_eq(weir_sleep(weir_in_ms(5)), 0); // all of them wait
	cr_assert_eq(counts->tasks, count + 1);
	turns = counts->turns;
	cr_assert_eq(weir_sleep(weir_in_ms(100)), 0);
	cr_assert_lt(counts->turns - turns, 20u, "idle connections cost turns");
	cr_assert_eq(write(tell[1], "x", 1), 1);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0); // it has gone
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	cr_assert_eq(handled, ASKED);
	cr_assert_eq(ended, count);
	weir_fd_close(&listener);
	close(tell[0]);
	close(tell[1]);
}

Test(many, idle_connections_cost_no_stack_no_turn_and_640_bytes)
{
	cr_assert_leq(sizeof(struct weir_connection), 640u);
	count = as_many_as_may();
	connections = calloc(count, sizeof(*connections));
	on_reactor(hold_many); // which has 256 stacks
	free(connections);
}

// ---- several reactors at one address ----

#define REACTORS 3
#define CLIENTS 300

static unsigned accepted[REACTORS], accepted_by_all;

static void accept_some(void *arg)
{
	const struct weir_listen_options spread = {.spread = true};
	unsigned *mine = arg;
	struct weir_fd own, connection;

	cr_assert_eq(weir_listen(&own, &at, &spread, NULL), 0);
	add_acq_rel(&count, 1);
	while (load_acquire(&accepted_by_all) < CLIENTS) {
		if (weir_accept(&own, &connection, weir_in_ms(20)))
			continue;
		++*mine;
		add_acq_rel(&accepted_by_all, 1);
		weir_fd_close(&connection);
	}
	weir_fd_close(&own);
}

static void *run_one(void *arg)
{
	weir_reactor_run(accept_some, arg);
	return NULL;
}

static void choose_a_port(void *arg)
{
	const struct weir_listen_options spread = {.spread = true};

	cr_assert_eq(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL), 0);
	cr_assert_eq(weir_listen(&listener, &at, &spread, NULL), 0);
	cr_assert_eq(weir_address_own(&listener, &at), 0);
	weir_fd_close(&listener);
}

Test(many, reactors_share_an_address_and_the_system_spreads)
{
	pthread_t threads[REACTORS];
	unsigned sum = 0;

	on_reactor(choose_a_port);
	count = 0;
	for (unsigned i = 0; i < REACTORS; i++)
		pthread_create(&threads[i], NULL, run_one, &accepted[i]);
	while (load_acquire(&count) < REACTORS)
		usleep(100);
	for (unsigned i = 0; i < CLIENTS; i++) {
		int number = socket(AF_INET, SOCK_STREAM, 0);

		cr_assert_eq(connect(number, (void *)&at.of, at.size), 0);
		close(number);
	}
	for (unsigned i = 0; i < REACTORS; i++) {
		pthread_join(threads[i], NULL);
		cr_assert_gt(accepted[i], 0u, "reactor %u got none", i);
		sum += accepted[i];
	}
	cr_assert_eq(sum, (unsigned)CLIENTS);
}
