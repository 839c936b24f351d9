// SPDX-License-Identifier: BSD-3-Clause
//
// Who is served, and in what order, by a select; with cases of the test's own.
#include "task/selector.h"

TestSuite(rotation, .init = open_queues, .fini = close_executor);

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

	if (pot->dumb)
		return false;
	pot->enlisted++;
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
Test(rotation, tokio_2542_three_of_eight_always_ready_get_a_third_each)
{
	start(rotate, NULL);
	settle();
	cr_assert_str_eq(said, "done");
}

// A select has been woken by case 5; until it runs, case 1 is ready as well.
Test(rotation, the_one_that_woke_has_no_advantage_in_the_rotation)
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

Test(rotation, who_was_woken_in_vain_keeps_its_place_in_every_queue)
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

Test(rotation, a_case_that_cannot_wake_is_asked_each_turn)
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

Test(rotation, a_case_that_must_stay_is_asked_again_in_a_later_step)
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
Test(rotation, seastar_652_what_is_always_ready_starves_no_neighbour)
{
	start(greedy, NULL);
	start(neighbour, NULL);
	settle();
	cr_assert_geq(neighbour_runs, 9);
}
