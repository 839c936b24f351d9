// SPDX-License-Identifier: BSD-3-Clause
//
// tee gives every consumer each packet. No bytes are copied: all but the last
// way get clones, small mbufs that point at the bytes of the original, with
// meta data and stamp of their own; the original goes on the last way.
//
// The bytes are shared from then on. A stage behind tee that changes packets
// says so (`writes`), and the shell gives it a private copy (stage/unshare.h).
//
// A pool that runs low is backpressure: tee takes no packet for whose clones
// there might not be enough. It looks at the pool only while that may be soon;
// others draw on it too, so half of what is there is taken for its own. Should
// the pool be empty all the same, copies are lost, never the original: counted
// as made and dropped under "no_mbuf".
#include "builtin/builtin.h"
#include "mem/pool.h"

#include <rte_mbuf.h>

enum { TEE_OUT };
enum { TEE_NO_MBUF };

#define SEGMENTS 33 // of the longest packet, 65535 bytes in mbufs of 2 KiB

struct tee {
	struct rte_mempool *pool; // borrowed
	unsigned clone_mbufs;	  // for all clones of the longest packet
	unsigned left;		  // mbufs that are surely there
};

// look takes half: others draw on the pool too.
static unsigned look(const struct tee *tee)
{
	return weir_pool_available(tee->pool) / 2;
}

static void put_clone(struct tee *tee, struct weir_out *out, unsigned way,
	struct rte_mbuf *packet)
{
	struct rte_mbuf *clone = rte_pktmbuf_clone(packet, tee->pool);

	if (unlikely(!clone)) {
		weir_out_lost(out, TEE_NO_MBUF, 1);
		return;
	}
	weir_packet_copy_meta(clone, packet);
	weir_out_put_way(out, TEE_OUT, way, clone);
}

static void tee_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct tee *tee = state;
	unsigned last = weir_out_ways(out, TEE_OUT) - 1;

	for (unsigned way = 0; way < last; way++) {
		for (unsigned i = 0; i < n; i++)
			put_clone(tee, out, way, in[i]);
	}
	for (unsigned i = 0; i < n; i++)
		weir_out_put_way(out, TEE_OUT, last, in[i]);
	weir_out_made(out, (uint64_t)n * last);
	if (tee->left < 2 * WEIR_BURST * tee->clone_mbufs)
		tee->left = look(tee);
	else
		tee->left -= n * tee->clone_mbufs;
}

static unsigned tee_room(const void *state)
{
	const struct tee *tee = state;
	unsigned left = tee->left;

	if (!tee->clone_mbufs)
		return UINT32_MAX;
	if (left < WEIR_BURST * tee->clone_mbufs)
		left = look(tee);
	return left / tee->clone_mbufs;
}

static int tee_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct tee *tee = state;

	tee->pool = setup->pool;
	tee->clone_mbufs = (setup->ways[TEE_OUT] - 1) * SEGMENTS;
	tee->left = look(tee);
	return 0;
}

const struct weir_stage weir_builtin_tee = {
	.abi = WEIR_STAGE_ABI,
	.type = "tee",
	.help = "gives each consumer every packet, without copying bytes",
	.state_size = sizeof(struct tee),
	.outputs = {"out"},
	.drops = {"no_mbuf"},
	.ways = WEIR_WAYS_COPY,
	.init = tee_init,
	.kernel = tee_burst,
	.room = tee_room,
	.blind = true,
};
