// SPDX-License-Identifier: BSD-3-Clause
//
// The turn: its order, its bounds, its fairness.
#include "task/bell.h"
#include "task/hand.h"

#include <pthread.h>

TestSuite(executor, .init = open_executor, .fini = close_executor);

static void say_post(struct weir_executor *x, struct weir_post *post)
{
	say("post ");
}

static void say_timer(struct weir_executor *x, struct weir_timer *timer)
{
	say("timer ");
}

static unsigned say_watch(struct weir_watch *watch)
{
	say("watch ");
	return 1;
}

static struct weir_watch watch;

static void wait_on_watch(void *arg)
{
	cr_assert_eq(weir_wait(&watch.queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
	say("woken ");
}

Test(executor, a_turn_serves_posts_then_watches_then_timers_then_steps)
{
	struct weir_post post = {.fn = say_post};
	struct weir_timer timer;
	struct speaker step = {.name = "step "};

	weir_watch_init(&watch, say_watch);
	start(wait_on_watch, NULL);
	turn();
	said[0] = '\0';
	ready(&step);
	weir_timer_init(&timer, say_timer);
	weir_timer_set(executor, &timer, ticks);
	weir_watch_start(executor, &watch);
	weir_executor_post(executor, &post);
	turn();
	cr_assert_str_eq(said, "post watch timer step woken ");
}

Test(executor, steps_run_in_the_order_in_which_they_became_runnable)
{
	struct speaker a = {.name = "a", .repeats = 2},
		       b = {.name = "b", .repeats = 2},
		       c = {.name = "c", .repeats = 2};

	ready(&a);
	ready(&b);
	ready(&c);
	for (int i = 0; i < 3; i++)
		turn();
	cr_assert_str_eq(said, "abcabcabc");
}

Test(executor, what_becomes_runnable_during_a_turn_waits_for_the_next)
{
	struct speaker a = {.name = "a", .repeats = 1000000};

	ready(&a);
	turn();
	cr_assert_str_eq(said, "a");
	turn();
	cr_assert_str_eq(said, "aa");
}

Test(executor, a_step_that_is_queued_is_not_queued_again)
{
	struct speaker a = {.name = "a"};

	ready(&a);
	weir_step_ready(executor, &a.step);
	turn();
	turn();
	cr_assert_str_eq(said, "a");
}

// It makes another step runnable, once.
static struct speaker late = {.name = "late"};
static unsigned turns_when_ready;

static void make_ready(struct weir_executor *x, struct weir_step *step)
{
	turns_when_ready = (unsigned)weir_executor_counts(x)->turns;
	weir_step_init(&late.step, speak, NULL);
	weir_step_ready(x, &late.step);
}

Test(executor, a_runnable_step_starts_within_two_turns)
{
	struct speaker crowd[100];
	struct weir_step waker;

	for (int i = 0; i < 100; i++) {
		crowd[i] = (struct speaker){.name = "", .repeats = 1000};
		ready(&crowd[i]);
		if (i == 0) {
			weir_step_init(&waker, make_ready, NULL);
			weir_step_ready(executor, &waker);
		}
	}
	while (!late.runs)
		turn();
	cr_assert_leq(
		weir_executor_counts(executor)->turns - turns_when_ready, 2);
}

static unsigned handled;

static void count_post(struct weir_executor *x, struct weir_post *post)
{
	handled++;
}

Test(executor, a_turn_handles_at_most_64_posts)
{
	struct weir_post posts[2 * WEIR_TURN_POSTS + 1];

	for (int i = 0; i < 2 * WEIR_TURN_POSTS + 1; i++) {
		posts[i].fn = count_post;
		weir_executor_post(executor, &posts[i]);
	}
	cr_assert_eq(turn(), WEIR_TURN_POSTS);
	cr_assert_eq(turn(), WEIR_TURN_POSTS);
	cr_assert_eq(turn(), 1);
	cr_assert_eq(handled, 2 * WEIR_TURN_POSTS + 1);
}

struct numbered_post {
	struct weir_post post;
	unsigned number;
};

static void in_order(struct weir_executor *x, struct weir_post *post)
{
	struct numbered_post *p =
		weir_container(post, struct numbered_post, post);

	cr_assert_eq(p->number, handled);
	handled++;
}

Test(executor, posts_of_one_thread_are_handled_in_its_order)
{
	struct numbered_post posts[300];

	for (unsigned i = 0; i < 300; i++) {
		posts[i] = (struct numbered_post){{.fn = in_order}, i};
		weir_executor_post(executor, &posts[i].post);
		if (i % 70 == 0)
			turn();
	}
	settle();
	cr_assert_eq(handled, 300);
}

static void post_again(struct weir_executor *x, struct weir_post *post)
{
	handled++;
	weir_executor_post(x, post);
}

Test(executor, spdk_2586_a_post_that_posts_itself_runs_once_a_turn)
{
	struct weir_post post = {.fn = post_again};

	weir_executor_post(executor, &post);
	for (unsigned i = 1; i <= 5; i++) {
		cr_assert_eq(turn(), 1);
		cr_assert_eq(handled, i);
	}
}

static void set_again(struct weir_executor *x, struct weir_timer *timer)
{
	handled++;
	weir_timer_set(x, timer, weir_executor_now(x));
}

Test(executor, spdk_2586_a_timer_that_sets_itself_to_now_fires_once_a_turn)
{
	struct weir_timer timer;

	weir_timer_init(&timer, set_again);
	weir_timer_set(executor, &timer, 0);
	for (unsigned i = 1; i <= 5; i++) {
		cr_assert_eq(turn(), 1);
		cr_assert_eq(handled, i);
	}
	weir_timer_cancel(&timer);
}

static void count_timer(struct weir_executor *x, struct weir_timer *timer)
{
	handled++;
}

Test(executor, a_turn_touches_at_most_256_timers)
{
	static struct weir_timer timers[1000];
	unsigned turns = 0, before;

	for (int i = 0; i < 1000; i++) {
		weir_timer_init(&timers[i], count_timer);
		weir_timer_set(executor, &timers[i], 1 + (uint64_t)i * 1000);
	}
	ticks = 2000000;
	do {
		before = handled;
		turn();
		cr_assert_leq(handled - before, WEIR_TURN_TIMERS);
		turns++;
	} while (handled < 1000 && turns < 100);
	cr_assert_eq(handled, 1000);
}

Test(executor, glommio_539_a_long_queue_does_not_delay_the_end_of_the_turn)
{
	struct speaker crowd[50];

	for (int i = 0; i < 50; i++) {
		crowd[i] = (struct speaker){.name = "", .repeats = 1 << 30};
		ready(&crowd[i]);
	}
	turn();
	cr_assert_eq(weir_executor_counts(executor)->steps, 50);
}

static struct weir_wait_queue ping, pong;
static unsigned rounds, others;
static bool enough;

static void hit(void *arg)
{
	struct weir_wait_queue **queues = arg;

	while (!enough) {
		rounds++;
		weir_wake(queues[1]);
		if (weir_wait(queues[0], WEIR_NEVER, WEIR_WAIT_BACK))
			return;
	}
	weir_wake(queues[1]);
}

static void third(void *arg)
{
	for (others = 0; others < 100; others++)
		weir_yield();
	enough = true;
}

Test(executor, tokio_5686_two_that_wake_each_other_do_not_starve_a_third)
{
	struct weir_wait_queue *a[] = {&ping, &pong}, *b[] = {&pong, &ping};

	weir_wait_queue_init(&ping);
	weir_wait_queue_init(&pong);
	start(hit, a);
	start(hit, b);
	start(third, NULL);
	settle();
	cr_assert_eq(others, 100);
	cr_assert_leq(rounds, 2 * 101);
	cr_assert_eq(live(), 0);
}

// ---- idle, run, stop ----

static unsigned idled;
static uint64_t idle_until;

static void idle(void *arg, struct weir_executor *x, uint64_t until)
{
	idled++;
	idle_until = until;
	weir_executor_stop(x);
}

static struct weir_executor *with_idle(void)
{
	const struct weir_executor_options options = {.clock = &hand_clock,
		.stack_count = 1,
		.node = -1,
		.idle = idle};
	struct weir_executor *x;

	cr_assert_eq(weir_executor_create(&x, &options, NULL), 0);
	return x;
}

Test(executor, idle_is_called_after_a_turn_without_work)
{
	struct weir_executor *x = with_idle();
	struct speaker s = {.name = "s", .repeats = 3, .work = 1};

	weir_step_init(&s.step, speak, NULL);
	weir_step_ready(x, &s.step);
	weir_executor_run(x);
	cr_assert_str_eq(said, "ssss");
	cr_assert_eq(idled, 1);
	cr_assert_eq(idle_until, WEIR_NEVER);
	weir_executor_destroy(x);
}

Test(executor, function_steps_that_report_no_work_leave_the_turn_idle)
{
	struct weir_executor *x = with_idle();
	struct speaker s = {.name = "s", .repeats = 1 << 30};

	weir_step_init(&s.step, speak, NULL);
	weir_step_ready(x, &s.step);
	weir_executor_run(x);
	cr_assert_str_eq(said, "s");
	cr_assert_eq(idled, 1);
	weir_executor_destroy(x);
}

Test(executor, idle_is_told_no_later_than_the_next_timer)
{
	struct weir_executor *x = with_idle();
	struct weir_timer timer;

	weir_timer_init(&timer, say_timer);
	weir_timer_set(x, &timer, 1234567);
	weir_executor_run(x);
	cr_assert_leq(idle_until, 1234567);
	cr_assert_gt(idle_until, 0);
	weir_executor_destroy(x);
}

Test(executor, stop_before_run_is_not_lost)
{
	weir_executor_stop(executor);
	weir_executor_run(executor);
	cr_assert_eq(weir_executor_counts(executor)->turns, 1);
}

static void stop_in_step(struct weir_executor *x, struct weir_step *step)
{
	struct speaker *s = weir_container(step, struct speaker, step);

	if (s->runs++ == 5)
		weir_executor_stop(x);
	weir_step_ready(x, step);
}

Test(executor, stop_ends_one_run_and_not_the_next)
{
	struct speaker s = {.runs = 0};

	weir_step_init(&s.step, stop_in_step, NULL);
	weir_step_ready(executor, &s.step);
	weir_executor_run(executor);
	cr_assert_eq(s.runs, 6);
	s.runs = 0;
	weir_executor_run(executor);
	cr_assert_eq(s.runs, 6);
}

static void *run_on_thread(void *arg)
{
	weir_executor_run(executor);
	return NULL;
}

static void stop_post(struct weir_executor *x, struct weir_post *post)
{
	cr_assert_eq(weir_executor_self(), x);
	weir_executor_stop(x);
}

Test(executor, a_post_reaches_an_executor_that_runs_on_another_thread)
{
	struct weir_post post = {.fn = stop_post};
	pthread_t thread;

	pthread_create(&thread, NULL, run_on_thread, NULL);
	weir_executor_post(executor, &post);
	pthread_join(thread, NULL);
	cr_assert_null(weir_executor_self());
}

Test(executor, one_that_may_sleep_needs_a_bell_and_says_so_if_there_is_none)
{
	static struct weir_bell *bells[WEIR_BELLS];
	const struct weir_executor_options options = {
		.name = "sleepy", .sleeps = true, .stack_count = 1, .node = -1};
	struct weir_executor *sleepy = NULL;
	struct weir_error e = {0};

	for (unsigned i = 0; i < WEIR_BELLS; i++)
		bells[i] = weir_bell_get();
	cr_expect_eq(weir_executor_create(&sleepy, &options, &e), -EAGAIN);
	cr_expect_null(sleepy);
	cr_expect(strstr(e.text, "could wake the executor 'sleepy', which "
				 "sleeps: 256 sleep already"),
		"%s", e.text);
	weir_bell_put(bells[0]);
	cr_expect_eq(weir_executor_create(&sleepy, &options, &e), 0);
	cr_expect_str_eq(weir_executor_name(sleepy), "sleepy");
	weir_executor_destroy(sleepy);
	for (unsigned i = 1; i < WEIR_BELLS; i++)
		weir_bell_put(bells[i]);
}
