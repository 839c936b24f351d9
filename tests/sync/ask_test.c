// SPDX-License-Identifier: BSD-3-Clause
//
// Questions to an owner on the same executor and on another, both turned by
// hand.
#include "crew.h"

struct question {
	int number;
};

struct answer {
	int square;
};

WEIR_ASK_TYPES(square, struct question, struct answer);

#define ASKERS 4

static struct weir_executor *away; // the owner's
static struct weir_asker askers[ASKERS];
static struct weir_owner owner;
static unsigned taken, answered;
static int owner_ended;
static struct weir_wait_queue pace; // the owner waits here before it answers
static bool paced;

static void open_ask(void)
{
	open_crew();
	away = crew_executor("away", 8);
	weir_wait_queue_init(&pace);
	cr_assert_eq(square_open(2, &askers[0], &owner), 0);
	for (unsigned i = 1; i < ASKERS; i++)
		cr_assert_eq(weir_asker_clone(&askers[0], &askers[i]), 0);
}

static void both(unsigned count)
{
	while (count-- > 0) {
		weir_executor_turn(executor);
		weir_executor_turn(away);
	}
}

static void close_askers(void)
{
	for (unsigned i = 0; i < ASKERS; i++)
		weir_asker_close(&askers[i]);
}

static void close_ask(void)
{
	on_executor(close_askers);
	both(8);
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
	weir_owner_close(&owner);
	both(4);
	weir_executor_destroy(away);
	close_crew();
}

static void own(void *arg)
{
	const struct question *question;
	struct weir_asker *asked;
	struct answer *answer;

	while ((owner_ended = square_take(
			&owner, &asked, &question, &answer)) == 0) {
		int number = question->number; // before the wait

		taken++;
		if (paced)
			cr_assert_eq(
				weir_wait(&pace, WEIR_NEVER, WEIR_WAIT_BACK),
				0);
		answer->square = number * number;
		weir_owner_answer(asked);
		answered++;
	}
}

static void start_owner(struct weir_executor *on)
{
	owner_ended = NOT_YET;
	cr_assert_eq(weir_start(on, own, NULL, NULL, NULL), 0);
}

static int do_ask(struct one *one)
{
	struct question question = {(int)one->count};
	struct answer answer = {0};
	int err = square_ask(one->lock, &question, &answer, one->deadline);

	one->seen = (uint64_t)answer.square;
	return err;
}

#define ASKER(i, n, ...)                                                     \
	{                                                                    \
		.do_ = do_ask, .lock = &askers[i], .count = (n), __VA_ARGS__ \
	}

static void hire_all(struct one ones[ASKERS])
{
	for (unsigned i = 0; i < ASKERS; i++) {
		ones[i] = (struct one)ASKER(i, i);
		hire(&ones[i]);
	}
}

// give_up lets one ask an owner that takes it and waits, and give up then.
static void give_up(struct one *one)
{
	paced = true;
	one->deadline = ticks + 10;
	start_owner(away);
	hire(one);
	both(3);
	cr_assert_eq(taken, 1);
	ticks += 10;
	both(2);
	cr_assert_eq(one->answer, -EINPROGRESS);
}

static void is_answered_on(bool abroad)
{
	struct one a = ASKER(0, 7), b = ASKER(1, 9);

	open_ask();
	start_owner(abroad ? away : executor);
	hire(&a);
	hire(&b);
	both(8);
	cr_assert(a.answer == 0 && b.answer == 0);
	cr_assert(a.seen == 49 && b.seen == 81);
	close_ask();
	cr_assert_eq(owner_ended, -ESHUTDOWN, "no asker is left");
}

Test(ask, an_owner_on_the_same_executor_answers)
{
	is_answered_on(false);
}

Test(ask, an_owner_on_another_executor_answers)
{
	is_answered_on(true);
}

Test(ask, more_than_the_line_holds_wait_to_be_sent)
{
	struct one ones[ASKERS];

	open_ask();
	hire_all(ones);
	both(3);
	start_owner(away);
	both(12);
	for (unsigned i = 0; i < ASKERS; i++) {
		cr_assert_eq(ones[i].answer, 0);
		cr_assert_eq(ones[i].seen, i * i);
	}
	close_ask();
}

// Nothing has happened: the owner never sees it.
Test(ask, a_deadline_before_the_owner_took_it_withdraws_it)
{
	struct one a = ASKER(0, 7), b = ASKER(1, 3);

	open_ask();
	a.deadline = ticks + 10;
	hire(&a);
	hire(&b);
	both(2);
	ticks += 10;
	both(2);
	cr_assert_eq(a.answer, -ETIMEDOUT);
	start_owner(away);
	both(6);
	cr_assert_eq(taken, 1);
	cr_assert_eq(b.seen, 9);
	close_ask();
}

Test(ask, a_cancel_before_the_owner_took_it_withdraws_it)
{
	struct one a = ASKER(0, 7);

	open_ask();
	hire(&a);
	both(2);
	weir_task_cancel(a.task);
	both(2);
	cr_assert_eq(a.answer, -ECANCELED);
	start_owner(away);
	both(6);
	cr_assert_eq(taken, 0);
	close_ask();
}

Test(ask, a_deadline_while_the_owner_works_says_that_it_happens)
{
	struct one a = ASKER(0, 7), again = ASKER(0, 8);

	open_ask();
	give_up(&a);
	// The next question waits until that has come home.
	hire(&again);
	both(3);
	cr_assert_eq(taken, 1);
	weir_wake(&pace);
	both(4);
	cr_assert_eq(taken, 2);
	weir_wake(&pace);
	both(4);
	cr_assert_eq(again.answer, 0);
	cr_assert_eq(again.seen, 64, "its own answer, not the old one");
	close_ask();
}

Test(ask, the_next_question_gives_up_while_the_last_is_out)
{
	struct one a = ASKER(0, 7), again = ASKER(0, 8);

	open_ask();
	again.deadline = ticks + 20;
	give_up(&a);
	hire(&again);
	both(2);
	ticks += 10;
	both(2);
	cr_assert_eq(again.answer, -ETIMEDOUT);
	weir_wake(&pace);
	both(4);
	cr_assert_eq(taken, 1);
	close_ask();
}

// The answer is under way, or there, when the cancel comes.
Test(ask, an_answer_in_the_turn_of_a_cancel_is_had)
{
	struct one a = ASKER(0, 7);

	open_ask();
	start_owner(executor);
	hire(&a);
	turns(2); // answered, and a has not run
	cr_assert_eq(answered, 1);
	weir_task_cancel(a.task);
	both(4);
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(a.seen, 49);
	close_ask();
}

// Ended by a cancel, and before it runs the answer comes home.
Test(ask, an_answer_that_comes_home_behind_a_cancel_is_had)
{
	struct one a = ASKER(0, 7);

	open_ask();
	start_owner(away);
	hire(&a);
	turns(2);
	weir_task_cancel(a.task);
	weir_executor_turn(away); // too late to withdraw, and answered
	cr_assert_eq(answered, 1);
	both(4); // the post first, then a
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(a.seen, 49);
	close_ask();
}

static void close_asker_0(void)
{
	weir_asker_close(&askers[0]);
}

Test(ask, a_close_waits_until_the_owner_is_done_with_it)
{
	struct one a = ASKER(0, 7);

	open_ask();
	give_up(&a);
	on_executor(close_asker_0);
	both(3);
	cr_assert_eq(weir_executor_counts(executor)->tasks, 1);
	weir_wake(&pace);
	both(3);
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
	close_ask();
}

static void close_owner(void)
{
	weir_owner_close(&owner);
}

Test(ask, when_the_owner_goes_those_in_the_line_are_told)
{
	struct one ones[ASKERS];

	open_ask();
	hire_all(ones);
	both(3);
	on_executor(close_owner);
	both(4);
	for (unsigned i = 0; i < ASKERS; i++)
		cr_assert_eq(ones[i].answer, -ESHUTDOWN);
	hire(&ones[0]);
	both(3);
	cr_assert_eq(ones[0].answer, -ESHUTDOWN, "and those who come");
	close_ask();
}

static void answer_one_and_close(void)
{
	struct weir_asker *asked;

	cr_assert_eq(weir_owner_try_take(&owner, &asked), 0);
	((struct answer *)asked->reply)->square = 1;
	weir_owner_answer(asked);
	weir_owner_close(&owner);
}

// flume#120, #124: the end was seen before the last value.
Test(ask, flume_120_124_the_last_answer_comes_before_the_end)
{
	struct one a = ASKER(0, 1), b = ASKER(1, 2);

	open_ask();
	hire(&a);
	hire(&b);
	both(2);
	on_executor(answer_one_and_close);
	both(4);
	cr_assert_eq(a.answer, 0);
	cr_assert_eq(a.seen, 1);
	cr_assert_eq(b.answer, -ESHUTDOWN);
	close_ask();
}

Test(ask, an_owner_takes_nothing_where_nobody_asks)
{
	struct weir_asker *asked;

	open_ask();
	cr_assert_eq(weir_owner_try_take(&owner, &asked), -EAGAIN);
	close_ask();
}

// scylladb#1088: request and reply queues were both full, and both sides stood.
// Replies need no room here.
Test(ask, scylladb_1088_an_answer_needs_no_room)
{
	struct one ones[ASKERS];

	open_ask();
	start_owner(executor);
	for (unsigned round = 0; round < 5; round++) {
		hire_all(ones);
		both(10);
		for (unsigned i = 0; i < ASKERS; i++)
			cr_assert_eq(ones[i].answer, 0);
	}
	close_ask();
}

Test(ask, what_is_too_large_is_refused)
{
	struct weir_asker asker;
	struct weir_owner mine;

	cr_assert_eq(weir_ask_open(1, WEIR_ASK_SIZE_MAX + 1, 4, &asker, &mine),
		-EINVAL);
}
