// SPDX-License-Identifier: BSD-3-Clause
//
// A channel with three senders and three receivers on one executor, for tests
// of who waits for whom.
#ifndef WEIR_TESTS_CHAN_THREE_H
#define WEIR_TESTS_CHAN_THREE_H

#include "stepped.h"

static struct weir_tx tx, tx2, tx3;
static struct weir_rx rx, rx2, rx3;
static struct op a __attribute__((unused)), b __attribute__((unused)),
	c __attribute__((unused)), d __attribute__((unused));
static unsigned release_count;

__attribute__((unused)) static void release(void *arg, void *message)
{
	release_count++;
}

// Three ends on each side, so that no handle has two users.
__attribute__((unused)) static void open_three(unsigned capacity)
{
	struct weir_channel_options options = {
		.message_size = 8, .release = release};

	executors(1);
	cr_assert_eq(weir_channel_open_with(capacity, &options, &tx, &rx), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx2), 0);
	cr_assert_eq(weir_tx_clone(&tx, &tx3), 0);
	cr_assert_eq(weir_rx_clone(&rx, &rx2), 0);
	cr_assert_eq(weir_rx_clone(&rx, &rx3), 0);
}

__attribute__((unused)) static void close_three(void)
{
	struct weir_tx *txs[] = {&tx, &tx2, &tx3};
	struct weir_rx *rxs[] = {&rx, &rx2, &rx3};

	for (unsigned i = 0; i < 3; i++) {
		weir_tx_close(txs[i]);
		weir_rx_close(rxs[i]);
	}
	executors_end(1);
}

// A step that does try_ operations on the executor itself, as a task would.
__attribute__((unused)) static void on_executor(
	void (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weir_start(on[0], fn, arg, NULL, NULL), 0);
	turns(on[0], 1);
}

__attribute__((unused)) static void put_one(void *arg)
{
	put(&tx3, (uintptr_t)arg);
}

__attribute__((unused)) static void put_two(void *arg)
{
	put(&tx3, 1);
	put(&tx3, 2);
}

__attribute__((unused)) static void get_one(void *arg)
{
	get(&rx3);
}

#endif
