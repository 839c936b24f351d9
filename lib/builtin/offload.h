// SPDX-License-Identifier: BSD-3-Clause
//
// Leaves checksums of a packet to the port that sends it.
//
// Only those that the port which received the packet has found good: a checksum
// that is made anew would hide damage done before. And only where the port can
// be told exactly what to sum up: no fragment, no route, no extension headers,
// no trailer. All others stay as they are.
//
// Threads.  Those of the packet's owner, who is alone with its bytes.
#ifndef WEIR_BUILTIN_OFFLOAD_H
#define WEIR_BUILTIN_OFFLOAD_H

#include <stdint.h>

struct rte_mbuf;

// weir_offload_ask asks for what of tx, some RTE_ETH_TX_OFFLOAD_…_CKSUM, an
// Ethernet frame can have: flags, lengths, and the pseudo header's sum where the
// checksum was. The frame's checksums are right when it is called.
void weir_offload_ask(struct rte_mbuf *m, uint64_t tx);

#endif
