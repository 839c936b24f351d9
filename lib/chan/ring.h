// SPDX-License-Identifier: BSD-3-Clause
//
// The two ends of an rte_ring, private to their users.
//
//	weir_ring_tx ──▶ | rte_ring: prod | cons | elements | ──▶ weir_ring_rx
//
// A single-user end keeps the other side's index from when it last looked, and
// looks again only when the ring then seems full or empty: a message costs no
// cache miss while there is room. An end with several users keeps nothing
// (after 2^32 messages by others a kept index would overfill the ring) and
// calls rte_ring's own functions.
//
// The ring itself is a plain rte_ring: same memory, same head and tail words.
//
// Threads.  One user at a time for each end; one end for each user where the
// class says multi.
// Ordering.  The producer's release of prod.tail pairs with the consumer's
// acquire of it: elements are there. The consumer's release of cons.tail pairs
// with the producer's acquire: slots are free.
#ifndef WEIR_CHAN_RING_H
#define WEIR_CHAN_RING_H
#endif
