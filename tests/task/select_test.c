// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting for several things at once, with wait queues, points in time and cases
// of the test's own. Channels: tests/chan/case_test.c.
#include "task/hand.h"
#include "task/select.h"

#define QUEUES 4
#define NOT_YET 99

static struct weir_wait_queue queues[QUEUES];

static void open_queues(void)
{
	open_executor();
	for (int i = 0; i < QUEUES; i++)
		weir_wait_queue_init(&queues[i]);
}

TestSuite(select, .init = open_queues, .fini = close_executor);

// A selector waits for its cases some times and keeps what was answered.
struct selector {
	struct weir_case cases[8];
	unsigned count;
	uint64_t deadline;
	unsigned times;
	int answers[8];
	unsigned answered;
};

static void select_times(void *arg)
{
	struct selector *s = arg;

	for (unsigned i = 0; i < s->times; i++) {
		s->answers[i] = NOT_YET;
		s->answers[i] =
			weir_select_until(s->cases, s->count, s->deadline);
		s->answered++;
	}
}

static void select_queues(struct selector *s, unsigned count, unsigned times)
{
	*s = (struct selector){
		.count = count, .times = times, .deadline = WEIR_NEVER};
	for (unsigned i = 0; i < count; i++)
		s->cases[i] = weir_case_queue(&queues[i]);
}

static struct selector a, b;

Test(select, the_case_that_is_woken_is_answered)
{
	select_queues(&a, 4, 1);
	start(select_times, &a);
	settle();
	cr_assert_eq(a.answered, 0);
	cr_assert(weir_wake(&queues[2]));
	settle();
	cr_assert_eq(a.answers[0], 2);
}

Test(select, who_is_woken_stands_in_no_other_queue)
{
	select_queues(&a, 4, 1);
	start(select_times, &a);
	settle();
	weir_wake(&queues[2]);
	for (int i = 0; i < QUEUES; i++) {
		cr_assert(weir_wait_queue_empty(&queues[i]));
		cr_assert_not(weir_wake(&queues[i]));
	}
	settle();
	cr_assert_eq(a.answers[0], 2);
}

Test(select, the_deadline_ends_it_and_takes_it_out_of_all_queues)
{
	select_queues(&a, 4, 1);
	a.deadline = 1000;
	start(select_times, &a);
	settle();
	ticks = 999;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], -ETIMEDOUT);
	for (int i = 0; i < QUEUES; i++)
		cr_assert(weir_wait_queue_empty(&queues[i]));
}

Test(select, a_deadline_that_is_past_makes_it_a_try)
{
	ticks = 50;
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(40);
	a.count = 2;
	a.times = 2;
	a.deadline = 10;
	start(select_times, &a);
	settle();
	cr_assert_eq(a.answers[0], 1);
	cr_assert_eq(a.answers[1], -ETIMEDOUT);
}

Test(select, nothing_enabled_is_told_apart_from_waiting)
{
	select_queues(&a, 2, 1);
	a.cases[0].disabled = a.cases[1].disabled = true;
	start(select_times, &a);
	select_queues(&b, 0, 1);
	start(select_times, &b);
	settle();
	cr_assert_eq(a.answers[0], -EPIPE);
	cr_assert_eq(b.answers[0], -EPIPE);
}

Test(select, a_disabled_case_is_neither_served_nor_waited_for)
{
	select_queues(&a, 3, 1);
	a.cases[1].disabled = true;
	start(select_times, &a);
	settle();
	cr_assert_not(weir_wake(&queues[1]));
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[0], 0);
}

// ---- points in time ----

Test(select, after_is_never_early_and_served_once)
{
	select_queues(&a, 1, 2);
	a.cases[1] = weir_case_after(1000);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = 999;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], 1);
	ticks = 5000;
	settle();
	cr_assert_eq(a.answered, 1);
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[1], 0);
}

Test(select, after_never_does_not_come)
{
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(WEIR_NEVER);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = UINT64_MAX - 1;
	settle();
	ticks = UINT64_MAX;
	settle();
	cr_assert_eq(a.answered, 0);
	weir_wake(&queues[0]);
	settle();
	cr_assert_eq(a.answers[0], 0);
}

Test(select, after_that_lost_leaves_no_timer_behind)
{
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(1000);
	a.count = 2;
	start(select_times, &a);
	settle();
	weir_wake(&queues[0]);
	settle();
	ticks = 5000;
	cr_assert_eq(turn(), 0);
}

Test(select, after_beyond_the_wrap_of_the_clock)
{
	ticks = UINT64_MAX - 10;
	select_queues(&a, 1, 1);
	a.cases[1] = weir_case_after(5);
	a.count = 2;
	start(select_times, &a);
	settle();
	ticks = UINT64_MAX;
	settle();
	ticks += 5;
	settle();
	cr_assert_eq(a.answered, 0);
	ticks++;
	settle();
	cr_assert_eq(a.answers[0], 1);
}

// ---- a lost race loses nothing ----

static void wait_and_say(void *arg)
{
	cr_assert_eq(weir_wait(&queues[1], WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say(arg);
}

Test(select, a_wakeup_that_is_not_used_goes_to_the_next_in_the_queue)
{
	select_queues(&a, 2, 1);
	a.cases[0] = weir_case_after(1000);
	start(select_times, &a);
	start(wait_and_say, "b");
	settle();
	weir_wake(&queues[1]);
	ticks = 1000; // case 0 is ready too, and comes first
	settle();
	cr_assert_eq(a.answers[0], 0);
	cr_assert_str_eq(said, "b");
}

Test(select, a_wakeup_that_is_not_used_and_has_no_other_taker_is_kept)
{
	select_queues(&a, 2, 2);
	a.cases[0] = weir_case_after(1000);
	start(select_times, &a);
	settle();
	weir_wake(&queues[1]);
	ticks = 1000;
	settle();
	cr_assert_eq(a.answers[0], 0);
	cr_assert_eq(a.answers[1], 1);
}

Test(select, it_stands_in_line_with_plain_waits)
{
	start(wait_and_say, "b");
	settle();
	select_queues(&a, 2, 1);
	start(select_times, &a);
	settle();
	weir_wake(&queues[1]);
	settle();
	cr_assert_str_eq(said, "b");
	cr_assert_eq(a.answered, 0);
	weir_wake(&queues[1]);
	settle();
	cr_assert_eq(a.answers[0], 1);
}

// ---- cases of the test's own: a counter of what is there ----

struct pot {
	unsigned there;
	struct weir_wait_queue queue;
	unsigned enlisted, passed;
	bool dumb;	 // cannot wake
	unsigned sticky; // how often delist asks to come again
};

static bool pot_attempt(struct weir_case *c)
{
	struct pot *pot = c->object;

	if (pot->there == 0)
		return false;
	c->result = (int)pot->there--;
	return true;
}

static bool pot_enlist(struct weir_case *c, struct weir_executor *x,
	enum weir_wait_place place)
{
	struct pot *pot = c->object;

	pot->enlisted++;
	if (pot->dumb)
		return false;
	weir_case_enlist(c, x, &pot->queue, place);
	return true;
}

static bool pot_delist(struct weir_case *c)
{
	struct pot *pot = c->object;

	cr_assert(weir_list_empty(&c->link));
	if (pot->sticky > 0) {
		pot->sticky--;
		return false;
	}
	pot->enlisted--;
	return true;
}

static void pot_pass(struct weir_case *c)
{
	struct pot *pot = c->object;

	cr_assert_eq(pot->enlisted, 0);
	pot->passed++;
	if (pot->there > 0)
		weir_wake(&pot->queue);
}

static const struct weir_case_ops pot_ops = {
	.attempt = pot_attempt,
	.enlist = pot_enlist,
	.delist = pot_delist,
	.pass = pot_pass,
};

#define POTS 8

static struct pot pots[POTS];

static void select_pots(struct weir_case *cases)
{
	for (int i = 0; i < POTS; i++) {
		weir_wait_queue_init(&pots[i].queue);
		cases[i] =
			(struct weir_case){.ops = &pot_ops, .object = &pots[i]};
	}
}

static void rotate(void *arg)
{
	struct weir_case cases[POTS];
	unsigned count[POTS] = {0}, passed_over[POTS] = {0};
	const unsigned always[] = {1, 2, 6};

	select_pots(cases);
	for (int i = 0; i < 3; i++)
		pots[always[i]].there = UINT32_MAX;
	for (unsigned n = 0; n < 999999; n++) {
		unsigned served = (unsigned)weir_select(cases, POTS);

		count[served]++;
		for (int i = 0; i < 3; i++) {
			unsigned k = always[i];

			passed_over[k] = k == served ? 0 : passed_over[k] + 1;
			cr_assert_leq(passed_over[k], 2);
		}
	}
	for (int i = 0; i < 3; i++)
		cr_assert_eq(count[always[i]], 333333);
	say("done");
}

// tokio#2542: a branch that is always ready hid the one beside it.
Test(select, tokio_2542_three_of_eight_always_ready_get_a_third_each)
{
	start(rotate, NULL);
	settle();
	cr_assert_str_eq(said, "done");
}

// A select has been woken by case 5; until it runs, case 1 is ready as well.
Test(select, the_one_that_woke_has_no_advantage_in_the_rotation)
{
	static struct selector s;

	select_queues(&s, 0, 3);
	select_pots(s.cases);
	s.count = 5;
	s.cases[0].next = 1;
	start(select_times, &s);
	settle();
	pots[4].there = 1;
	weir_wake(&pots[4].queue);
	pots[1].there = 1;
	settle();
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(pots[4].passed, 1);
	cr_assert_eq(s.answers[1], 4);
	cr_assert_eq(s.answered, 2);
	pots[0].there = 1;
	weir_wake(&pots[0].queue);
	settle();
	cr_assert_eq(s.answers[2], 0);
}

static void wait_in_pot(void *arg)
{
	cr_assert_eq(weir_wait(&pots[1].queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say(arg);
}

Test(select, who_was_woken_in_vain_keeps_its_place_in_every_queue)
{
	static struct selector s;

	select_queues(&s, 0, 1);
	select_pots(s.cases);
	s.count = 2;
	start(wait_in_pot, "a");
	start(select_times, &s);
	start(wait_in_pot, "b");
	settle();
	weir_wake(&pots[0].queue); // there is nothing
	settle();
	cr_assert_eq(s.answered, 0);
	weir_wake(&pots[1].queue);
	settle();
	cr_assert_str_eq(said, "a");
	pots[1].there = 1;
	weir_wake(&pots[1].queue);
	settle();
	cr_assert_eq(s.answers[0], 1);
	cr_assert_str_eq(said, "a");
	weir_wake(&pots[1].queue);
	settle();
	cr_assert_str_eq(said, "ab");
}

Test(select, a_case_that_cannot_wake_is_asked_each_turn)
{
	static struct selector s;

	select_queues(&s, 0, 2);
	select_pots(s.cases);
	s.count = 3;
	s.deadline = 1000;
	pots[1].dumb = true;
	start(select_times, &s);
	turn();
	turn();
	cr_assert_eq(s.answered, 0);
	pots[1].there = 1;
	turn();
	cr_assert_eq(s.answers[0], 1);
	turn();
	ticks = 1000;
	settle();
	cr_assert_eq(s.answers[1], -ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(pots[i].enlisted, 0);
}

Test(select, a_case_that_must_stay_is_asked_again_in_a_later_step)
{
	static struct selector s;

	select_queues(&s, 0, 1);
	select_pots(s.cases);
	s.count = 2;
	pots[1].sticky = 3;
	start(select_times, &s);
	turn();
	pots[0].there = 1;
	weir_wake(&pots[0].queue);
	turn();
	cr_assert_eq(s.answered, 0);
	settle();
	cr_assert_eq(s.answers[0], 0);
	cr_assert_eq(pots[1].enlisted, 0);
}

// ---- cancelling ----

static struct weir_scope scope;

static void cancel_it(void *arg)
{
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, select_times, &a), 0);
	weir_yield();
	weir_yield();
	if (arg)
		weir_wake(arg);
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(select, cancel_ends_it_and_takes_it_out_of_all_queues)
{
	select_queues(&a, 4, 2);
	start(cancel_it, NULL);
	settle();
	cr_assert_eq(a.answers[0], -ECANCELED);
	cr_assert_eq(a.answers[1], -ECANCELED);
	for (int i = 0; i < QUEUES; i++)
		cr_assert(weir_wait_queue_empty(&queues[i]));
}

Test(select, woken_and_cancelled_in_the_same_turn_keeps_the_wakeup)
{
	select_queues(&a, 4, 2);
	start(cancel_it, &queues[3]);
	settle();
	cr_assert_eq(a.answers[0], 3);
	cr_assert_eq(a.answers[1], -ECANCELED);
}

// ---- the budget of a step ----

static unsigned neighbour_runs;

static void neighbour(void *arg)
{
	while (pots[0].there > 0) {
		neighbour_runs++;
		weir_yield();
	}
}

static void greedy(void *arg)
{
	struct weir_case cases[POTS];

	select_pots(cases);
	pots[0].there = 10 * WEIR_STEP_BUDGET;
	while (pots[0].there > 0)
		cr_assert_eq(weir_select(cases, POTS), 0);
}

// tokio#2542, seastar#652: what is always ready starved the neighbours.
Test(select, what_is_always_ready_does_not_starve_the_neighbours)
{
	start(greedy, NULL);
	start(neighbour, NULL);
	settle();
	cr_assert_geq(neighbour_runs, 9);
}
