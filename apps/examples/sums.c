// SPDX-License-Identifier: BSD-3-Clause
#include "sums.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

// ---- the kernels ----

#define LARGEST 1000000000000000LL

static void read_numbers(struct sums_job *job)
{
	const char *at = job->line->text + strspn(job->line->text, " \r");
	char *end;

	job->count = 0;
	for (job->wrong = NULL; *at; at = end + strspn(end, " \r")) {
		long long number = strtoll(at, &end, 10);

		if (end == at || !strchr(" \r", *end) || number > LARGEST ||
			number < -LARGEST) {
			job->wrong = at;
			return;
		}
		job->number[job->count++] = number;
	}
}

static void add(struct sums_job *job)
{
	job->sum = 0;
	for (unsigned i = 0; i < job->count; i++)
		job->sum += job->number[i];
}

static void write_answer(struct sums_job *job)
{
	char *text = job->answer->text;
	size_t length = job->wrong ? strcspn(job->wrong, " \r") : 0;

	if (length > SUMS_LINE / 2)
		length = SUMS_LINE / 2;
	if (job->wrong)
		snprintf(text, SUMS_LINE, "'%.*s' is no number\n", (int)length,
			job->wrong);
	else
		snprintf(text, SUMS_LINE, "%lld\n", job->sum);
}

void sums_work(struct sums_job *jobs, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		read_numbers(&jobs[i]);
	for (unsigned i = 0; i < count; i++)
		add(&jobs[i]);
	for (unsigned i = 0; i < count; i++)
		write_answer(&jobs[i]);
}

// ---- a client ----

struct client {
	struct weir_connection connection;
	struct sums_server *server;
	unsigned size; // of what was read, and is not answered
	char text[SUMS_LINE];
};

static enum sums_drop why(int err)
{
	switch (err) {
	case -EMSGSIZE:
		return SUMS_TOO_LONG;
	case -ETIMEDOUT:
		return SUMS_LATE;
	case -EINPROGRESS: // too late, or stopped, while it was worked on
		return weir_task_canceled() ? SUMS_STOPPED : SUMS_LATE;
	case -ECANCELED:
	case -ESHUTDOWN:
		return SUMS_STOPPED;
	default:
		return SUMS_CUT_OFF;
	}
}

// read_on reads more of the present request.
static int read_on(struct client *client, uint64_t deadline)
{
	ssize_t n;

	if (client->size == SUMS_LINE)
		return -EMSGSIZE;
	n = weir_read(&client->connection.fd, client->text + client->size,
		SUMS_LINE - client->size, deadline);
	if (n > 0)
		client->size += (unsigned)n;
	return n > 0 ? 0 : n < 0 ? (int)n : -ENODATA;
}

// take takes a line of what was read: false: there is none yet.
static bool take(struct client *client, struct sums_line *line)
{
	const char *end = memchr(client->text, '\n', client->size);
	size_t size = end ? (size_t)(end - client->text) : 0;

	if (!end)
		return false;
	memcpy(line->text, client->text, size);
	line->text[size] = '\0';
	client->size -= (unsigned)size + 1;
	memmove(client->text, end + 1, client->size);
	return true;
}

static int read_line(
	struct client *client, struct sums_line *line, uint64_t deadline)
{
	int err = 0;

	while (err == 0 && !take(client, line))
		err = read_on(client, deadline);
	return err;
}

static int send_answer(struct client *client, const struct sums_line *answer,
	uint64_t deadline)
{
	size_t done;

	return weir_write_all(&client->connection.fd, answer->text,
		strlen(answer->text), &done, deadline);
}

// serve_one serves the request whose first byte is there.
static bool serve_one(struct client *client)
{
	struct sums_server *server = client->server;
	uint64_t deadline = weir_in_ms(server->patience_ms);
	struct sums_line line, answer;
	int err;

	server->books.in++;
	server->books.held++;
	err = read_line(client, &line, deadline);
	if (!err)
		err = server->answer(server->arg, &line, &answer, deadline);
	if (err)
		server->books.dropped[why(err)]++;
	else if ((err = send_answer(client, &answer, deadline)))
		server->books.dropped[SUMS_UNREAD]++;
	else
		server->books.out++;
	server->books.held--;
	return err == 0;
}

// talk serves all that has come: who returns with something in text would never
// hear of it again.
static enum weir_connection_next talk(struct weir_connection *c)
{
	struct client *client = weir_container(c, struct client, connection);

	if (read_on(client, WEIR_NEVER))
		return WEIR_CONNECTION_END;
	while (client->size > 0)
		if (!serve_one(client))
			return WEIR_CONNECTION_END;
	return WEIR_CONNECTION_KEEP;
}

static void gone(struct weir_connection *c)
{
	free(weir_container(c, struct client, connection));
}

static const struct weir_connection_class clients = {
	.name = "client", .handle = talk, .ended = gone};

// ---- the service ----

// refuse takes the next connection and closes it, for want of memory.
static int refuse(struct sums_server *server)
{
	struct weir_fd fd = {0};
	int err = weir_accept(&server->listener, &fd, WEIR_NEVER);

	weir_fd_close(&fd);
	return err ? err : -ENOMEM;
}

static int accept_one(struct sums_server *server, struct weir_scope *scope)
{
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return refuse(server);
	client->server = server;
	err = weir_accept(
		&server->listener, &client->connection.fd, WEIR_NEVER);
	if (!err)
		err = weir_connection_start(
			scope, &client->connection, &clients);
	if (err) {
		weir_fd_close(&client->connection.fd);
		free(client);
	}
	return err;
}

void sums_serve(void *arg)
{
	struct sums_server *server = arg;
	struct weir_scope scope;
	int err = 0;

	weir_scope_open(&scope);
	while (err != -ECANCELED) {
		err = accept_one(server, &scope);
		if (!err || err == -ECANCELED)
			continue;
		if (server->books.refused++ == 0)
			fprintf(stderr, "a connection is refused: %s\n",
				strerror(-err));
	}
	weir_scope_close(&scope, WEIR_NEVER); // each is cancelled, as we are
	weir_fd_close(&server->listener);
}

bool sums_listen(struct sums_server *server)
{
	const struct weir_listen_options options = {.spread = server->spread};
	struct weir_error e = {0};

	if (weir_listen(&server->listener, &server->at, &options, &e)) {
		fprintf(stderr, "%s\n", e.text);
		weir_task_fail(e.code);
		return false;
	}
	weir_address_own(&server->listener, &server->at);
	return true;
}

// ---- begin and end ----

static void signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void sums_until_told(const struct sums_server *server)
{
	struct signalfd_siginfo told;
	struct weir_fd fd;
	sigset_t set;
	char at[128];

	signals(&set);
	if (weir_fd_open(&fd, signalfd(-1, &set, SFD_CLOEXEC), NULL)) {
		weir_task_fail(-EMFILE);
		return;
	}
	weir_address_print(&server->at, at, sizeof(at));
	printf("sums at %s\n", at);
	fflush(stdout);
	if (weir_read(&fd, &told, sizeof(told), WEIR_NEVER) < 0)
		weir_task_fail(-ECANCELED);
	weir_fd_close(&fd);
}

bool sums_print(const struct sums_server *servers, unsigned count)
{
	static const char *const names[SUMS_DROPS] = {
		"too long", "cut off", "late", "unread", "stopped"};
	struct sums_books all = {0};
	uint64_t dropped = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct sums_books *books = &servers[i].books;

		all.in += books->in;
		all.out += books->out;
		all.held += books->held;
		all.refused += books->refused;
		for (unsigned d = 0; d < SUMS_DROPS; d++)
			all.dropped[d] += books->dropped[d];
	}
	for (unsigned d = 0; d < SUMS_DROPS; d++)
		dropped += all.dropped[d];
	printf("requests in %lu out %lu held %lu dropped %lu",
		(unsigned long)all.in, (unsigned long)all.out,
		(unsigned long)all.held, (unsigned long)dropped);
	for (unsigned d = 0; d < SUMS_DROPS; d++)
		if (all.dropped[d])
			printf(", %s %lu", names[d],
				(unsigned long)all.dropped[d]);
	printf("\nconnections refused %lu\n", (unsigned long)all.refused);
	return all.in == all.out + all.held + dropped;
}

int sums_main(int argc, char **argv, struct sums_server *server,
	void (*run)(void *server))
{
	struct weir_error e = {0};
	sigset_t set;

	if (weir_address_parse(
		    &server->at, argc > 1 ? argv[1] : "tcp:127.0.0.1:0", &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	server->patience_ms = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
	signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL); // threads inherit that
	return weir_reactor_run(run, server);
}
