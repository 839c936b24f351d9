// SPDX-License-Identifier: BSD-3-Clause
//
// What went wrong with channels elsewhere, each as a test of its own: those that
// concern several channels at once, or a flood. docs/neighbours.md lists them
// all, with those that lie in other files.
#include "chan/broadcast.h"
#include "chan/case.h"
#include "dies.h"
#include "task/select.h"
#include "three.h"

static void open_words(
	unsigned capacity, struct weir_tx *to, struct weir_rx *from)
{
	const struct weir_channel_options options = {.message_size = 8};

	cr_assert_eq(weir_channel_open_with(capacity, &options, to, from), 0);
}

// ---- who loses takes nothing ----

static struct weir_rx *const both[] = {&rx, &rx2};
static uint64_t sums[2], rounds;

static void select_all(void *arg)
{
	uint64_t got[2];
	struct weir_case cases[] = {
		weir_case_recv(&rx, &got[0]), weir_case_recv(&rx2, &got[1])};
	int served;

	while ((served = weir_select(cases, 2)) >= 0)
		if (cases[served].result == WEIR_RECEIVED) {
			sums[served] += got[served];
			rounds++;
		}
}

static void send_1_to_1000(void *arg)
{
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t message = i;

		cr_assert_eq(weir_send(arg, &message), WEIR_SENT);
	}
	weir_tx_close(arg);
}

// kanal#50: of two branches that both had something, the one that lost had taken
// its value already, and threw it away.
Test(neighbours, kanal_50_the_branch_that_loses_has_taken_nothing)
{
	executors(1);
	open_words(4, &tx, &rx);
	open_words(4, &tx2, &rx2);
	cr_assert_eq(weir_start(on[0], select_all, NULL, NULL, NULL), 0);
	cr_assert_eq(weir_start(on[0], send_1_to_1000, &tx, NULL, NULL), 0);
	cr_assert_eq(weir_start(on[0], send_1_to_1000, &tx2, NULL, NULL), 0);
	turns(on[0], 10000);
	cr_assert_eq(rounds, 2000);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(sums[i], 500500, "of %u", i);
		weir_rx_close(both[i]);
	}
	executors_end(1);
}

// async-channel#111: nobody could say whether a receive that was given up had
// lost a message. Here: whatever comes first, the message, a cancel or the
// deadline, it was received or is still there.
Test(neighbours, async_channel_111_a_receive_that_is_given_up_loses_nothing)
{
	for (unsigned order = 0; order < 4; order++) {
		bool cancels = order & 1, message_first = order & 2;

		a = (struct op){.deadline = UINT64_MAX / 2 + 5000};
		open_three(2);
		recv_on(on[0], &a, &rx);
		turns(on[0], 1);
		if (message_first)
			put(&tx, 7);
		if (cancels)
			weir_task_cancel(a.task);
		else
			now_ticks += 10000;
		if (!message_first)
			put(&tx, 7);
		turns(on[0], 3);
		cr_assert_neq(a.result, NOT_YET, "order %u", order);
		if (a.result == WEIR_RECEIVED)
			cr_assert_eq(a.messages[0], 7);
		else
			cr_assert_eq(get(&rx), 7, "order %u", order);
		cr_assert_eq(weir_rx_len(&rx), 0);
		close_three();
	}
}

// ---- floods ----

#define FLOOD 65536u

static uint64_t flooded, refused;

static void flood(void *arg)
{
	uint64_t message = 0;

	while (weir_try_send(&tx, &message) == WEIR_SENT)
		message = ++flooded;
	refused++;
	for (; flooded < 3 * FLOOD; flooded++) {
		message = flooded;
		cr_assert_eq(weir_send(&tx, &message), WEIR_SENT);
	}
	weir_tx_close(&tx);
}

// spdk#811, #1875: a ring of 65,536 was flooded faster than its owner could
// serve it; what sent had no way to go on, and the program ended or stood
// still. Here the sender is told, may wait, and nothing is lost.
Test(neighbours, spdk_1875_a_ring_of_64_k_that_is_flooded_makes_the_sender_wait)
{
	static uint64_t got[1024];
	uint64_t next = 0;
	unsigned done;

	executors(1);
	open_words(FLOOD, &tx, &rx);
	cr_assert_eq(weir_start(on[0], flood, NULL, NULL, NULL), 0);
	turns(on[0], 1);
	cr_assert_eq(flooded, FLOOD, "exactly what fits");
	cr_assert_eq(refused, 1);
	while (weir_try_recv_burst(&rx, got, 1024, &done) != WEIR_CLOSED) {
		for (unsigned i = 0; i < done; i++)
			cr_assert_eq(got[i], next++);
		turns(on[0], 1);
	}
	cr_assert_eq(next, 3 * FLOOD);
	weir_rx_close(&rx);
	executors_end(1);
}

// nng#878: one in a thousand of what was sent just before the end did not come.
Test(neighbours, nng_878_what_was_sent_before_the_end_comes_however_late)
{
	uint64_t message, count = 0;

	executors(1);
	open_words(1000, &tx, &rx);
	cr_assert_eq(weir_start(on[0], send_1_to_1000, &tx, NULL, NULL), 0);
	turns(on[0], 100);
	cr_assert(weir_list_empty(&on[0]->hot));
	executors_end(1); // who sent has long gone
	while (weir_try_recv(&rx, &message) == WEIR_RECEIVED)
		cr_assert_eq(message, ++count);
	cr_assert_eq(count, 1000);
	cr_assert(weir_rx_closed(&rx));
	weir_rx_close(&rx);
}

// libzmq#4322: of many receivers those that were full missed what was sent, and
// nobody could find out how much. Here each is told exactly.
Test(neighbours, libzmq_4322_each_receiver_learns_exactly_what_it_missed)
{
	struct weir_broadcast_tx sender;
	struct weir_broadcast_rx receivers[3];
	uint64_t got[3] = {0}, missed[3] = {0}, value, gap;

	cr_assert_eq(weir_broadcast_open(4, 8, &sender), 0);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(weir_broadcast_subscribe(
				     &sender, WEIR_LOSSY, &receivers[i]),
			0);
	for (uint64_t i = 0; i < 10000; i++) {
		cr_assert_eq(weir_broadcast_try_send(&sender, &i), WEIR_SENT);
		for (unsigned r = 0; r < 3; r++) {
			const unsigned pace[] = {1, 7, 1000};

			if (i % pace[r])
				continue;
			while (weir_broadcast_try_recv(&receivers[r], &value,
				       &gap) == WEIR_RECEIVED) {
				missed[r] += gap;
				cr_assert_eq(value, got[r]++ + missed[r]);
			}
		}
	}
	weir_broadcast_tx_close(&sender);
	for (unsigned r = 0; r < 3; r++) {
		while (weir_broadcast_try_recv(&receivers[r], &value, &gap) ==
			WEIR_RECEIVED)
			got[r]++, missed[r] += gap;
		cr_assert_eq(got[r] + missed[r] + gap, 10000, "%u", r);
		weir_broadcast_rx_close(&receivers[r]);
	}
	cr_assert_eq(missed[0], 0);
	cr_assert_gt(missed[1], 0);
}

// ---- circles ----

static void send_two_then_recv(struct weir_tx *out, struct weir_rx *in)
{
	uint64_t message = 1;

	for (unsigned i = 0; i < 2; i++)
		if (weir_send(out, &message) != WEIR_SENT)
			return;
	for (unsigned i = 0; i < 2; i++)
		if (weir_recv(in, &message) != WEIR_RECEIVED)
			return;
}

static void one_side(void *arg)
{
	send_two_then_recv(&tx, &rx2);
}

static void other_side(void *arg)
{
	send_two_then_recv(&tx2, &rx);
}

static void sit_in_a_circle(void *arg)
{
	const struct weir_spawn_options one = {.name = "north"},
					other = {.name = "south"};
	struct weir_scope scope;

	open_words(1, &tx, &rx);
	open_words(1, &tx2, &rx2);
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, one_side, NULL, &one), 0);
	cr_assert_eq(
		weir_spawn_with(&scope, NULL, other_side, NULL, &other), 0);
	weir_scope_close(&scope, WEIR_NEVER);
}

static void run_circle(void)
{
	if (weir_run(sit_in_a_circle, NULL) == 1)
		abort(); // as dies expects of who failed
}

// scylladb#5664: each side waited for room at the other before it took anything,
// both for ever, and the system only looked slow. Here the run ends, and says
// who sits in the circle.
Test(neighbours, scylladb_5664_two_that_wait_for_each_other_s_room_are_named)
{
	char text[2000];

	cr_assert(dies(run_circle, text, sizeof(text)));
	cr_assert(strstr(text, "every task waits"), "%s", text);
	cr_assert(strstr(text, "north"), "%s", text);
	cr_assert(strstr(text, "south"), "%s", text);
}

struct side {
	struct weir_tx *out;
	struct weir_rx *in;
	uint64_t sent, received;
};

static void talk_both_ways(void *arg)
{
	struct side *side = arg;
	uint64_t out = 1, in;
	struct weir_case cases[] = {
		weir_case_send(side->out, &out), weir_case_recv(side->in, &in)};

	while (side->sent < 1000 || side->received < 1000) {
		int served = weir_select(cases, 2);

		cr_assert_geq(served, 0);
		if (served == 0)
			cases[0].disabled = ++side->sent == 1000;
		else
			side->received++;
	}
}

// scylladb#15845: two that served requests passed some of them to each other,
// and all that each could have under way was taken by requests that waited for
// the other. Here who waits for room goes on receiving: both directions are
// cases of one select, over the smallest channels that there are.
Test(neighbours, scylladb_15845_who_waits_for_room_goes_on_receiving)
{
	struct side sides[] = {{&tx, &rx2}, {&tx2, &rx}};

	executors(1);
	open_words(1, &tx, &rx);
	open_words(1, &tx2, &rx2);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(weir_start(on[0], talk_both_ways, &sides[i], NULL,
				     NULL),
			0);
	turns(on[0], 10000);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(sides[i].sent, 1000, "%u", i);
		cr_assert_eq(sides[i].received, 1000, "%u", i);
		weir_tx_close(sides[i].out);
		weir_rx_close(sides[i].in);
	}
	executors_end(1);
}

static enum weir_result full_result, later;

static void publish_to_oneself(void *arg)
{
	uint64_t message = 1;

	while (weir_try_recv(&rx, &message) == WEIR_RECEIVED) {
		// Two for each: sooner or later there is no room.
		while ((full_result = weir_send_until(
				&tx, &message, weir_in_ns(1000))) == WEIR_SENT)
			;
		break;
	}
	later = weir_try_recv(&rx, &message);
}

// disruptor#307: who took from a ring and put more into the same waited for
// itself, with no end to it. Here a send may carry a deadline, at which nothing
// has happened; who set none is named (scylladb_5664).
Test(neighbours, disruptor_307_who_feeds_its_own_full_channel_gets_out_again)
{
	executors(1);
	open_words(4, &tx, &rx);
	put(&tx, 1);
	cr_assert_eq(
		weir_start(on[0], publish_to_oneself, NULL, NULL, NULL), 0);
	turns(on[0], 3);
	now_ticks += 5000;
	turns(on[0], 3);
	cr_assert_eq(full_result, WEIR_TIMED_OUT);
	cr_assert_eq(later, WEIR_RECEIVED, "and serves what there is");
	cr_assert_eq(weir_rx_len(&rx), 3);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	executors_end(1);
}
