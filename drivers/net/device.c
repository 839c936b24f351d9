// SPDX-License-Identifier: BSD-3-Clause
#include "net/device.h"

#include "mem/pool.h"
#include "net/heard.h"

#include <errno.h>
#include <net/if.h>
#include <rte_dev.h>
#include <rte_mbuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DRAIN_MAX 65536u // packets: more never fit a ring

static bool is_pci(const struct weir_device *device)
{
	return !strcmp(device->name.bus, "pci");
}

bool weir_device_hardware(const struct weir_device *device)
{
	return is_pci(device);
}

// DPDK answers -1 for "it says why in the log", which is no "not permitted".
static const char *reason(int err)
{
	return err == -1 ? "it is refused" : strerror(-err);
}

static int make(struct weir_device *device, struct weir_error *e)
{
	const struct weir_device_name *name = &device->name;
	struct weir_heard heard;
	int err;

	weir_heard_begin(&heard);
	err = rte_eal_hotplug_add(name->bus, name->name, name->args);
	if (err)
		weir_error_set(e, err,
			"port '%s': device '%s'%s%s%s cannot be made: %s%s",
			device->port, name->name, *name->args ? " with '" : "",
			name->args, *name->args ? "'" : "", reason(err),
			weir_heard_why(&heard));
	weir_heard_end(&heard);
	device->plugged = !err;
	return err;
}

int weir_device_plug(struct weir_device *device, struct weir_error *e)
{
	const char *name = device->name.name;
	int err = rte_eth_dev_get_port_by_name(name, &device->id);

	// EAL would hand out the one that is there. It has probed NICs itself.
	if (!err && !is_pci(device))
		return weir_error_set(e, -EEXIST,
			"port '%s': there is a device '%s' already; give each "
			"port a device of its own",
			device->port, name);
	if (err && (err = make(device, e)))
		return err;
	err = rte_eth_dev_get_port_by_name(name, &device->id);
	if (err)
		return weir_error_set(e, err,
			"port '%s': '%s' is not a network device", device->port,
			name);
	device->found = true;
	return 0;
}

// ---- start ----

// set_interface_mtu is for devices in front of an interface of the kernel:
// ethdev bounds their MTU although the interface need not.
static int set_interface_mtu(
	const struct weir_device *device, uint32_t mtu, struct weir_error *e)
{
	struct ifreq request = {.ifr_mtu = (int)mtu};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	strcpy(request.ifr_name, device->name.interface);
	if (fd < 0 || ioctl(fd, SIOCSIFMTU, &request))
		err = weir_error_set(e, -errno,
			"port '%s': the mtu of '%s' cannot be set to %u: %s",
			device->port, device->name.interface, mtu,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

// A client of memif wants its server to be there.
static const char *first_server(const struct weir_device *device)
{
	return !strcmp(device->info.driver_name, "net_memif")
		       ? "; the side with 'role: server' goes first"
		       : "";
}

int weir_device_start(struct weir_device *device,
	const struct weir_device_start *how, struct weir_error *e)
{
	unsigned held = weir_pool_held(device->pool);
	struct weir_heard heard;
	int err;

	if (how->mtu && *device->name.interface &&
		(err = set_interface_mtu(device, how->mtu, e)))
		return err;
	weir_heard_begin(&heard);
	err = rte_eth_dev_start(device->id);
	if (err)
		weir_error_set(e, err,
			"port '%s': device '%s' cannot be started: %s%s%s",
			device->port, device->name.name, reason(err),
			weir_heard_why(&heard), first_server(device));
	// Not every device knows of addresses: one that does not receives all.
	if (!err && how->promiscuous)
		rte_eth_promiscuous_enable(device->id);
	if (!err && how->multicast)
		rte_eth_allmulticast_enable(device->id);
	weir_heard_end(&heard);
	device->own += (int)(weir_pool_held(device->pool) - held);
	device->started = !err;
	return err;
}

// ---- while it runs ----

// has_forgotten tells of a device that counts nothing while nobody is on the other
// side, and goes on from where it was when somebody is.
static bool has_forgotten(
	const struct weir_device *device, const struct rte_eth_stats *now)
{
	return device->name.forgets &&
	       (now->ibytes < device->last.ibytes ||
		       now->obytes < device->last.obytes);
}

const struct rte_eth_stats *weir_device_stats(struct weir_device *device)
{
	struct rte_eth_stats now;
	// The registers of a NIC go with it.
	bool readable = !weir_device_hardware(device) ||
			load_acquire(&device->state) != WEIR_DEVICE_GONE;

	if (device->started && readable &&
		!rte_eth_stats_get(device->id, &now) &&
		!has_forgotten(device, &now)) {
		if (now.ibytes < device->last.ibytes)
			device->rx_bytes += device->last.ibytes;
		if (now.obytes < device->last.obytes)
			device->tx_bytes += device->last.obytes;
		device->last = now;
	}
	return &device->last;
}

bool weir_device_link(const struct weir_device *device)
{
	struct rte_eth_link link = {0};

	return device->started && !rte_eth_link_get_nowait(device->id, &link) &&
	       link.link_status == RTE_ETH_LINK_UP;
}

// ---- the end ----

// empty frees what lies in receive rings, and answers how much that was.
static uint64_t empty(const struct weir_device *device, unsigned queues)
{
	struct rte_mbuf *packets[32];
	uint64_t count = 0;
	uint16_t n;

	for (unsigned queue = 0; queue < queues; queue++)
		while (count < DRAIN_MAX &&
			(n = rte_eth_rx_burst(device->id, (uint16_t)queue,
				 packets, 32)) > 0) {
			rte_pktmbuf_free_bulk(packets, n);
			count += n;
		}
	return count;
}

// What a NIC has received it has counted, though no lcore took it any more.
// What is freed of a ring device never came in.
static void empty_rings(struct weir_device *device)
{
	struct rte_eth_dev_info info;

	if (weir_device_hardware(device))
		device->left += empty(device, device->rx_queues);
	weir_device_stats(device);
	if (!strcmp(device->info.driver_name, "net_ring") &&
		!rte_eth_dev_info_get(device->id, &info))
		empty(device, info.nb_rx_queues);
}

// settle has the kernel take what af_xdp was given, and af_xdp free what was
// taken: it does so only when it is called, and not when it is closed.
static void settle(const struct weir_device *device)
{
	for (uint16_t queue = 0; device->plain && queue < device->tx_queues;
		queue++)
		for (int i = 0; i < 2; i++)
			rte_eth_tx_burst(device->id, queue, NULL, 0);
}

void weir_device_stop(struct weir_device *device)
{
	unsigned held;

	if (!device->started)
		return;
	if (load_acquire(&device->state) != WEIR_DEVICE_GONE) {
		empty_rings(device);
		settle(device);
	} else {
		weir_device_stats(device);
	}
	held = weir_pool_held(device->pool);
	rte_eth_dev_stop(device->id);
	device->own -= (int)(held - weir_pool_held(device->pool));
	device->started = false;
}

void weir_device_unplug(struct weir_device *device)
{
	unsigned held;

	if (!device->found) {
		// Made, and then no network device.
		if (device->plugged)
			rte_eal_hotplug_remove(
				device->name.bus, device->name.name);
		device->plugged = false;
		return;
	}
	held = device->pool ? weir_pool_held(device->pool) : 0;
	rte_eth_dev_close(device->id);
	rte_eal_hotplug_remove(device->name.bus, device->name.name);
	if (device->pool)
		device->own -= (int)(held - weir_pool_held(device->pool));
	device->found = device->plugged = false;
}
