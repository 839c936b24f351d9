// SPDX-License-Identifier: BSD-3-Clause
//
// A million connections, one after the other, each with a request: how many a second,
// and what the process has more at the end than after the first ten thousand. Both
// must stay what they are: descriptors to the number, memory to a page or so.
//
//	reactor.churn        connect, request, answer, close
//	reactor.churn.growth resident bytes and open descriptors since the first
//
// Clients are another process, eight at a time; they reset, so that no port stays in
// TIME_WAIT.
#include "bench.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "reactor/connection.h"
#include "reactor/reactor.h"
#include "reactor/socket.h"
#include "task/task.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 10000
#define MILLION 1000000
#define QUICK 50000
#define AT_ONCE 8

static struct weir_fd listener;
static struct weir_address at;
static unsigned served, ended;

static enum weir_connection_next answer(struct weir_connection *c)
{
	char byte;

	if (weir_read(&c->fd, &byte, 1, WEIR_NEVER) != 1 ||
		weir_write(&c->fd, &byte, 1, WEIR_NEVER) != 1)
		return WEIR_CONNECTION_END;
	served++;
	return WEIR_CONNECTION_KEEP;
}

static void gone(struct weir_connection *c)
{
	ended++;
	free(c);
}

static const struct weir_connection_class class_ = {
	.name = "client", .handle = answer, .ended = gone};

// ---- the clients, a process ----

static int begin_one(void)
{
	const struct linger at_once = {.l_onoff = 1};
	int number = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(number, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (connect(number, (const void *)at.of, at.size) ||
		write(number, "x", 1) != 1) {
		perror("churn_bench");
		_exit(1);
	}
	return number;
}

static __attribute__((noreturn)) void be_the_clients(unsigned count)
{
	int numbers[AT_ONCE];
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_pin(1);
	for (unsigned done = 0; done < count; done += AT_ONCE) {
		for (unsigned i = 0; i < AT_ONCE; i++)
			numbers[i] = begin_one();
		for (unsigned i = 0; i < AT_ONCE; i++) {
			if (read(numbers[i], &byte, 1) != 1)
				_exit(1);
			close(numbers[i]);
		}
	}
	_exit(0);
}

// ---- the server ----

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static double resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, pages = 0;

	weir_assert(file && fscanf(file, "%lu %lu", &size, &pages) == 2);
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void serve(unsigned count)
{
	pid_t child = fork();
	struct weir_scope scope;
	int status;

	if (child == 0)
		be_the_clients(count);
	served = ended = 0;
	weir_scope_open(&scope);
	for (unsigned i = 0; i < count; i++) {
		struct weir_connection *c = calloc(1, sizeof(*c));

		if (weir_accept(&listener, &c->fd, WEIR_NEVER) ||
			weir_connection_start(&scope, c, &class_))
			weir_assert(!"accepted and started");
	}
	weir_assert(weir_scope_close(&scope, WEIR_NEVER) == 0);
	weir_assert(waitpid(child, &status, 0) == child && status == 0);
	weir_assert(served == count && ended == count);
}

static void measure(void *arg)
{
	unsigned count = bench_quick() ? QUICK : MILLION, descriptors;
	double before;
	uint64_t begin;

	weir_assert(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL) == 0);
	weir_assert(weir_listen(&listener, &at, NULL, NULL) == 0);
	weir_assert(weir_address_own(&listener, &at) == 0);
	serve(FIRST);
	descriptors = open_descriptors();
	before = resident();
	begin = weir_ticks();
	serve(count);
	printf("reactor.churn connections=%u %.0f per_s\n", count,
		1e9 * count /
			(double)weir_clock_ns(
				weir_clock_real(), weir_ticks() - begin));
	printf("reactor.churn.growth memory %.0f bytes\n", resident() - before);
	printf("reactor.churn.growth descriptors %d\n",
		(int)(open_descriptors() - descriptors));
	weir_fd_close(&listener);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	if (weir_reactor_run(measure, NULL))
		return 1;
	return bench_end();
}
