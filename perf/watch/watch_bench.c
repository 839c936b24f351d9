// SPDX-License-Identifier: BSD-3-Clause
//
// What contracts and the watchdog cost tasks that keep them: a yield, in this
// program, on one thread, in turn. It goes up where the watchdog shares the CPU
// with the executor: then its share of the CPU is in the ratio.
//
//	yield          plain: a class without a limit, nobody watches
//	               limit: a class with one
//	               watched: and the watchdog, on another CPU if there is one,
//	               at its usual pace (limits of 10 ms)
//	               fast: at its fastest (limits of 100 us)
#include "bench.h"

#include "base/assert.h"
#include "task/executor.h"
#include "task/task.h"
#include "watch/contract.h"
#include "watch/watchdog.h"

#define STEPS 200000 // in a run
#define TASKS 4

struct variant {
	struct weir_executor *executor;
	struct weir_contract *contract;
	bool watched;
};

static uint64_t steps;

static void yield(void *arg)
{
	struct variant *variant = arg;

	for (;;) {
		if (steps-- == 0)
			weir_executor_stop(variant->executor);
		weir_yield();
	}
}

static double run(void *arg)
{
	struct variant *variant = arg;
	uint64_t ticks;

	if (variant->watched)
		weir_assert(!weir_watchdog_start(0, NULL));
	steps = STEPS;
	ticks = weir_ticks();
	weir_executor_run(variant->executor);
	ticks = weir_ticks() - ticks;
	if (variant->watched)
		weir_watchdog_stop();
	return (double)ticks / STEPS;
}

static void open_variant(
	struct variant *variant, uint64_t max_exec_ns, bool watched)
{
	const struct weir_executor_options options = {.stack_count = TASKS};
	struct weir_spawn_options how = {.name = "yields"};

	variant->watched = watched;
	weir_assert(!weir_contract_create(
		&variant->contract, "yields", max_exec_ns, NULL));
	weir_assert(!weir_executor_create(&variant->executor, &options, NULL));
	how.steps = weir_contract_steps(variant->contract);
	for (int i = 0; i < TASKS; i++)
		weir_assert(!weir_start(
			variant->executor, yield, variant, &how, NULL));
}

int main(int argc, char **argv)
{
	static struct variant all[4];
	const struct bench_variant variants[] = {{"plain", run, &all[0]},
		{"limit", run, &all[1]}, {"watched", run, &all[2]},
		{"fast", run, &all[3]}};

	bench_begin(argc, argv);
	open_variant(&all[0], 0, false);
	open_variant(&all[1], 10000000, false);
	open_variant(&all[2], 10000000, true);
	open_variant(&all[3], 100000, true);
	bench_compare("yield", "tasks=4", "cycles", variants, 4, false);
	return bench_end();
}
