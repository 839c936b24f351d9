// SPDX-License-Identifier: BSD-3-Clause
//
// A job that should not have been a job: work of several sizes done where it is
// asked for, and handed to a thread whose answer one waits for.
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

static struct weir_tx jobs, answers;
static struct weir_rx inbox, outbox;

static void work(uint64_t ns)
{
	uint64_t end = weir_ticks() + weir_clock_ticks(weir_clock_real(), ns);

	while (weir_ticks() < end)
		;
}

// worker sleeps in the kernel until there is a job.
static void *worker(void *arg)
{
	uint64_t *job;

	while (weir_recv_blocking(&inbox, &job, WEIR_NEVER) == WEIR_RECEIVED) {
		work(*job);
		if (weir_send_blocking(&answers, &job, WEIR_NEVER) != WEIR_SENT)
			break;
	}
	weir_rx_close(&inbox);
	weir_tx_close(&answers);
	return arg;
}

static bool hand_over(uint64_t *ns)
{
	uint64_t *job = ns;

	return weir_send(&jobs, &job) == WEIR_SENT &&
	       weir_recv(&outbox, &job) == WEIR_RECEIVED;
}

static double each_us(uint64_t ns, unsigned count, bool thread)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < count; i++)
		if (!thread)
			work(ns);
		else if (!hand_over(&ns))
			break;
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       count / 1e3;
}

static void compare_size(uint64_t ns, unsigned count)
{
	double here = each_us(ns, count, false);
	double there = each_us(ns, count, true);

	printf("job done=here,work=%.1fus %.2f us\n", (double)ns / 1e3, here);
	printf("job done=thread,work=%.1fus %.2f us\n", (double)ns / 1e3,
		there);
	printf("Handed over, it takes %.1f times as long: %s\n", there / here,
		there > 2 * here ? "it should not have been a job."
				 : "it may be one, as others run meanwhile.");
}

static void compare(void *arg)
{
	const struct weir_channel_options one = {.class_ = WEIR_SPSC};
	pthread_t thread;

	if (weir_channel_open_with(4, &one, &jobs, &inbox) ||
		weir_channel_open_with(4, &one, &answers, &outbox) ||
		pthread_create(&thread, NULL, worker, NULL)) {
		weir_task_fail(-ENOMEM);
		return;
	}
	compare_size(100, 1000);
	compare_size(10000, 1000);
	compare_size(1000000, 100);
	weir_tx_close(&jobs);
	pthread_join(thread, NULL);
	weir_rx_close(&outbox);
}

int main(void)
{
	return weir_run(compare, NULL);
}
