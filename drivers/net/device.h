// SPDX-License-Identifier: BSD-3-Clause
//
// An ethdev: found, configured, started, and given back.
//
// Memory.  The caller's.
#ifndef WEIR_DRIVERS_NET_DEVICE_H
#define WEIR_DRIVERS_NET_DEVICE_H

#include "base/error.h"

#include <rte_ethdev.h>
#include <stdbool.h>
#include <stdint.h>

struct weir_device {
	char name[RTE_DEV_NAME_MAX_LEN]; // EAL's: "net_null_in"
	uint16_t id;
	bool plugged, started;
	struct rte_eth_dev_info info;
	struct rte_eth_stats last; // when it stopped
};

// What a device is to be set up for.
struct weir_device_setup {
	const char *port; // for messages
	unsigned rx_queues, tx_queues;
	unsigned descriptors; // 0: what the device prefers
	unsigned node;
	struct rte_mempool *pool;
};

// weir_device_plug makes the software device name with args appear. Answers 0
// or -errno with words.
int weir_device_plug(struct weir_device *device, const char *port,
	const char *name, const char *args, struct weir_error *e);

// weir_device_configure sets up its queues.
int weir_device_configure(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e);

// weir_device_start starts it, promiscuous where it can be.
int weir_device_start(
	struct weir_device *device, const char *port, struct weir_error *e);

// weir_device_stats answers its counters, those of its last moment when it has
// stopped.
void weir_device_stats(
	const struct weir_device *device, struct rte_eth_stats *stats);

// weir_device_stop and weir_device_unplug undo; harmless where there is nothing
// to undo. What a ring device still holds when it stops is freed: DPDK would
// forget it.
void weir_device_stop(struct weir_device *device);
void weir_device_unplug(struct weir_device *device);

#endif
