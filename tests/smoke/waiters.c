// SPDX-License-Identifier: BSD-3-Clause
//
// Tasks for weir tasks to look at: one of each state, in a program that only
// links weir. Its argument names one more: asker and spinner do not wait.
#include "chan/case.h"
#include "chan/chan.h"
#include "sync/mutex.h"
#include "task/task.h"

#include <stdlib.h>
#include <string.h>

static struct weir_tx tx;
static struct weir_rx rx;

static __attribute__((noinline)) void eat(void)
{
	void *message;

	if (weir_recv(&rx, &message) == WEIR_RECEIVED)
		abort();
}

static void eater(void *arg)
{
	eat();
	abort(); // nobody sends; and no tail call
}

static void chooser(void *arg)
{
	void *message;
	struct weir_case cases[] = {weir_case_recv(&rx, &message),
		weir_case_after(weir_in_ms(1000000))};

	if (weir_select(cases, 2) == 0)
		abort();
}

static void asker(void *arg)
{
	for (;;)
		weir_yield();
}

static void spinner(void *arg)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

static void spawn(
	struct weir_scope *scope, const char *name, void (*fn)(void *arg))
{
	const struct weir_spawn_options options = {.name = name};

	if (weir_spawn_with(scope, NULL, fn, NULL, &options))
		abort();
}

static void first(void *arg)
{
	const struct weir_channel_options options = {.name = "food"};
	const char *last = arg;
	struct weir_scope scope;

	if (weir_channel_open_with(4, &options, &tx, &rx))
		abort();
	weir_scope_open(&scope);
	spawn(&scope, "eater", eater);
	spawn(&scope, "chooser", chooser);
	if (strcmp(last, "asker") == 0)
		spawn(&scope, last, asker);
	else if (strcmp(last, "spinner") == 0)
		spawn(&scope, last, spinner);
	else if (*last)
		spawn(&scope, last, chooser);
	(void)weir_scope_close(&scope, WEIR_NEVER);
}

int main(int argc, char **argv)
{
	return weir_run(first, argc > 1 ? argv[1] : "");
}
