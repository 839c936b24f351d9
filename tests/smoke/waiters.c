// SPDX-License-Identifier: BSD-3-Clause
//
// Tasks for weir tasks to look at: one of each state, in a program that only
// links weir. Its argument names one more: asker and spinner do not wait. With
// "nobody" all wait for ever, with "forgetful" one for what another forgot.
#include "chan/case.h"
#include "chan/chan.h"
#include "sync/mutex.h"
#include "task/stepper.h"
#include "task/task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

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

struct guest {
	struct weir_stepper stepper;
	char name[8];
};

static struct guest guest = {.name = "Joe"};
static struct weir_rx hungry;

static enum weir_stepper_next sit(struct weir_stepper *s)
{
	static void *message;

	return weir_stepper_wait(
		s, weir_case_recv(&hungry, &message), WEIR_NEVER);
}

static const struct weir_stepper_class guests = {.name = "guest",
	.step = sit,
	.name_at = WEIR_STEPPER_NAME(struct guest, stepper, name)};

static struct weir_step bell;
static struct weir_step_label label;

static void ring(struct weir_executor *executor, struct weir_step *step)
{
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

// forgetful ends, and leaves its sender open and who receives from it waiting.
static struct weir_rx forgotten;

static void waits_for_it(void *arg)
{
	void *message;

	if (weir_recv(&forgotten, &message) == WEIR_RECEIVED)
		abort();
}

static void forgetful(void *arg)
{
	const struct weir_channel_options options = {.name = "letters"};
	const struct weir_spawn_options reader = {.name = "reader"};
	struct weir_tx sender;

	if (weir_channel_open_with(4, &options, &sender, &forgotten) ||
		weir_start(weir_executor_self(), waits_for_it, NULL, &reader,
			NULL))
		abort();
	weir_yield();
}

static void first(void *arg)
{
	const struct weir_channel_options options = {.name = "food"};
	const char *last = arg;
	struct weir_scope scope;

	if (weir_channel_open_with(4, &options, &tx, &rx))
		abort();
	weir_scope_open(&scope);
	if (weir_rx_clone(&rx, &hungry) ||
		weir_stepper_spawn(&scope, &guest.stepper, &guests))
		abort();
	weir_step_init(&bell, ring, NULL);
	weir_step_label(weir_executor_self(), &label, &bell, "bell");
	spawn(&scope, "eater", eater);
	if (strcmp(last, "nobody") != 0) {
		spawn(&scope, "chooser", chooser);
		if (strcmp(last, "asker") == 0)
			spawn(&scope, last, asker);
		else if (strcmp(last, "forgetful") == 0) {
			spawn(&scope, last, forgetful);
			spawn(&scope, "asker", asker);
		} else if (strcmp(last, "spinner") == 0)
			spawn(&scope, last, spinner);
		else if (*last)
			spawn(&scope, last, chooser);
	}
	(void)weir_scope_close(&scope, WEIR_NEVER);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "hidden") == 0)
		prctl(PR_SET_DUMPABLE, 0);
	return weir_run(first, argc > 1 ? argv[1] : "");
}
