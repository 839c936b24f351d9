// SPDX-License-Identifier: BSD-3-Clause
//
// repeat gives each packet several times, one right behind the other: more load
// from the same capture, or a network that duplicates.
//
// As with tee no bytes are copied, a pool that runs low is backpressure, and
// should it be empty all the same it is copies that are lost, never the
// original: counted as made and dropped under "no_mbuf".
#include "builtin/builtin.h"
#include "mem/pool.h"

#include <rte_mbuf.h>

enum { REPEAT_OUT };
enum { REPEAT_NO_MBUF };

#define TIMES_MAX 16
#define AT_ONCE 8   // packets, at least, while nothing else draws on the pool
#define SEGMENTS 33 // of the longest packet, 65535 bytes in mbufs of 2 KiB

struct repeat {
	uint32_t times;		  // option
	struct rte_mempool *pool; // borrowed
};

static void put_copies(
	struct repeat *repeat, struct weir_out *out, struct rte_mbuf *packet)
{
	for (uint32_t i = 1; i < repeat->times; i++) {
		struct rte_mbuf *clone =
			rte_pktmbuf_clone(packet, repeat->pool);

		if (unlikely(!clone)) {
			weir_out_lost(out, REPEAT_NO_MBUF, 1);
			continue;
		}
		weir_packet_copy_meta(clone, packet);
		weir_out_put(out, REPEAT_OUT, clone);
	}
	weir_out_put(out, REPEAT_OUT, packet);
}

static void repeat_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct repeat *repeat = state;

	weir_out_made(out, (uint64_t)n * (repeat->times - 1));
	for (unsigned i = 0; i < n; i++)
		put_copies(repeat, out, in[i]);
}

// repeat_room takes half of what is there: others draw on the pool too.
static unsigned repeat_room(const void *state)
{
	const struct repeat *repeat = state;

	if (repeat->times == 1)
		return UINT32_MAX;
	return weir_pool_available(repeat->pool) / 2 /
	       ((repeat->times - 1) * SEGMENTS);
}

// repeat_keeps is no promise of what is held: it makes the pool so large that
// there is room for some packets in any case.
static unsigned repeat_keeps(const void *options)
{
	const struct repeat *repeat = options;

	return (repeat->times - 1) * SEGMENTS * 2 * AT_ONCE;
}

static int repeat_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct repeat *repeat = state;

	repeat->pool = setup->pool;
	return 0;
}

const struct weir_stage weir_builtin_repeat = {
	.abi = WEIR_STAGE_ABI,
	.type = "repeat",
	.help = "gives each packet several times",
	.state_size = sizeof(struct repeat),
	.options = {WEIR_OPTION_U32(struct repeat, times, "times", 2,
		"how often each packet goes on", .min = 1, .max = TIMES_MAX)},
	.outputs = {"out"},
	.drops = {"no_mbuf"},
	.out_max = {TIMES_MAX},
	.init = repeat_init,
	.kernel = repeat_burst,
	.room = repeat_room,
	.keeps = repeat_keeps,
};
