// SPDX-License-Identifier: BSD-3-Clause
//
// shard spreads packets over the instances of its consumer, so that what
// belongs together goes one way and stays in order.
//
// What belongs together, `by`:
//
//	flow       addresses, protocol and ports of the inner-most headers
//	addresses  the two addresses alone
//	source, destination  one address alone
//
// Only the first fragment of a packet has ports. So that all fragments of a
// packet go one way, each of them is spread by addresses and protocol alone,
// the first one too: packets of one flow that were sent whole may then go
// another way than those in fragments. Where that matters, `by: addresses`
// keeps all of it together.
//
// What is not IP goes by its Ethernet addresses; what is neither (a link type
// without a known way to IP) goes the first way, counted as `unspread`.
#include "builtin/builtin.h"
#include "base/random.h"
#include "builtin/fold.h"
#include "builtin/headers.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

enum { SHARD_OUT };
enum { BY_FLOW, BY_ADDRESSES, BY_SOURCE, BY_DESTINATION };

#define AHEAD 4 // packets whose bytes are asked for before their turn

struct shard {
	uint32_t by;
	bool symmetric;
	uint64_t seed;
	uint64_t keys[4]; // drawn from the seed
	unsigned ways;
	uint64_t unspread_count;
};

// What a hash is taken of: two ends and what they speak.
struct end {
	uint64_t address[2];
	uint16_t port;
};

static const char *const by_names[] = {
	"flow", "addresses", "source", "destination", NULL};

static inline bool is_less(const struct end *a, const struct end *b)
{
	if (a->address[0] != b->address[0])
		return a->address[0] < b->address[0];
	if (a->address[1] != b->address[1])
		return a->address[1] < b->address[1];
	return a->port < b->port;
}

static inline uint64_t hash_ends(const struct shard *shard, const struct end *a,
	const struct end *b, uint64_t speaks)
{
	const uint64_t *keys = shard->keys;
	uint64_t hash =
		weir_fold(a->address[0] ^ keys[0], b->address[0] ^ keys[1]);
	uint64_t ports = (uint64_t)a->port << 16 | b->port;

	if (a->address[1] | b->address[1])
		hash = weir_fold(hash ^ a->address[1] ^ keys[2],
			b->address[1] ^ keys[3]);
	return weir_fold(hash ^ keys[2], (ports << 32 | speaks) ^ keys[3]);
}

static uint64_t hash_headers(
	const struct shard *shard, const struct weir_headers *h)
{
	struct end source = {.port = 0}, destination = {.port = 0};
	uint64_t speaks = 0;

	if (shard->by != BY_DESTINATION)
		weir_headers_words(h, h->source, source.address);
	if (shard->by != BY_SOURCE)
		weir_headers_words(h, h->destination, destination.address);
	if (shard->by == BY_FLOW) {
		speaks = (uint64_t)h->version << 8 | h->protocol;
		source.port = h->source_port;
		destination.port = h->destination_port;
	}
	if (shard->symmetric && is_less(&destination, &source))
		return hash_ends(shard, &destination, &source, speaks);
	return hash_ends(shard, &source, &destination, speaks);
}

static inline unsigned way_of(struct shard *shard, struct rte_mbuf *packet)
{
	struct weir_headers headers;
	uint64_t hash;

	weir_headers_read(&headers, packet, WEIR_HEADERS_INNER);
	if (unlikely(!headers.version && !headers.macs)) {
		count_add(&shard->unspread_count, 1);
		return 0;
	}
	hash = hash_headers(shard, &headers);
	return (unsigned)(((hash >> 32) * shard->ways) >> 32);
}

static void shard_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct shard *shard = state;

	for (unsigned i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		weir_out_put_way(out, SHARD_OUT, way_of(shard, in[i]), in[i]);
	}
}

static int shard_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct shard *shard = state;
	struct weir_random random = {shard->seed ? shard->seed : setup->seed};

	if (shard->symmetric && shard->by >= BY_SOURCE)
		return weir_error_set(e, -EINVAL,
			"%s: symmetric has no meaning by %s alone: the two "
			"directions differ in it; leave one of them out",
			setup->name, by_names[shard->by]);
	for (unsigned i = 0; i < 4; i++)
		shard->keys[i] = weir_random_next(&random);
	shard->ways = setup->ways[SHARD_OUT];
	return 0;
}

const struct weir_stage weir_builtin_shard = {
	.abi = WEIR_STAGE_ABI,
	.type = "shard",
	.help = "spreads packets over the instances of what follows, in order "
		"within a flow",
	.state_size = sizeof(struct shard),
	.options =
		{
			WEIR_OPTION_CHOICE(struct shard, by, "by", "flow",
				by_names,
				"what stays together: flow (inner-most "
				"addresses, protocol and ports), addresses, or "
				"one of the two addresses"),
			WEIR_OPTION_BOOL(struct shard, symmetric, "symmetric",
				"no", "both directions of a flow go one way"),
			WEIR_OPTION_U64(struct shard, seed, "seed", 0,
				"of the hash; 0: that of the run"),
		},
	.outputs = {"out"},
	.counters =
		{
			{"unspread", "packets",
				offsetof(struct shard, unspread_count),
				"went the first way, being of a link type that "
				"cannot be read"},
		},
	.ways = WEIR_WAYS_SPREAD,
	.init = shard_init,
	.kernel = shard_burst,
};
