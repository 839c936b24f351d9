// SPDX-License-Identifier: BSD-3-Clause
//
// An executor that sleeps watches more channels than it asks in one turn: it asks
// them over several, its bell armed, and is woken by whichever has something,
// before, while or after it was asked.
//
//	main ──▶ one of MANY channels ──▶ executor that sleeps
//
// A wakeup that is lost shows as a run that never ends: nobody else rings.
#include "base/assert.h"
#include "base/random.h"
#include "chan/case.h"
#include "task/executor_inline.h"
#include "task/stepper.h"
#include "task/task.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define MANY 1500 // some turns' worth of WEIR_TURN_HOT
#define MESSAGES 4000

static struct line {
	struct weir_stepper stepper;
	struct weir_tx tx;
	struct weir_rx rx;
	uint64_t word;
} lines[MANY];

static struct weir_executor *executor;
static uint64_t received;

static enum weir_stepper_next receive(struct weir_stepper *s)
{
	struct line *l = weir_container(s, struct line, stepper);

	if (s->state && s->wait.result == WEIR_CLOSED) {
		weir_rx_close(&l->rx);
		return WEIR_STEPPER_END;
	}
	if (s->state)
		store_release(&received, received + 1);
	s->state = 1;
	return weir_stepper_wait(
		s, weir_case_recv(&l->rx, &l->word), WEIR_NEVER);
}

static const struct weir_stepper_class receivers = {.step = receive};

static void *run(void *arg)
{
	weir_executor_run(executor);
	return arg;
}

static void await(uint64_t count)
{
	while (load_acquire(&received) < count)
		sched_yield();
}

static void put(struct line *l)
{
	uint64_t word = 1;

	weir_assert(weir_try_send(&l->tx, &word) == WEIR_SENT);
}

// Pauses of all lengths, so that a message meets each part of going to sleep.
static void pause_a_while(struct weir_random *r)
{
	uint64_t until = weir_in_us(weir_random_below(r, 60));

	if (weir_random_below(r, 20) == 0)
		usleep(200);
	while ((int64_t)(weir_ticks() - until) < 0)
		cpu_relax();
}

int main(void)
{
	const struct weir_executor_options options = {
		.sleeps = true, .node = -1};
	const struct weir_channel_options spsc = {
		.class_ = WEIR_SPSC, .message_size = 8};
	struct weir_random r = {.state = 7};
	uint64_t sent = 0;
	pthread_t thread;

	weir_assert(!weir_executor_create(&executor, &options, NULL));
	for (unsigned i = 0; i < MANY; i++) {
		struct line *l = &lines[i];

		weir_assert(!weir_channel_open_with(2, &spsc, &l->tx, &l->rx));
		put(l); // from here on it is watched
		sent++;
		weir_stepper_start(executor, &l->stepper, &receivers);
	}
	pthread_create(&thread, NULL, run, NULL);
	await(sent);
	for (unsigned i = 0; i < MESSAGES; i++) {
		pause_a_while(&r);
		put(&lines[weir_random_below(&r, MANY)]);
		await(++sent);
	}
	for (unsigned i = 0; i < MANY; i++)
		weir_tx_close(&lines[i].tx);
	while (load_acquire(&weir_executor_counts(executor)->tasks))
		sched_yield();
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	weir_assert(executor->slept > 10);
	printf("%llu messages woke it, which slept %llu times\n",
		(unsigned long long)received,
		(unsigned long long)executor->slept);
	weir_executor_destroy(executor);
	return 0;
}
