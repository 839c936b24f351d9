// SPDX-License-Identifier: BSD-3-Clause
//
// Tasks on one thread ask an owner on another, with deadlines so short that some
// questions are withdrawn, some given up, most answered. What the owner counts is
// between what was answered and what was answered or given up; a lost answer
// shows as a run that never ends.
#include "sync/ask.h"
#include "task/two_threads.h"

#include <errno.h>
#include <stdio.h>

#define ASKERS 4
#define QUESTIONS 3000 // of each

WEIR_ASK_TYPES(add, uint64_t, uint64_t);

static struct weir_asker askers[ASKERS];
static struct weir_owner owner;
static uint64_t total;			       // the owner's
static uint64_t sure, perhaps;		       // the askers' executor's
static unsigned withdrawn, given_up, answered; // the same
static unsigned left = ASKERS;

static void own(void *arg)
{
	const uint64_t *amount;
	struct weir_asker *asked;
	uint64_t *sum;

	while (add_take(&owner, &asked, &amount, &sum) == 0) {
		if (*amount % 4 == 0)
			weir_assert(!weir_sleep(weir_in_us(5)));
		total += *amount;
		*sum = total;
		weir_owner_answer(asked);
	}
	weir_owner_close(&owner);
	weir_executor_stop(executors[1]);
}

static void ask(void *arg)
{
	struct weir_asker *asker = arg;
	uint64_t sum, last = 0;

	for (uint64_t i = 1; i <= QUESTIONS; i++) {
		uint64_t deadline = i % 3 ? WEIR_NEVER : weir_in_us(i % 7);
		int err = add_ask(asker, &i, &sum, deadline);

		answered += err == 0;
		withdrawn += err == -ETIMEDOUT;
		given_up += err == -EINPROGRESS;
		sure += err == 0 ? i : 0;
		perhaps += err == -EINPROGRESS ? i : 0;
		weir_assert(
			err == 0 || err == -ETIMEDOUT || err == -EINPROGRESS);
		weir_assert(err || sum > last);
		last = err ? last : sum;
	}
	weir_asker_close(asker);
	if (--left == 0)
		weir_executor_stop(executors[0]);
}

int main(void)
{
	open_both();
	weir_assert(!add_open(2, &askers[0], &owner));
	for (unsigned i = 1; i < ASKERS; i++)
		weir_assert(!weir_asker_clone(&askers[0], &askers[i]));
	for (unsigned i = 0; i < ASKERS; i++)
		weir_assert(
			!weir_start(executors[0], ask, &askers[i], NULL, NULL));
	weir_assert(!weir_start(executors[1], own, NULL, NULL, NULL));
	run_both();
	weir_assert(total == sure + perhaps);
	printf("%u answered, %u withdrawn, %u given up\n", answered, withdrawn,
		given_up);
	return 0;
}
