// SPDX-License-Identifier: BSD-3-Clause
//
// What a turn costs while steppers wait on channels that are used elsewhere too,
// so that the executor must look at each by itself. All of them are hot after
// they had something, until they were looked at WEIR_WATCH_COLD times in vain. A
// turn looks at WEIR_TURN_HOT hot ones and at WEIR_TURN_COLD cold ones.
//
//	watch.turn/hot     a turn that finds nothing, all are hot
//	watch.turn/cold    a turn that finds nothing, all are cold
//	watch.turn/served  a turn that finds a message in the first, which is
//	                   received; the others are cold
//	watch.found        the turn in which a message in a cold one is received,
//	                   at the worst
//
// An executor that sleeps looks at each once more before, WEIR_TURN_HOT in a turn.
//
//	watch.sleep/turn   a turn that finds nothing, and the look behind it
//	watch.sleep/pass   how many of them until it has looked at all and sleeps
//	watch.sleep/rung   what comes to one that was looked at rings: the turn in
//	                   which it is received then, at the worst of many places
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "chan/case.h"
#include "task/executor_inline.h"
#include "task/stepper.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST 16384
#define TURNS 512 // fewer than make a watch cold

struct watcher {
	struct weir_stepper stepper;
	struct weir_tx tx;
	struct weir_rx rx;
	uint64_t word;
};

static struct weir_executor *executor;
static struct watcher *watchers;
static unsigned watchers_count;
static uint64_t received;

static enum weir_stepper_next receive(struct weir_stepper *s)
{
	struct watcher *w = weir_container(s, struct watcher, stepper);

	if (s->state && s->wait.result == WEIR_CLOSED)
		return WEIR_STEPPER_END;
	received += s->state;
	s->state = 1;
	return weir_stepper_wait(
		s, weir_case_recv(&w->rx, &w->word), WEIR_NEVER);
}

static const struct weir_stepper_class receivers = {
	.name = "receiver", .step = receive};

static void put(struct watcher *w)
{
	uint64_t word = 1;

	weir_assert(weir_try_send(&w->tx, &word) == WEIR_SENT);
}

// Who sends is no executor: from its first message on the channel is watched.
static void watch_up_to(unsigned count)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_SPSC, .message_size = 8};

	for (; watchers_count < count; watchers_count++) {
		struct watcher *w = &watchers[watchers_count];

		weir_assert(
			!weir_channel_open_with(2, &options, &w->tx, &w->rx));
		put(w);
		weir_stepper_start(executor, &w->stepper, &receivers);
	}
	weir_executor_turn(executor);
}

static double turns(bool serve)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < TURNS; i++) {
		if (serve)
			put(&watchers[0]);
		weir_executor_turn(executor);
	}
	return (double)weir_clock_ns(
		       weir_clock_real(), (weir_ticks() - begin) * 1000) /
	       TURNS / 1000;
}

// all_receive makes them hot: all cold ones have had their turn then.
static void all_receive(void)
{
	uint64_t until = received + watchers_count;

	for (unsigned i = 0; i < watchers_count; i++)
		put(&watchers[i]);
	while (received < until)
		weir_executor_turn(executor);
}

// found_in answers in which turn a message to w is received.
static unsigned found_in(struct watcher *w)
{
	uint64_t before = received;
	unsigned n = 0;

	put(w);
	for (; received == before; n++)
		weir_executor_turn(executor);
	return n;
}

static double hot(void *arg)
{
	all_receive();
	return turns(false);
}

static double cold(void *arg)
{
	return turns(false);
}

static double served(void *arg)
{
	found_in(&watchers[0]); // it is hot then
	return turns(true);
}

// found is the worst of all places in the rotation, or of many of them.
static unsigned found(void)
{
	unsigned worst = 0, step = watchers_count / 64 + 1;

	for (unsigned i = 1; i < watchers_count; i += step) {
		unsigned n = found_in(&watchers[i]);

		worst = n > worst ? n : worst;
	}
	return worst;
}

static void cool(void)
{
	unsigned rounds = (watchers_count - 1) / WEIR_TURN_HOT + 1;

	for (unsigned i = 0; i <= WEIR_WATCH_COLD * rounds; i++)
		weir_executor_turn(executor);
}

static void curve(unsigned count)
{
	char text[32];

	snprintf(text, sizeof(text), "watched=%u", count);
	watch_up_to(count);
	bench_measure("watch.turn/hot", text, "ns", hot, NULL);
	cool();
	bench_measure("watch.turn/cold", text, "ns", cold, NULL);
	bench_measure("watch.turn/served", text, "ns", served, NULL);
	printf("watch.found %s %u turns\n", text, found());
}

// ---- before it sleeps ----

// look is what idling does behind a turn that found nothing; true: it would sleep
// now, if nobody has rung.
static bool look(void)
{
	bool later = false, sleeps;

	weir_executor_arm(executor);
	sleeps = weir_executor_may_sleep(executor, &later);
	if (!later)
		weir_executor_disarm(executor);
	return sleeps;
}

static double before_sleep(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < TURNS; i++) {
		weir_executor_turn(executor);
		look();
	}
	return (double)weir_clock_ns(
		       weir_clock_real(), (weir_ticks() - begin) * 1000) /
	       TURNS / 1000;
}

static unsigned pass(void)
{
	unsigned n = 1;

	while (!look()) {
		weir_executor_turn(executor);
		n++;
	}
	return n;
}

// rung_in answers in which turn a message to w is received that comes when a pass
// has begun.
static unsigned rung_in(struct watcher *w)
{
	uint64_t before = received;
	unsigned n = 0;

	pass();
	weir_executor_turn(executor);
	look();
	put(w);
	while (received == before) {
		weir_executor_turn(executor);
		look(); // who was rung for does not sleep, and turns
		n++;
	}
	return n;
}

static void curve_before_sleep(unsigned count)
{
	unsigned worst = 0, step = count / 64 + 1;
	char text[32];

	snprintf(text, sizeof(text), "watched=%u", count);
	watch_up_to(count);
	cool();
	bench_measure("watch.sleep/turn", text, "ns", before_sleep, NULL);
	pass();
	weir_executor_turn(executor);
	printf("watch.sleep/pass %s %u turns\n", text, pass());
	for (unsigned i = 0; i < count; i += step) {
		unsigned n = rung_in(&watchers[i]);

		worst = n > worst ? n : worst;
	}
	printf("watch.sleep/rung %s %u turns\n", text, worst);
}

// measure draws a curve over so many that are watched, by an executor of its own.
static void measure(bool sleeps, void (*draw)(unsigned count))
{
	const struct weir_executor_options options = {
		.node = -1, .sleeps = sleeps};

	weir_assert(!weir_executor_create(&executor, &options, NULL));
	received = watchers_count = 0;
	for (unsigned count = 1; count <= MOST; count *= 4)
		draw(count);
	for (unsigned i = 0; i < MOST; i++)
		weir_tx_close(&watchers[i].tx);
	while (weir_executor_counts(executor)->tasks > 0)
		weir_executor_turn(executor);
	for (unsigned i = 0; i < MOST; i++)
		weir_rx_close(&watchers[i].rx);
	weir_executor_destroy(executor);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	watchers = calloc(MOST, sizeof(*watchers));
	weir_assert(watchers);
	measure(false, curve);
	measure(true, curve_before_sleep);
	free(watchers);
	return bench_end();
}
