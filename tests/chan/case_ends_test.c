// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots, latest values, broadcasts and the end of the receivers as cases: each
// through the same, in a select, a set and a stepper, on one executor and across.
#include "case_selector.h"
#include "task/set.h"
#include "task/stepper.h"

static void put_other(void *arg)
{
	put(&other_tx, 5);
}

#define EACH_KIND for (kind = kinds; kind < kinds + KINDS; kind++)

Test(case_ends, what_is_there_is_served_at_once)
{
	executors(1);
	EACH_KIND
	{
		open_select(1);
		do_on(on[0], kind->fire);
		do_on(on[0], select_times);
		was_fired(0);
		close_select();
	}
	executors_end(1);
}

Test(case_ends, it_is_woken_on_its_executor)
{
	executors(1);
	EACH_KIND
	{
		open_select(1);
		do_on(on[0], select_times);
		cr_assert_eq(selector.answered, 0, "%s", kind->name);
		do_on(on[0], kind->fire);
		was_fired(0);
		close_select();
	}
	executors_end(1);
}

Test(case_ends, it_is_woken_from_another_executor)
{
	executors(2);
	EACH_KIND
	{
		open_select(1);
		do_on(on[0], select_times);
		do_on(on[1], kind->fire);
		was_fired(0);
		close_select();
		open_select(1);
		do_on(on[0], select_times);
		do_on(on[1], kind->shut);
		answered(0, 0, WEIR_CLOSED);
		close_select();
	}
	executors_end(2);
}

Test(case_ends, the_other_side_that_goes_is_learnt_of_once)
{
	executors(1);
	EACH_KIND
	{
		open_select(2);
		do_on(on[0], select_times);
		do_on(on[0], kind->shut);
		answered(0, 0, WEIR_CLOSED);
		cr_assert(selector.cases[0].disabled, "%s", kind->name);
		do_on(on[0], put_other);
		answered(1, 1, WEIR_RECEIVED);
		close_select();
	}
	executors_end(1);
}

// The other is served; then the kind's own, which has lost nothing.
Test(case_ends, a_branch_that_lost_has_done_nothing)
{
	executors(2);
	EACH_KIND
	{
		open_select(2);
		do_on(on[0], select_times);
		do_on(on[0], put_other);
		answered(0, 1, WEIR_RECEIVED);
		do_on(on[1], kind->fire);
		was_fired(1);
		close_select();
	}
	executors_end(2);
}

// Woken in vain it would have work in each turn.
Test(case_ends, who_waits_is_left_alone)
{
	executors(2);
	EACH_KIND
	{
		for (unsigned away = 0; away < 2; away++) {
			open_select(kind->once ? 1 : 2);
			do_on(on[0], select_times);
			if (!kind->once)
				do_on(on[away], kind->fire);
			for (unsigned i = 0; i < 3; i++)
				cr_assert_eq(weir_executor_turn(on[0]), 0, "%s",
					kind->name);
			do_on(on[away], kind->fire);
			close_select();
		}
	}
	executors_end(2);
}

static void put_both(void *arg)
{
	put_other(NULL);
	kind->fire(NULL);
}

static void fire_and_put(void *arg)
{
	kind->fire(NULL);
	put_other(NULL);
}

Test(case_ends, two_that_come_at_once_are_served_one_after_the_other)
{
	executors(1);
	EACH_KIND
	{
		for (unsigned i = 0; i < 2; i++) {
			open_select(2);
			selector.cases[0].next = 1;
			do_on(on[0], select_times);
			do_on(on[0], i ? put_both : fire_and_put);
			cr_assert_eq(selector.answers[0], 1, "%s", kind->name);
			was_fired(1);
			close_select();
		}
	}
	executors_end(1);
}

// Out of its queues by the other, and not yet run when the kind's is fired: a post
// may be under way to it.
Test(case_ends, it_may_be_fired_elsewhere_while_it_leaves)
{
	executors(2);
	EACH_KIND
	{
		open_select(2);
		do_on(on[0], select_times);
		start_on(on[0], put_other);
		start_on(on[1], kind->fire);
		turns(on[0], 1);
		turns(on[1], 1);
		turns(on[0], 6);
		cr_assert_eq(selector.answered, 2, "%s", kind->name);
		cr_assert_eq(selector.answers[0] + selector.answers[1], 1, "%s",
			kind->name);
		close_select();
	}
	executors_end(2);
}

Test(case_ends, a_deadline_leaves_all_as_it_was)
{
	executors(2);
	EACH_KIND
	{
		open_select(1);
		selector.deadline = now_ticks + 100;
		do_on(on[0], select_times);
		now_ticks += 100;
		turns(on[0], 2);
		answered(0, WEIR_TIMED_OUT, NOT_YET);
		do_on(on[1], kind->fire);
		selector.times = 2;
		do_on(on[0], select_times);
		was_fired(1);
		close_select();
	}
	executors_end(2);
}

Test(case_ends, a_cancelled_task_leaves_all_as_it_was)
{
	executors(1);
	EACH_KIND
	{
		open_select(1);
		do_on(on[0], select_times);
		weir_task_cancel(selector.task);
		turns(on[0], 2);
		answered(0, WEIR_CANCELED, NOT_YET);
		do_on(on[0], kind->fire);
		selector.times = 2;
		do_on(on[0], select_times);
		was_fired(1);
		close_select();
	}
	executors_end(1);
}

// ---- a set ----

static int set_results[4];
static unsigned set_served;

static void serve_set(void *arg)
{
	struct weir_member member, *served;
	struct weir_set set;

	weir_set_open(&set);
	weir_set_add(&set, &member, kind->make());
	while (weir_set_wait(&set, &served, WEIR_NEVER) == 0) {
		set_results[set_served++] = served->wait.result;
		if (kind->use)
			kind->use();
	}
	weir_set_remove(&member);
	weir_set_close(&set);
}

Test(case_ends, a_set_serves_them)
{
	executors(2);
	EACH_KIND
	{
		for (unsigned away = 0; away < 2; away++) {
			kind->open();
			got = set_served = 0;
			do_on(on[0], serve_set);
			cr_assert_eq(set_served, 0);
			do_on(on[away], kind->fire);
			cr_assert_eq(set_served, 1, "%s", kind->name);
			cr_assert_eq(set_results[0], (int)kind->fired);
			if (!kind->once) {
				do_on(on[away], kind->fire);
				cr_assert_eq(set_served, 2, "%s", kind->name);
				do_on(on[away], kind->shut);
				cr_assert_eq(set_results[2], WEIR_CLOSED);
			}
			kind->close();
			turns(on[0], 2);
			cr_assert_eq(weir_executor_counts(on[0])->tasks, 0,
				"%s", kind->name);
		}
	}
	executors_end(2);
}

static void add_and_remove(void *arg)
{
	struct weir_member member, *served;
	struct weir_set set;

	weir_set_open(&set);
	weir_set_add(&set, &member, kind->make());
	cr_assert_eq(weir_set_wait(&set, &served, now_ticks - 1), -ETIMEDOUT);
	weir_set_remove(&member);
	weir_set_close(&set);
	select_times(NULL);
}

Test(case_ends, who_was_removed_from_a_set_stands_nowhere)
{
	executors(2);
	EACH_KIND
	{
		open_select(1);
		do_on(on[0], add_and_remove);
		do_on(on[1], kind->fire);
		was_fired(0);
		close_select();
	}
	executors_end(2);
}

// ---- a stepper ----

static struct weir_stepper stepper;
static int step_answers[2], step_results[2];

static enum weir_stepper_next step(struct weir_stepper *me)
{
	if (me->state > 0) {
		step_answers[me->state - 1] = me->answer;
		step_results[me->state - 1] = me->wait.result;
	}
	if (me->state == 2)
		return WEIR_STEPPER_END;
	return weir_stepper_wait(
		me, kind->make(), me->state++ ? WEIR_NEVER : now_ticks + 100);
}

static const struct weir_stepper_class steppers = {.step = step};

// The first wait is late, the second is served.
Test(case_ends, a_stepper_waits_for_them)
{
	executors(2);
	EACH_KIND
	{
		for (unsigned away = 0; away < 2; away++) {
			kind->open();
			got = 0;
			weir_stepper_start(on[0], &stepper, &steppers);
			turns(on[0], 2);
			now_ticks += 100;
			turns(on[0], 2);
			cr_assert_eq(
				step_answers[0], -ETIMEDOUT, "%s", kind->name);
			do_on(on[away], kind->fire);
			cr_assert_eq(step_answers[1], 0, "%s", kind->name);
			cr_assert_eq(step_results[1], (int)kind->fired);
			cr_assert_eq(weir_executor_counts(on[0])->tasks, 0,
				"%s: it still waits", kind->name);
			kind->close();
		}
	}
	executors_end(2);
}
