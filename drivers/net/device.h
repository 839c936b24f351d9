// SPDX-License-Identifier: BSD-3-Clause
//
// An ethdev: found, configured, started, watched, and given back.
//
// Threads.  All of it the main thread's but for state, which lcores read, and
// each queue's counts, which one lcore writes.
// Memory.  The caller's.
#ifndef WEIR_DRIVERS_NET_DEVICE_H
#define WEIR_DRIVERS_NET_DEVICE_H

#include "base/atomic.h"
#include "base/error.h"
#include "net/kinds.h"

#include <rte_ethdev.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

// Whether lcores may call the device, and how. On the careful path each queue
// says when its lcore is inside the device: see inside.h.
enum weir_device_state {
	WEIR_DEVICE_WAITS,   // for its link, with all that is sent
	WEIR_DEVICE_OPEN,    // and nothing need be done but call it
	WEIR_DEVICE_CAREFUL, // open, but see careful below
	WEIR_DEVICE_DROPS,   // its link is down and the run is to end
	WEIR_DEVICE_GONE,    // was removed
};

// What one lcore does with a queue of one direction.
struct weir_device_queue {
	alignas(WEIR_CACHE_LINE) uint64_t taken; // from the device, or by it;
						 // where careful
	uint64_t dropped;			 // instead of being sent
	uint32_t inside; // its lcore is inside the device; where careful
	struct weir_stock *stock; // where the device makes chains one by one
};

struct weir_device {
	uint16_t id;
	bool plain;   // as of its name
	bool careful; // packets are counted or looked at on the way: of a NIC,
		      // or one that would not take any
	bool hushed;  // sends nothing yet: its other side is starting
	bool shut;    // lcores stay outside: its relay has something to tell it
	bool fences;  // who goes inside needs a fence: see inside.h
	uint32_t state;	    // enum weir_device_state
	uint32_t leaves;    // of the other side, as its relay has seen
	uint32_t frame_max; // bytes that it sends; 0: any
	uint32_t chain_max; // mbufs of a packet that it loses where it finds
			    // fewer; 0: it loses none
	struct weir_device_queue *rx, *tx;
	uint16_t rx_queues, tx_queues; // that lcores use
	uint16_t descriptors;	       // of a receive queue, as set up
	bool found, plugged, started;
	char port[64]; // for messages
	struct weir_device_name name;
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;
	struct rte_eth_stats last;   // as last seen
	uint64_t rx_bytes, tx_bytes; // that it had counted and has forgotten
	uint64_t left; // received by the device, and given up when it stopped
	struct rte_mempool *pool;
	int own; // mbufs that it took when it was set up and, since it was
		 // closed, has not given back: af_xdp never does
};

// What a device is to be set up for.
struct weir_device_setup {
	unsigned rx_queues, tx_queues; // that lcores use; 0: not this way
	unsigned descriptors;	       // 0: what the device prefers
	unsigned node;
	struct rte_mempool *pool;
	uint32_t mtu;	      // 0: as it is
	uint64_t rss;	      // RTE_ETH_RSS_…; 0: what is usual
	bool symmetric;	      // both directions of a flow on one queue
	bool rx_checksum;     // the device is to judge them
	uint64_t tx_offloads; // wanted where the device can
};

// weir_device_plug finds the device, or makes it appear. Answers 0 or -errno
// with words.
int weir_device_plug(struct weir_device *device, struct weir_error *e);

// weir_device_configure sets up its queues, and their stocks where the device
// loses a packet that it finds too few mbufs for.
int weir_device_configure(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e);

// How a device is started.
struct weir_device_start {
	bool promiscuous, multicast;
	uint32_t mtu; // of an interface of the kernel behind it; 0: as it is
};

int weir_device_start(struct weir_device *device,
	const struct weir_device_start *how, struct weir_error *e);

// weir_device_stats looks at the counters, and answers what was last seen:
// those of its last moment when it has stopped or is gone.
const struct rte_eth_stats *weir_device_stats(struct weir_device *device);

// weir_device_link answers whether its link is up.
bool weir_device_link(const struct weir_device *device);

// weir_device_hardware tells whether counters and rings are a NIC's: then
// packets may be counted and not yet taken, or taken and not yet sent.
bool weir_device_hardware(const struct weir_device *device);

// weir_device_stop and weir_device_unplug undo; harmless where there is nothing
// to undo. What a ring device still holds when it stops is freed: DPDK would
// forget it.
void weir_device_stop(struct weir_device *device);
void weir_device_unplug(struct weir_device *device);

#endif
