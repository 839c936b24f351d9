// SPDX-License-Identifier: BSD-3-Clause
//
// Descriptors that tasks wait for: what wakes them, what ends the wait, and what
// an operation answers then.
#include "base/atomic.h"
#include "chan/case.h"
#include "ends.h"

static char got[64];

static void sleep_until_written(void *arg)
{
	struct later later;
	uint64_t before;

	open_pipe();
	begin_later(&later, write_hello, weir_fd_number(&out));
	before = weir_executor_counts(weir_executor_self())->turns;
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	cr_assert_eq(memcmp(got, "hello", 5), 0);
	// It slept: who spins turns many thousand times in 5 ms.
	cr_assert_lt(weir_executor_counts(weir_executor_self())->turns - before,
		100u);
	end_later(&later);
	close_ends();
}

Test(fd, a_reactor_sleeps_until_a_pipe_is_written)
{
	on_reactor(sleep_until_written);
}

static uint64_t written_at;

static void write_and_note(int number)
{
	store_release(&written_at, weir_ticks());
	write_hello(number);
}

static void read_what_is_noted(void *arg)
{
	const struct weir_histogram *waits =
		weir_executor_ready_waits(weir_executor_self());
	struct later later;
	uint64_t before;

	open_pipe();
	cr_assert_eq(weir_sleep(weir_in_us(10)), 0);
	before = waits->max;
	begin_later(&later, write_and_note, weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	cr_assert(waits->max == before ||
		  waits->max <= weir_ticks() - load_acquire(&written_at));
	end_later(&later);
	close_ends();
}

Test(fd, a_task_is_not_ready_while_its_reactor_sleeps)
{
	on_reactor(read_what_is_noted);
}

static void wait_until_deadline(void *arg)
{
	uint64_t deadline;

	open_pipe();
	deadline = weir_in_ms(5);
	cr_assert_eq(weir_read(&in, got, sizeof(got), deadline), -ETIMEDOUT);
	cr_assert_geq((int64_t)(weir_ticks() - deadline), 0, "too early");
	// One that is past makes it a try.
	cr_assert_eq(
		weir_read(&in, got, sizeof(got), weir_ticks() - 1), -ETIMEDOUT);
	write_hello(weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, sizeof(got), weir_ticks() - 1), 5);
	close_ends();
}

Test(fd, a_deadline_ends_a_wait_and_past_it_makes_a_try)
{
	on_reactor(wait_until_deadline);
}

static void read_until_canceled(void *arg)
{
	ssize_t *answer = arg;

	*answer = weir_read(&in, got, sizeof(got), WEIR_NEVER);
	// Level-triggered, and also where there is something to read.
	write_hello(weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), -ECANCELED);
}

static void cancel_a_reader(void *arg)
{
	struct weir_scope scope;
	ssize_t answer = 0;

	open_pipe();
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, read_until_canceled, &answer), 0);
	cr_assert_eq(weir_scope_close(&scope, weir_in_ms(5)), -ETIMEDOUT);
	cr_assert_eq(answer, -ECANCELED);
	cr_assert_eq(weir_read(&in, got, sizeof(got), WEIR_NEVER), 5);
	close_ends();
}

Test(fd, a_cancel_ends_a_wait_and_has_read_nothing)
{
	on_reactor(cancel_a_reader);
}

// ---- what comes when ----

static void write_after_eagain(void *arg)
{
	open_pipe();
	for (unsigned i = 0; i < 1000; i++) {
		cr_assert_eq(weir_try_read(&in, got, 1), -EAGAIN);
		write_hello(
			weir_fd_number(&out)); // between the look and the wait
		cr_assert_eq(weir_read(&in, got, 5, WEIR_NEVER), 5);
	}
	close_ends();
}

Test(fd, what_comes_between_a_look_and_the_wait_is_not_missed)
{
	on_reactor(write_after_eagain);
}

static void told_of_the_one_before(void *arg)
{
	int ends[2], number;

	open_pipe();
	number = weir_fd_number(&in);
	cr_assert_eq(weir_try_read(&in, got, 1), -EAGAIN);
	write_hello(weir_fd_number(&out)); // epoll will tell of it
	weir_fd_close(&in);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(ends[0], number, "the number is not used again");
	open_end(&in, ends[0]);
	cr_assert_eq(weir_read(&in, got, 1, weir_in_ms(2)), -ETIMEDOUT);
	write_hello(ends[1]);
	cr_assert_eq(weir_read(&in, got, 5, WEIR_NEVER), 5);
	close(ends[1]);
	close_ends();
}

Test(fd, a_number_that_is_used_again_is_another_descriptor)
{
	on_reactor(told_of_the_one_before);
}

static bool done;

static void turn_on_and_on(void *arg)
{
	while (!done)
		weir_yield();
}

static void read_beside_a_busy_task(void *arg)
{
	struct weir_scope scope;
	struct later later;

	open_pipe();
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, turn_on_and_on, NULL), 0);
	begin_later(&later, write_hello, weir_fd_number(&out));
	cr_assert_eq(weir_read(&in, got, 5, WEIR_NEVER), 5);
	done = true;
	weir_scope_close(&scope, WEIR_NEVER);
	end_later(&later);
	close_ends();
}

Test(fd, a_reactor_that_never_sleeps_looks_all_the_same)
{
	on_reactor(read_beside_a_busy_task);
}

static struct weir_wait_queue queue;
static unsigned steps;

static void count_steps(struct weir_executor *executor, struct weir_step *step)
{
	if (++steps < 1000)
		weir_step_ready(executor, step); // it has done no work so far
	else
		weir_wake(&queue);
}

static void wait_for_a_step(void *arg)
{
	struct weir_step step;

	weir_wait_queue_init(&queue);
	weir_step_init(&step, count_steps, NULL);
	weir_step_ready(weir_executor_self(), &step);
	cr_assert_eq(weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
}

Test(fd, a_reactor_does_not_sleep_while_a_step_is_ready)
{
	on_reactor(wait_for_a_step);
}

#define MANY 200 // more than one look takes

static struct weir_fd many[MANY];
static unsigned many_read;

static void read_one_of_many(void *arg)
{
	cr_assert_eq(weir_read(arg, got, 5, WEIR_NEVER), 5);
	many_read++;
}

static void read_many_at_once(void *arg)
{
	int ends[MANY][2];
	struct weir_scope scope;

	weir_scope_open(&scope);
	for (unsigned i = 0; i < MANY; i++) {
		cr_assert_eq(pipe(ends[i]), 0);
		open_end(&many[i], ends[i][0]);
		cr_assert_eq(
			weir_spawn(&scope, NULL, read_one_of_many, &many[i]),
			0);
	}
	weir_yield();
	for (unsigned i = 0; i < MANY; i++)
		write_hello(ends[i][1]);
	weir_scope_close(&scope, WEIR_NEVER);
	for (unsigned i = 0; i < MANY; i++) {
		weir_fd_close(&many[i]);
		close(ends[i][1]);
	}
}

Test(fd, more_than_one_look_takes_are_all_found)
{
	on_reactor(read_many_at_once);
	cr_assert_eq(many_read, MANY);
}

static struct weir_tx tx;
static struct weir_rx rx;

static void send_word(int number)
{
	char *word = "word";

	if (weir_send_blocking(&tx, &word, WEIR_NEVER) != WEIR_SENT)
		perror("send");
}

static void wait_for_either(void *arg)
{
	const struct weir_channel_options options = {.class_ = WEIR_SPSC};
	struct later later;
	char *word;

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
	open_pipe();

	struct weir_case cases[] = {
		weir_case_readable(&in),
		weir_case_recv(&rx, &word),
		weir_case_writable(&out),
	};

	// Room there is; data there is not, whatever was told before.
	cr_assert_eq(weir_select(cases, 3), 2);
	cases[2].disabled = true;
	cr_assert_eq(weir_select_until(cases, 3, weir_in_ms(2)), -ETIMEDOUT);
	begin_later(&later, write_hello, weir_fd_number(&out));
	cr_assert_eq(weir_select(cases, 3), 0);
	cr_assert_eq(weir_select(cases, 3), 0, "it is still there");
	cr_assert_eq(weir_try_read(&in, got, 5), 5);
	end_later(&later);
	begin_later(&later, send_word, 0);
	cr_assert_eq(weir_select(cases, 3), 1);
	cr_assert_eq(cases[1].result, WEIR_RECEIVED);
	end_later(&later);
	cr_assert_eq(weir_select_until(cases, 3, weir_ticks()), -ETIMEDOUT);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	close_ends();
}

Test(fd, a_select_waits_for_descriptors_and_channels_of_other_threads)
{
	on_reactor(wait_for_either);
}
