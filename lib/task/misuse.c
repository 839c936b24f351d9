// SPDX-License-Identifier: BSD-3-Clause
#include "task/misuse.h"
#include "task/task_inline.h"

#include <stdio.h>
#include <stdlib.h>

void weir_misuse_waits(const char *call, const char *blocking)
{
	weir_misuse_caller();
	fprintf(stderr, " calls %s: only a task can wait: ", call);
	if (blocking && !weir_executor_current())
		fprintf(stderr, "use %s here.\n", blocking);
	else
		fputs("call it in one.\n", stderr);
	abort();
}

void weir_misuse_caller(void)
{
	const struct weir_executor *self = weir_executor_current();

	if (!self)
		fputs("weir: bug: a thread that runs no executor", stderr);
	else if (!self->current)
		fprintf(stderr, "weir: bug: executor '%s', outside of a task,",
			self->name);
	else
		fprintf(stderr, "weir: bug: task '%s' of executor '%s'",
			self->current->name, self->name);
}

void weir_misuse_end(const char *call, const char *why)
{
	weir_misuse_caller();
	fprintf(stderr, " calls %s: %s.\n", call, why);
	abort();
}

void weir_misuse_blocks(const char *call, const char *waiting)
{
	weir_misuse_caller();
	fprintf(stderr,
		" calls %s, which blocks: all of the executor would stand "
		"still: use %s%s.\n",
		call, waiting,
		weir_executor_current()->current ? "" : " in a task");
	abort();
}

void weir_misuse_elsewhere(const char *call, const char *what, const char *home)
{
	weir_misuse_caller();
	fprintf(stderr,
		" calls %s: %s is of executor '%s': only there, or make one "
		"here.\n",
		call, what, home);
	abort();
}
