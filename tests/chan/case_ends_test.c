// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots, latest values, broadcasts and the end of the receivers as cases: each
// through the same, in a select, a set and a stepper, on one executor and across.
#include "case_kinds.h"
#include "task/set.h"
#include "task/stepper.h"

// ---- a task that selects: the kind's case is 0, another channel's is 1 ----

static struct selector {
	struct weir_case cases[2];
	uint64_t deadline;
	unsigned times, answered;
	int answers[4], results[4];
	struct weir_task *task;
} s;

static void select_times(void *arg)
{
	s.task = weir_task_self();
	while (s.answered < s.times) {
		int k = weir_select_until(s.cases, 2, s.deadline);

		s.results[s.answered] = k < 0 ? NOT_YET : s.cases[k].result;
		s.answers[s.answered++] = k;
		if (k == 0 && kind->use)
			kind->use();
	}
}

static void start_on(struct weir_executor *executor, void (*fn)(void *arg))
{
	cr_assert_eq(weir_start(executor, fn, NULL, NULL, NULL), 0);
}

static void do_on(struct weir_executor *executor, void (*fn)(void *arg))
{
	start_on(executor, fn);
	turns(executor, 1);
	turns(on[0], 5);
}

static void open_select(unsigned times)
{
	const struct weir_channel_options options = {.message_size = 8};

	cr_assert_eq(
		weir_channel_open_with(2, &options, &other_tx, &other_rx), 0);
	kind->open();
	got = 0;
	s = (struct selector){
		.cases = {kind->make(), weir_case_recv(&other_rx, &other_got)},
		.times = times,
		.deadline = WEIR_NEVER};
}

static void close_select(void)
{
	cr_assert_eq(s.answered, s.times, "%s: somebody waits", kind->name);
	kind->close();
	weir_tx_close(&other_tx);
	weir_rx_close(&other_rx);
	turns(on[0], 2);
	cr_assert_eq(weir_executor_counts(on[0])->tasks, 0);
}

static void answered(unsigned i, int answer, int result)
{
	cr_assert_eq(
		s.answered, i + 1, "%s: %u answers", kind->name, s.answered);
	cr_assert_eq(s.answers[i], answer, "%s: %d", kind->name, s.answers[i]);
	cr_assert_eq(s.results[i], result, "%s: %d", kind->name, s.results[i]);
}

static void was_fired(unsigned i)
{
	answered(i, 0, kind->fired);
	cr_assert_eq(s.cases[0].disabled, kind->once, "%s", kind->name);
	if (kind->fired == WEIR_RECEIVED)
		cr_assert_eq(got, 7, "%s", kind->name);
}

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
		cr_assert_eq(s.answered, 0, "%s", kind->name);
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
		cr_assert(s.cases[0].disabled, "%s", kind->name);
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
			s.cases[0].next = 1;
			do_on(on[0], select_times);
			do_on(on[0], i ? put_both : fire_and_put);
			cr_assert_eq(s.answers[0], 1, "%s", kind->name);
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
		cr_assert_eq(s.answered, 2, "%s", kind->name);
		cr_assert_eq(s.answers[0] + s.answers[1], 1, "%s", kind->name);
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
		s.deadline = now_ticks + 100;
		do_on(on[0], select_times);
		now_ticks += 100;
		turns(on[0], 2);
		answered(0, WEIR_TIMED_OUT, NOT_YET);
		do_on(on[1], kind->fire);
		s.times = 2;
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
		weir_task_cancel(s.task);
		turns(on[0], 2);
		answered(0, WEIR_CANCELED, NOT_YET);
		do_on(on[0], kind->fire);
		s.times = 2;
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

// ---- what is each one's own ----

Test(case_ends, what_a_lossy_receiver_missed_is_told_when_it_asks)
{
	kind = &kinds[3];
	executors(1);
	open_select(2);
	for (unsigned i = 0; i < 5; i++)
		do_on(on[0], kind->fire);
	do_on(on[0], select_times);
	cr_assert_eq(s.answers[0], 0);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 3);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 0);
	do_on(on[0], kind->fire);
	do_on(on[0], kind->fire);
	answered(1, 0, WEIR_RECEIVED);
	cr_assert_eq(weir_broadcast_missed(&cast_rx), 0);
	close_select();
	executors_end(1);
}

Test(case_ends, a_latest_value_that_was_not_read_stays_ready)
{
	struct weir_case c;

	kind = &kinds[1];
	executors(1);
	open_select(0);
	c = kind->make();
	latest_fire(NULL);
	for (unsigned i = 0; i < 2; i++)
		cr_assert(c.ops->attempt(&c) && c.result == WEIR_RECEIVED);
	seen = weir_latest_version(&latest_rx);
	cr_assert_not(c.ops->attempt(&c));
	close_select();
	executors_end(1);
}

// Two senders of one channel, and one of them in a plain wait.
static void wait_closed(void *arg)
{
	enum weir_result *result = arg;

	*result = weir_tx_wait_closed(&tx, WEIR_NEVER);
}

Test(case_ends, all_who_wait_for_the_receivers_end_learn_of_it)
{
	enum weir_result result = WEIR_FULL;

	kind = &kinds[4];
	executors(1);
	open_select(1);
	do_on(on[0], select_times);
	cr_assert_eq(weir_start(on[0], wait_closed, &result, NULL, NULL), 0);
	turns(on[0], 1);
	do_on(on[0], kind->fire);
	was_fired(0);
	cr_assert_eq(result, WEIR_CLOSED);
	close_select();
	executors_end(1);
}

static unsigned subscribed;

// It goes on when there is somebody again.
static void send_until_nobody(void *arg)
{
	uint64_t value = 0;
	struct weir_case c = weir_case_broadcast_send(&cast_tx, &value);

	while (weir_select(&c, 1) == 0) {
		value++;
		if (c.result == WEIR_SENT)
			continue;
		cr_assert(c.disabled);
		cr_assert_eq(weir_select(&c, 1), WEIR_CLOSED,
			"there is nothing left to wait for");
		if (subscribed++ == 2)
			break;
		cr_assert_eq(weir_broadcast_subscribe(
				     &cast_tx, WEIR_LOSSLESS, &cast_rx),
			0);
		c.disabled = false;
	}
}

Test(case_ends, a_broadcast_send_is_enabled_again_when_somebody_subscribes)
{
	executors(2);
	cr_assert_eq(weir_broadcast_open(2, 8, &cast_tx), 0);
	do_on(on[0], send_until_nobody);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t value, first = 0;

		cr_assert_eq(subscribed, i + 1, "it waits for room");
		// Two values are held for it; who goes lets the third be lost.
		for (unsigned k = 0; k < 2; k++) {
			cr_assert_eq(
				weir_broadcast_try_recv(&cast_rx, &value, NULL),
				WEIR_RECEIVED);
			cr_assert(k == 0 || value == first + 1);
			first = value;
		}
		do_on(on[i], full_shut);
	}
	cr_assert_eq(subscribed, 3);
	cr_assert_eq(weir_executor_counts(on[0])->tasks, 0);
	weir_broadcast_tx_close(&cast_tx);
	executors_end(2);
}
