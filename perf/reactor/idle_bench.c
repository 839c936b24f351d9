// SPDX-License-Identifier: BSD-3-Clause
//
// Connections of another process that say nothing.
//
//	idle.accept  how many are accepted a second, registered and made to wait:
//	             while the other process connects; and from a full backlog
//	idle.memory  resident bytes of this process for each of them (what the
//	             kernel has for its sockets is not in it)
//	idle.cpu     CPU time that this process takes while all of them are idle
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "reactor/connection.h"
#include "reactor/reactor.h"
#include "reactor/socket.h"
#include "task/task.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 8000
#define QUEUED 4000 // no more than the system lets a backlog be

static unsigned many;
static struct weir_fd listener;
static struct weir_address at;

static enum weir_connection_next hang_up(struct weir_connection *c)
{
	return WEIR_CONNECTION_END;
}

static const struct weir_connection_class silent = {
	.name = "silent", .handle = hang_up};

// begin_clients starts a process that connects so many, says so, and waits until it
// is killed.
static pid_t begin_clients(unsigned count, int *says)
{
	int ends[2];
	pid_t child;

	weir_assert(pipe(ends) == 0);
	fflush(stdout);
	child = fork();
	if (child > 0) {
		close(ends[1]);
		*says = ends[0];
		return child;
	}
	bench_pin(1);
	for (unsigned i = 0; i < count; i++) {
		int number = socket(AF_INET, SOCK_STREAM, 0);

		if (number < 0 ||
			connect(number, (const void *)&at.of, at.size)) {
			perror("idle_bench: connect");
			_exit(1);
		}
	}
	if (write(ends[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void end_clients(pid_t child, int says)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(says);
}

static void accept_all(struct weir_scope *scope,
	struct weir_connection *connections, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (weir_accept(&listener, &connections[i].fd, WEIR_NEVER) ||
			weir_connection_start(scope, &connections[i], &silent))
			weir_assert(!"accepted and started");
}

static void print_rate(const char *how, unsigned count, uint64_t ticks)
{
	uint64_t ns = weir_clock_ns(weir_clock_real(), ticks);

	printf("idle.accept %s connections=%u %.0f per_s\n", how, count,
		1e9 * count / (double)ns);
}

static double resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, pages = 0;

	weir_assert(file && fscanf(file, "%lu %lu", &size, &pages) == 2);
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_ms(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

static void measure_idle(unsigned seconds)
{
	double before = cpu_ms();

	if (weir_sleep(weir_in_ms(seconds * 1000)))
		return;
	printf("idle.cpu connections=%u seconds=%u %.2f ms\n", many, seconds,
		cpu_ms() - before);
}

static void hold(void)
{
	double before = resident();
	struct weir_connection *connections =
		calloc(many, sizeof(*connections));
	struct weir_scope scope;
	uint64_t begin;
	pid_t child;
	int says;

	child = begin_clients(many, &says);
	weir_scope_open(&scope);
	begin = weir_ticks();
	accept_all(&scope, connections, many);
	print_rate("while_they_connect", many, weir_ticks() - begin);
	if (weir_sleep(weir_in_ms(50)))
		return;
	printf("idle.memory connections=%u %.0f bytes\n", many,
		(resident() - before) / many);
	measure_idle(bench_quick() ? 2 : 60);
	end_clients(child, says);
	weir_scope_close(&scope, WEIR_NEVER);
	free(connections);
}

static void accept_queued(void)
{
	struct weir_connection *connections =
		calloc(QUEUED, sizeof(*connections));
	struct weir_scope scope;
	uint64_t begin;
	pid_t child;
	char byte;
	int says;

	child = begin_clients(QUEUED, &says);
	if (read(says, &byte, 1) != 1)
		weir_assert(!"they have connected");
	weir_scope_open(&scope);
	begin = weir_ticks();
	accept_all(&scope, connections, QUEUED);
	print_rate("from_the_backlog", QUEUED, weir_ticks() - begin);
	end_clients(child, says);
	weir_scope_close(&scope, WEIR_NEVER);
	free(connections);
}

static void measure(void *arg)
{
	struct weir_error e = {0};

	weir_assert(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL) == 0);
	if (weir_listen(&listener, &at, NULL, &e)) {
		fprintf(stderr, "idle_bench: %s\n", e.text);
		return;
	}
	weir_address_own(&listener, &at);
	hold();
	accept_queued();
	weir_fd_close(&listener);
}

int main(int argc, char **argv)
{
	struct rlimit limit;

	bench_begin(argc, argv);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	many = limit.rlim_cur < MANY + 100 ? (unsigned)limit.rlim_cur - 100
					   : MANY;
	if (weir_reactor_run(measure, NULL))
		return 1;
	return bench_end();
}
