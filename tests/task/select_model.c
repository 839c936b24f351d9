// SPDX-License-Identifier: BSD-3-Clause
//
// Selects against the plainest thing that could be right: a look at all cases
// in order, at the moment in which one was served.
//
// Some tasks select over cases of their own (pots that the test fills and wakes,
// points in time) with deadlines, disabled cases, wakeups in vain and cancels in
// between. After each answer the reference says which case it had to be.
#include "base/random.h"
#include "task/hand.h"
#include "task/select.h"

#define SELECTORS 6
#define CASES 8
#define ROUNDS 20000

struct pot {
	unsigned there;
	struct weir_wait_queue queue;
	struct weir_case *c;
};

struct selector {
	struct weir_case cases[CASES];
	struct pot pots[CASES];
	uint64_t after[CASES]; // WEIR_NEVER: it is a pot
	unsigned count;
	unsigned next; // the reference's
	unsigned passed_over[CASES];
	uint64_t deadline;
	bool waits;
};

static struct selector selectors[SELECTORS];
static struct weir_random rng;
static unsigned served, timed_out, canceled;

TestSuite(select_model, .init = open_executor, .fini = close_executor);

static unsigned below(unsigned n)
{
	return (unsigned)weir_random_below(&rng, n);
}

static bool pot_attempt(struct weir_case *c)
{
	struct pot *pot = c->object;

	if (pot->there == 0)
		return false;
	pot->there--;
	return true;
}

static bool pot_enlist(struct weir_case *c, struct weir_executor *x,
	enum weir_wait_place place)
{
	struct pot *pot = c->object;

	weir_case_enlist(c, x, &pot->queue, place);
	return true;
}

static const struct weir_case_ops pot_ops = {
	.attempt = pot_attempt,
	.enlist = pot_enlist,
};

static void draw_case(struct selector *s, unsigned i)
{
	s->passed_over[i] = 0;
	s->after[i] = below(4) ? WEIR_NEVER : ticks + below(50);
	if (s->after[i] == WEIR_NEVER)
		s->cases[i] = (struct weir_case){
			.ops = &pot_ops, .object = &s->pots[i]};
	else
		s->cases[i] = weir_case_after(s->after[i]);
	s->cases[i].disabled = below(8) == 0;
}

static void draw(struct selector *s)
{
	s->next = 0;
	s->count = 1 + below(CASES);
	for (unsigned i = 0; i < s->count; i++)
		draw_case(s, i);
}

// is_ready is the reference: before anything of case i was done.
static bool is_ready(const struct selector *s, unsigned i)
{
	if (s->cases[i].disabled)
		return false;
	return s->after[i] == WEIR_NEVER
		       ? s->pots[i].there > 0
		       : (int64_t)(weir_executor_now(executor) - s->after[i]) >=
				 0;
}

static bool any_ready(const struct selector *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (is_ready(s, i))
			return true;
	return false;
}

static bool all_disabled(const struct selector *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!s->cases[i].disabled)
			return false;
	return true;
}

// check compares the answer with what the reference would have served.
static void check(struct selector *s, int answer)
{
	unsigned k = (unsigned)answer, expected = s->next;

	cr_assert_lt(k, s->count);
	if (s->after[k] == WEIR_NEVER)
		s->pots[k].there++; // undone for the look
	else
		s->cases[k].disabled = false;
	while (!is_ready(s, expected))
		expected = (expected + 1) % s->count;
	cr_assert_eq(k, expected, "served %u, not %u", k, expected);
	for (unsigned i = 0; i < s->count; i++) {
		s->passed_over[i] =
			i != k && is_ready(s, i) ? s->passed_over[i] + 1 : 0;
		cr_assert_lt(s->passed_over[i], s->count);
	}
	if (s->after[k] == WEIR_NEVER)
		s->pots[k].there--;
	s->next = (k + 1) % s->count;
	if (s->after[k] != WEIR_NEVER) {
		s->after[k] = ticks + below(50);
		weir_case_set_after(&s->cases[k], s->after[k]);
		s->passed_over[k] = 0;
	}
	served++;
}

static void run(void *arg)
{
	struct selector *s = arg;
	int answer;

	draw(s);
	do {
		if (below(16) == 0)
			draw(s);
		if (below(8) == 0)
			s->cases[below(s->count)].disabled ^= true;
		s->deadline = below(3) ? WEIR_NEVER : ticks + below(60);
		s->waits = true;
		answer = weir_select_until(s->cases, s->count, s->deadline);
		s->waits = false;
		if (answer >= 0) {
			check(s, answer);
		} else if (answer == -EPIPE) {
			cr_assert(all_disabled(s));
			draw(s);
		} else if (answer == -ETIMEDOUT) {
			cr_assert_geq(ticks, s->deadline);
			timed_out++;
		}
		if (below(4) == 0)
			weir_yield();
	} while (answer != -ECANCELED);
	canceled++;
}

// What may not be: that one waits and could be served.
static void check_quiet(void)
{
	for (unsigned i = 0; i < SELECTORS; i++)
		cr_assert_not(selectors[i].waits && any_ready(&selectors[i]),
			"selector %u sleeps on", i);
}

static void disturb(void)
{
	struct selector *s = &selectors[below(SELECTORS)];
	struct pot *pot = &s->pots[below(CASES)];

	switch (below(4)) {
	case 0:
		ticks += below(40);
		break;
	case 1:
		weir_wake(&pot->queue); // in vain, perhaps
		break;
	default:
		pot->there += 1 + below(3);
		weir_wake(&pot->queue);
	}
}

static void generation(struct weir_scope *scope)
{
	weir_scope_open(scope);
	for (unsigned i = 0; i < SELECTORS; i++) {
		for (unsigned k = 0; k < CASES; k++)
			weir_wait_queue_init(&selectors[i].pots[k].queue);
		cr_assert_eq(weir_spawn(scope, NULL, run, &selectors[i]), 0);
	}
}

static void disturb_all(void *arg)
{
	for (unsigned g = 0; g < 20; g++) {
		struct weir_scope scope;

		generation(&scope);
		for (unsigned i = 0; i < ROUNDS / 20; i++) {
			for (unsigned n = below(6); n > 0; n--)
				disturb();
			for (unsigned n = 0; n < 12; n++)
				weir_yield();
			check_quiet();
		}
		weir_scope_cancel(&scope);
		cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	}
	say("done");
}

Test(select_model, each_answer_is_the_reference_s)
{
	rng.state = seed(20261128);
	start(disturb_all, NULL);
	while (live() > 0)
		turn();
	cr_assert_str_eq(said, "done");
	cr_assert_eq(canceled, 20 * SELECTORS);
	cr_assert_gt(served, ROUNDS);
	cr_assert_gt(timed_out, 100);
	fprintf(stderr, "%u served, %u timed out\n", served, timed_out);
}
