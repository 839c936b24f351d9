// SPDX-License-Identifier: BSD-3-Clause
//
// Sets: waiting for very many things. With channels: tests/chan/many_test.c.
#include "task/set.h"
#include "task/hand.h"

#include "base/random.h"

TestSuite(set, .init = open_executor, .fini = close_executor);

// A pot holds some; its cases stand in line for them, with a grant each.
struct pot {
	unsigned there, granted;
	struct weir_wait_queue queue;
	unsigned attempts, enlisted;
	unsigned sticky; // how often delist asks to come again
	bool dumb;	 // cannot wake
	bool once;
};

static void pot_push(struct pot *pot)
{
	while (pot->there > pot->granted) {
		pot->granted++;
		if (!weir_wake(&pot->queue)) {
			pot->granted--;
			return;
		}
	}
}

static bool pot_attempt(struct weir_case *c)
{
	struct pot *pot = c->object;

	pot->attempts++;
	if (pot->there == 0 || (!c->woken && pot->there <= pot->granted))
		return false;
	pot->there--;
	c->disabled = pot->once;
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

	if (pot->sticky > 0) {
		pot->sticky--;
		return false;
	}
	pot->enlisted--;
	pot->granted -= c->woken;
	return true;
}

static void pot_pass(struct weir_case *c)
{
	pot_push(c->object);
}

static const struct weir_case_ops pot_ops = {
	.attempt = pot_attempt,
	.enlist = pot_enlist,
	.delist = pot_delist,
	.pass = pot_pass,
};

static struct weir_case pot_case(struct pot *pot)
{
	return (struct weir_case){.ops = &pot_ops, .object = pot};
}

#define POTS 1000

static struct pot pots[POTS];
static struct weir_member members[POTS];
static struct weir_set set;
static int answers[8];
static long served[8];
static uint64_t deadline = WEIR_NEVER;
static unsigned pot_count = POTS, wait_count = 1;
static struct weir_wait_queue elsewhere;

static void open_set(void)
{
	weir_set_open(&set);
	weir_wait_queue_init(&elsewhere);
	for (unsigned i = 0; i < pot_count; i++) {
		weir_wait_queue_init(&pots[i].queue);
		weir_set_add(&set, &members[i], pot_case(&pots[i]));
	}
}

static void empty_set(void)
{
	for (unsigned i = 0; i < pot_count; i++)
		weir_set_remove(&members[i]);
	weir_set_close(&set);
	for (unsigned i = 0; i < pot_count; i++) {
		cr_assert_eq(pots[i].enlisted, 0);
		cr_assert_eq(pots[i].granted, 0);
	}
}

static void serve(void *arg)
{
	open_set();
	for (unsigned i = 0; i < wait_count; i++) {
		struct weir_member *member;

		answers[i] = 1;
		answers[i] = weir_set_wait(&set, &member, deadline);
		served[i] = member ? member - members : -1;
		say("s");
	}
	empty_set();
	say("!");
}

static void fill(struct pot *pot, unsigned count)
{
	pot->there += count;
	pot_push(pot);
}

Test(set, the_member_that_is_woken_is_served)
{
	start(serve, NULL);
	settle();
	fill(&pots[77], 1);
	settle();
	cr_assert_eq(answers[0], 0);
	cr_assert_eq(served[0], 77);
	cr_assert_str_eq(said, "s!");
}

Test(set, a_wait_looks_at_nobody_that_was_not_woken)
{
	wait_count = 2;
	start(serve, NULL);
	settle();
	for (int i = 0; i < POTS; i++)
		cr_assert_eq(pots[i].attempts, 1);
	fill(&pots[77], 1);
	settle();
	for (int i = 0; i < POTS; i++)
		cr_assert_eq(pots[i].attempts, i == 77 ? 3 : 1);
	fill(&pots[1], 1);
	settle();
	cr_assert_eq(served[1], 1);
}

Test(set, deadline_and_an_empty_set)
{
	wait_count = 2;
	pot_count = 2;
	deadline = 100;
	start(serve, NULL);
	settle();
	ticks = 100;
	settle();
	cr_assert_eq(answers[0], -ETIMEDOUT);
	cr_assert_eq(answers[1], -ETIMEDOUT);
	pot_count = 0;
	start(serve, NULL);
	settle();
	cr_assert_eq(answers[0], -EPIPE);
}

Test(set, one_with_nothing_more_to_come_is_served_once)
{
	wait_count = 3;
	pot_count = 2;
	pots[0].once = pots[1].once = true;
	start(serve, NULL);
	settle();
	fill(&pots[1], 5);
	settle();
	cr_assert_eq(served[0], 1);
	cr_assert_str_eq(said, "s");
	fill(&pots[0], 5);
	settle();
	cr_assert_eq(served[1], 0);
	cr_assert_eq(answers[2], -EPIPE);
	cr_assert_str_eq(said, "sss!");
}

// seastar#652, tokio#2542: who is always ready does not hide the others.
static void rotate(void *arg)
{
	unsigned passed_over[8] = {0}, count[8] = {0};

	pot_count = 8;
	open_set();
	for (int i = 0; i < 3; i++)
		pots[i * 3].there = 1000000;
	for (int n = 0; n < 300000; n++) {
		struct weir_member *member;

		cr_assert_eq(weir_set_wait(&set, &member, WEIR_NEVER), 0);
		count[member - members]++;
		for (int i = 0; i < 8; i += 3) {
			passed_over[i] =
				&members[i] == member ? 0 : passed_over[i] + 1;
			cr_assert_leq(passed_over[i], 2);
		}
	}
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(count[i * 3], 100000);
		pots[i * 3].there = 0;
	}
	empty_set();
	say("done");
}

Test(set, seastar_652_three_of_eight_always_ready_get_a_third_each)
{
	start(rotate, NULL);
	settle();
	cr_assert_str_eq(said, "done");
}

// ---- a grant is not kept ----

static void serve_after_a_while(void *arg)
{
	struct weir_member *member;

	open_set();
	answers[0] = weir_set_wait(&set, &member, 10);
	cr_assert_eq(weir_wait(&elsewhere, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	answers[1] = weir_set_wait(&set, &member, deadline);
	served[1] = member ? member - members : -1;
	empty_set();
	say("!");
}

static void take_from_first(void *arg)
{
	cr_assert_eq(weir_wait(&pots[0].queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	pots[0].granted--;
	cr_assert_eq(pots[0].there, 1);
	pots[0].there--;
	say(arg);
}

// omicron#9259: granted to somebody who does not look any more.
Test(set, omicron_9259_what_it_was_granted_goes_on_if_its_user_is_elsewhere)
{
	deadline = 1000;
	start(serve_after_a_while, NULL);
	settle();
	start(take_from_first, "t");
	settle();
	ticks = 10; // the user goes elsewhere
	settle();
	fill(&pots[0], 1);
	settle();
	cr_assert_str_eq(said, "t");
	ticks = 1000;
	weir_wake(&elsewhere);
	settle();
	cr_assert_eq(answers[1], -ETIMEDOUT);
	cr_assert_str_eq(said, "t!");
}

Test(set, what_nobody_else_took_is_there_when_its_user_comes_back)
{
	start(serve_after_a_while, NULL);
	settle();
	ticks = 10;
	settle();
	fill(&pots[5], 1);
	settle();
	cr_assert_eq(pots[5].granted, 0);
	weir_wake(&elsewhere);
	settle();
	cr_assert_eq(answers[1], 0);
	cr_assert_eq(served[1], 5);
}

// Two members are granted something; the user serves one and does not come back.
Test(set, what_a_second_member_was_granted_goes_on_as_well)
{
	pot_count = 2;
	start(serve_after_a_while, NULL);
	settle();
	start(take_from_first, "t");
	settle();
	fill(&pots[1], 1);
	fill(&pots[0], 1);
	settle();
	cr_assert_str_eq(said, "t");
	weir_wake(&elsewhere);
	fill(&pots[1], 1);
	settle();
	cr_assert_eq(served[1], 1);
	cr_assert_str_eq(said, "t!");
}

Test(set, a_member_that_must_stay_is_asked_again)
{
	pot_count = 3;
	pots[1].sticky = 3;
	start(serve, NULL);
	settle();
	fill(&pots[1], 1);
	settle();
	cr_assert_eq(served[0], 1);
	cr_assert_str_eq(said, "s!");
}

Test(set, a_member_that_cannot_wake_is_asked_each_turn)
{
	pot_count = 3;
	pots[1].dumb = true;
	start(serve, NULL);
	turn();
	turn();
	cr_assert_str_eq(said, "");
	pots[1].there = 1;
	settle();
	cr_assert_eq(served[0], 1);
	cr_assert_str_eq(said, "s!");
}

// ---- members come and go while it waits ----

static void add_late(void *arg)
{
	weir_set_add(&set, &members[POTS - 1], pot_case(&pots[POTS - 1]));
}

static void remove_fresh(void *arg)
{
	fill(&pots[0], 1);
	weir_set_remove(&members[0]);
	cr_assert_eq(pots[0].granted, 0);
}

Test(set, a_member_that_is_added_while_it_waits_is_looked_at)
{
	pot_count = 3;
	start(serve, NULL);
	settle();
	weir_wait_queue_init(&pots[POTS - 1].queue);
	pots[POTS - 1].there = 1;
	pots[POTS - 1].once = true;
	start(add_late, NULL);
	settle();
	cr_assert_eq(served[0], POTS - 1);
	cr_assert_str_eq(said, "s!");
}

static int user_answer;

static void wait_for_any(void *arg)
{
	struct weir_member *member;

	user_answer = weir_set_wait(&set, &member, WEIR_NEVER);
}

static void remove_all(void *arg)
{
	for (unsigned i = 0; i < pot_count; i++)
		weir_set_remove(&members[i]);
}

static void wait_in_three(void *arg)
{
	pot_count = 3;
	open_set();
	wait_for_any(NULL);
}

Test(set, who_waits_learns_that_the_last_member_was_removed)
{
	user_answer = 1;
	start(wait_in_three, NULL);
	settle();
	start(remove_all, NULL);
	settle();
	cr_assert_eq(user_answer, -EPIPE);
}

Test(set, a_member_that_is_removed_gives_its_grant_back)
{
	pot_count = 3;
	start(serve, NULL);
	settle();
	start(remove_fresh, NULL);
	settle();
	cr_assert_str_eq(said, "");
	start(take_from_first, "t");
	settle();
	fill(&pots[0], 0);
	settle();
	cr_assert_str_eq(said, "t");
	fill(&pots[1], 1);
	settle();
	cr_assert_eq(served[0], 1);
}

// ---- against the plainest thing: nobody sleeps while there is something ----

static unsigned got;

static void serve_all(void *arg)
{
	pot_count = 20;
	open_set();
	for (;;) {
		struct weir_member *member;
		int err = weir_set_wait(
			&set, &member, weir_executor_now(executor) + 50);

		if (err == -ECANCELED)
			break;
		got += err == 0;
		if (got % 7 == 3)
			weir_yield();
	}
	empty_set();
}

static void disturb(void *arg)
{
	struct weir_scope scope;
	struct weir_random random = {seed(4711)};
	unsigned put = 0;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, serve_all, NULL), 0);
	weir_yield();
	for (int i = 0; i < 20000; i++) {
		unsigned n = (unsigned)weir_random_below(&random, 4);
		struct pot *pot = &pots[weir_random_below(&random, 20)];

		pot->sticky = weir_random_below(&random, 10) == 0;
		put += n;
		fill(pot, n);
		if (weir_random_below(&random, 3) == 0)
			pot->granted += weir_wake(&pot->queue); // in vain
		ticks += weir_random_below(&random, 20);
		for (int t = 0; t < 20; t++)
			weir_yield();
		cr_assert_eq(got, put, "%u of %u, in round %d", got, put, i);
	}
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	say("done");
}

Test(set, nothing_that_is_there_is_left)
{
	start(disturb, NULL);
	while (live() > 0)
		turn();
	cr_assert_str_eq(said, "done");
}
