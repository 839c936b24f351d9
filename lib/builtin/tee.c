// SPDX-License-Identifier: BSD-3-Clause
//
// tee gives every consumer each packet. No bytes are copied: all but the last
// way get clones, small mbufs that point at the bytes of the original, with
// meta data and stamp of their own; the original goes on the last way.
//
// The bytes are shared from then on. A stage behind tee that changes packets
// says so (`writes`), and the shell gives it a private copy (stage/unshare.h).
//
// An empty pool costs copies, never the original: what could not be made is
// counted as made and dropped under "no_mbuf".
#include "builtin/builtin.h"
#include "mem/pool.h"

#include <rte_mbuf.h>

enum { TEE_OUT };
enum { TEE_NO_MBUF };

struct tee {
	struct rte_mempool *pool; // borrowed
};

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
}

static int tee_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct tee *tee = state;

	tee->pool = setup->pool;
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
};
