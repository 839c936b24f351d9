// SPDX-License-Identifier: BSD-3-Clause
//
// What a trace has of a connection's life, in order.
#include "ends.h"
#include "reactor/connection.h"
#include "trace/events.h"

#define EVENT 24 // bytes from one event to the next, of all these
#define MOST 64

static int pair[2];
static struct weir_connection connection;

static enum weir_connection_next answer(struct weir_connection *c)
{
	char byte;

	if (weir_read(&c->fd, &byte, 1, WEIR_NEVER) != 1)
		return WEIR_CONNECTION_END;
	return weir_write(&c->fd, &byte, 1, WEIR_NEVER) == 1
		       ? WEIR_CONNECTION_KEEP
		       : WEIR_CONNECTION_END;
}

static const struct weir_connection_class class_ = {
	.name = "traced", .handle = answer};

// live serves two requests, asked when it sleeps, and ends.
static void live(void *arg)
{
	struct weir_scope scope;
	struct weir_fd client;
	char byte = 0;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	open_end(&connection.fd, pair[0]);
	open_end(&client, pair[1]);
	weir_scope_open(&scope);
	cr_assert_eq(weir_connection_start(&scope, &connection, &class_), 0);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(weir_sleep(weir_in_ms(1)), 0);
		cr_assert_eq(weir_write(&client, &byte, 1, WEIR_NEVER), 1);
		cr_assert_eq(weir_read(&client, &byte, 1, WEIR_NEVER), 1);
	}
	weir_fd_close(&client);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

// trace_of writes a letter for each event of the connection in the trace.
static void trace_of(const char *pattern, const char *const names[],
	const char *letters, char *text)
{
	const struct weir_trace_options options = {
		.pattern = pattern, .threads = 1};
	struct saved saved;
	size_t size = 0;
	char *bytes;

	cr_assert_eq(weir_trace_start(&options, NULL), 0);
	on_reactor(live);
	weir_trace_stop();
	save(&saved);
	bytes = read_file(&saved, "channel0_0", &size);
	for (size_t at = HEAD_SIZE; at < size; at += EVENT) {
		struct event event = event_at(bytes + at);

		if (field_u64(&event, 0) != (uintptr_t)&connection.fd)
			continue;
		cr_expect_eq(field_u32(&event, 8), (unsigned)pair[0]);
		for (unsigned i = 0; names[i]; i++)
			if (event.number == number_of(&saved, names[i]))
				*text++ = letters[i];
	}
	*text = '\0';
	free(bytes);
	forget(&saved);
	weir_trace_drop();
}

Test(traced, a_connection_borrows_a_stack_for_each_request_and_gives_it_back,
	.init = events_open, .fini = weir_eal_close)
{
	static const char *const of_fd[] = {
		"fd.opened", "fd.ready", "fd.closed", NULL};
	static const char *const of_connection[] = {"connection.queues",
		"connection.borrows", "connection.returns", NULL};
	char text[MOST];

	// How often the system tells is its own: once a request, at least.
	trace_of("weir.fd.*", of_fd, "orc", text);
	cr_expect(strncmp(text, "orrr", 4) == 0 &&
			  strchr(text, 'c') == text + strlen(text) - 1,
		"%s", text);
	// The last one finds the end.
	trace_of("weir.connection.*", of_connection, "qbr", text);
	cr_expect_str_eq(text, "brbrbr");
}
