// SPDX-License-Identifier: BSD-3-Clause
//
// The same work as a kernel and as a task: a sum over 64 bytes of each of a
// million messages. A kernel is called with a burst. A task waits for its
// messages: for a burst of them, or for each.
#include <stdio.h>
#include <weir/weir.h>

#define MESSAGES 1000000u
#define BURST 32u

static unsigned char message[BURST][64];
static volatile unsigned sum;

static unsigned work(const unsigned char *bytes)
{
	unsigned s = 0;

	for (unsigned i = 0; i < 64; i++)
		s += bytes[i];
	return s;
}

static void kernel(void **messages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		sum += work(messages[i]);
}

static struct weir_tx tx;
static struct weir_rx rx;

// sender sends bursts of size, and waits when there is no room.
static void sender(void *arg)
{
	unsigned size = *(unsigned *)arg, done;
	void *burst[BURST];

	for (unsigned i = 0; i < BURST; i++)
		burst[i] = message[i];
	for (unsigned n = 0; n < MESSAGES; n += size)
		if (weir_send_burst(&tx, burst, size, &done, WEIR_NEVER) !=
			WEIR_SENT)
			return;
}

static double as_kernel(void)
{
	uint64_t begin = weir_ticks();
	void *burst[BURST];

	for (unsigned i = 0; i < BURST; i++)
		burst[i] = message[i];
	for (unsigned n = 0; n < MESSAGES; n += BURST)
		kernel(burst, BURST);
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
}

static double as_task(unsigned size)
{
	uint64_t begin = weir_ticks();
	struct weir_scope scope;
	void *burst[BURST];
	unsigned got;

	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, sender, &size))
		weir_task_fail(-EAGAIN);
	else
		for (unsigned n = 0; n < MESSAGES; n += got)
			if (weir_recv_burst(&rx, burst, size, &got,
				    WEIR_NEVER) == WEIR_RECEIVED)
				kernel(burst, got);
	weir_scope_close(&scope, WEIR_NEVER);
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
}

static void compare(void *arg)
{
	double call, burst, each;

	if (weir_channel_open(BURST, &tx, &rx)) {
		weir_task_fail(-ENOMEM);
		return;
	}
	as_kernel(); // once, for the caches
	call = as_kernel() / MESSAGES;
	burst = as_task(BURST) / MESSAGES;
	each = as_task(1) / MESSAGES;
	printf("work as=kernel,burst=%u %.1f ns/message\n", BURST, call);
	printf("work as=task,burst=%u %.1f ns/message\n", BURST, burst);
	printf("work as=task,burst=1 %.1f ns/message\n", each);
	printf("A task pays %.1f ns a message for its channel, %.1f where it "
	       "asks for each: wait for bursts, and make what never waits a "
	       "kernel.\n",
		burst - call, each - call);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
}

int main(void)
{
	return weir_run(compare, NULL);
}
