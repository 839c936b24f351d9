// SPDX-License-Identifier: BSD-3-Clause
//
// Channels for what waits in great numbers: as members of a set, and in
// steppers; on one executor and across two.
#include "chan/case.h"
#include "task/set.h"
#include "task/stepper.h"
#include "both.h"

static char said[64];

static void say(const char *word)
{
	strncat(said, word, sizeof(said) - strlen(said) - 1);
}

static void open_two(void)
{
	open_both(4);
	executor_add(1);
}

static void close_two(void)
{
	weir_executor_destroy(on[1]);
	close_both();
}

// ---- a set ----

static struct server {
	struct weir_member members[2];
	uint64_t messages[2], got[8];
	long from[8];
	int results[8];
	unsigned times, served;
	bool ended;
} server;

static void serve(void *arg)
{
	struct server *s = arg;
	struct weir_member *member;
	struct weir_set set;

	weir_set_open(&set);
	weir_set_add(
		&set, &s->members[0], weir_case_recv(&rx, &s->messages[0]));
	weir_set_add(&set, &s->members[1],
		weir_case_recv(&other_rx, &s->messages[1]));
	while (s->served < s->times &&
		weir_set_wait(&set, &member, WEIR_NEVER) == 0) {
		s->from[s->served] = member - s->members;
		s->results[s->served] = member->wait.result;
		s->got[s->served++] = s->messages[member - s->members];
	}
	weir_set_remove(&s->members[0]);
	weir_set_remove(&s->members[1]);
	weir_set_close(&set);
	s->ended = true;
}

static void start_server(unsigned times)
{
	server = (struct server){.times = times};
	cr_assert_eq(weir_start(on[0], serve, &server, NULL, NULL), 0);
	turns(on[0], 1);
}

Test(many, a_set_receives_from_whom_has_something)
{
	open_two();
	start_server(3);
	on_executor(put_other, (void *)7);
	on_executor(put_one, (void *)8);
	on_executor(put_other, (void *)9);
	turns(on[0], 2);
	cr_assert_eq(server.served, 3);
	cr_assert_eq(server.got[0], 7);
	cr_assert_eq(server.got[1], 8);
	cr_assert_eq(server.got[2], 9);
	cr_assert(server.ended);
	close_two();
}

Test(many, a_set_sees_what_comes_from_another_executor)
{
	open_two();
	start_server(4);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(server.served, i);
		send_on(on[1], &b, i % 2 ? &tx2 : &other_tx, 10 + i);
		turns(on[1], 1);
		turns(on[0], 5);
		cr_assert_eq(server.got[i], 10 + i);
		cr_assert_eq(server.from[i], i % 2 ? 0 : 1);
	}
	cr_assert(server.ended);
	close_two();
}

Test(many, a_closed_channel_is_served_once_by_a_set)
{
	open_two();
	start_server(3);
	on_executor(put_other, (void *)7);
	on_executor(close_other, NULL);
	turns(on[0], 3);
	cr_assert_eq(server.served, 2);
	cr_assert_eq(server.results[0], WEIR_RECEIVED);
	cr_assert_eq(server.results[1], WEIR_CLOSED);
	on_executor(put_one, (void *)8);
	turns(on[0], 2);
	cr_assert_eq(server.got[2], 8);
	close_two();
}

// Those that take several are granted one after the other, so the member has to
// pass on what is left.
Test(many, a_set_passes_on_what_it_leaves_to_a_burst_behind_it)
{
	open_two();
	start_server(1);
	a = (struct op){.count = 4};
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_two, NULL);
	turns(on[0], 3);
	cr_assert_eq(server.got[0], 1);
	cr_assert_eq(a.done, 1);
	cr_assert_eq(a.messages[0], 2);
	close_two();
}

static void cancelled_server(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, serve, &server), 0);
	weir_yield();
	weir_yield();
	weir_scope_cancel(&scope);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(many, a_cancelled_set_leaves_nobody_in_line)
{
	open_two();
	server = (struct server){.times = 1};
	cr_assert_eq(weir_start(on[0], cancelled_server, NULL, NULL, NULL), 0);
	turns(on[0], 6);
	cr_assert(server.ended);
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)8);
	turns(on[0], 1);
	cr_assert_eq(a.messages[0], 8);
	close_two();
}

// ---- steppers ----

// An echo receives and sends what it got.
struct echo {
	struct weir_stepper stepper;
	struct weir_rx *rx;
	struct weir_tx *tx;
	uint64_t message;
	uint64_t deadline; // 0: never
	int ended_with;
};

enum { RECEIVE, RECEIVED, SENT };

static enum weir_stepper_next echo_step(struct weir_stepper *s)
{
	struct echo *e = weir_container(s, struct echo, stepper);
	uint64_t deadline = e->deadline ? e->deadline : WEIR_NEVER;

	e->ended_with = s->answer ? s->answer : s->wait.result;
	if (s->state != RECEIVE && (s->answer || s->wait.result == WEIR_CLOSED))
		return WEIR_STEPPER_END;
	if (s->state == RECEIVED) {
		s->state = SENT;
		return weir_stepper_wait(
			s, weir_case_send(e->tx, &e->message), deadline);
	}
	s->state = RECEIVED;
	return weir_stepper_wait(
		s, weir_case_recv(e->rx, &e->message), deadline);
}

static void echo_ended(struct weir_stepper *s)
{
	say("e");
}

static const struct weir_stepper_class echoes = {
	.name = "echo", .step = echo_step, .ended = echo_ended};

static struct echo echo;

static void start_echo(void)
{
	echo = (struct echo){
		.rx = &rx, .tx = &other_tx, .deadline = echo.deadline};
	weir_stepper_start(on[0], &echo.stepper, &echoes);
	turns(on[0], 1);
}

static void end_echo(void)
{
	weir_tx_close(&tx);
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
	turns(on[0], 3);
	cr_assert_str_eq(said, "e");
	close_two();
}

Test(many, a_stepper_receives_and_sends)
{
	open_two();
	start_echo();
	for (uint64_t i = 0; i < 6; i++) {
		on_executor(put_one, (void *)(uintptr_t)(i + 1));
		turns(on[0], 1);
		cr_assert_eq(get(&other_rx), i + 1);
	}
	end_echo();
	cr_assert_eq(echo.ended_with, WEIR_CLOSED);
}

Test(many, a_stepper_passes_on_what_it_leaves_to_a_burst_behind_it)
{
	open_two();
	weir_rx_close(&other_rx); // so that it ends after one
	start_echo();
	a = (struct op){.count = 4};
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_two, NULL);
	turns(on[0], 3);
	cr_assert_eq(echo.message, 1);
	cr_assert_eq(a.done, 1);
	cr_assert_eq(a.messages[0], 2);
	close_two();
}

Test(many, a_stepper_waits_for_room)
{
	open_two();
	for (uint64_t i = 0; i < 4; i++)
		put(&other_tx, i);
	start_echo();
	on_executor(put_one, (void *)8);
	turns(on[0], 3);
	cr_assert_eq(weir_rx_len(&other_rx), 4);
	get(&other_rx);
	turns(on[0], 2);
	for (uint64_t i = 1; i < 4; i++)
		cr_assert_eq(get(&other_rx), i);
	cr_assert_eq(get(&other_rx), 8);
	end_echo();
}

Test(many, a_stepper_sees_what_comes_from_another_executor)
{
	open_two();
	start_echo();
	for (uint64_t i = 0; i < 4; i++) {
		send_on(on[1], &b, &tx2, 10 + i);
		turns(on[1], 1);
		turns(on[0], 4);
		cr_assert_eq(get(&other_rx), 10 + i);
	}
	end_echo();
}

Test(many, a_stepper_s_deadline_leaves_nobody_in_line)
{
	open_two();
	echo.deadline = now_ticks + 100;
	start_echo();
	now_ticks += 100;
	turns(on[0], 2);
	cr_assert_eq(echo.ended_with, WEIR_TIMED_OUT);
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)8);
	turns(on[0], 1);
	cr_assert_eq(a.messages[0], 8);
	close_two();
}

// Woken for the only message, and cancelled: it takes it all the same.
Test(many, flume_104_a_cancelled_stepper_does_not_lose_its_wakeup)
{
	open_two();
	start_echo();
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)8);
	weir_stepper_cancel(&echo.stepper);
	turns(on[0], 3);
	cr_assert_str_eq(said, "e");
	cr_assert(echo.message == 8 || a.messages[0] == 8);
	on_executor(put_one, (void *)9);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	close_two();
}
