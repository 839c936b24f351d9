// SPDX-License-Identifier: BSD-3-Clause
//
// Receiving and sending as cases of a select, on one executor and across.
#include "chan/case.h"
#include "both.h"

#define CASES 3

// A selector that waits for its cases some times.
struct selector {
	struct weir_case cases[CASES];
	uint64_t messages[CASES];
	unsigned count, times;
	uint64_t deadline;
	int answers[8];
	int results[8];
	unsigned answered;
};

static struct selector s;

static void select_times(void *arg)
{
	struct selector *me = arg;

	for (unsigned i = 0; i < me->times; i++) {
		int k = weir_select_until(me->cases, me->count, me->deadline);

		me->answers[i] = k;
		me->results[i] = k < 0 ? NOT_YET : me->cases[k].result;
		me->answered++;
	}
}

// s receives from both channels.
static void open_two(unsigned times)
{
	open_both(2);
	s = (struct selector){
		.count = 2, .times = times, .deadline = WEIR_NEVER};
	s.cases[0] = weir_case_recv(&rx, &s.messages[0]);
	s.cases[1] = weir_case_recv(&other_rx, &s.messages[1]);
}

static void start_on(struct weir_executor *executor)
{
	cr_assert_eq(weir_start(executor, select_times, &s, NULL, NULL), 0);
	turns(executor, 1);
}

Test(case, it_receives_from_the_channel_that_has_something)
{
	open_two(1);
	start_on(on[0]);
	cr_assert_eq(s.answered, 0);
	on_executor(put_other, (void *)7);
	turns(on[0], 1);
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(s.results[0], WEIR_RECEIVED);
	cr_assert_eq(s.messages[1], 7);
	close_both();
}

Test(case, what_is_there_already_is_received_without_waiting)
{
	open_two(1);
	put(&tx, 5);
	start_on(on[0]);
	cr_assert_eq(s.answers[0], 0);
	cr_assert_eq(s.messages[0], 5);
	close_both();
}

Test(case, it_sends_where_there_is_room)
{
	open_two(1);
	put(&tx, 1);
	put(&tx, 2);
	put(&other_tx, 3);
	put(&other_tx, 4);
	s.messages[0] = 8;
	s.messages[1] = 9;
	s.cases[0] = weir_case_send(&tx, &s.messages[0]);
	s.cases[1] = weir_case_send(&other_tx, &s.messages[1]);
	start_on(on[0]);
	cr_assert_eq(s.answered, 0);
	on_executor(get_one, NULL);
	turns(on[0], 2);
	cr_assert_eq(s.answers[0], 0);
	cr_assert_eq(s.results[0], WEIR_SENT);
	cr_assert_eq(get(&rx), 2);
	cr_assert_eq(get(&rx), 8);
	cr_assert_eq(weir_rx_len(&other_rx), 2);
	close_both();
}

static void hand_over(void *arg)
{
	struct weir_tx to;
	struct weir_rx from;
	const char *word = "word", *got = NULL;

	cr_assert_eq(weir_channel_open(1, &to, &from), 0);

	struct weir_case cases[] = {
		weir_case_recv(&from, &got), weir_case_send(&to, &word)};

	cr_assert_eq(weir_select(cases, 2), 1);
	cr_assert_null(word);
	cr_assert_eq(weir_select(cases, 2), 0);
	cr_assert_str_eq(got, "word");
	weir_tx_close(&to);
	weir_rx_close(&from);
	ended++;
}

Test(case, a_pointer_is_cleared_when_its_case_was_served)
{
	executors(1);
	on_executor(hand_over, NULL);
	cr_assert_eq(ended, 1);
	executors_end(1);
}

Test(case, a_closed_channel_is_served_once_and_disabled)
{
	open_two(3);
	put(&other_tx, 7);
	weir_tx_close(&other_tx);
	start_on(on[0]);
	cr_assert_eq(s.answered, 2);
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(s.results[0], WEIR_RECEIVED);
	cr_assert_eq(s.answers[1], 1);
	cr_assert_eq(s.results[1], WEIR_CLOSED);
	on_executor(put_one, (void *)4);
	turns(on[0], 2);
	cr_assert_eq(s.answers[2], 0);
	close_both();
}

Test(case, closing_wakes_it)
{
	open_two(1);
	start_on(on[0]);
	on_executor(close_other, NULL);
	turns(on[0], 2);
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(s.results[0], WEIR_CLOSED);
	close_both();
}

Test(case, when_all_are_closed_it_says_so)
{
	open_two(3);
	weir_tx_close(&tx);
	weir_tx_close(&tx2);
	weir_tx_close(&tx3);
	weir_tx_close(&other_tx);
	start_on(on[0]);
	cr_assert_eq(s.answers[0], 0);
	cr_assert_eq(s.answers[1], 1);
	cr_assert_eq(s.answers[2], WEIR_CLOSED);
	close_both();
}

static void put_both(void *arg)
{
	put(&tx3, 1);
	put(&other_tx, 2);
}

// omicron#9259: granted to one that went another way, and nobody else got it.
Test(case, omicron_9259_what_it_was_granted_and_did_not_take_goes_on)
{
	open_two(1);
	start_on(on[0]);
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	s.cases[0].next = 1;
	on_executor(put_both, NULL);
	turns(on[0], 3);
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(s.messages[1], 2);
	cr_assert_eq(a.messages[0], 1);
	close_both();
}

Test(case, who_came_before_it_is_served_before_it)
{
	open_two(1);
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	start_on(on[0]);
	on_executor(put_one, (void *)1);
	turns(on[0], 2);
	cr_assert_eq(a.messages[0], 1);
	cr_assert_eq(s.answered, 0);
	on_executor(put_one, (void *)2);
	turns(on[0], 2);
	cr_assert_eq(s.messages[0], 2);
	close_both();
}

Test(case, what_another_was_woken_for_is_not_ready_for_it)
{
	open_two(1);
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	cr_assert_eq(weir_start(on[0], put_one, (void *)1, NULL, NULL), 0);
	cr_assert_eq(weir_start(on[0], select_times, &s, NULL, NULL), 0);
	turns(on[0], 3);
	cr_assert_eq(a.messages[0], 1);
	cr_assert_eq(s.answered, 0);
	on_executor(put_one, (void *)2);
	turns(on[0], 2);
	cr_assert_eq(s.messages[0], 2);
	close_both();
}

Test(case, a_deadline_leaves_nobody_parked)
{
	open_two(1);
	s.deadline = now_ticks + 100;
	start_on(on[0]);
	now_ticks += 100;
	turns(on[0], 2);
	cr_assert_eq(s.answers[0], WEIR_TIMED_OUT);
	// Else the channel would think of somebody who is not there.
	recv_on(on[0], &a, &rx2);
	turns(on[0], 1);
	on_executor(put_one, (void *)1);
	turns(on[0], 1);
	cr_assert_eq(a.messages[0], 1);
	close_both();
}

// ---- across executors ----

Test(case, it_sees_what_comes_from_another_executor)
{
	open_two(2);
	executor_add(1);
	start_on(on[0]);
	send_on(on[1], &b, &other_tx, 9);
	turns(on[1], 1); // which makes the channel a shared one
	turns(on[0], 4);
	cr_assert_eq(s.answers[0], 1);
	cr_assert_eq(s.messages[1], 9);
	send_on(on[1], &b, &other_tx, 10);
	turns(on[1], 1);
	turns(on[0], 4);
	cr_assert_eq(s.answers[1], 1);
	cr_assert_eq(s.messages[1], 10);
	weir_executor_destroy(on[1]);
	close_both();
}

static uint64_t received;

static void receive_soon(void *arg)
{
	received = get(&rx3);
}

static uint64_t get_soon(void)
{
	on_executor(receive_soon, NULL);
	turns(on[0], 3);
	return received;
}

static void woken_in_vain(void *arg)
{
	struct weir_rx other_rx2;

	cr_assert_eq(weir_rx_clone(&other_rx, &other_rx2), 0);
	get(&rx3);
	put(&other_tx, 1);
	get(&other_rx2);
	weir_rx_close(&other_rx2);
}

Test(case, a_select_that_is_woken_in_vain_does_not_break_into_a_burst)
{
	static const uint64_t in_order[] = {2, 3, 4, 5, 200, 300};

	open_two(1);
	on_executor(put_two, NULL);
	a.count = 3;
	send_on(on[0], &a, &tx, 3);
	turns(on[0], 1);
	s.messages[0] = 200;
	s.cases[0] = weir_case_send(&tx2, &s.messages[0]);
	start_on(on[0]);
	send_on(on[0], &b, &tx3, 300);
	turns(on[0], 1);
	on_executor(woken_in_vain, NULL);
	turns(on[0], 3);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(get_soon(), in_order[i]);
	close_both();
}

// ---- two cases on one side ----

static void put_burst(void *arg)
{
	uint64_t both[2] = {1, 2};
	unsigned done;

	cr_assert_eq(weir_try_send_burst(&tx, both, 2, &done), WEIR_SENT);
}

static void two_on_one_side(void)
{
	s.cases[1] = weir_case_recv(&rx2, &s.messages[1]);
	start_on(on[0]);
	cr_assert_eq(s.answered, 0);
}

Test(case, two_cases_on_one_side_leave_no_grant_behind)
{
	open_two(1);
	two_on_one_side();
	on_executor(put_burst, NULL); // for both, of which one is woken
	turns(on[0], 2);
	cr_assert_eq(s.answered, 1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 1);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	recv_on(on[0], &b, &rx);
	turns(on[0], 2);
	on_executor(put_one, (void *)3);
	turns(on[0], 2);
	cr_assert_eq(b.messages[0], 3);
	close_both();
}

Test(case, two_cases_on_one_watched_side_leave_no_grant_behind)
{
	open_two(1);
	put(&tx, 9); // by no executor: from now on it is shared
	cr_assert_eq(get(&rx), 9);
	two_on_one_side();
	put_burst(NULL);
	turns(on[0], 3);
	cr_assert_eq(s.answered, 1);
	recv_on(on[0], &a, &rx);
	turns(on[0], 3);
	cr_assert_eq(a.result, WEIR_RECEIVED);
	recv_on(on[0], &b, &rx);
	turns(on[0], 2);
	put(&tx, 3);
	turns(on[0], 3);
	cr_assert_eq(b.messages[0], 3);
	close_both();
}

Test(case, of_a_seventeenth_executor_it_is_asked_each_turn)
{
	static struct selector all[18];

	open_two(1);
	executors_end(1);
	executors(18);
	for (unsigned i = 0; i < 18; i++) {
		all[i] = s;
		all[i].cases[0] = weir_case_recv(&rx, &all[i].messages[0]);
		all[i].cases[1] =
			weir_case_recv(&other_rx, &all[i].messages[1]);
		all[i].deadline = now_ticks + 1000;
		cr_assert_eq(
			weir_start(on[i], select_times, &all[i], NULL, NULL),
			0);
		turns(on[i], 2);
	}
	put(&tx, 1);
	turns(on[17], 2);
	cr_assert_eq(all[17].answered, 1);
	cr_assert_eq(all[17].messages[0], 1);
	now_ticks += 1000;
	for (unsigned i = 0; i < 18; i++)
		turns(on[i], 5);
	cr_assert_eq(all[16].answers[0], WEIR_TIMED_OUT);
	executors_end(18);
	executors(1);
	close_both();
}
