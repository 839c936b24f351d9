// SPDX-License-Identifier: BSD-3-Clause
//
// Connections that wait without a stack: who gets one, in which order, and how they
// end.
#include "ends.h"
#include "reactor/connection.h"
#include "reactor/socket.h"
#include "task/shield.h"

#define CLIENTS 100

static struct weir_connection connections[CLIENTS];
static int clients[CLIENTS];
static unsigned ended, handled, at_once, most_at_once;
static unsigned order[CLIENTS];

static void has_ended(struct weir_connection *c)
{
	cr_assert_eq(weir_fd_number(&c->fd) >= 0, 1);
	memset(c, 0xee, sizeof(*c)); // it is the caller's again
	ended++;
}

static enum weir_connection_next echo(struct weir_connection *c)
{
	char text[16];
	ssize_t n = weir_read(&c->fd, text, sizeof(text), WEIR_NEVER);

	if (n <= 0)
		return WEIR_CONNECTION_END;
	order[handled++] = (unsigned)(c - connections);
	if (weir_write(&c->fd, text, (size_t)n, WEIR_NEVER) != n)
		return WEIR_CONNECTION_END;
	return WEIR_CONNECTION_KEEP;
}

static const struct weir_connection_class echoes = {
	.name = "echo", .handle = echo, .ended = has_ended};

static void connect_all(struct weir_scope *scope, unsigned count,
	const struct weir_connection_class *class_)
{
	for (unsigned i = 0; i < count; i++) {
		int ends[2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		clients[i] = ends[1];
		open_end(&connections[i].fd, ends[0]);
		cr_assert_eq(
			weir_connection_start(scope, &connections[i], class_),
			0);
	}
}

static unsigned live_tasks(void)
{
	const struct weir_executor_counts *counts =
		weir_executor_counts(weir_executor_self());

	return (unsigned)counts->tasks;
}

// pass_time lets what is ready run.
static void pass_time(void)
{
	cr_assert_eq(weir_sleep(weir_in_ms(2)), 0);
}

static void echo_and_end(void *arg)
{
	struct weir_scope scope;
	char got[16];

	weir_scope_open(&scope);
	connect_all(&scope, 3, &echoes);
	pass_time();
	cr_assert_eq(live_tasks(), 4u); // steppers: none has a stack
	for (unsigned round = 0; round < 3; round++) {
		cr_assert_eq(write(clients[1], "ab", 2), 2);
		cr_assert_eq(write(clients[2], "c", 1), 1);
		pass_time();
		cr_assert_eq(read(clients[1], got, 16), 2);
		cr_assert_eq(read(clients[2], got, 16), 1);
	}
	cr_assert_eq(handled, 6u);
	close(clients[0]);
	pass_time();
	cr_assert_eq(ended, 1u);
	// What is sent before the end is answered before it.
	cr_assert_eq(write(clients[1], "last", 4), 4);
	shutdown(clients[1], SHUT_WR);
	pass_time();
	cr_assert_eq(ended, 2u);
	cr_assert_eq(read(clients[1], got, 16), 4);
	cr_assert_eq(read(clients[1], got, 16), 0);
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	cr_assert_eq(ended, 3u);
	cr_assert_eq(read(clients[2], got, 16), 0);
}

Test(connection, is_handled_whenever_it_has_something_and_ends_with_its_peer)
{
	on_reactor(echo_and_end);
}

static void start_cancelled(void *arg)
{
	struct weir_scope scope;
	int ends[2];

	weir_scope_open(&scope);
	weir_scope_cancel(&scope);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	open_end(&connections[0].fd, ends[0]);
	cr_assert_eq(weir_connection_start(&scope, &connections[0], &echoes),
		-ECANCELED);
	weir_scope_close(&scope, WEIR_NEVER);
	cr_assert_eq(ended, 0u);
	weir_fd_close(&connections[0].fd); // still the caller's
}

Test(connection, does_not_start_in_a_cancelled_scope)
{
	on_reactor(start_cancelled);
}

static const struct weir_connection_class impatient = {
	.name = "impatient",
	.handle = echo,
	.ended = has_ended,
	.idle_ns = 3000000,
};

static void idle_too_long(void *arg)
{
	struct weir_scope scope;
	uint64_t begin;
	char got;

	weir_scope_open(&scope);
	connect_all(&scope, 2, &impatient);
	begin = weir_ticks();
	cr_assert_eq(write(clients[1], "x", 1), 1);
	weir_scope_close(&scope, WEIR_NEVER);
	cr_assert_eq(ended, 2u);
	cr_assert_geq(weir_ticks() - begin,
		weir_clock_ticks(weir_clock_real(), 3000000));
	cr_assert_eq(read(clients[0], &got, 1), 0);
	cr_assert_eq(read(clients[1], &got, 1), 1);
}

Test(connection, ends_when_nothing_comes_for_too_long)
{
	on_reactor(idle_too_long);
}

// ---- fewer stacks than requests ----

static enum weir_connection_next take_long(struct weir_connection *c)
{
	enum weir_connection_next next;

	at_once++;
	most_at_once = at_once > most_at_once ? at_once : most_at_once;
	next = weir_sleep(weir_in_us(100)) ? WEIR_CONNECTION_END : echo(c);
	at_once--;
	return next;
}

static const struct weir_connection_class slow = {
	.name = "slow", .handle = take_long, .ended = has_ended};

static struct weir_executor *running;

static void stop(void *arg)
{
	weir_executor_stop(running);
}

// with_stacks runs fn on a reactor of so many.
static void with_stacks(unsigned count, void (*fn)(void *arg))
{
	const struct weir_reactor_options options = {
		.executor = {.stack_count = count, .node = -1}};
	struct weir_reactor *reactor;

	cr_assert_eq(weir_reactor_create(&reactor, &options, NULL), 0);
	running = weir_reactor_executor(reactor);
	cr_assert_eq(weir_start(running, fn, NULL, NULL, stop), 0);
	weir_executor_run(running);
	weir_reactor_destroy(reactor);
}

static void ask_all_at_once(void *arg)
{
	struct weir_scope scope;
	char got;

	weir_scope_open(&scope);
	connect_all(&scope, CLIENTS, &slow);
	pass_time();
	for (unsigned i = 0; i < CLIENTS; i++) // one a turn: in this order
		cr_assert_eq(write(clients[i], "x", 1), 1);
	for (unsigned i = 0; i < CLIENTS; i++) {
		while (recv(clients[i], &got, 1, MSG_DONTWAIT) < 0)
			pass_time();
	}
	cr_assert_eq(handled, (unsigned)CLIENTS);
	cr_assert_eq(most_at_once, 2u); // three stacks, and one is ours
	for (unsigned i = 0; i < CLIENTS; i++)
		cr_assert_eq(order[i], i, "%u is handled as %u", order[i], i);
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	cr_assert_eq(ended, (unsigned)CLIENTS);
}

Test(connection, stands_in_line_for_a_stack)
{
	with_stacks(3, ask_all_at_once);
}

static void hold_a_stack(void *arg)
{
	cr_assert_eq(weir_sleep(weir_in_ms(5)), 0);
}

static void ask_while_others_have_all(void *arg)
{
	struct weir_scope scope;
	char got;

	weir_scope_open(&scope);
	connect_all(&scope, 2, &echoes);
	cr_assert_eq(weir_spawn(&scope, NULL, hold_a_stack, NULL), 0);
	cr_assert_eq(write(clients[0], "x", 1), 1);
	cr_assert_eq(write(clients[1], "x", 1), 1);
	while (recv(clients[1], &got, 1, MSG_DONTWAIT) < 0)
		pass_time();
	cr_assert_eq(recv(clients[0], &got, 1, MSG_DONTWAIT), 1);
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
}

Test(connection, finds_the_stack_that_another_task_gives_back)
{
	with_stacks(2, ask_while_others_have_all);
}

static void cancel_in_line(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	connect_all(&scope, 10, &slow);
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(write(clients[i], "x", 1), 1);
	while (at_once == 0)
		weir_yield();
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	cr_assert_eq(ended, 10u);
	cr_assert_eq(handled, 0u);
	// The line is as it was: the next scope's are served.
	weir_scope_open(&scope);
	connect_all(&scope, 10, &slow);
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(write(clients[i], "x", 1), 1);
	while (handled < 10)
		pass_time();
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	cr_assert_eq(ended, 20u);
}

Test(connection, in_line_or_handled_ends_when_it_is_cancelled)
{
	with_stacks(2, cancel_in_line);
}

// ---- a server, whole ----

struct client {
	struct weir_connection connection;
	struct weir_list link;
};

static struct weir_list idle_clients;
static struct client pool[2]; // fewer than come

static void put_client(struct weir_connection *c)
{
	struct client *client = weir_container(c, struct client, connection);

	weir_list_add(&idle_clients, &client->link);
	ended++;
}

static const struct weir_connection_class served = {
	.name = "client", .handle = echo, .ended = put_client};

static struct weir_fd listener;

static void serve(void *arg)
{
	struct weir_scope *scope = arg;

	for (unsigned i = 0; i < 4; i++) {
		struct client *client;

		while (weir_list_empty(&idle_clients))
			pass_time();
		client = weir_container(idle_clients.next, struct client, link);
		if (weir_accept(&listener, &client->connection.fd, WEIR_NEVER))
			return;
		weir_list_remove(&client->link);
		if (weir_connection_start(scope, &client->connection, &served))
			return;
	}
}

static void serve_four(void *arg)
{
	struct weir_address at;
	struct weir_scope scope;
	char got[4];

	weir_list_init(&idle_clients);
	for (unsigned i = 0; i < 2; i++)
		weir_list_add(&idle_clients, &pool[i].link);
	cr_assert_eq(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL), 0);
	cr_assert_eq(weir_listen(&listener, &at, NULL, NULL), 0);
	cr_assert_eq(weir_address_own(&listener, &at), 0);
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, serve, &scope), 0);
	for (unsigned i = 0; i < 4; i++) {
		size_t size;

		cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), 0);
		cr_assert_eq(weir_write(&out, "ping", 4, WEIR_NEVER), 4);
		cr_assert_eq(
			weir_read_all(&out, got, 4, &size, weir_in_ms(1000)),
			0);
		weir_fd_close(&out);
	}
	weir_scope_close(&scope, WEIR_NEVER);
	weir_fd_close(&listener);
	cr_assert_eq(ended, 4u);
}

Test(connection, is_accepted_served_and_used_again)
{
	on_reactor(serve_four);
}
