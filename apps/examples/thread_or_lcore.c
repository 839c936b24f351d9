// SPDX-License-Identifier: BSD-3-Clause
//
// The same stage, which spins 5 ms at a time, beside a neighbour on one polling
// executor (what an lcore is), and on a thread of its own. What counts is how long
// the neighbour was ready and did not run.
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

#define SPINS 40
#define SPIN_NS 5000000u

static bool spinning;

static double ms(uint64_t ticks)
{
	return (double)weir_clock_ns(weir_clock_real(), ticks) / 1e6;
}

static void spin(void)
{
	uint64_t end =
		weir_ticks() + weir_clock_ticks(weir_clock_real(), SPIN_NS);

	while (weir_ticks() < end)
		cpu_relax();
}

static void *on_thread(void *arg)
{
	for (unsigned i = 0; i < SPINS; i++)
		spin();
	store_release(&spinning, false);
	return arg;
}

static void on_lcore(void *arg)
{
	for (unsigned i = 0; i < SPINS; i++) {
		spin();
		weir_yield();
	}
	store_release(&spinning, false);
}

// neighbour yields as long as the stage spins: each time it is ready at once.
static void neighbour(void *arg)
{
	while (load_acquire(&spinning)) {
		uint64_t begin = weir_ticks();

		weir_yield();
		weir_histogram_record(arg, weir_ticks() - begin);
	}
}

static void measure(const char *where, bool thread)
{
	static struct weir_histogram both[2];
	struct weir_histogram *waits = &both[thread];
	struct weir_scope scope;
	pthread_t other;
	int err;

	store_release(&spinning, true);
	weir_scope_open(&scope);
	err = weir_spawn(&scope, NULL, neighbour, waits);
	if (!err)
		err = thread ? -pthread_create(&other, NULL, on_thread, NULL)
			     : weir_spawn(&scope, NULL, on_lcore, NULL);
	if (err)
		store_release(&spinning, false);
	weir_scope_close(&scope, WEIR_NEVER);
	if (thread && !err)
		pthread_join(other, NULL);
	weir_task_fail(err);
	printf("neighbour spins=5ms,on=%s,wait=median %.5f ms\n", where,
		ms(weir_histogram_percentile(waits, 0.5)));
	printf("neighbour spins=5ms,on=%s,wait=worst %.5f ms\n", where,
		ms(waits->max));
}

static void compare(void *arg)
{
	measure("lcore", false);
	measure("thread", true);
	puts("On one executor a stage makes its neighbour wait as long as it "
	     "spins, each time. On a thread it does not, and the worst is the "
	     "system's to say: give it a CPU of its own.");
}

int main(void)
{
	return weir_run(compare, NULL);
}
