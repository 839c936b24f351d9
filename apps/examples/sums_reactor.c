// SPDX-License-Identifier: BSD-3-Clause
//
// Fully asynchronous: one reactor has the connections and does the work, where a
// task has read a line. No CPU turns while nobody asks.
//
//	clients ══▶ reactor: read ─▶ kernels ─▶ write
//
// Right where the work on a request is short against the system calls for it.
#include "sums.h"

static int answer_here(void *arg, const struct sums_line *line,
	struct sums_line *answer, uint64_t deadline)
{
	struct sums_job job = {.line = line, .answer = answer};

	sums_work(&job, 1);
	return 0;
}

static void run(void *arg)
{
	struct sums_server *server = arg;
	struct weir_scope scope;

	if (!sums_listen(server))
		return;
	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, sums_serve, server) == 0)
		sums_until_told(server);
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	if (!sums_print(server, 1))
		weir_task_fail(-EPROTO);
}

int main(int argc, char **argv)
{
	static struct sums_server server = {.answer = answer_here};

	return sums_main(argc, argv, &server, run);
}
