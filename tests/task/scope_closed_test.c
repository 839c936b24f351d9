// SPDX-License-Identifier: BSD-3-Clause
//
// Scopes that are closed, or were never opened: each call on one is named.
#include "chan/dies.h"
#include "task/hand.h"
#include "task/stepper.h"

TestSuite(scope_closed, .init = open_executor, .fini = close_executor);

static struct weir_scope scope;
static int spawn_answer;

static void never_run(void *arg)
{
}

static struct weir_executor *two;
static struct weir_stepper stepper;
static const struct weir_stepper_class idle_class;

static void use_closed(int use)
{
	switch (use) {
	case 0:
		spawn_answer = weir_spawn(&scope, NULL, never_run, NULL);
		return;
	case 1:
		spawn_answer =
			weir_spawn_with(&scope, two, never_run, NULL, NULL);
		return;
	case 2:
		spawn_answer =
			weir_stepper_spawn(&scope, &stepper, &idle_class);
		return;
	case 3:
		weir_scope_cancel(&scope);
		return;
	case 4:
		weir_scope_close(&scope, WEIR_NEVER);
	}
}

static void close_and_use(void *arg)
{
	weir_scope_open(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	use_closed((int)(intptr_t)arg);
}

static void never_open_and_use(void *arg)
{
	use_closed((int)(intptr_t)arg);
}

static int use;
static void (*how)(void *arg);

static void use_in_a_task(void)
{
	two = hand_executor(STACKS);
	start(how, (void *)(intptr_t)use);
	turn();
}

static void cancel_from_nowhere(void)
{
	start(close_and_use, (void *)(intptr_t)-1);
	turn();
	weir_scope_cancel(&scope);
}

Test(scope_closed, each_call_on_one_that_is_not_open_is_named_in_an_abort)
{
	static const char *const calls[] = {"weir_spawn", "weir_spawn",
		"weir_stepper_spawn", "weir_scope_cancel", "weir_scope_close"};
	char told[1000], words[100];

	for (use = 0; use < 5; use++) {
		snprintf(words, sizeof(words), "calls %s: the scope is closed",
			calls[use]);
		how = close_and_use;
		cr_assert(dies(use_in_a_task, told, sizeof(told)), "%s", words);
		cr_assert(strstr(told, words), "%s", told);
		how = never_open_and_use;
		cr_assert(dies(use_in_a_task, told, sizeof(told)), "%s", words);
		cr_assert(strstr(told, words), "%s", told);
	}
	cr_assert(dies(cancel_from_nowhere, told, sizeof(told)));
	cr_assert(strstr(told, "outside of a task, calls weir_scope_cancel") ||
			  strstr(told, "runs no executor calls "
				       "weir_scope_cancel"),
		"%s", told);
}
