// SPDX-License-Identifier: BSD-3-Clause
//
// Several reactors, each with a listener of its own at one address: the system
// spreads the connections over them, and each stays where it was accepted. They
// share nothing, so what one reactor can do they can do so many times.
//
//	clients ══▶ | address | ══▶ reactor: read ─▶ kernels ─▶ write
//	                        ══▶ reactor: read ─▶ kernels ─▶ write
//	                        ══▶ reactor: read ─▶ kernels ─▶ write
//
// Right where one CPU is too little for the connections.
#include "sums.h"

#include <pthread.h>
#include <stdio.h>

#define REACTORS 3

static struct sums_server servers[REACTORS]; // the first is on main's reactor
static struct weir_reactor *reactors[REACTORS];
static pthread_t threads[REACTORS];

static int answer_here(void *arg, const struct sums_line *line,
	struct sums_line *answer, uint64_t deadline)
{
	struct sums_job job = {.line = line, .answer = answer};

	sums_work(&job, 1);
	return 0;
}

static void serve_there(void *arg)
{
	if (sums_listen(arg))
		sums_serve(arg);
}

static void *run_reactor(void *reactor)
{
	weir_executor_run(weir_reactor_executor(reactor));
	return NULL;
}

static bool begin(unsigned i, struct weir_scope *scope)
{
	struct weir_error e = {0};

	servers[i] = (struct sums_server){
		.answer = answer_here,
		.spread = true,
		.patience_ms = servers[0].patience_ms,
		.at = servers[0].at,
	};
	if (weir_reactor_create(&reactors[i], NULL, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return false;
	}
	if (pthread_create(&threads[i], NULL, run_reactor, reactors[i])) {
		weir_reactor_destroy(reactors[i]);
		reactors[i] = NULL;
		return false;
	}
	return weir_spawn(scope, weir_reactor_executor(reactors[i]),
		       serve_there, &servers[i]) == 0;
}

static void end(unsigned i)
{
	if (!reactors[i])
		return;
	weir_executor_stop(weir_reactor_executor(reactors[i]));
	pthread_join(threads[i], NULL);
	weir_reactor_destroy(reactors[i]);
}

static void run(void *arg)
{
	struct weir_scope scope;
	bool all = true;

	if (!sums_listen(&servers[0]))
		return;
	weir_scope_open(&scope);
	for (unsigned i = 1; i < REACTORS && all; i++)
		all = begin(i, &scope);
	if (all && weir_spawn(&scope, NULL, sums_serve, &servers[0]) == 0)
		sums_until_told(&servers[0]);
	else
		weir_task_fail(-EAGAIN);
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	for (unsigned i = 1; i < REACTORS; i++)
		end(i);
	if (!sums_print(servers, REACTORS))
		weir_task_fail(-EPROTO);
}

int main(int argc, char **argv)
{
	servers[0] =
		(struct sums_server){.answer = answer_here, .spread = true};
	return sums_main(argc, argv, &servers[0], run);
}
