// SPDX-License-Identifier: BSD-3-Clause
//
// A network port's state, and what of the driver lies in which source. Inside
// drivers/net.
//
//	net.c      the table; open, start, stop, close
//	traffic.c  what lcores do
//	counts.c   what the port counted
//
// Threads.  What traffic.c has is for lcores, one for each queue; the rest is
// for the main thread.
#ifndef WEIR_DRIVERS_NET_OWN_H
#define WEIR_DRIVERS_NET_OWN_H

#include "base/clock.h"
#include "net/af_packet.h"
#include "net/device.h"
#include "net/relay.h"
#include "net/vigil.h"
#include "port/port.h"

struct weir_net {
	struct weir_device device; // first: what rx and tx look at
	uint32_t descriptors, mtu, role, rss, tx_checksum; // options
	bool allow_missed, promiscuous, multicast, symmetric, rx_checksum;
	uint64_t link_wait;

	bool stopped;
	uint64_t finish; // tick from which it has nothing more to send; or 0
	const struct weir_clock *clock;
	struct rte_mempool *pool;
	unsigned room; // bytes for a packet in an mbuf of it
	bool told_no_mbuf;
	struct weir_vigil vigil;
	struct weir_relay *relay;     // where the device is a memif; or NULL
	struct weir_af_packet kernel; // where the device is one
	struct weir_port_row *rows;   // when it stopped
	unsigned row_count;
};

unsigned weir_net_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count);
unsigned weir_net_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count);
struct weir_port_direct weir_net_direct(
	void *state, enum weir_port_way way, unsigned queue);
bool weir_net_ended(void *state);
void weir_net_finish(void *state);
bool weir_net_finished(void *state);

// weir_net_given answers how many packets the device has taken.
uint64_t weir_net_given(const struct weir_net *net);

void weir_net_stats(void *state, struct weir_port_stats *stats);
unsigned weir_net_rows(void *state, struct weir_port_row *rows, unsigned count);

// weir_net_keep_rows looks at what weir_net_rows answers, before the device
// stops.
void weir_net_keep_rows(struct weir_net *net);

#endif
