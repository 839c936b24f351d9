// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots, latest values and broadcasts on one core, ns each:
//
//	oneshot    opened, sent, received: in a line of its own, and allocated
//	latest     written, and read; by the size of the value
//	broadcast  sent once and received by each of so many receivers; per value
//	           sent
#include "bench.h"

#include "base/assert.h"
#include "base/clock.h"
#include "chan/broadcast.h"
#include "chan/latest.h"
#include "chan/oneshot.h"

#include <stdio.h>

#define COUNT 10000
#define RECEIVERS_MAX 8

static double ns_each(uint64_t ticks)
{
	return (double)weir_clock_ns(weir_clock_real(), ticks * 1000) / 1000 /
	       COUNT;
}

static void done(struct weir_oneshot *oneshot)
{
}

static double oneshot(void *arg)
{
	static struct weir_oneshot line;
	bool lent = arg;
	uint64_t begin = weir_ticks();

	for (uint64_t i = 0; i < COUNT; i++) {
		struct weir_oneshot_tx tx;
		struct weir_oneshot_rx rx;
		uint64_t message = i;

		if (lent)
			weir_assert(!weir_oneshot_open_in(
				&line, 8, done, &tx, &rx));
		else
			weir_assert(!weir_oneshot_open(8, &tx, &rx));
		weir_assert(weir_oneshot_send(&tx, &message) == WEIR_SENT);
		weir_assert(
			weir_oneshot_try_recv(&rx, &message) == WEIR_RECEIVED);
	}
	return ns_each(weir_ticks() - begin);
}

static struct weir_latest_tx latest_tx;
static struct weir_latest_rx latest_rx;

static double latest_write(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < COUNT; i++)
		weir_latest_write(&latest_tx, arg);
	return ns_each(weir_ticks() - begin);
}

static double latest_read(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < COUNT; i++)
		weir_latest_read(&latest_rx, arg);
	return ns_each(weir_ticks() - begin);
}

static struct weir_broadcast_tx broadcast_tx;
static struct weir_broadcast_rx broadcast_rx[RECEIVERS_MAX];
static unsigned receivers;

static double broadcast(void *arg)
{
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < COUNT; i++) {
		weir_assert(weir_broadcast_try_send(&broadcast_tx, arg) ==
			    WEIR_SENT);
		for (unsigned k = 0; k < receivers; k++)
			weir_assert(weir_broadcast_try_recv(&broadcast_rx[k],
					    arg, NULL) == WEIR_RECEIVED);
	}
	return ns_each(weir_ticks() - begin);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = {8, 64, 256};
	static uint64_t value[32];
	char text[64];

	bench_begin(argc, argv);
	bench_measure("oneshot", "lent", "ns", oneshot, value);
	bench_measure("oneshot", "allocated", "ns", oneshot, NULL);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "bytes=%u", sizes[i]);
		weir_assert(!weir_latest_open(
			sizes[i], value, &latest_tx, &latest_rx));
		bench_measure("latest.write", text, "ns", latest_write, value);
		bench_measure("latest.read", text, "ns", latest_read, value);
		weir_latest_tx_close(&latest_tx);
		weir_latest_rx_close(&latest_rx);
	}
	for (unsigned i = 0; i < 3; i++) {
		weir_assert(!weir_broadcast_open(64, sizes[i], &broadcast_tx));
		for (receivers = 0; receivers < RECEIVERS_MAX;) {
			weir_assert(!weir_broadcast_subscribe(&broadcast_tx,
				receivers % 2 ? WEIR_LOSSY : WEIR_LOSSLESS,
				&broadcast_rx[receivers]));
			receivers++;
			if (receivers & (receivers - 1))
				continue;
			snprintf(text, sizeof(text), "bytes=%u receivers=%u",
				sizes[i], receivers);
			bench_measure(
				"broadcast", text, "ns", broadcast, value);
		}
		for (unsigned k = 0; k < RECEIVERS_MAX; k++)
			weir_broadcast_rx_close(&broadcast_rx[k]);
		weir_broadcast_tx_close(&broadcast_tx);
	}
	return bench_end();
}
