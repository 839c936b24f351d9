// SPDX-License-Identifier: BSD-3-Clause
//
// Steppers: tasks without a stack. With channels: tests/chan/many_test.c.
#include "task/stepper.h"
#include "task/hand.h"

TestSuite(stepper, .init = open_executor, .fini = close_executor);

// One that does a list of waits and writes down what they answered.
struct walker {
	struct weir_stepper stepper;
	struct weir_wait_queue *queue;
	uint64_t deadline; // of each wait; 0: never
	unsigned waits;
	int answers[8];
	unsigned steps;
	int fails;
	bool gone;
};

static struct weir_wait_queue queue;

static enum weir_stepper_next walk(struct weir_stepper *s)
{
	struct walker *w = weir_container(s, struct walker, stepper);

	w->steps++;
	if (s->state > 0)
		w->answers[s->state - 1] = s->answer;
	if (s->state == w->waits) {
		if (w->fails)
			weir_stepper_fail(s, w->fails);
		return WEIR_STEPPER_END;
	}
	s->state++;
	return weir_stepper_wait(s, weir_case_queue(w->queue),
		w->deadline ? w->deadline : WEIR_NEVER);
}

static void gone(struct weir_stepper *s)
{
	struct walker *w = weir_container(s, struct walker, stepper);

	cr_assert_not(w->gone);
	w->gone = true;
	say("e");
}

static const struct weir_stepper_class walkers = {
	.name = "walker", .step = walk, .ended = gone};

static void walk_off(struct walker *w, unsigned waits)
{
	w->queue = &queue;
	w->waits = waits;
	weir_wait_queue_init(&queue);
	weir_stepper_start(executor, &w->stepper, &walkers);
	settle();
}

Test(stepper, it_fits_a_million_times_into_256_mebibytes_with_a_line_each)
{
	cr_assert_leq(sizeof(struct weir_stepper), 192);
}

Test(stepper, each_wakeup_is_a_step)
{
	struct walker w = {0};

	walk_off(&w, 2);
	cr_assert_eq(w.steps, 1);
	cr_assert(weir_wake(&queue));
	settle();
	cr_assert_eq(w.steps, 2);
	cr_assert(weir_wake(&queue));
	settle();
	cr_assert_eq(w.steps, 3);
	cr_assert(w.gone);
	cr_assert_eq(w.answers[0], 0);
	cr_assert_eq(w.answers[1], 0);
	cr_assert_eq(live(), 0);
}

Test(stepper, its_deadline_comes_and_takes_it_out_of_the_queue)
{
	struct walker w = {.deadline = 1000};

	walk_off(&w, 1);
	ticks = 999;
	settle();
	cr_assert_not(w.gone);
	ticks = 1000;
	settle();
	cr_assert(w.gone);
	cr_assert_eq(w.answers[0], -ETIMEDOUT);
	cr_assert(weir_wait_queue_empty(&queue));
}

Test(stepper, a_wakeup_leaves_no_timer_behind)
{
	struct walker w = {.deadline = 1000};

	walk_off(&w, 1);
	weir_wake(&queue);
	settle();
	ticks = 5000;
	cr_assert_eq(turn(), 0);
}

Test(stepper, cancel_ends_its_wait_and_all_that_follow)
{
	struct walker w = {0};

	walk_off(&w, 3);
	weir_stepper_cancel(&w.stepper);
	settle();
	cr_assert(w.gone);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(w.answers[i], -ECANCELED);
	cr_assert(weir_wait_queue_empty(&queue));
}

Test(stepper, woken_and_cancelled_in_the_same_turn_keeps_the_wakeup)
{
	struct walker w = {0};

	walk_off(&w, 2);
	weir_wake(&queue);
	weir_stepper_cancel(&w.stepper);
	settle();
	cr_assert_eq(w.answers[0], 0);
	cr_assert_eq(w.answers[1], -ECANCELED);
}

static void wait_plainly(void *arg)
{
	cr_assert_eq(weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say(arg);
}

Test(stepper, it_stands_in_line_with_tasks)
{
	struct walker w = {0};

	walk_off(&w, 1);
	start(wait_plainly, "t");
	settle();
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "e");
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "et");
}

static enum weir_stepper_next at_three_times(struct weir_stepper *s)
{
	cr_assert_eq(s->answer, 0);
	if (s->state == 3)
		return WEIR_STEPPER_END;
	return weir_stepper_wait(
		s, weir_case_after(++s->state * 100u), WEIR_NEVER);
}

Test(stepper, a_point_in_time_is_never_early)
{
	const struct weir_stepper_class class_ = {.step = at_three_times};
	struct weir_stepper s;

	weir_stepper_start(executor, &s, &class_);
	for (; ticks < 300; ticks++) {
		settle();
		cr_assert_eq(s.state, ticks / 100 + 1);
	}
	settle();
	cr_assert_eq(live(), 0);
}

static enum weir_stepper_next disabled_wait(struct weir_stepper *s)
{
	struct weir_case c = weir_case_queue(&queue);

	if (s->answer == -EPIPE)
		return WEIR_STEPPER_END;
	c.disabled = true;
	return weir_stepper_wait(s, c, WEIR_NEVER);
}

Test(stepper, a_wait_for_nothing_is_told)
{
	const struct weir_stepper_class class_ = {.step = disabled_wait};
	struct weir_stepper s;

	weir_stepper_start(executor, &s, &class_);
	settle();
	cr_assert_eq(live(), 0);
}

// ---- woken in vain ----

static bool pot_attempt(struct weir_case *c)
{
	unsigned *there = c->argument;

	if (*there == 0)
		return false;
	c->result = (int)(*there)--;
	return true;
}

static bool pot_enlist(struct weir_case *c, struct weir_executor *x,
	enum weir_wait_place place)
{
	if (!c->object)
		return false; // it cannot wake
	weir_case_enlist(c, x, c->object, place);
	return true;
}

static const struct weir_case_ops pot_ops = {
	.attempt = pot_attempt, .enlist = pot_enlist};

static unsigned there;
static uint64_t pot_deadline = WEIR_NEVER;
static bool dumb;

static enum weir_stepper_next one_from_the_pot(struct weir_stepper *s)
{
	const struct weir_case c = {.ops = &pot_ops,
		.object = dumb ? NULL : &queue,
		.argument = &there};

	if (s->state++ == 0)
		return weir_stepper_wait(s, c, pot_deadline);
	say(s->answer == 0 ? "g" : "x");
	return WEIR_STEPPER_END;
}

static const struct weir_stepper_class pot_takers = {.step = one_from_the_pot};

Test(stepper, who_was_woken_in_vain_stands_again_where_it_stood)
{
	struct weir_stepper s;

	weir_wait_queue_init(&queue);
	weir_stepper_start(executor, &s, &pot_takers);
	settle();
	start(wait_plainly, "t");
	settle();
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "");
	there = 1;
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "g");
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "gt");
}

Test(stepper, a_case_that_cannot_wake_is_asked_each_turn)
{
	struct weir_stepper s, late;

	dumb = true;
	pot_deadline = 1000;
	weir_stepper_start(executor, &s, &pot_takers);
	turn();
	turn();
	cr_assert_str_eq(said, "");
	there = 1;
	turn();
	cr_assert_str_eq(said, "g");
	weir_stepper_start(executor, &late, &pot_takers);
	turn();
	ticks = 1000;
	turn();
	turn();
	cr_assert_str_eq(said, "gx");
}

// ---- fairness ----

static unsigned neighbour_runs;

static enum weir_stepper_next greedy(struct weir_stepper *s)
{
	if (s->state++ == 10 * WEIR_STEP_BUDGET)
		return WEIR_STEPPER_END;
	return weir_stepper_wait(s, weir_case_after(0), WEIR_NEVER);
}

static enum weir_stepper_next neighbour(struct weir_stepper *s)
{
	neighbour_runs++;
	return live() > 1 ? WEIR_STEPPER_AGAIN : WEIR_STEPPER_END;
}

Test(stepper, one_that_never_has_to_wait_does_not_starve_its_neighbours)
{
	const struct weir_stepper_class greedies = {.step = greedy},
					neighbours = {.step = neighbour};
	struct weir_stepper a, b;

	weir_stepper_start(executor, &a, &greedies);
	weir_stepper_start(executor, &b, &neighbours);
	settle();
	cr_assert_geq(neighbour_runs, 10);
}

// ---- in a scope ----

static struct weir_scope scope;
static struct walker children[3];
static int close_answer = 1, late_answer = 1;
static uint64_t close_deadline = WEIR_NEVER;
static const struct weir_scope_options *scope_options =
	&(struct weir_scope_options){0};

static void parent(void *arg)
{
	weir_wait_queue_init(&queue);
	weir_scope_open_with(&scope, scope_options);
	for (int i = 0; i < 3; i++) {
		children[i].queue = &queue;
		children[i].waits = 1;
		cr_assert_eq(weir_stepper_spawn(
				     &scope, &children[i].stepper, &walkers),
			0);
	}
	close_answer = weir_scope_close(&scope, close_deadline);
	say("!");
}

Test(stepper, a_scope_waits_for_it)
{
	start(parent, NULL);
	settle();
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(close_answer, 1);
		weir_wake(&queue);
		settle();
	}
	cr_assert_str_eq(said, "eee!");
	cr_assert_eq(close_answer, 0);
}

Test(stepper, a_scope_s_deadline_cancels_it)
{
	close_deadline = 100;
	start(parent, NULL);
	settle();
	ticks = 100;
	settle();
	cr_assert_str_eq(said, "eee!");
	cr_assert_eq(close_answer, -ETIMEDOUT);
	cr_assert_eq(children[2].answers[0], -ECANCELED);
}

Test(stepper, its_error_is_the_scope_s_and_cancels_the_others_if_asked)
{
	scope_options = &(struct weir_scope_options){.cancel_on_error = true};
	children[0].fails = -EIO;
	start(parent, NULL);
	settle();
	weir_wake(&queue);
	settle();
	cr_assert_str_eq(said, "eee!");
	cr_assert_eq(close_answer, -EIO);
	cr_assert_eq(children[0].answers[0], 0);
	cr_assert_eq(children[1].answers[0], -ECANCELED);
}

static void spawn_too_late(void *arg)
{
	weir_scope_open(&scope);
	weir_scope_cancel(&scope);
	late_answer =
		weir_stepper_spawn(&scope, &children[0].stepper, &walkers);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(stepper, a_cancelled_scope_takes_no_more)
{
	start(spawn_too_late, NULL);
	settle();
	cr_assert_eq(late_answer, -ECANCELED);
	cr_assert_eq(live(), 0);
}

// ---- memory ----

static void free_it(struct weir_stepper *s)
{
	free(weir_container(s, struct walker, stepper));
}

static const struct weir_stepper_class heap_walkers = {
	.step = walk, .ended = free_it};

Test(stepper, ended_may_free_it)
{
	weir_wait_queue_init(&queue);
	for (int i = 0; i < 10; i++) {
		struct walker *w = calloc(1, sizeof(*w));

		w->queue = &queue;
		w->waits = 1;
		weir_stepper_start(executor, &w->stepper, &heap_walkers);
	}
	settle();
	cr_assert_eq(weir_wake_all(&queue), 10);
	settle();
	cr_assert_eq(live(), 0);
}
