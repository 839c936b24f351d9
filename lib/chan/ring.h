// SPDX-License-Identifier: BSD-3-Clause
//
// The two ends of an rte_ring, private to their users.
//
//	weir_ring_tx ──▶ | rte_ring: prod | cons | elements | ──▶ weir_ring_rx
//
// A single-user end keeps the other side's index from when it last looked, and
// looks again only when the ring then seems to lack what is asked for: a
// message costs no cache miss while there is enough. An end with several users
// keeps nothing: after 2^32 messages by others a kept index would overfill the
// ring. It follows rte_ring's head-tail-sync protocol (RING_F_MP_HTS_ENQ): a
// quarter dearer than rte_ring's default for one message on one core, cheaper
// across cores; and two producers that share a CPU pass 10^8 messages a second
// where the default passes 10^4.
//
// The ring itself is a plain rte_ring: same memory, and between two calls head
// and tail of each side are equal, as rte_ring's own functions leave them.
// DPDK's tools and functions may be used on it wherever its users stand still.
//
// Threads.  One user at a time for each single-user end. The _multi functions
// run together with each other; a thread that is preempted inside one holds up
// the others of its side until it runs again.
//
//	          send  recv  len
//	send       X     -     -    X callers exclude each other
//	recv             X     -    - free to run together
//
// Memory.  The ring lies in memory of weir_ring_memory_size bytes, aligned to
// a cache line, which the caller gives; it holds no pointers of ours. An end
// may be moved while unused.
//
// Ordering.  The producer's release of prod.tail pairs with the consumer's
// acquire of it: elements are there. The consumer's release of cons.tail pairs
// with the producer's acquire: slots are free.
#ifndef WEIR_CHAN_RING_H
#define WEIR_CHAN_RING_H

#include "base/assert.h"
#include "base/atomic.h"
#include "chan/end.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The most messages that a ring holds.
#define WEIR_RING_CAPACITY_MAX ((1u << 30) - 1)

// weir_ring_memory_size answers the bytes that a ring of exactly capacity
// messages of message_size bytes takes; 0 when capacity is not in
// 1..WEIR_RING_CAPACITY_MAX or message_size not a multiple of 4 in 4..65532.
size_t weir_ring_memory_size(unsigned capacity, unsigned message_size);

// weir_ring_init makes memory an empty ring of exactly capacity messages, with
// one user on each end or, if multi, with many. name is cut to what rte_ring
// can hold.
struct rte_ring *weir_ring_init(
	void *memory, const char *name, unsigned capacity, bool multi);

// weir_ring_init_ends is weir_ring_init for one user on one end and many on the
// other too.
struct rte_ring *weir_ring_init_ends(void *memory, const char *name,
	unsigned capacity, bool many_tx, bool many_rx);

// weir_ring_len answers how many messages the ring holds: exact when quiet,
// never outside 0..capacity. From any thread.
static inline unsigned weir_ring_len(const struct rte_ring *ring)
{
	// The consumer's first: what it has taken had been put before, so that
	// the difference is never negative.
	uint32_t taken = load_acquire(&ring->cons.tail);
	uint32_t len = load_acquire(&ring->prod.tail) - taken;

	return len < ring->capacity ? len : ring->capacity;
}

static inline void weir_ring_tx_init(
	struct weir_ring_tx *tx, struct rte_ring *ring, unsigned message_size)
{
	tx->ring = ring;
	tx->message_size = (uint16_t)message_size;
	tx->mark = WEIR_END_TX;
	tx->limit = load_acquire(&ring->cons.tail) + ring->capacity;
}

static inline void weir_ring_rx_init(
	struct weir_ring_rx *rx, struct rte_ring *ring, unsigned message_size)
{
	rx->ring = ring;
	rx->message_size = (uint16_t)message_size;
	rx->mark = WEIR_END_RX;
	rx->limit = load_acquire(&ring->prod.tail);
}

// ring_copy copies size bytes, a multiple of 4, which do not overlap: fixed
// pieces that become vector moves, without the call that memcpy would be.
static inline __attribute__((always_inline)) void ring_copy(
	void *restrict to, const void *restrict from, size_t size)
{
	char *t = to;
	const char *f = from;

	// The compiler shall not guess the arrays behind them: it warns of
	// pieces that no size of theirs ever asks for.
	__asm__("" : "+r"(t), "+r"(f));
#define RING_COPY_PIECE(bytes)                 \
	do {                                   \
		__builtin_memcpy(t, f, bytes); \
		t += (bytes), f += (bytes);    \
	} while (0)
	for (; size >= 64; size -= 64)
		RING_COPY_PIECE(64);
	if (size & 32)
		RING_COPY_PIECE(32);
	if (size & 16)
		RING_COPY_PIECE(16);
	if (size & 8)
		RING_COPY_PIECE(8);
	if (size & 4)
		RING_COPY_PIECE(4);
#undef RING_COPY_PIECE
}

static inline char *ring_slot(
	const struct rte_ring *ring, uint32_t index, size_t size)
{
	return (char *)(uintptr_t)&ring[1] + (index & ring->mask) * size;
}

// weir_ring_write_wrapped and weir_ring_read_wrapped copy what goes past the end of the
// ring's memory and on at its beginning: seldom, so apart.
__attribute__((cold)) void weir_ring_write_wrapped(struct rte_ring *ring,
	uint32_t index, const void *messages, uint32_t count, size_t size);
__attribute__((cold)) void weir_ring_read_wrapped(const struct rte_ring *ring,
	uint32_t index, void *messages, uint32_t count, size_t size);

static inline bool ring_wraps(
	const struct rte_ring *ring, uint32_t index, uint32_t count)
{
	return (index & ring->mask) + count > ring->size;
}

static inline __attribute__((always_inline)) void ring_write(
	struct rte_ring *ring, uint32_t index, const void *messages,
	uint32_t count, size_t size)
{
	if (unlikely(ring_wraps(ring, index, count)))
		weir_ring_write_wrapped(ring, index, messages, count, size);
	else
		ring_copy(ring_slot(ring, index, size), messages, count * size);
}

static inline __attribute__((always_inline)) void ring_read(
	const struct rte_ring *ring, uint32_t index, void *messages,
	uint32_t count, size_t size)
{
	if (unlikely(ring_wraps(ring, index, count)))
		weir_ring_read_wrapped(ring, index, messages, count, size);
	else
		ring_copy(messages, ring_slot(ring, index, size), count * size);
}

// ring_publish moves one side on to index: head first, so that nobody sees a
// tail ahead of its head.
static inline void ring_publish(struct rte_ring_headtail *side, uint32_t index)
{
	store_relaxed(&side->head, index);
	store_release(&side->tail, index);
}

// weir_ring_tx_room answers how many messages can be sent at once: exactly, if
// that is below wanted; else at least wanted, perhaps from memory. Only this
// end can use the room up.
static inline unsigned weir_ring_tx_room(
	struct weir_ring_tx *tx, unsigned wanted)
{
	struct rte_ring *ring = tx->ring;
	uint32_t head = load_relaxed(&ring->prod.head);

	if (unlikely(tx->limit - head < wanted))
		tx->limit = load_acquire(&ring->cons.tail) + ring->capacity;
	return tx->limit - head;
}

// weir_ring_rx_ready answers how many messages can be received at once, in the
// same way.
static inline unsigned weir_ring_rx_ready(
	struct weir_ring_rx *rx, unsigned wanted)
{
	struct rte_ring *ring = rx->ring;
	uint32_t head = load_relaxed(&ring->cons.head);

	if (unlikely(rx->limit - head < wanted))
		rx->limit = load_acquire(&ring->prod.tail);
	return rx->limit - head;
}

// weir_ring_send_sized sends the first of count messages of size bytes, as
// many as there is room for, and answers how many. For callers whose size is a
// constant; the others use weir_ring_send.
static inline __attribute__((always_inline)) unsigned weir_ring_send_sized(
	struct weir_ring_tx *tx, const void *messages, unsigned count,
	size_t size)
{
	struct rte_ring *ring = tx->ring;
	uint32_t head = load_relaxed(&ring->prod.head);
	unsigned room = weir_ring_tx_room(tx, count);

	weir_debug_assert(size == tx->message_size);
	if (unlikely(room < count))
		count = room;
	if (unlikely(count == 0))
		return 0;
	ring_write(ring, head, messages, count, size);
	ring_publish(&ring->prod, head + count);
	return count;
}

// weir_ring_recv_sized receives up to count messages, and answers how many.
static inline __attribute__((always_inline)) unsigned weir_ring_recv_sized(
	struct weir_ring_rx *rx, void *messages, unsigned count, size_t size)
{
	struct rte_ring *ring = rx->ring;
	uint32_t head = load_relaxed(&ring->cons.head);
	unsigned ready = weir_ring_rx_ready(rx, count);

	weir_debug_assert(size == rx->message_size);
	if (ready < count)
		count = ready;
	if (unlikely(count == 0))
		return 0;
	ring_read(ring, head, messages, count, size);
	ring_publish(&ring->cons, head + count);
	return count;
}

// weir_ring_send_one and weir_ring_recv_one are the same for one message, which
// cannot wrap.
static inline __attribute__((always_inline)) unsigned weir_ring_send_one(
	struct weir_ring_tx *tx, const void *message, size_t size)
{
	struct rte_ring *ring = tx->ring;
	uint32_t head = load_relaxed(&ring->prod.head);

	weir_debug_assert(size == tx->message_size);
	if (unlikely(head == tx->limit)) {
		tx->limit = load_acquire(&ring->cons.tail) + ring->capacity;
		if (head == tx->limit)
			return 0;
	}
	ring_copy(ring_slot(ring, head, size), message, size);
	ring_publish(&ring->prod, head + 1);
	return 1;
}

static inline __attribute__((always_inline)) unsigned weir_ring_recv_one(
	struct weir_ring_rx *rx, void *message, size_t size)
{
	struct rte_ring *ring = rx->ring;
	uint32_t head = load_relaxed(&ring->cons.head);

	weir_debug_assert(size == rx->message_size);
	if (head == rx->limit) {
		rx->limit = load_acquire(&ring->prod.tail);
		if (head == rx->limit)
			return 0;
	}
	ring_copy(message, ring_slot(ring, head, size), size);
	ring_publish(&ring->cons, head + 1);
	return 1;
}

// weir_ring_send_plainly sends all of count messages if the end knows of as much
// room and it does not wrap; false if not, and nothing has happened. No call
// stands in its way, so that a caller needs no registers saved.
static inline __attribute__((always_inline)) bool weir_ring_send_plainly(
	struct weir_ring_tx *tx, const void *messages, unsigned count,
	size_t size)
{
	struct rte_ring *ring = tx->ring;
	uint32_t head = load_relaxed(&ring->prod.head);

	if (unlikely(tx->limit - head < count || ring_wraps(ring, head, count)))
		return false;
	ring_copy(ring_slot(ring, head, size), messages, count * size);
	ring_publish(&ring->prod, head + count);
	return true;
}

// weir_ring_recv_plainly receives up to count messages that do not wrap; 0 if
// they do, or if there are none.
static inline __attribute__((always_inline)) unsigned weir_ring_recv_plainly(
	struct weir_ring_rx *rx, void *messages, unsigned count, size_t size)
{
	struct rte_ring *ring = rx->ring;
	uint32_t head = load_relaxed(&ring->cons.head);

	if (rx->limit - head < count) {
		rx->limit = load_acquire(&ring->prod.tail);
		if (rx->limit - head < count)
			count = rx->limit - head;
	}
	if (unlikely(count == 0 || ring_wraps(ring, head, count)))
		return 0;
	ring_copy(messages, ring_slot(ring, head, size), count * size);
	ring_publish(&ring->cons, head + count);
	return count;
}

// weir_ring_send and weir_ring_recv are weir_ring_send_sized and _recv_sized for
// messages of any size; pointers are as fast as if their size was said.
static inline __attribute__((always_inline)) unsigned weir_ring_send(
	struct weir_ring_tx *tx, const void *messages, unsigned count)
{
	if (likely(tx->message_size == sizeof(void *)))
		return weir_ring_send_sized(
			tx, messages, count, sizeof(void *));
	return weir_ring_send_sized(tx, messages, count, tx->message_size);
}

static inline __attribute__((always_inline)) unsigned weir_ring_recv(
	struct weir_ring_rx *rx, void *messages, unsigned count)
{
	if (likely(rx->message_size == sizeof(void *)))
		return weir_ring_recv_sized(
			rx, messages, count, sizeof(void *));
	return weir_ring_recv_sized(rx, messages, count, rx->message_size);
}

// weir_ring_send_multi and weir_ring_recv_multi are for rings with many users
// on each end.
unsigned weir_ring_send_multi(
	struct weir_ring_tx *tx, const void *messages, unsigned count);
unsigned weir_ring_recv_multi(
	struct weir_ring_rx *rx, void *messages, unsigned count);

// weir_ring_send_mixed and weir_ring_recv_mixed are for the one user of an end
// of a ring whose other end has many: it keeps the others' index, and both words
// of a side are read and written as one, as the many do.
unsigned weir_ring_send_mixed(
	struct weir_ring_tx *tx, const void *messages, unsigned count);
unsigned weir_ring_recv_mixed(
	struct weir_ring_rx *rx, void *messages, unsigned count);

#endif
