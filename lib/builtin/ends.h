// SPDX-License-Identifier: BSD-3-Clause
//
// The inside of rx and tx, the two ends of a chain from port to port: for their
// own files, and for the shell that runs nothing but the two of them. Not
// installed.
//
// Threads.  The executor's.
// Memory.  The states are the instances'.
#ifndef WEIR_BUILTIN_ENDS_H
#define WEIR_BUILTIN_ENDS_H

#include "base/atomic.h"
#include "count/histogram.h"
#include "mem/pool.h"
#include "port/port.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_TX_HOLD 256u // packets; a power of two

struct weir_rx_stage {
	const char *port_name; // option
	void *port_state;
	struct weir_port_direct direct;
	unsigned queue;
	const struct weir_port_driver *driver;
};

struct weir_tx_stage {
	const char *port_name; // option
	void *port_state;
	struct weir_port_direct direct;
	unsigned queue;
	bool sampled_first; // in a burst
	bool sent;	    // the port was offered some since the last tick
	bool finishing, finished;
	uint32_t first, count; // of held
	uint64_t patience;     // ticks; 0: as long as it takes
	uint64_t refused;      // tick since which the port took none; 0: it did
	struct weir_histogram *latency;
	const struct weir_port_driver *driver;
	struct rte_mbuf *held[WEIR_TX_HOLD];
};

// A device whose gate was ever open stays as it was set up until its lcores have
// ended, also once it is shut.
static inline bool weir_end_is_direct(const struct weir_port_direct *direct)
{
	return likely(load_relaxed(direct->gate) == direct->open) &&
	       likely(load_relaxed(&(*direct->watchers)[direct->queue]) ==
		       NULL);
}

static inline unsigned weir_end_call(const struct weir_port_direct *direct,
	struct rte_mbuf **packets, unsigned count)
{
	return (*direct->burst)(
		(*direct->queues)[direct->queue], packets, (uint16_t)count);
}

// weir_rx_by_driver and weir_tx_by_driver go the long way, and find out whether
// there is a shorter one.
unsigned weir_rx_by_driver(
	struct weir_rx_stage *rx, struct rte_mbuf **packets, unsigned count);
unsigned weir_tx_by_driver(
	struct weir_tx_stage *tx, struct rte_mbuf **packets, unsigned n);

// weir_rx_receive lets the port write up to count packets.
static inline unsigned weir_rx_receive(
	struct weir_rx_stage *rx, struct rte_mbuf **packets, unsigned count)
{
	if (weir_end_is_direct(&rx->direct))
		return weir_end_call(&rx->direct, packets, count);
	return weir_rx_by_driver(rx, packets, count);
}

// weir_tx_send lets the port take the first of packets, and answers how many it
// took. None of them is sampled.
static inline unsigned weir_tx_send(
	struct weir_tx_stage *tx, struct rte_mbuf **packets, unsigned n)
{
	if (weir_end_is_direct(&tx->direct))
		return weir_end_call(&tx->direct, packets, n);
	return weir_tx_by_driver(tx, packets, n);
}

// weir_tx_send_first is weir_tx_send where the first packet may be a sampled
// one: how long it took until now is recorded when the port takes it. The flag
// must not leave with the packet, which may come in again on a port that is a
// ring.
static inline unsigned weir_tx_send_first(struct weir_tx_stage *tx,
	struct rte_mbuf **packets, unsigned n, uint64_t now)
{
	struct rte_mbuf *first = packets[0];
	uint64_t sampled = first->ol_flags & weir_stamp_flag;
	uint64_t tick = *weir_stamp_of(first);
	unsigned taken;

	first->ol_flags ^= sampled;
	taken = weir_tx_send(tx, packets, n);
	if (unlikely(!taken))
		packets[0]->ol_flags |= sampled; // or a copy in its place
	else if (likely(sampled) && tx->latency)
		weir_histogram_record(tx->latency, now - tick);
	return taken;
}

// weir_tx_hold keeps n packets, for which there is room, until the port takes
// them.
void weir_tx_hold(
	struct weir_tx_stage *tx, struct rte_mbuf **packets, unsigned n);

#endif
