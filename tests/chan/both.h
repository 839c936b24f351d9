// SPDX-License-Identifier: BSD-3-Clause
//
// The channel of three.h and another beside it, for tests of what waits for
// both at once.
#ifndef WEIR_TESTS_CHAN_BOTH_H
#define WEIR_TESTS_CHAN_BOTH_H

#include "three.h"

static struct weir_tx other_tx;
static struct weir_rx other_rx;

static inline void open_both(unsigned capacity)
{
	const struct weir_channel_options options = {.message_size = 8};

	open_three(capacity);
	cr_assert_eq(weir_channel_open_with(
			     capacity, &options, &other_tx, &other_rx),
		0);
}

static inline void close_both(void)
{
	weir_tx_close(&other_tx);
	weir_rx_close(&other_rx);
	close_three();
}

static inline void put_other(void *arg)
{
	put(&other_tx, (uintptr_t)arg);
}

static inline void close_other(void *arg)
{
	weir_tx_close(&other_tx);
}

#endif
