// SPDX-License-Identifier: BSD-3-Clause
#include "chan/chain.h"
#include "base/assert.h"
#include "chan/ring.h"
#include "chan/segments.h"
#include "mem/mem.h"

#include <errno.h>

struct segment {
	uint32_t next;
	alignas(16) char messages[];
};

struct weir_segments {
	unsigned count, each, message_size;
	size_t segment_size;
	uint32_t channel_count;
	struct rte_ring *free; // numbers of those that no chain holds
	char *memory;
};

int weir_segments_open(struct weir_segments **segments, unsigned count,
	unsigned each, unsigned message_size)
{
	unsigned size = message_size ? message_size : sizeof(void *);
	struct weir_segments *pool;
	struct weir_ring_tx tx;

	if (count == 0 || count > 1u << 20 || each == 0 || each > 65536 ||
		size % 4 || size > 1024)
		return -EINVAL;
	pool = weir_mem_create(sizeof(*pool), WEIR_NODE_ANY);
	if (!pool)
		return -ENOMEM;
	pool->count = count;
	pool->each = each;
	pool->message_size = size;
	pool->segment_size = (sizeof(struct segment) + (size_t)each * size +
				     WEIR_CACHE_LINE - 1) /
			     WEIR_CACHE_LINE * WEIR_CACHE_LINE;
	pool->memory =
		weir_mem_create(count * pool->segment_size, WEIR_NODE_ANY);
	pool->free =
		weir_mem_create(weir_ring_memory_size(count, 4), WEIR_NODE_ANY);
	if (!pool->memory || !pool->free) {
		weir_mem_destroy(pool->free);
		weir_mem_destroy(pool->memory);
		weir_mem_destroy(pool);
		return -ENOMEM;
	}
	weir_ring_init(pool->free, "segments", count, true);
	weir_ring_tx_init(&tx, pool->free, 4);
	for (uint32_t i = 0; i < count; i++)
		weir_assert(weir_ring_send_multi(&tx, &i, 1));
	*segments = pool;
	return 0;
}

int weir_segments_close(struct weir_segments *segments)
{
	if (load_acquire(&segments->channel_count))
		return -EBUSY;
	weir_mem_destroy(segments->free);
	weir_mem_destroy(segments->memory);
	weir_mem_destroy(segments);
	return 0;
}

unsigned weir_segments_free_count(const struct weir_segments *segments)
{
	return weir_ring_len(segments->free);
}

static bool segment_get(struct weir_segments *segments, uint32_t *segment)
{
	struct weir_ring_rx rx = {.ring = segments->free, .message_size = 4};

	return weir_ring_recv_multi(&rx, segment, 1) == 1;
}

static void segment_put(struct weir_segments *segments, uint32_t segment)
{
	struct weir_ring_tx tx = {.ring = segments->free, .message_size = 4};

	// There is room for all there are.
	weir_assert(weir_ring_send_multi(&tx, &segment, 1) == 1);
}

static struct segment *segment_of(
	const struct weir_segments *segments, uint32_t segment)
{
	return (struct segment *)(void *)(segments->memory +
					  segment * segments->segment_size);
}

int weir_chain_init(struct weir_chain *chain, struct weir_segments *segments,
	uint32_t cap, unsigned message_size)
{
	uint32_t first;

	if (segments->message_size != message_size)
		return -EINVAL;
	if (!segment_get(segments, &first))
		return -ENOMEM;
	add_acq_rel(&segments->channel_count, 1);
	*chain = (struct weir_chain){.segments = segments, .cap = cap};
	chain->put.segment = first;
	chain->taken.segment = first;
	return 0;
}

void weir_chain_fini(struct weir_chain *chain)
{
	segment_put(chain->segments, chain->taken.segment);
	sub_acq_rel(&chain->segments->channel_count, 1);
}

static void enter(struct weir_chain_side *side, bool many)
{
	while (many && exchange_acq_rel(&side->busy, 1))
		while (load_relaxed(&side->busy))
			cpu_relax();
}

static void leave(struct weir_chain_side *side, bool many)
{
	if (many)
		store_release(&side->busy, 0);
}

// extend puts a segment behind the last, if that is full; false: there is none.
static bool extend(struct weir_chain *chain)
{
	struct weir_segments *segments = chain->segments;
	uint32_t next;

	if (chain->put.at < segments->each)
		return true;
	if (!segment_get(segments, &next))
		return false;
	segment_of(segments, chain->put.segment)->next = next;
	chain->put.segment = next;
	chain->put.at = 0;
	return true;
}

unsigned weir_chain_put(struct weir_chain *chain, const void *messages,
	unsigned count, bool many, bool *no_segment)
{
	const struct weir_segments *segments = chain->segments;
	unsigned size = segments->message_size, done = 0;
	uint32_t room;

	enter(&chain->put, many);
	room = chain->cap -
	       (chain->put.count - load_acquire(&chain->taken.count));
	count = count < room ? count : room;
	while (done < count && extend(chain)) {
		uint32_t n = segments->each - chain->put.at;

		n = n < count - done ? n : count - done;
		memcpy(segment_of(segments, chain->put.segment)->messages +
				(size_t)chain->put.at * size,
			(const char *)messages + (size_t)done * size,
			(size_t)n * size);
		chain->put.at += n;
		done += n;
	}
	*no_segment = done < count;
	store_release(&chain->put.count, chain->put.count + done);
	leave(&chain->put, many);
	return done;
}

// advance goes to the next segment, which is there, and gives the first back.
static void advance(struct weir_chain *chain)
{
	struct weir_segments *segments = chain->segments;
	uint32_t used = chain->taken.segment;

	if (chain->taken.at < segments->each)
		return;
	chain->taken.segment = segment_of(segments, used)->next;
	chain->taken.at = 0;
	segment_put(segments, used);
}

unsigned weir_chain_take(
	struct weir_chain *chain, void *messages, unsigned count, bool many)
{
	const struct weir_segments *segments = chain->segments;
	unsigned size = segments->message_size, done = 0;
	uint32_t ready;

	enter(&chain->taken, many);
	ready = load_acquire(&chain->put.count) - chain->taken.count;
	count = count < ready ? count : ready;
	while (done < count) {
		uint32_t n;

		advance(chain);
		n = segments->each - chain->taken.at;
		n = n < count - done ? n : count - done;
		memcpy((char *)messages + (size_t)done * size,
			segment_of(segments, chain->taken.segment)->messages +
				(size_t)chain->taken.at * size,
			(size_t)n * size);
		chain->taken.at += n;
		done += n;
	}
	store_release(&chain->taken.count, chain->taken.count + done);
	leave(&chain->taken, many);
	return done;
}
