// SPDX-License-Identifier: BSD-3-Clause
//
// What broke elsewhere in what watches: alarms about nothing, and looks that hurt
// who was looked at. docs/neighbours.md lists them all.
#include "watch/look.h"

#include "chan/case.h"
#include "sync/sync.h"
#include "task/executor_inline.h"
#include "task/set.h"
#include "watch/contract.h"
#include "watch/watchdog.h"

#include <link.h>
#include <pthread.h>

TestSuite(neighbours, .init = open_many);

// ---- tasks that do nothing wrong ----

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_mutex mutex;
static struct weir_wait_queue crowd;

// Waits long for what another task will bring, as often as not in vain.
static void receives(void *arg)
{
	uint64_t message;

	while (weir_recv(&rx, &message) == WEIR_RECEIVED)
		;
	weir_rx_close(&rx);
}

static void beats(void *arg)
{
	uint64_t beat = 0;

	while (beat < 20) {
		if (weir_sleep(weir_in_ms(700)))
			break;
		if (beat++ % 4 == 0 && weir_send(&tx, &beat) != WEIR_SENT)
			break;
	}
	weir_tx_close(&tx);
}

// Works without ever having to wait: the budget makes it yield.
static void locks(void *arg)
{
	for (unsigned i = 0; i < 20000; i++) {
		if (weir_mutex_lock(&mutex))
			return;
		weir_mutex_unlock(&mutex);
		weir_yield_if_over(1);
	}
}

static void holds_for_a_while(void *arg)
{
	for (unsigned i = 0; i < 10; i++) {
		if (weir_mutex_lock(&mutex) || weir_sleep(weir_in_ms(900)))
			return;
		weir_mutex_unlock(&mutex);
		if (weir_sleep(weir_in_ms(1)))
			return;
	}
}

static void selects(void *arg)
{
	struct weir_case cases[] = {
		weir_case_queue(&crowd), weir_case_after(weir_in_ms(12000))};

	while (weir_select(cases, 2) == 0)
		;
}

static void wakes(void *arg)
{
	for (unsigned i = 0; i < 5000; i++) {
		weir_wake(&crowd);
		weir_yield();
		if (i % 100 == 0 && weir_sleep(weir_in_ms(2)))
			return;
	}
}

static void joins(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, beats, NULL))
		return;
	weir_scope_close(&scope, WEIR_NEVER);
}

// console#149, #237, #345, #380, #516: tasks were said to have lost their wakeup,
// never to yield, or to wake themselves, that only waited, were in a set, or did
// as they should.
Test(neighbours, console_149_237_345_380_516_who_does_as_it_should_is_let_be)
{
	const struct weir_channel_options options = {.message_size = 8};

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
	weir_mutex_init(&mutex, executor);
	weir_wait_queue_init(&crowd);
	begin("receives", receives, NULL);
	begin("joins", joins, NULL);
	begin("locks", locks, NULL);
	begin("holds", holds_for_a_while, NULL);
	begin("selects", selects, NULL);
	begin("wakes", wakes, NULL);
	for (unsigned i = 0; i < 200; i++) {
		settle();
		look();
		cr_assert_eq(remark(), 0, "after %u: %s", i, remarks);
		ticks += UINT64_C(99000000);
	}
	cr_assert_eq(live(), 0, "all have ended in peace");
	weir_mutex_fini(&mutex);
	close_executor();
}

// ---- the same on a thread, under the watchdog ----

#define LIMIT_NS 1000000

static struct weir_executor *watched;
static struct weir_contract *contract;
static struct weir_step poll_step;
static bool stop;

static void poll_nothing(struct weir_executor *x, struct weir_step *step)
{
	if (!load_acquire(&stop))
		weir_step_ready(x, step);
}

static void *run(void *arg)
{
	weir_executor_run(watched);
	return arg;
}

// enough tells whether there was something to see, on a machine however slow.
static bool enough(void (*fn)(void *arg))
{
	struct weir_contract_state state;

	weir_contract_read(contract, 0, &state);
	return fn ? state.over > 10 : state.steps > 100;
}

static struct weir_contract_state watch_for(unsigned ms, void (*fn)(void *arg))
{
	const struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_spin};
	struct weir_spawn_options how = {.name = "busy"};
	struct weir_contract_state state;
	pthread_t thread;

	stop = false;
	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_NS, NULL), 0);
	how.steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&watched, &options, NULL), 0);
	if (fn)
		cr_assert_eq(weir_start(watched, fn, NULL, &how, NULL), 0);
	weir_step_init(&poll_step, poll_nothing, how.steps);
	weir_step_ready(watched, &poll_step);
	cr_assert_eq(weir_watchdog_start(-1, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
	for (unsigned i = 0; i < ms || (i < 60000 && !enough(fn)); i++)
		usleep(1000);
	store_release(&stop, true);
	while (load_relaxed(&weir_executor_counts(watched)->tasks) > 0)
		usleep(1000);
	weir_executor_stop(watched);
	pthread_join(thread, NULL);
	weir_watchdog_stop();
	weir_contract_read(contract, 0, &state);
	weir_executor_destroy(watched);
	weir_contract_destroy(contract);
	return state;
}

// seastar#586: the detector of long steps fired while the reactor merely polled.
Test(neighbours, seastar_586_who_only_polls_is_blamed_for_nothing)
{
	struct weir_contract_state state = watch_for(200, NULL);

	cr_expect_gt(state.steps, 100);
	cr_expect_eq(state.blocked, 0, "what the machine took is not its own");
	cr_expect_eq(state.blocking, 0);
}

// ---- looks at a thread in the middle of anything ----

static int count_object(struct dl_phdr_info *info, size_t size, void *count)
{
	++*(unsigned *)count;
	return 0;
}

// All that has locks of its own, or no frame that can be followed.
static void busy(void *arg)
{
	char text[64];

	while (!load_acquire(&stop)) {
		uint64_t until = weir_in_us(3 * LIMIT_NS / 1000);

		while (weir_ticks() < until) {
			unsigned objects = 0;

			free(malloc(1 + (size_t)weir_ticks() % 5000));
			dl_iterate_phdr(count_object, &objects);
			snprintf(text, sizeof(text), "%u %g", objects, 0.1);
		}
		weir_yield();
	}
}

// seastar#2697, #2714, #2420, #1148: a signal came while the thread was inside of
// the allocator, the loader or a switch of stacks; its handler unwound with what
// takes the same locks, or followed what was no frame, and hung or crashed.
Test(neighbours, seastar_2697_2714_2420_1148_a_look_harms_nobody)
{
	struct weir_contract_state state = watch_for(400, busy);

	cr_expect_gt(state.over, 10, "it was looked at");
	cr_expect_eq(state.over, state.blocked + state.blocking + state.stolen +
					 state.unwitnessed);
}

// ---- who holds all back ----

#define WAYS 3

static const char *const ways[WAYS] = {"first", "second", "third"};
static struct weir_tx way_tx[WAYS];
static struct weir_rx way_rx[WAYS];
static struct weir_event never;

static void sends_to_all(void *arg)
{
	for (uint64_t i = 0;; i++)
		for (unsigned k = 0; k < WAYS; k++)
			if (weir_send(&way_tx[k], &i) != WEIR_SENT)
				return;
}

static void takes_all(void *arg)
{
	uint64_t message;

	while (weir_recv(arg, &message) == WEIR_RECEIVED)
		;
}

static void takes_one(void *arg)
{
	uint64_t message, state = weir_event_state(&never);

	cr_assert_eq(weir_recv(arg, &message), WEIR_RECEIVED);
	cr_assert_eq(weir_event_wait(&never, &state), 0);
}

// aeron#1327, nats-server#5394: one that took nothing held back who sends to all,
// and nobody could say which of them it was.
Test(neighbours,
	aeron_1327_nats_server_5394_who_is_held_back_says_in_which_channel)
{
	const unsigned slow = 1;
	char wanted[64];

	weir_event_init(&never, executor);
	begin("hub", sends_to_all, NULL);
	for (unsigned k = 0; k < WAYS; k++) {
		const struct weir_channel_options options = {
			.message_size = sizeof(uint64_t), .name = ways[k]};

		cr_assert_eq(weir_channel_open_with(
				     2, &options, &way_tx[k], &way_rx[k]),
			0);
		begin(ways[k], k == slow ? takes_one : takes_all, &way_rx[k]);
	}
	settle();
	look();
	snprintf(wanted, sizeof(wanted), "room in channel '%s'", ways[slow]);
	cr_assert_str_eq(task_of("hub")->waits_for, wanted);
	cr_assert_str_eq(task_of(ways[slow])->waits_for, "an event");
}
