// SPDX-License-Identifier: BSD-3-Clause
//
// Two executors on threads of their own: on one listeners wait for a one-shot, a
// latest value, a broadcast, the end of a channel's receivers, that of another
// one-shot's and permits of a third channel, all at once, in a select, a set or
// steppers; on the other a speaker serves each. New ones all the time. Some
// listeners give up every few microseconds and come back, so that a wakeup meets
// who is leaving.
//
//	           ┌─ one-shot ──▶┐
//	           ├─ latest ────▶│
//	speaker ───┼─ broadcast ─▶├── listener
//	           ├─ rx closed ─▶│ closed, of a channel and of a one-shot
//	           └─ room ──────▶┘ permits
//
// Nothing may be lost or come twice; a lost wakeup shows as a run that never ends.
#include "chan/case.h"
#include "task/set.h"
#include "task/stepper.h"
#include "task/two_threads.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 600
#define AT_ONCE 6 // of each form two
#define VALUES 12 // through the latest value and the broadcast
#define CASES 6

enum { ONE, LATEST, CAST, CLOSED, GONE, ROOM };

static uint64_t late_count; // of executor 0

struct walker {
	struct weir_stepper stepper;
	struct talk *talk;
	unsigned number;
};

struct talk {
	// The speaker's.
	struct weir_oneshot_tx one_tx;
	struct weir_latest_tx latest_tx;
	struct weir_broadcast_tx cast_tx;
	struct weir_rx rx, room_rx;
	struct weir_oneshot_rx gone_rx;
	// The listener's.
	struct weir_oneshot_rx one_rx;
	struct weir_latest_rx latest_rx;
	struct weir_broadcast_rx cast_rx;
	struct weir_tx tx, room_tx;
	struct weir_oneshot_tx gone_tx;
	struct weir_oneshot_waiter gone_waiter;
	struct weir_permits permits;
	uint64_t answer, value, seen, read, next, sent;
	unsigned ended; // bits
	unsigned order; // of the speaker
	bool hasty;
	struct weir_member members[CASES];
	struct walker walkers[CASES];
};

// make_room receives so many messages, each of which was waited for.
static void make_room(struct talk *talk)
{
	uint64_t message;

	for (uint64_t i = 0; i < VALUES; i++) {
		weir_assert(
			weir_recv(&talk->room_rx, &message) == WEIR_RECEIVED &&
			message == i);
		if (i % 4 == 0)
			weir_yield();
	}
	weir_rx_close(&talk->room_rx);
}

static void say(struct talk *talk, unsigned what)
{
	uint64_t message = 42;

	switch (what) {
	case ONE:
		if (talk->order % 2)
			weir_assert(weir_oneshot_send(&talk->one_tx,
					    &message) == WEIR_SENT);
		else
			weir_oneshot_tx_close(&talk->one_tx);
		break;
	case LATEST:
		for (uint64_t i = 1; i <= VALUES; i++) {
			weir_latest_write(&talk->latest_tx, &i);
			if (i % 4 == 0)
				weir_yield();
		}
		weir_latest_tx_close(&talk->latest_tx);
		break;
	case CAST:
		for (uint64_t i = 0; i < VALUES; i++)
			weir_assert(weir_broadcast_send(&talk->cast_tx, &i,
					    WEIR_NEVER) == WEIR_SENT);
		weir_broadcast_tx_close(&talk->cast_tx);
		break;
	case GONE:
		weir_assert(weir_oneshot_rx_close(&talk->gone_rx, &message) ==
			    WEIR_CLOSED);
		break;
	case ROOM:
		make_room(talk);
		break;
	default:
		weir_rx_close(&talk->rx);
	}
}

static void speak(void *arg)
{
	struct talk *talk = arg;

	for (unsigned i = 0; i < CASES; i++) {
		say(talk, (talk->order + i) % CASES);
		if ((talk->order >> 2) % 2)
			weir_yield();
	}
}

static struct weir_case case_of(struct talk *talk, unsigned what)
{
	switch (what) {
	case ONE:
		return weir_case_oneshot(&talk->one_rx, &talk->answer);
	case LATEST:
		return weir_case_latest(&talk->latest_rx, &talk->seen);
	case CAST:
		return weir_case_broadcast(&talk->cast_rx, &talk->value);
	case GONE:
		return weir_case_oneshot_closed(
			&talk->gone_tx, &talk->gone_waiter);
	case ROOM:
		return weir_case_reserve(
			&talk->room_tx, 1 + talk->order % 2, &talk->permits);
	default:
		return weir_case_closed(&talk->tx);
	}
}

// heard looks at what came; false: nothing more comes.
static bool heard(struct talk *talk, unsigned what, int result)
{
	weir_assert(!(talk->ended & 1u << what));
	if (what == ONE) {
		weir_assert(result ==
			    (talk->order % 2 ? WEIR_RECEIVED : WEIR_CLOSED));
		weir_assert(talk->answer == (talk->order % 2 ? 42 : 0));
		// It is the listener's again: no post is under way to it.
		memset(&talk->one_rx, 0x5a, sizeof(talk->one_rx));
	} else if (result == WEIR_RECEIVED && what == LATEST) {
		uint64_t version =
			weir_latest_read(&talk->latest_rx, &talk->read);

		weir_assert(version > talk->seen && talk->read == version);
		talk->seen = version;
		return true;
	} else if (result == WEIR_RESERVED) {
		uint64_t message = talk->sent++;

		// More than the speaker wants find nobody.
		weir_assert(weir_permits_send(&talk->permits, &message) ==
				    WEIR_SENT ||
			    talk->sent > VALUES);
		weir_permits_drop(&talk->permits);
		return true;
	} else if (result == WEIR_RECEIVED) {
		weir_assert(talk->value == talk->next++);
		return true;
	} else {
		weir_assert(result == WEIR_CLOSED);
	}
	if (what == GONE) // no post is under way to it either
		memset(&talk->gone_waiter, 0x5a, sizeof(talk->gone_waiter));
	talk->ended |= 1u << what;
	return false;
}

static uint64_t deadline_of(const struct talk *talk)
{
	return talk->hasty ? weir_in_us(3) : WEIR_NEVER;
}

static void select_all(void *arg)
{
	struct talk *talk = arg;
	struct weir_case cases[CASES];
	int k;

	for (unsigned i = 0; i < CASES; i++)
		cases[i] = case_of(talk, i);
	while ((k = weir_select_until(cases, CASES, deadline_of(talk))) !=
		WEIR_CLOSED) {
		late_count += k == WEIR_TIMED_OUT;
		if (k >= 0)
			weir_assert(heard(talk, (unsigned)k, cases[k].result) !=
				    cases[k].disabled);
	}
}

static void serve_all(void *arg)
{
	struct talk *talk = arg;
	struct weir_member *member;
	struct weir_set set;
	int err;

	weir_set_open(&set);
	for (unsigned i = 0; i < CASES; i++)
		weir_set_add(&set, &talk->members[i], case_of(talk, i));
	while ((err = weir_set_wait(&set, &member, deadline_of(talk))) !=
		-EPIPE) {
		late_count += err == -ETIMEDOUT;
		if (err == 0)
			heard(talk, (unsigned)(member - talk->members),
				member->wait.result);
	}
	for (unsigned i = 0; i < CASES; i++)
		weir_set_remove(&talk->members[i]);
	weir_set_close(&set);
}

static enum weir_stepper_next step(struct weir_stepper *s)
{
	struct walker *me = weir_container(s, struct walker, stepper);

	late_count += s->answer == -ETIMEDOUT;
	if (s->state++ > 0 && s->answer == 0 &&
		!heard(me->talk, me->number, s->wait.result))
		return WEIR_STEPPER_END;
	return weir_stepper_wait(
		s, case_of(me->talk, me->number), deadline_of(me->talk));
}

static const struct weir_stepper_class walkers = {.step = step};

static void listen(struct weir_scope *scope, struct talk *talk, unsigned form)
{
	if (form < 2) {
		weir_assert(!weir_spawn(
			scope, NULL, form ? serve_all : select_all, talk));
		return;
	}
	for (unsigned i = 0; i < CASES; i++) {
		talk->walkers[i].talk = talk;
		talk->walkers[i].number = i;
		weir_assert(!weir_stepper_spawn(
			scope, &talk->walkers[i].stepper, &walkers));
	}
}

static void open_talk(struct talk *talk, unsigned i)
{
	const struct weir_channel_options room = {
		.message_size = 8, .permits = true};

	*talk = (struct talk){.order = i, .hasty = i / 3 % 2};
	weir_assert(!weir_oneshot_open(8, &talk->one_tx, &talk->one_rx));
	weir_assert(
		!weir_latest_open(8, NULL, &talk->latest_tx, &talk->latest_rx));
	weir_assert(!weir_broadcast_open(1 + i % 3, 8, &talk->cast_tx));
	weir_assert(!weir_broadcast_subscribe(
		&talk->cast_tx, WEIR_LOSSLESS, &talk->cast_rx));
	weir_assert(!weir_channel_open(1, &talk->tx, &talk->rx));
	weir_assert(!weir_oneshot_open(8, &talk->gone_tx, &talk->gone_rx));
	weir_assert(!weir_channel_open_with(
		1 + i % 2, &room, &talk->room_tx, &talk->room_rx));
}

static void close_talk(struct talk *talk)
{
	weir_assert(talk->ended == (1u << CASES) - 1);
	weir_assert(talk->seen == VALUES && talk->next == VALUES);
	weir_assert(talk->sent >= VALUES);
	weir_assert(weir_tx_reserved(&talk->room_tx) == 0);
	weir_tx_close(&talk->room_tx);
	weir_oneshot_tx_close(&talk->gone_tx);
	weir_latest_rx_close(&talk->latest_rx);
	weir_broadcast_rx_close(&talk->cast_rx);
	weir_tx_close(&talk->tx);
}

static void feed(void *arg)
{
	static struct talk talks[AT_ONCE];

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct weir_scope scope;

		weir_scope_open(&scope);
		for (unsigned i = 0; i < AT_ONCE; i++) {
			open_talk(&talks[i], round * AT_ONCE + i);
			listen(&scope, &talks[i], i % 3);
			weir_assert(!weir_spawn(
				&scope, executors[1], speak, &talks[i]));
		}
		weir_assert(!weir_scope_close(&scope, WEIR_NEVER));
		for (unsigned i = 0; i < AT_ONCE; i++)
			close_talk(&talks[i]);
	}
	stop_both();
}

int main(void)
{
	open_both();
	weir_assert(!weir_start(executors[0], feed, NULL, NULL, NULL));
	run_both();
	printf("%u talks were heard to the end, %llu times late\n",
		ROUNDS * AT_ONCE, (unsigned long long)late_count);
	return 0;
}
