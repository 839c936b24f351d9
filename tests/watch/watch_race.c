// SPDX-License-Identifier: BSD-3-Clause
//
// Executors and contracts that come and go under the watchdog, and reports on
// them meanwhile.
#include "base/assert.h"
#include "task/executor.h"
#include "task/task.h"
#include "watch/contract.h"
#include "watch/watchdog.h"

#include <pthread.h>
#include <stdio.h>

#define THREADS 3
#define ROUNDS 60
#define STEPS 100

static void work(void *arg)
{
	uint64_t ticks = weir_clock_ticks(weir_clock_real(), *(unsigned *)arg);

	for (int i = 0; i < STEPS; i++) {
		uint64_t end = weir_ticks() + ticks;

		while (weir_ticks() < end)
			cpu_relax();
		weir_yield();
	}
	weir_executor_stop(weir_executor_self());
}

static void round_of(unsigned number)
{
	struct weir_executor_options options = {.name = "racer"};
	struct weir_spawn_options how = {.name = "worker"};
	unsigned ns = number % 3 == 0 ? 300000 : 10000;
	struct weir_contract_state state;
	struct weir_contract *contract;
	struct weir_executor *executor;

	weir_assert(!weir_contract_create(&contract, "class", 100000, NULL));
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	how.steps = weir_contract_steps(contract);
	weir_assert(!weir_start(executor, work, &ns, &how, NULL));
	weir_executor_run(executor);
	weir_watchdog_settle();
	weir_executor_destroy(executor);
	weir_contract_read(contract, 0, &state);
	weir_assert(state.steps == STEPS + 1);
	weir_assert(state.unended == 0);
	weir_assert(state.over == state.blocked + state.blocking +
					  state.stolen + state.unwitnessed);
	weir_contract_destroy(contract);
}

static void *race(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		weir_assert(!weir_watchdog_start(-1, NULL));
		round_of(i);
		weir_watchdog_stop();
	}
	return arg;
}

int main(void)
{
	FILE *nowhere = fopen("/dev/null", "w");
	pthread_t threads[THREADS];

	weir_assert(nowhere);
	for (int i = 0; i < THREADS; i++)
		weir_assert(!pthread_create(&threads[i], NULL, race, NULL));
	for (int i = 0; i < 100; i++)
		weir_contract_report(nowhere, 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	fclose(nowhere);
	return 0;
}
