// SPDX-License-Identifier: BSD-3-Clause
//
// sample takes some packets out of many, one in N on average. Which, `by`:
//
//	count    every N-th
//	random   each with the same chance, from a seed
//	flow     all packets of a flow or none, both directions alike
//	content  by a hash of the first bytes: the same packet is taken wherever
//	         it is seen, so that its way can be followed
//
// The others go to `rest`. A change while it runs leaves alone which flows and
// contents come first: what was taken at 1 in 100 is among what is at 1 in 10.
#include "builtin/builtin.h"
#include "base/random.h"
#include "builtin/fold.h"
#include "builtin/headers.h"

#include <errno.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <stdlib.h>

enum { SAMPLE_SAMPLE, SAMPLE_REST };
enum { BY_COUNT, BY_RANDOM, BY_FLOW, BY_CONTENT };

// What of a packet is hashed: enough to tell packets apart. What a router
// changes on the way, the Ethernet header, IP's TTL and checksum, is left out.
#define CONTENT_AT 14
#define CONTENT_SIZE 64

struct sample {
	uint32_t by, one_in; // options
	double probability;  // option
	uint64_t seed;	     // option
	uint64_t chance;     // of 2^64 draws that many are taken
	uint64_t until;	     // count: packets to pass before the next
	uint64_t every;
	uint64_t keys[2];
	struct weir_random random;
};

// What a change is prepared as.
struct next {
	uint64_t chance, every;
};

static const char *const by_names[] = {
	"count", "random", "flow", "content", NULL};

static inline uint64_t hash_end(
	const struct sample *sample, const uint64_t address[2], uint16_t port)
{
	return weir_fold(address[0] ^ sample->keys[0],
		weir_fold(
			address[1] ^ sample->keys[1], port ^ sample->keys[0]));
}

// Adding up the two ends makes both directions alike.
static uint64_t hash_flow(const struct sample *sample, struct rte_mbuf *packet)
{
	struct weir_headers h;
	uint64_t source[2] = {0}, destination[2] = {0};

	weir_headers_read(&h, packet, WEIR_HEADERS_INNER);
	weir_headers_words(&h, h.source, source);
	weir_headers_words(&h, h.destination, destination);
	return weir_fold(
		hash_end(sample, source, h.source_port) +
			hash_end(sample, destination, h.destination_port),
		((uint64_t)h.version << 8 | h.protocol) ^ sample->keys[1]);
}

static uint64_t hash_content(
	const struct sample *sample, struct rte_mbuf *packet)
{
	uint32_t size = rte_pktmbuf_pkt_len(packet);
	uint64_t words[CONTENT_SIZE / sizeof(uint64_t)] = {0}, hash;
	const void *bytes;

	size = size > CONTENT_AT ? size - CONTENT_AT : 0;
	size = size < CONTENT_SIZE ? size : CONTENT_SIZE;
	bytes = rte_pktmbuf_read(packet, CONTENT_AT, size, words);
	if (bytes && bytes != words)
		memcpy(words, bytes, size);
	words[0] &= ~rte_cpu_to_be_64(UINT64_C(0xff)); // hop limit of IPv6
	words[1] &= ~rte_cpu_to_be_64(UINT64_C(0xff00ffff00000000));
	hash = sample->keys[0] ^ rte_pktmbuf_pkt_len(packet);
	for (unsigned i = 0; i < CONTENT_SIZE / sizeof(uint64_t); i += 2)
		hash = weir_fold(
			hash ^ words[i], words[i + 1] ^ sample->keys[1]);
	return hash;
}

static inline bool is_due(struct sample *sample)
{
	if (sample->until > 1) {
		sample->until--;
		return false;
	}
	sample->until = sample->every;
	return true;
}

static inline bool is_taken(struct sample *sample, struct rte_mbuf *packet)
{
	switch (sample->by) {
	case BY_COUNT:
		return is_due(sample);
	case BY_RANDOM:
		return weir_random_next(&sample->random) <= sample->chance;
	case BY_FLOW:
		return hash_flow(sample, packet) <= sample->chance;
	default:
		return hash_content(sample, packet) <= sample->chance;
	}
}

static void sample_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct sample *sample = state;

	for (unsigned i = 0; i < n; i++)
		weir_out_put(out,
			is_taken(sample, in[i]) ? SAMPLE_SAMPLE : SAMPLE_REST,
			in[i]);
}

static const char *sample_check(const void *options, struct weir_error *e)
{
	const struct sample *sample = options;
	const char *fault = NULL;

	if (!sample->one_in == !(sample->probability > 0)) {
		weir_error_set(e, -EINVAL,
			"give one of one_in and probability: how much is "
			"taken");
		return "one_in";
	}
	if (!sample->one_in && sample->by == BY_COUNT)
		fault = "by: count takes every N-th packet: give one_in, or "
			"by: random";
	if (!(sample->probability >= 0 && sample->probability <= 1))
		fault = "probability must be above 0 and at most 1";
	if (!fault)
		return NULL;
	weir_error_set(e, -EINVAL, "%s", fault);
	return "probability";
}

static struct next next_of(const struct sample *options)
{
	double p = options->probability;

	if (options->one_in)
		return (struct next){
			UINT64_MAX / options->one_in, options->one_in};
	return (struct next){p >= 1 ? UINT64_MAX : (uint64_t)(p * 0x1p64), 1};
}

static int sample_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	struct next *made;

	if (sample_check(options, e))
		return -EINVAL;
	made = malloc(sizeof(*made));
	if (!made)
		return weir_error_set(e, -ENOMEM, "out of memory");
	*made = next_of(options);
	*next = made;
	return 0;
}

static void take_next(struct sample *sample, const struct next *next)
{
	sample->chance = next->chance;
	sample->every = next->every;
	if (sample->until > next->every)
		sample->until = next->every;
}

static void *sample_commit(void *state, void *next)
{
	take_next(state, next);
	return next;
}

static int sample_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct sample *sample = state;
	struct next next = next_of(sample);
	// Flows and contents are the same in all replicas, draws are not.
	uint64_t seed = sample->seed ? sample->seed : setup->seed;
	struct weir_random keys = {seed};

	sample->random.state = seed + setup->index;
	sample->random.state = weir_random_next(&sample->random);
	for (unsigned i = 0; i < 2; i++)
		sample->keys[i] = weir_random_next(&keys);
	sample->until = next.every;
	take_next(sample, &next);
	return 0;
}

const struct weir_stage weir_builtin_sample = {
	.abi = WEIR_STAGE_ABI,
	.type = "sample",
	.help = "takes one packet in so many; the others are the rest",
	.state_size = sizeof(struct sample),
	.options =
		{
			WEIR_OPTION_U32(struct sample, one_in, "one_in", 0,
				"one in so many is taken", .live = true),
			WEIR_OPTION_DOUBLE(struct sample, probability,
				"probability", "0",
				"the same said as a chance from 0 to 1",
				.live = true),
			WEIR_OPTION_CHOICE(struct sample, by, "by", "count",
				by_names,
				"which: every N-th (count), by chance "
				"(random), whole flows (flow), by a hash of "
				"the first bytes (content)"),
			WEIR_OPTION_U64(struct sample, seed, "seed", 0,
				"of chance and hash; 0: that of the run"),
		},
	.outputs = {"sample", "rest"},
	.check = sample_check,
	.init = sample_init,
	.kernel = sample_burst,
	.prepare = sample_prepare,
	.commit = sample_commit,
	.retire = free,
};
