// SPDX-License-Identifier: BSD-3-Clause
#include "task/abroad.h"
#include "base/assert.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static void give_back(struct weir_abroad *abroad)
{
	struct weir_executor *home = abroad->home;

	weir_list_remove(&abroad->link);
	weir_list_add_head(&home->free_abroad, &abroad->link);
	home->abroad_count--;
	if (abroad->join)
		weir_join_end(abroad->join, abroad->error, abroad->result);
	weir_scope_ended(abroad->scope, abroad->error);
}

// At home: one of the posts has come back.
static void came_home(struct weir_abroad *abroad)
{
	if (--abroad->posts_out == 0)
		give_back(abroad);
}

static void on_start_home(
	struct weir_executor *executor, struct weir_post *post)
{
	came_home(weir_container(post, struct weir_abroad, start));
}

static void on_cancel_home(
	struct weir_executor *executor, struct weir_post *post)
{
	came_home(weir_container(post, struct weir_abroad, cancel));
}

// Away: the child begins, if there is a stack for it.
static void on_start_away(
	struct weir_executor *executor, struct weir_post *post)
{
	struct weir_abroad *abroad =
		weir_container(post, struct weir_abroad, start);
	const struct weir_spawn_options options = {
		.name = abroad->name, .steps = abroad->steps};

	abroad->task =
		weir_task_start_on(executor, abroad->fn, abroad->arg, &options);
	if (abroad->task)
		abroad->task->abroad = abroad;
	else
		weir_abroad_ended(abroad, -EAGAIN, NULL);
}

// Away: start was handled before, since posts of one thread keep their order.
static void on_cancel_away(
	struct weir_executor *executor, struct weir_post *post)
{
	struct weir_abroad *abroad =
		weir_container(post, struct weir_abroad, cancel);

	if (abroad->task)
		weir_task_cancel(abroad->task);
	abroad->cancel.fn = on_cancel_home;
	weir_executor_post(abroad->home, &abroad->cancel);
}

void weir_abroad_ended(struct weir_abroad *abroad, int error, void *result)
{
	abroad->task = NULL;
	abroad->result = result;
	abroad->error = error;
	abroad->start.fn = on_start_home;
	weir_executor_post(abroad->home, &abroad->start);
}

int weir_abroad_spawn(struct weir_scope *scope, struct weir_executor *away,
	void (*fn)(void *arg), void *arg,
	const struct weir_spawn_options *options)
{
	struct weir_executor *home = scope->executor;
	struct weir_abroad *abroad;

	if (weir_list_empty(&home->free_abroad))
		return -EAGAIN;
	abroad = weir_container(
		home->free_abroad.next, struct weir_abroad, link);
	weir_list_remove(&abroad->link);
	*abroad = (struct weir_abroad){
		.start = {.fn = on_start_away},
		.cancel = {.fn = on_cancel_away},
		.scope = scope,
		.home = home,
		.away = away,
		.fn = fn,
		.arg = arg,
		.steps = options ? options->steps : NULL,
		.join = options ? options->join : NULL,
		.posts_out = 1,
	};
	weir_text_copy(abroad->name, sizeof(abroad->name),
		options && options->name ? options->name : "task");
	weir_list_add(&scope->abroad, &abroad->link);
	scope->live_count++;
	home->abroad_count++;
	weir_executor_post(away, &abroad->start);
	return 0;
}

void weir_abroad_cancel(struct weir_abroad *abroad)
{
	if (abroad->cancel_sent)
		return;
	abroad->cancel_sent = true;
	abroad->posts_out++;
	weir_executor_post(abroad->away, &abroad->cancel);
}
