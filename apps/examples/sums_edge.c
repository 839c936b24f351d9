// SPDX-License-Identifier: BSD-3-Clause
//
// Asynchronous at the edge: a reactor has the connections; an executor that polls,
// which is what an lcore is, has the work and never sleeps, reads or writes. It takes
// what has come, and runs the kernels over all of it together.
//
//	clients ══▶ reactor: read ── question ──▶ ┌ lcore ──┐
//	        ◀══          write ◀── answer ─── │ kernels │
//	                                          └─────────┘
//
// Right where the work is long or has data of its own, and a CPU can be had for it.
#include "sums.h"

#include <pthread.h>
#include <stdio.h>

#define BURST 32

static struct weir_asker door; // each request clones it
static struct weir_owner desk;

// ---- the lcore ----

static void work(void *arg)
{
	struct weir_asker *asked[BURST];
	struct sums_job jobs[BURST];

	while (weir_owner_take(&desk, &asked[0], WEIR_NEVER) == 0) {
		unsigned n = 1;

		while (n < BURST && weir_owner_try_take(&desk, &asked[n]) == 0)
			n++;
		for (unsigned i = 0; i < n; i++) {
			jobs[i].line = (const void *)asked[i]->request;
			jobs[i].answer = (void *)asked[i]->reply;
		}
		sums_work(jobs, n);
		for (unsigned i = 0; i < n; i++)
			weir_owner_answer(asked[i]);
	}
	weir_owner_close(&desk);
}

static void *run_lcore(void *lcore)
{
	weir_executor_run(lcore);
	return NULL;
}

// ---- the reactor ----

static int ask(void *arg, const struct sums_line *line,
	struct sums_line *answer, uint64_t deadline)
{
	struct weir_asker mine;
	int err = weir_asker_clone(&door, &mine);

	if (err)
		return err;
	err = weir_ask(&mine, line, answer, deadline);
	weir_asker_close(&mine);
	return err;
}

static void serve(struct sums_server *server, struct weir_executor *lcore)
{
	struct weir_scope there, here;

	weir_scope_open(&there);
	weir_scope_open(&here);
	if (weir_spawn(&there, lcore, work, NULL) == 0 &&
		weir_spawn(&here, NULL, sums_serve, server) == 0)
		sums_until_told(server);
	weir_scope_cancel(&here);
	weir_scope_close(&here, WEIR_NEVER);
	weir_asker_close(&door); // was the last: work ends
	weir_scope_close(&there, WEIR_NEVER);
}

static void run(void *arg)
{
	// On a CPU of its own it would spin: weir_idle_spin.
	const struct weir_executor_options polls = {.name = "lcore",
		.idle = weir_idle_yield,
		.node = WEIR_NODE_ANY};
	struct sums_server *server = arg;
	struct weir_executor *lcore;
	struct weir_error e = {0};
	pthread_t thread;

	if (!sums_listen(server))
		return;
	if (weir_ask_open(64, sizeof(struct sums_line),
		    sizeof(struct sums_line), &door, &desk) ||
		weir_executor_create(&lcore, &polls, &e) ||
		pthread_create(&thread, NULL, run_lcore, lcore)) {
		fprintf(stderr, "no lcore: %s\n", e.text);
		exit(1);
	}
	serve(server, lcore);
	weir_executor_stop(lcore);
	pthread_join(thread, NULL);
	weir_executor_destroy(lcore);
	if (!sums_print(server, 1))
		weir_task_fail(-EPROTO);
}

int main(int argc, char **argv)
{
	static struct sums_server server = {.answer = ask};

	return sums_main(argc, argv, &server, run);
}
