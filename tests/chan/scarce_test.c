// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends, whatever opens something says -ENOMEM and leaves nothing.
#include "scarce.h"
#include "chan/broadcast.h"
#include "chan/chan.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "chan/segments.h"

#include <string.h>

static int open_channel(struct weir_error *e)
{
	const struct weir_channel_options options = {
		.name = "scarce", .error = e};
	struct weir_tx tx;
	struct weir_rx rx;
	int err = weir_channel_open_with(4, &options, &tx, &rx);

	if (err) {
		cr_assert_str_eq(e->text,
			"channel 'scarce' cannot be opened: no memory");
		return err;
	}
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	return 0;
}

static int open_segments(struct weir_error *e)
{
	struct weir_segments *pool;
	int err = weir_segments_open(&pool, 4, 2, 8);

	return err ? err : weir_segments_close(pool);
}

static int open_broadcast(struct weir_error *e)
{
	struct weir_broadcast_tx tx;
	int err = weir_broadcast_open(4, 8, &tx);

	if (!err)
		weir_broadcast_tx_close(&tx);
	return err;
}

static int open_latest(struct weir_error *e)
{
	struct weir_latest_tx tx;
	struct weir_latest_rx rx;
	int err = weir_latest_open(8, NULL, &tx, &rx);

	if (!err) {
		weir_latest_tx_close(&tx);
		weir_latest_rx_close(&rx);
	}
	return err;
}

static int open_oneshot(struct weir_error *e)
{
	struct weir_oneshot_tx tx;
	struct weir_oneshot_rx rx;
	uint64_t none;
	int err = weir_oneshot_open(8, &tx, &rx);

	if (!err) {
		weir_oneshot_tx_close(&tx);
		cr_assert_eq(weir_oneshot_rx_close(&rx, &none), WEIR_CLOSED);
	}
	return err;
}

Test(scarce, what_cannot_be_opened_says_so_and_leaves_nothing)
{
	in_want_of_memory(open_channel);
	in_want_of_memory(open_broadcast);
	in_want_of_memory(open_latest);
	in_want_of_memory(open_oneshot);
	cr_assert_eq(in_want_of_memory(open_segments), 3);
}
