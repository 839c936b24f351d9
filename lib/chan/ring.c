// SPDX-License-Identifier: BSD-3-Clause
#include "chan/ring.h"

#include <stdio.h>

_Static_assert(sizeof(struct rte_ring) % WEIR_CACHE_LINE == 0,
	"elements begin on a cache line");

size_t weir_ring_memory_size(unsigned capacity, unsigned message_size)
{
	if (capacity == 0 || capacity > WEIR_RING_CAPACITY_MAX)
		return 0;
	if (message_size == 0 || message_size % 4 || message_size > UINT16_MAX)
		return 0;

	// One slot more than capacity, as rte_ring tells full from empty so.
	ssize_t size = rte_ring_get_memsize_elem(
		message_size, rte_align32pow2(capacity + 1));

	return size > 0 ? (size_t)size : 0;
}

struct rte_ring *weir_ring_init_ends(void *memory, const char *name,
	unsigned capacity, bool many_tx, bool many_rx)
{
	struct rte_ring *ring = memory;
	unsigned flags = (many_tx ? RING_F_MP_HTS_ENQ : RING_F_SP_ENQ) |
			 (many_rx ? RING_F_MC_HTS_DEQ : RING_F_SC_DEQ);
	char cut[RTE_RING_NAMESIZE];

	weir_assert((uintptr_t)memory % WEIR_CACHE_LINE == 0);
	snprintf(cut, sizeof(cut), "%s", name);

	int err = rte_ring_init(ring, cut, capacity, flags | RING_F_EXACT_SZ);

	weir_assert(err == 0);
	return ring;
}

struct rte_ring *weir_ring_init(
	void *memory, const char *name, unsigned capacity, bool multi)
{
	return weir_ring_init_ends(memory, name, capacity, multi, multi);
}

void weir_ring_write_wrapped(struct rte_ring *ring, uint32_t index,
	const void *messages, uint32_t count, size_t size)
{
	uint32_t first = ring->size - (index & ring->mask);

	ring_copy(ring_slot(ring, index, size), messages, first * size);
	ring_copy(ring_slot(ring, 0, size),
		(const char *)messages + first * size, (count - first) * size);
}

void weir_ring_read_wrapped(const struct rte_ring *ring, uint32_t index,
	void *messages, uint32_t count, size_t size)
{
	uint32_t first = ring->size - (index & ring->mask);

	ring_copy(messages, ring_slot(ring, index, size), first * size);
	ring_copy((char *)messages + first * size, ring_slot(ring, 0, size),
		(count - first) * size);
}

// side_take moves the head of one side on, by as much of count as there is, and
// answers how much; *index is where that begins. A side whose head and tail
// differ is in use. other is the opposite side, ahead what its tail must be
// raised by: the capacity for the producer, nothing for the consumer.
//
// Both words of a side are always read and written as one, also where rte_ring
// writes the tail alone: the thread sanitizer knows no edge between accesses
// of two widths.
static inline __attribute__((always_inline)) unsigned side_take(
	struct rte_ring_hts_headtail *side,
	const struct rte_ring_hts_headtail *other, uint32_t ahead,
	unsigned count, uint32_t *index)
{
	union __rte_ring_hts_pos now, next, limit;
	unsigned n;

	now.raw = load_acquire(&side->ht.raw);
	do {
		while (now.pos.head != now.pos.tail) {
			cpu_relax();
			now.raw = load_acquire(&side->ht.raw);
		}
		limit.raw = load_acquire(&other->ht.raw);
		n = limit.pos.tail + ahead - now.pos.head;
		n = n < count ? n : count;
		if (n == 0)
			return 0;
		next = now;
		next.pos.head += n;
	} while (!cas_acq_rel(&side->ht.raw, &now.raw, next.raw));
	*index = now.pos.head;
	return n;
}

static inline void side_give(struct rte_ring_hts_headtail *side, uint32_t index)
{
	store_release(&side->ht.raw, (uint64_t)index << 32 | index);
}

unsigned weir_ring_send_multi(
	struct weir_ring_tx *tx, const void *messages, unsigned count)
{
	struct rte_ring *ring = tx->ring;
	uint32_t index;
	unsigned n = side_take(&ring->hts_prod, &ring->hts_cons, ring->capacity,
		count, &index);

	if (n == 0)
		return 0;
	ring_write(ring, index, messages, n, tx->message_size);
	side_give(&ring->hts_prod, index + n);
	return n;
}

unsigned weir_ring_recv_multi(
	struct weir_ring_rx *rx, void *messages, unsigned count)
{
	struct rte_ring *ring = rx->ring;
	uint32_t index;
	unsigned n =
		side_take(&ring->hts_cons, &ring->hts_prod, 0, count, &index);

	if (n == 0)
		return 0;
	ring_read(ring, index, messages, n, rx->message_size);
	side_give(&ring->hts_cons, index + n);
	return n;
}

// tail_of reads the index up to which a side is done.
static inline uint32_t tail_of(const struct rte_ring_hts_headtail *side)
{
	union __rte_ring_hts_pos now;

	now.raw = load_acquire(&side->ht.raw);
	return now.pos.tail;
}

static inline uint32_t head_of(const struct rte_ring_hts_headtail *side)
{
	union __rte_ring_hts_pos now;

	now.raw = load_relaxed(&side->ht.raw);
	return now.pos.head;
}

unsigned weir_ring_send_mixed(
	struct weir_ring_tx *tx, const void *messages, unsigned count)
{
	struct rte_ring *ring = tx->ring;
	uint32_t head = head_of(&ring->hts_prod);

	if (tx->limit - head < count)
		tx->limit = tail_of(&ring->hts_cons) + ring->capacity;
	if (tx->limit - head < count)
		count = tx->limit - head;
	if (count == 0)
		return 0;
	ring_write(ring, head, messages, count, tx->message_size);
	side_give(&ring->hts_prod, head + count);
	return count;
}

unsigned weir_ring_recv_mixed(
	struct weir_ring_rx *rx, void *messages, unsigned count)
{
	struct rte_ring *ring = rx->ring;
	uint32_t head = head_of(&ring->hts_cons);

	if (rx->limit - head < count)
		rx->limit = tail_of(&ring->hts_prod);
	if (rx->limit - head < count)
		count = rx->limit - head;
	if (count == 0)
		return 0;
	ring_read(ring, head, messages, count, rx->message_size);
	side_give(&ring->hts_cons, head + count);
	return count;
}
