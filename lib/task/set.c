// SPDX-License-Identifier: BSD-3-Clause
#include "task/set.h"
#include "base/assert.h"
#include "task/select_inline.h"
#include "task/task_inline.h"

#include <errno.h>

static const struct weir_wait_what what = {.kind = "a set"};

enum phase {
	ENLISTED, // stands in its queue
	FRESH,	  // woken, with what it was granted; in ready and fresh
	READY, // to be looked at, as one that cannot be woken always is; in ready
	DISABLED, // nothing more to come; nowhere
};

static struct weir_member *member_of(struct weir_list *link)
{
	return weir_container(link, struct weir_member, ready);
}

static void member_woken(struct weir_case *c)
{
	struct weir_member *member = c->owner;
	struct weir_set *set = member->set;

	member->phase = FRESH;
	weir_list_add(&set->ready, &member->ready);
	weir_list_add(&set->fresh, &member->fresh);
	// A user who is there looks at it, the first of all, when it runs.
	if (!weir_wake(&set->user))
		weir_step_ready_inline(set->executor, &set->step);
}

// settle takes back what member was granted, but keeps woken; false: once more
// in a later step.
static bool settle(struct weir_member *member)
{
	if (member->phase != FRESH)
		return true;
	if (!weir_case_delist(&member->wait))
		return false;
	weir_list_remove(&member->fresh);
	member->phase = READY;
	return true;
}

// give_back passes on what members were granted whose user did not come.
static void give_back(struct weir_executor *executor, struct weir_step *step)
{
	struct weir_set *set = weir_container(step, struct weir_set, step);

	weir_executor_worked_inline(executor, 1);
	weir_list_each (link, &set->fresh) {
		struct weir_member *member =
			weir_container(link, struct weir_member, fresh);

		if (settle(member))
			weir_case_pass(&member->wait);
	}
	if (!weir_list_empty(&set->fresh))
		weir_step_ready_inline(executor, step);
}

// enlist puts a member that was not ready where it is woken.
static void enlist(struct weir_member *member, enum weir_wait_place place)
{
	struct weir_set *set = member->set;

	weir_list_init(&member->wait.link);
	if (member->wait.ops->enlist(&member->wait, set->executor, place))
		member->phase = ENLISTED;
	else
		weir_list_add(&set->ready, &member->ready);
}

// look looks at a member that may be ready; true: it was served.
static bool look(struct weir_set *set, struct weir_member *member)
{
	enum weir_wait_place place =
		member->wait.woken ? WEIR_WAIT_AGAIN : WEIR_WAIT_BACK;
	bool served = member->wait.ops->attempt(&member->wait);

	weir_list_remove(&member->ready);
	weir_case_pass(&member->wait);
	if (!served) {
		enlist(member, place);
	} else if (member->wait.disabled) {
		set->count--;
		member->phase = DISABLED;
	} else {
		weir_list_add(&set->ready, &member->ready);
	}
	return served;
}

// serve looks once at each member that may be ready; NULL when none is.
static struct weir_member *serve(struct weir_set *set)
{
	for (unsigned left = set->count; left > 0;) {
		struct weir_list *link = set->ready.next;

		if (link == &set->ready)
			break;
		if (!settle(member_of(link))) {
			weir_yield();
			continue;
		}
		if (look(set, member_of(link)))
			return member_of(link);
		left--;
	}
	return NULL;
}

// pause waits for a wakeup, or, where there may be none, a turn.
static int pause(struct weir_set *set, uint64_t deadline)
{
	const struct weir_executor *executor = set->executor;

	if (weir_list_empty(&set->ready))
		return weir_wait(&set->user, deadline, WEIR_WAIT_BACK);
	weir_yield();
	if (executor->current->canceled)
		return -ECANCELED;
	return deadline != WEIR_NEVER &&
			       (int64_t)(executor->now - deadline) >= 0
		       ? -ETIMEDOUT
		       : 0;
}

// check_home ends the program unless set is open, and of this executor.
static void check_home(const struct weir_set *set, const char *call)
{
	if (unlikely(!set->executor))
		weir_misuse_end(call,
			"the set is closed, or was never opened: call it "
			"between weir_set_open and weir_set_close");
	weir_home_only(set->executor, call, "the set");
}

int weir_set_wait(
	struct weir_set *set, struct weir_member **served, uint64_t deadline)
{
	struct weir_executor *executor = weir_executor_current();
	int err = 0;

	weir_task_only("weir_set_wait", NULL);
	check_home(set, "weir_set_wait");
	*served = NULL;
	if (!weir_task_proceed(executor, executor->current))
		return -ECANCELED;
	// At the deadline it looks once more.
	while (set->count > 0 && !(*served = serve(set)) && !err) {
		err = pause(set, deadline);
		if (err == -ECANCELED)
			return err;
	}
	if (*served)
		return 0;
	return set->count == 0 ? -EPIPE : err;
}

void weir_set_open(struct weir_set *set)
{
	struct weir_executor *executor = weir_executor_current();

	if (!executor)
		weir_misuse_end("weir_set_open",
			"a set belongs to an executor: call it on one, in a "
			"task");
	*set = (struct weir_set){.executor = executor};
	weir_step_init(&set->step, give_back, NULL);
	weir_list_init(&set->ready);
	weir_list_init(&set->fresh);
	weir_wait_queue_says(&set->user, &what);
}

void weir_set_close(struct weir_set *set)
{
	check_home(set, "weir_set_close");
	if (set->count > 0 || !weir_list_empty(&set->ready))
		weir_misuse_end("weir_set_close",
			"there are members in the set: weir_set_remove each "
			"first");
	while (set->step.queued)
		weir_yield();
	set->executor = NULL; // check_home
}

void weir_set_add(
	struct weir_set *set, struct weir_member *member, struct weir_case c)
{
	check_home(set, "weir_set_add");
	if (c.disabled)
		weir_misuse_end("weir_set_add",
			"the case is disabled: it would never be served; add "
			"it when it is not");
	*member = (struct weir_member){.wait = c, .set = set, .phase = READY};
	member->wait.wake = member_woken;
	member->wait.owner = member;
	weir_list_init(&member->fresh);
	weir_list_add(&set->ready, &member->ready);
	set->count++;
	weir_wake(&set->user);
}

void weir_set_remove(struct weir_member *member)
{
	if (member->phase == DISABLED)
		return;
	check_home(member->set, "weir_set_remove");
	if (member->phase == ENLISTED) {
		weir_list_remove(&member->wait.link);
		while (!weir_case_delist(&member->wait))
			weir_yield();
	} else {
		while (!settle(member))
			weir_yield();
		weir_case_pass(&member->wait);
		weir_list_remove(&member->ready);
	}
	member->phase = DISABLED;
	if (--member->set->count == 0)
		weir_wake(&member->set->user); // there is nothing to wait for
}
