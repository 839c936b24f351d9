// SPDX-License-Identifier: BSD-3-Clause
#include "net/device.h"

#include <errno.h>
#include <rte_dev.h>
#include <string.h>

int weir_device_plug(struct weir_device *device, const char *port,
	const char *name, const char *args, struct weir_error *e)
{
	int err;

	snprintf(device->name, sizeof(device->name), "%s", name);
	// EAL would hand out the one that is there.
	if (rte_eth_dev_get_port_by_name(name, &device->id) == 0)
		return weir_error_set(e, -EEXIST,
			"port '%s': there is a device '%s' already; give each "
			"port a device of its own",
			port, name);
	err = rte_eal_hotplug_add("vdev", device->name, args);
	if (err)
		return weir_error_set(e, err,
			"port '%s': device '%s' with '%s' cannot be made: %s; "
			"EAL's lines above say more",
			port, name, args, strerror(-err));
	device->plugged = true;
	err = rte_eth_dev_get_port_by_name(device->name, &device->id);
	if (err)
		return weir_error_set(e, err,
			"port '%s': '%s' is not a network device", port, name);
	return 0;
}

static int refuse_queues(const struct weir_device *device, const char *port,
	const char *direction, unsigned wanted, unsigned has,
	struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"port '%s': %u %s queues asked for, device '%s' has %u; use "
		"fewer replicas",
		port, wanted, direction, device->name, has);
}

static int setup_queues(struct weir_device *device,
	const struct weir_device_setup *setup, unsigned rx_queues,
	unsigned tx_queues)
{
	uint16_t rx_size = (uint16_t)setup->descriptors;
	uint16_t tx_size = (uint16_t)setup->descriptors;
	int err = 0;

	if (!rx_size)
		rx_size = device->info.default_rxportconf.ring_size;
	if (!tx_size)
		tx_size = device->info.default_txportconf.ring_size;
	if (!rx_size)
		rx_size = RTE_ETH_DEV_FALLBACK_RX_RINGSIZE;
	if (!tx_size)
		tx_size = RTE_ETH_DEV_FALLBACK_TX_RINGSIZE;
	err = rte_eth_dev_adjust_nb_rx_tx_desc(device->id, &rx_size, &tx_size);
	for (unsigned i = 0; !err && i < rx_queues; i++)
		err = rte_eth_rx_queue_setup(device->id, (uint16_t)i, rx_size,
			setup->node, NULL, setup->pool);
	for (unsigned i = 0; !err && i < tx_queues; i++)
		err = rte_eth_tx_queue_setup(
			device->id, (uint16_t)i, tx_size, setup->node, NULL);
	return err;
}

int weir_device_configure(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	struct rte_eth_conf conf = {0};
	// Most devices want both directions, used or not.
	unsigned rx_queues = setup->rx_queues ? setup->rx_queues : 1;
	unsigned tx_queues = setup->tx_queues ? setup->tx_queues : 1;
	int err = rte_eth_dev_info_get(device->id, &device->info);

	if (err)
		goto failed;
	if (setup->rx_queues > device->info.max_rx_queues)
		return refuse_queues(device, setup->port, "receive",
			setup->rx_queues, device->info.max_rx_queues, e);
	if (setup->tx_queues > device->info.max_tx_queues)
		return refuse_queues(device, setup->port, "transmit",
			setup->tx_queues, device->info.max_tx_queues, e);
	rx_queues = RTE_MIN(rx_queues, device->info.max_rx_queues);
	tx_queues = RTE_MIN(tx_queues, device->info.max_tx_queues);
	// Where it is offered, chained mbufs leave as they are.
	conf.txmode.offloads =
		device->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	err = rte_eth_dev_configure(
		device->id, (uint16_t)rx_queues, (uint16_t)tx_queues, &conf);
	if (!err)
		err = setup_queues(device, setup, rx_queues, tx_queues);
	if (!err)
		return 0;
failed:
	return weir_error_set(e, err,
		"port '%s': device '%s' cannot be set up: %s; EAL's lines "
		"above say more",
		setup->port, device->name, strerror(-err));
}

int weir_device_start(
	struct weir_device *device, const char *port, struct weir_error *e)
{
	int err = rte_eth_dev_start(device->id);

	if (err)
		return weir_error_set(e, err,
			"port '%s': device '%s' cannot be started: %s", port,
			device->name, strerror(-err));
	device->started = true;
	// Not every device knows of addresses: one that does not receives all.
	rte_eth_promiscuous_enable(device->id);
	return 0;
}

void weir_device_stats(
	const struct weir_device *device, struct rte_eth_stats *stats)
{
	*stats = device->last;
	if (device->started && rte_eth_stats_get(device->id, stats))
		memset(stats, 0, sizeof(*stats));
}

// empty frees what lies in the rings of a ring device.
static void empty(const struct weir_device *device)
{
	struct rte_mbuf *packets[32];
	struct rte_eth_dev_info info;
	uint16_t n;

	if (rte_eth_dev_info_get(device->id, &info) ||
		strcmp(info.driver_name, "net_ring"))
		return;
	for (uint16_t queue = 0; queue < info.nb_rx_queues; queue++)
		while ((n = rte_eth_rx_burst(device->id, queue, packets, 32)) >
			0)
			rte_pktmbuf_free_bulk(packets, n);
}

void weir_device_stop(struct weir_device *device)
{
	if (!device->started)
		return;
	// What is freed here never came in.
	weir_device_stats(device, &device->last);
	empty(device);
	rte_eth_dev_stop(device->id);
	device->started = false;
}

void weir_device_unplug(struct weir_device *device)
{
	if (!device->plugged)
		return;
	rte_eth_dev_close(device->id);
	rte_eal_hotplug_remove("vdev", device->name);
	device->plugged = false;
}
