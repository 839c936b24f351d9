// SPDX-License-Identifier: BSD-3-Clause
//
// A latest value written at random from executors and from the test's thread,
// while tasks on three executors wait for what they have not seen, with deadlines
// and cancels. Beside it one number, the version: what is read carries it, a
// wait is answered when it has moved, and nobody sleeps over the last one.
#include "chan/latest.h"
#include "seed.h"
#include "stepped.h"

#define RUNS 400
#define READERS 5
#define WRITES 40

static struct weir_random r;
static struct weir_latest_tx tx;
static struct weir_latest_rx ends[READERS];
static struct weir_task *waiting[READERS];
static bool canceled[READERS], writer_gone;
static uint64_t version;
static unsigned ended_count;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static void write_one(void *arg)
{
	uint64_t words[3] = {version + 1, ~(version + 1), version + 7};

	if (writer_gone)
		return;
	if (version == WRITES) {
		writer_gone = true;
		weir_latest_tx_close(&tx);
		return;
	}
	cr_assert_eq(weir_latest_write(&tx, words), ++version);
}

static uint64_t read_one(struct weir_latest_rx *rx)
{
	uint64_t words[3], got = weir_latest_read(rx, words);

	cr_assert_eq(got, version);
	cr_assert_eq(weir_latest_version(rx), version);
	if (got)
		cr_assert(words[0] == got && words[1] == ~got &&
			  words[2] == got + 6);
	return got;
}

static enum weir_result wait_one(unsigned i, uint64_t seen)
{
	uint64_t deadline = below(3) ? WEIR_NEVER : now_ticks + below(60);
	enum weir_result result;

	waiting[i] = weir_task_self();
	result = weir_latest_changed(&ends[i], seen, deadline);
	waiting[i] = NULL;
	switch (result) {
	case WEIR_RECEIVED:
		cr_assert_neq(version, seen);
		break;
	case WEIR_CLOSED:
		cr_assert(writer_gone && version == seen);
		break;
	case WEIR_TIMED_OUT:
		cr_assert_leq(deadline, now_ticks);
		break;
	default:
		cr_assert(result == WEIR_CANCELED && canceled[i]);
	}
	return result;
}

static void read_all(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;
	enum weir_result result;
	uint64_t seen = 0;

	do {
		result = wait_one(i, seen);
		if (below(4)) // or it looks later
			seen = read_one(&ends[i]);
		if (below(3) == 0)
			weir_yield();
	} while (result != WEIR_CLOSED && result != WEIR_CANCELED);
	weir_latest_rx_close(&ends[i]);
	ended_count++;
}

static void run(void)
{
	unsigned spread = 1 + below(3), away = below(4), steps = 0;

	version = ended_count = 0;
	writer_gone = false;
	cr_assert_eq(weir_latest_open(24, NULL, &tx, &ends[0]), 0);
	for (unsigned i = 1; i < READERS; i++)
		weir_latest_clone(&ends[0], &ends[i]);
	for (uintptr_t i = 0; i < READERS; i++) {
		canceled[i] = false;
		cr_assert_eq(weir_start(on[below(spread)], read_all, (void *)i,
				     NULL, NULL),
			0);
	}
	while (ended_count < READERS || !writer_gone) {
		unsigned i = below(READERS);

		cr_assert_lt(steps++, 20000, "somebody waits for ever");
		if (below(4) == 0 && away == 3)
			write_one(NULL);
		else if (below(4) == 0 && away < 3)
			cr_assert_eq(weir_start(on[away], write_one, NULL, NULL,
					     NULL),
				0);
		if (waiting[i] && below(200) == 0) {
			canceled[i] = true;
			weir_task_cancel(waiting[i]);
		}
		weir_executor_turn(on[below(3)]);
		if (away < 3)
			weir_executor_turn(on[away]);
		now_ticks += below(10);
	}
	for (unsigned i = 0; i < 3; i++)
		turns(on[i], 2);
}

Test(latest_model, who_waits_learns_of_each_version)
{
	r = random_of_test();
	executors(3);
	for (unsigned i = 0; i < RUNS; i++)
		run();
	executors_end(3);
}
