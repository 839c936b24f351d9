// SPDX-License-Identifier: BSD-3-Clause
//
// What a packet carries beside its bytes: when it was captured, how long it was
// on the wire, of which link type it is; and, if it is sampled, when it came.
//
// A packet is a DPDK mbuf of one of weir's pools. Each such mbuf has a private
// area with struct weir_packet, which is valid where the mbuf's flag
// weir_packet_flag is set. A sampled packet carries the tick of its arrival in
// a dynamic field, valid where weir_stamp_flag is set. Whoever copies or clones
// a packet gives the copy the area with weir_packet_copy_meta.
//
// Threads.  The packet's owner.
// Memory.  None of its own: all lies in the mbuf, which must be of a pool of
// weir's (stage setup's, weir_kernel_test_pool's).
#ifndef WEIR_MEM_PACKET_H
#define WEIR_MEM_PACKET_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_packet {
	uint64_t time_ns;	// since the epoch, when it was captured
	uint32_t original_size; // bytes on the wire; the mbuf may hold fewer
	uint16_t link_type;	// LINKTYPE_…, 1 is Ethernet
	uint16_t interface;	// of the capture, as its driver counts them
};

// weir_packet_flag and weir_stamp_flag are bits of mbuf.ol_flags;
// weir_stamp_offset is where in the mbuf the tick lies. Set by the first
// weir_pool_create of a process, constant after.
extern uint64_t weir_packet_flag;
extern uint64_t weir_stamp_flag;
extern int weir_stamp_offset;

// weir_packet_of answers the private area of an mbuf of our pools. A clone has
// one of its own.
static inline struct weir_packet *weir_packet_of(struct rte_mbuf *m)
{
	void *priv = rte_mbuf_to_priv(m);

	// gcc 12 takes what lies beyond struct rte_mbuf for an overflow.
	__asm__("" : "+r"(priv));
	return (struct weir_packet *)priv;
}

#define WEIR_LINK_ETHERNET 1

// weir_packet_link_type answers the link type, Ethernet where nothing is known.
static inline uint16_t weir_packet_link_type(struct rte_mbuf *m)
{
	return m->ol_flags & weir_packet_flag ? weir_packet_of(m)->link_type
					      : WEIR_LINK_ETHERNET;
}

// weir_packet_original_size answers the bytes on the wire, those of the mbuf
// where nothing else is known.
static inline uint32_t weir_packet_original_size(struct rte_mbuf *m)
{
	return m->ol_flags & weir_packet_flag ? weir_packet_of(m)->original_size
					      : m->pkt_len;
}

// weir_stamp_of answers where the tick of arrival lies.
static inline uint64_t *weir_stamp_of(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, weir_stamp_offset, uint64_t *);
}

// weir_packet_copy_meta copies the private area and its flag from one mbuf to
// another.
void weir_packet_copy_meta(struct rte_mbuf *to, struct rte_mbuf *from);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
