// SPDX-License-Identifier: BSD-3-Clause
#include "task/hand.h"

TestSuite(timer, .init = open_executor, .fini = close_executor);

struct named {
	struct weir_timer timer;
	const char *name;
	uint64_t fired; // tick
};

static void fire(struct weir_executor *x, struct weir_timer *timer)
{
	struct named *n = weir_container(timer, struct named, timer);

	n->fired = weir_executor_now(x);
	say(n->name);
}

static void set(struct named *n, uint64_t tick)
{
	if (!n->timer.fn)
		weir_timer_init(&n->timer, fire);
	weir_timer_set(executor, &n->timer, tick);
}

Test(timer, fires_in_the_first_turn_at_its_tick)
{
	struct named a = {.name = "a"};

	set(&a, 1000);
	ticks = 999;
	cr_assert_eq(turn(), 0);
	ticks = 1000;
	cr_assert_eq(turn(), 1);
	cr_assert_str_eq(said, "a");
}

Test(timer, those_due_fire_in_the_order_of_ticks_then_of_set)
{
	struct named n[5] = {{.name = "a"}, {.name = "b"}, {.name = "c"},
		{.name = "d"}, {.name = "e"}};
	const uint64_t tick[5] = {5000, 70, 70, 400000, 1};

	for (int i = 0; i < 5; i++)
		set(&n[i], tick[i]);
	ticks = 1000000;
	settle();
	cr_assert_str_eq(said, "ebcad");
}

Test(timer, tokio_8274_reset_to_the_past_fires_in_the_next_turn)
{
	struct named a = {.name = "a"};

	ticks = 5000;
	turn();
	set(&a, 1000000);
	turn();
	set(&a, 100);
	cr_assert_eq(turn(), 1);
	cr_assert_eq(a.fired, 5000);
}

Test(timer, set_again_moves_it)
{
	struct named a = {.name = "a"};

	set(&a, 100);
	set(&a, 200);
	ticks = 150;
	settle();
	cr_assert_str_eq(said, "");
	ticks = 200;
	settle();
	cr_assert_str_eq(said, "a");
}

Test(timer, set_to_never_cancels)
{
	struct named a = {.name = "a"};

	set(&a, 100);
	set(&a, WEIR_NEVER);
	cr_assert_not(weir_timer_cancel(&a.timer));
	ticks = 1000;
	cr_assert_eq(turn(), 0);
}

Test(timer, cancel_tells_whether_it_was_pending)
{
	struct named a = {.name = "a"};

	set(&a, 100);
	cr_assert(weir_timer_cancel(&a.timer));
	cr_assert_not(weir_timer_cancel(&a.timer));
	set(&a, 100);
	ticks = 100;
	settle();
	cr_assert_not(weir_timer_cancel(&a.timer));
}

static struct named victim = {.name = "v"};

static void cancel_victim(struct weir_executor *x, struct weir_timer *timer)
{
	cr_assert(weir_timer_cancel(&victim.timer));
	say("k");
}

Test(timer, tokio_8252_one_that_is_cancelled_by_another_of_its_tick_is_quiet)
{
	struct weir_timer killer;

	weir_timer_init(&killer, cancel_victim);
	weir_timer_set(executor, &killer, 100);
	set(&victim, 100);
	ticks = 100;
	settle();
	cr_assert_str_eq(said, "k");
}

static void repeat(struct weir_executor *x, struct weir_timer *timer)
{
	say("r");
	weir_timer_set(x, timer, timer->tick + 10);
}

Test(timer_at_wraps, one_that_sets_itself_keeps_its_beat_over_every_wrap)
{
	for (int bits = 6; bits <= 66; bits += 6) {
		struct weir_timer beat;
		uint64_t wrap = bits < 64 ? UINT64_C(1) << bits : 0;

		said[0] = '\0';
		ticks = wrap - 50;
		executor = hand_executor(1);
		weir_timer_init(&beat, repeat);
		weir_timer_set(executor, &beat, ticks + 10);
		for (int i = 0; i < 100; i++) {
			ticks++;
			turn();
		}
		cr_assert_str_eq(said, "rrrrrrrrrr", "wrap of %d bits", bits);
		weir_timer_cancel(&beat);
		weir_executor_destroy(executor);
	}
}

Test(timer_at_wraps, decades_ahead_come_before_decades_over_the_wrap)
{
	struct named a = {.name = "a"}, b = {.name = "b"};

	ticks = UINT64_C(14) << 60;
	executor = hand_executor(1);
	set(&b, (UINT64_C(1) << 60) + 5);
	set(&a, (UINT64_C(15) << 60) + 5);
	ticks = (UINT64_C(15) << 60) + 5;
	settle();
	cr_assert_str_eq(said, "a");
	ticks = (UINT64_C(1) << 60) + 5;
	settle();
	cr_assert_str_eq(said, "ab");
	weir_executor_destroy(executor);
}

Test(timer, a_hundred_thousand_fire_once_each)
{
	static struct named many[100000];
	uint64_t sum = 0;

	for (int i = 0; i < 100000; i++) {
		many[i].name = "";
		set(&many[i], 1 + (uint64_t)i * 7919 % HZ);
	}
	for (ticks = 0; ticks < 2 * HZ; ticks += HZ / 1000)
		sum += turn();
	cr_assert_eq(sum, 100000);
	for (int i = 0; i < 100000; i++)
		cr_assert_geq(many[i].fired, many[i].timer.tick);
}
