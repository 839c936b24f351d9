// SPDX-License-Identifier: BSD-3-Clause
//
// Two executors on threads of their own: on one a set and steppers receive from
// many channels, on the other tasks send into them; channels new in each round.
//
//	tasks ── tx ─▶ | 1..3 | ─▶ rx ── member of the set
//	tasks ── tx ─▶ | 1..3 | ─▶ rx ── stepper
//
// A lost wakeup shows as a run that never ends.
#include "chan/case.h"
#include "task/set.h"
#include "task/stepper.h"
#include "task/two_threads.h"

#include <stdio.h>

#define ROUNDS 150
#define CHANNELS 12 // half of them for the set
#define MESSAGES 20 // through each

struct line {
	struct weir_tx tx;
	struct weir_rx rx;
	struct weir_member member;
	struct weir_stepper stepper;
	uint64_t message, received;
};

static void send_numbers(void *arg)
{
	struct line *line = arg;

	for (uint64_t i = 0; i < MESSAGES; i++) {
		uint64_t message = i;

		weir_assert(weir_send(&line->tx, &message) == WEIR_SENT);
		if (i % 5 == 4)
			weir_yield();
	}
	weir_tx_close(&line->tx);
}

// took looks at what a receive answered; false at the end of the line.
static bool took(struct line *line, int result)
{
	if (result == WEIR_CLOSED) {
		weir_assert(line->received == MESSAGES);
		weir_rx_close(&line->rx);
		return false;
	}
	weir_assert(result == WEIR_RECEIVED);
	weir_assert(line->message == line->received++);
	return true;
}

static void serve(void *arg)
{
	struct line *lines = arg;
	struct weir_member *member;
	struct weir_set set;

	weir_set_open(&set);
	for (unsigned i = 0; i < CHANNELS; i += 2)
		weir_set_add(&set, &lines[i].member,
			weir_case_recv(&lines[i].rx, &lines[i].message));
	while (weir_set_wait(&set, &member, WEIR_NEVER) == 0) {
		struct line *line = weir_container(member, struct line, member);

		if (!took(line, member->wait.result))
			weir_set_remove(member);
	}
	weir_set_close(&set);
}

static enum weir_stepper_next step(struct weir_stepper *s)
{
	struct line *line = weir_container(s, struct line, stepper);

	weir_assert(s->answer == 0);
	if (s->state++ > 0) {
		s->state = 1;
		if (!took(line, s->wait.result))
			return WEIR_STEPPER_END;
	}
	return weir_stepper_wait(
		s, weir_case_recv(&line->rx, &line->message), WEIR_NEVER);
}

static const struct weir_stepper_class steppers = {
	.name = "line", .step = step};

static void one_round(unsigned round)
{
	static struct line lines[CHANNELS];
	struct weir_scope scope;

	weir_scope_open(&scope);
	for (unsigned i = 0; i < CHANNELS; i++) {
		const struct weir_channel_options options = {
			.class_ = (i / 2 + round) % 2 ? WEIR_SPSC : WEIR_MPMC,
			.message_size = 8};

		lines[i].received = 0;
		weir_assert(!weir_channel_open_with(
			1 + i % 3, &options, &lines[i].tx, &lines[i].rx));
		weir_assert(!weir_spawn(
			&scope, executors[1], send_numbers, &lines[i]));
		if (i % 2)
			weir_assert(!weir_stepper_spawn(
				&scope, &lines[i].stepper, &steppers));
	}
	weir_assert(!weir_spawn(&scope, NULL, serve, lines));
	weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
}

static void feed(void *arg)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		one_round(round);
	stop_both();
}

int main(void)
{
	open_both();
	weir_assert(!weir_start(executors[0], feed, NULL, NULL, NULL));
	run_both();
	printf("%u lines of %u were received\n", ROUNDS * CHANNELS, MESSAGES);
	return 0;
}
