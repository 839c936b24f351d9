// SPDX-License-Identifier: BSD-3-Clause
//
// What it costs to wait for several things instead of one, on one executor.
//
//	select.ready  one message is sent and received without waiting: by
//	              recv; by a select of R cases whose channels all have
//	              something; by one of which only one in turn has
//	select.wait   one message is sent to a task that waits for it, in recv
//	              or in a select of R cases; per message, with both switches
//	set.wait      the same, to a member of a set of R
//
// The channels are local MPMC channels of 8 bytes.
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "chan/case.h"
#include "task/executor.h"
#include "task/select.h"
#include "task/set.h"
#include "task/task.h"

#include <stdalign.h>
#include <stdio.h>

#define CASES_MAX 64
#define ROUNDS 6400

static struct weir_executor *executor;
static struct weir_tx tx[CASES_MAX];
static struct weir_rx rx[CASES_MAX];
static unsigned cases_count;
static uint64_t message, spent;

static void make_cases(struct weir_case *cases)
{
	for (unsigned i = 0; i < cases_count; i++)
		cases[i] = weir_case_recv(&rx[i], &message);
}

static void put(unsigned i)
{
	uint64_t word = i;

	weir_assert(weir_try_send(&tx[i], &word) == WEIR_SENT);
}

// ---- without waiting ----

static void ready_recv(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned k = i % cases_count;

		put(k);
		weir_assert(weir_recv(&rx[k], &message) == WEIR_RECEIVED);
	}
	spent = weir_ticks() - begin;
}

static void ready_all(void *arg)
{
	struct weir_case cases[CASES_MAX];
	uint64_t begin;

	make_cases(cases);
	for (unsigned k = 0; k < cases_count; k++)
		put(k);
	begin = weir_ticks();
	for (unsigned i = 0; i < ROUNDS; i++) {
		put(i % cases_count);
		weir_assert(weir_select(cases, cases_count) >= 0);
	}
	spent = weir_ticks() - begin;
	for (unsigned k = 0; k < cases_count; k++)
		weir_assert(weir_recv(&rx[k], &message) == WEIR_RECEIVED);
}

// The one that is ready is half way round from the one served last.
static void ready_one(void *arg)
{
	struct weir_case cases[CASES_MAX];
	uint64_t begin = weir_ticks();
	unsigned k = 0;

	make_cases(cases);
	for (unsigned i = 0; i < ROUNDS; i++) {
		k = (k + cases_count / 2) % cases_count;
		put(k);
		weir_assert(weir_select(cases, cases_count) == (int)k);
	}
	spent = weir_ticks() - begin;
}

// ---- with a wait each ----

static void feed(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		put((i * 5) % cases_count);
		weir_yield();
	}
}

static void wait_recv(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < ROUNDS; i++)
		weir_assert(weir_recv(&rx[0], &message) == WEIR_RECEIVED);
	spent = weir_ticks() - begin;
}

static void feed_one(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		put(0);
		weir_yield();
	}
}

static void wait_select(void *arg)
{
	struct weir_case cases[CASES_MAX];
	uint64_t begin = weir_ticks();

	make_cases(cases);
	for (unsigned i = 0; i < ROUNDS; i++)
		weir_assert(weir_select(cases, cases_count) >= 0);
	spent = weir_ticks() - begin;
}

static void wait_set(void *arg)
{
	static struct weir_member members[CASES_MAX];
	struct weir_member *member;
	struct weir_set set;
	uint64_t begin = weir_ticks();

	weir_set_open(&set);
	for (unsigned i = 0; i < cases_count; i++)
		weir_set_add(
			&set, &members[i], weir_case_recv(&rx[i], &message));
	for (unsigned i = 0; i < ROUNDS; i++)
		weir_assert(weir_set_wait(&set, &member, WEIR_NEVER) == 0);
	spent = weir_ticks() - begin;
	for (unsigned i = 0; i < cases_count; i++)
		weir_set_remove(&members[i]);
	weir_set_close(&set);
}

// ---- runs ----

struct work {
	void (*receiver)(void *arg);
	void (*sender)(void *arg); // NULL: the receiver sends itself
};

static double run(void *arg)
{
	const struct work *work = arg;

	weir_assert(!weir_start(executor, work->receiver, NULL, NULL, NULL));
	if (work->sender)
		weir_assert(
			!weir_start(executor, work->sender, NULL, NULL, NULL));
	do {
		weir_executor_turn(executor);
	} while (weir_executor_counts(executor)->tasks > 0);
	return (double)weir_clock_ns(weir_clock_real(), spent * 1000) / ROUNDS /
	       1000;
}

static void bench(unsigned count)
{
	static struct work recv = {ready_recv, NULL}, all = {ready_all, NULL},
			   one = {ready_one, NULL},
			   parked = {wait_recv, feed_one},
			   selects = {wait_select, feed},
			   set = {wait_set, feed};
	const struct bench_variant ready[] = {{"recv", run, &recv},
		{"all_ready", run, &all}, {"one_ready", run, &one}};
	const struct bench_variant waiting[] = {{"recv", run, &parked},
		{"select", run, &selects}, {"set", run, &set}};
	char text[32];

	cases_count = count;
	snprintf(text, sizeof(text), "cases=%u", count);
	bench_compare("select.ready", text, "ns", ready, 3, false);
	bench_compare("select.wait", text, "ns", waiting, 3, false);
}

int main(int argc, char **argv)
{
	const struct weir_channel_options options = {.message_size = 8};

	bench_begin(argc, argv);
	weir_assert(!weir_executor_create(
		&executor, &(struct weir_executor_options){.node = -1}, NULL));
	for (unsigned i = 0; i < CASES_MAX; i++)
		weir_assert(
			!weir_channel_open_with(8, &options, &tx[i], &rx[i]));
	bench(2);
	bench(8);
	bench(64);
	for (unsigned i = 0; i < CASES_MAX; i++) {
		weir_tx_close(&tx[i]);
		weir_rx_close(&rx[i]);
	}
	weir_executor_destroy(executor);
	return bench_end();
}
