// SPDX-License-Identifier: BSD-3-Clause
//
// Listening, accepting, connecting, and what goes wrong with each.
#include "ends.h"
#include "reactor/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

static struct weir_fd listener;
static struct weir_address at;

static void listen_at(const char *text)
{
	struct weir_error e = {0};

	cr_assert_eq(weir_address_parse(&at, text, &e), 0, "%s", e.text);
	cr_assert_eq(weir_listen(&listener, &at, NULL, &e), 0, "%s", e.text);
	cr_assert_eq(weir_address_own(&listener, &at), 0);
}

static void accept_in(void *arg)
{
	cr_assert_eq(weir_accept(&listener, &in, WEIR_NEVER), 0);
}

// connect_both makes out and in the ends of a connection.
static void connect_both(void)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, accept_in, NULL), 0);
	cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), 0);
	weir_scope_close(&scope, WEIR_NEVER);
}

static void talk_over(const char *text)
{
	char got[8];

	listen_at(text);
	connect_both();
	cr_assert_eq(weir_write(&out, "hello", 5, WEIR_NEVER), 5);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	close_ends();
	weir_fd_close(&listener);
}

static void talk_over_all(void *arg)
{
	talk_over("tcp:127.0.0.1:0");
	talk_over("tcp:[::1]:0");
	talk_over("unix:@weir-server-test");
}

Test(server, connects_over_tcp_and_unix_sockets)
{
	on_reactor(talk_over_all);
}

static void refuse_addresses(void *arg)
{
	static const char *const wrong[] = {"", "tcp:", "tcp:127.0.0.1",
		"tcp:127.0.0.1:", "tcp:127.0.0.1:65536", "tcp:127.0.0.1:80x",
		"tcp:localhost:80", "tcp:::1:80", "tcp:[::1:80", "tcp:[:80",
		"unix:", "unix:@", "udp:127.0.0.1:80"};
	static const char *const right[] = {"tcp:127.0.0.1:0",
		"tcp:0.0.0.0:65535", "tcp:[::]:1", "tcp:[2001:db8::1]:80",
		"unix:/run/x", "unix:@x"};
	struct weir_address address;
	char text[160];

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct weir_error e = {0};

		cr_assert_eq(weir_address_parse(&address, wrong[i], &e),
			-EINVAL, "%s", wrong[i]);
		cr_assert(strstr(e.text, "is no address"), "%s", e.text);
	}
	for (unsigned i = 0; i < sizeof(right) / sizeof(*right); i++) {
		cr_assert_eq(weir_address_parse(&address, right[i], NULL), 0,
			"%s", right[i]);
		weir_address_print(&address, text, sizeof(text));
		cr_assert_str_eq(text, right[i]);
	}
}

Test(server, addresses_are_read_and_written)
{
	refuse_addresses(NULL);
}

static void listen_twice(void *arg)
{
	const struct weir_listen_options spread = {.spread = true};
	struct weir_error e = {0};
	struct weir_fd second;

	listen_at("tcp:127.0.0.1:0");
	cr_assert_eq(weir_listen(&second, &at, &spread, &e), -EADDRINUSE);
	cr_assert(strstr(e.text, "cannot listen at tcp:127.0.0.1:"), "%s",
		e.text);
	weir_fd_close(&listener);
	weir_error_clear(&e);
	cr_assert_eq(weir_listen(&listener, &at, &spread, &e), 0, "%s", e.text);
	cr_assert_eq(weir_listen(&second, &at, &spread, &e), 0, "%s", e.text);
	weir_fd_close(&listener);
	weir_fd_close(&second);
}

Test(server, an_address_is_shared_only_where_all_say_so)
{
	on_reactor(listen_twice);
}

static void connect_to_nobody(void *arg)
{
	listen_at("tcp:127.0.0.1:0");
	weir_fd_close(&listener);
	cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), -ECONNREFUSED);
	cr_assert_eq(weir_address_parse(&at, "unix:/nowhere/at/all", NULL), 0);
	cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), -ENOENT);
	weir_fd_close(&out); // nothing is left of it
}

Test(server, a_connect_that_fails_leaves_nothing)
{
	on_reactor(connect_to_nobody);
}

static void connect_to_a_full_backlog(void *arg)
{
	const struct weir_listen_options one = {.backlog = 1};
	struct weir_fd waiting[8];
	unsigned count = 0;
	uint64_t deadline;
	int err;

	cr_assert_eq(
		weir_address_parse(&at, arg ? arg : "unix:@weir-backlog", NULL),
		0);
	cr_assert_eq(weir_listen(&listener, &at, &one, NULL), 0);
	cr_assert_eq(weir_address_own(&listener, &at), 0);
	do {
		cr_assert_lt(count, 8u, "it takes all");
		deadline = weir_in_ms(5);
		err = weir_connect(&waiting[count], &at, deadline);
		count += err == 0;
	} while (err == 0);
	cr_assert_eq(err, -ETIMEDOUT);
	cr_assert_geq((int64_t)(weir_ticks() - deadline), 0);
	// There is room again, and it is found.
	cr_assert_eq(weir_accept(&listener, &in, WEIR_NEVER), 0);
	cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), 0);
	while (count > 0)
		weir_fd_close(&waiting[--count]);
	close_ends();
	weir_fd_close(&listener);
}

static void connect_to_a_full_unix_backlog(void *arg)
{
	connect_to_a_full_backlog("unix:@weir-backlog");
}

Test(server, a_connect_waits_for_room_in_a_unix_backlog)
{
	on_reactor(connect_to_a_full_unix_backlog);
}

static void reset_by_peer(void *arg)
{
	const struct linger at_once = {.l_onoff = 1};
	char got[8];

	listen_at("tcp:127.0.0.1:0");
	connect_both();
	cr_assert_eq(setsockopt(weir_fd_number(&out), SOL_SOCKET, SO_LINGER,
			     &at_once, sizeof(at_once)),
		0);
	weir_fd_close(&out);
	cr_assert_eq(weir_read(&in, got, 1, WEIR_NEVER), -ECONNRESET);
	cr_assert_eq(weir_read(&in, got, 1, WEIR_NEVER), 0);
	cr_assert_eq(weir_write(&in, got, 1, WEIR_NEVER), -EPIPE);
	close_ends();
	weir_fd_close(&listener);
}

Test(server, a_peer_that_resets_is_an_answer)
{
	on_reactor(reset_by_peer);
}

static void reset_in_the_backlog(void *arg)
{
	const struct linger at_once = {.l_onoff = 1};

	listen_at("tcp:127.0.0.1:0");
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), 0);
		cr_assert_eq(setsockopt(weir_fd_number(&out), SOL_SOCKET,
				     SO_LINGER, &at_once, sizeof(at_once)),
			0);
		weir_fd_close(&out);
	}
	cr_assert_eq(weir_connect(&out, &at, WEIR_NEVER), 0);
	for (;;) { // the system may hand out what was reset, or not
		char got;
		ssize_t n;

		cr_assert_eq(weir_accept(&listener, &in, WEIR_NEVER), 0);
		n = weir_read(&in, &got, 1, weir_in_ms(1));
		if (n == -ETIMEDOUT)
			break;
		cr_assert_eq(n, -ECONNRESET);
		weir_fd_close(&in);
	}
	close_ends();
	weir_fd_close(&listener);
}

Test(server, what_was_reset_before_it_was_accepted_stops_nothing)
{
	on_reactor(reset_in_the_backlog);
}

// ---- no descriptors left ----

static int take_all_descriptors(void)
{
	const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
	int first = -1, number;

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((number = dup(0)) >= 0)
		first = first < 0 ? number : first;
	cr_assert_eq(errno, EMFILE);
	return first;
}

static void accept_without_descriptors(void *arg)
{
	int first, client;
	uint64_t turns;
	char got;

	open("/dev/null", O_RDONLY); // 0 is something
	listen_at("tcp:127.0.0.1:0");
	client = socket(AF_INET, SOCK_STREAM, 0);
	first = take_all_descriptors();
	cr_assert_eq(connect(client, (void *)&at.of, at.size), 0);
	cr_assert_eq(weir_accept(&listener, &in, WEIR_NEVER), -EMFILE);
	cr_assert_eq(read(client, &got, 1), 0, "it was not refused");
	// Nothing is left in the backlog, so nothing turns.
	turns = weir_executor_counts(weir_executor_self())->turns;
	cr_assert_eq(weir_accept(&listener, &in, weir_in_ms(20)), -ETIMEDOUT);
	cr_assert_lt(
		weir_executor_counts(weir_executor_self())->turns - turns, 20u);
	close(first);
	close(client);
	client = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(connect(client, (void *)&at.of, at.size), 0);
	close(client);
	cr_assert_eq(weir_accept(&listener, &in, WEIR_NEVER), 0);
	weir_fd_close(&in);
	weir_fd_close(&listener);
}

Test(server, without_descriptors_it_refuses_and_does_not_spin)
{
	on_reactor(accept_without_descriptors);
}
