// SPDX-License-Identifier: BSD-3-Clause
#include "net/net.h"

#include "base/atomic.h"
#include "net/device.h"
#include "port/port.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_SIZE 512

struct net {
	uint32_t descriptors; // option
	bool allow_missed;    // option
	char port[64];
	struct weir_device device;
};

static const struct weir_port_kind kinds[] = {
	{.name = "null",
		.help = "a device that makes empty packets and takes any: its "
			"arguments, e.g. size=64",
		.traits = {.brief_calls = true}},
	{.name = "ring",
		.help = "a device whose packets come in again where they went "
			"out: its arguments",
		.traits = {.brief_calls = true}},
	{.name = "pcap",
		.help = "DPDK's device on captures: its arguments, e.g. "
			"rx_pcap=a.pcap",
		.traits = {.makes_system_calls = true}},
	{.name = "vdev",
		.help = "any software device: its name and arguments, e.g. "
			"net_tap0,iface=tap0",
		.traits = {.brief_calls = true}},
	{0},
};

// Devices behind which is the kernel, or a file.
static const char *const callers[] = {"net_tap", "net_af_packet",
	"eth_af_packet", "net_af_xdp", "net_pcap", "net_tun", "net_memif",
	"eth_pcap", NULL};

static void net_traits(
	const char *kind, const char *value, struct weir_port_traits *traits)
{
	for (unsigned i = 0; !strcmp(kind, "vdev") && callers[i]; i++) {
		if (strncmp(value, callers[i], strlen(callers[i])))
			continue;
		traits->makes_system_calls = true;
		traits->brief_calls = false;
	}
}

// name_device makes up EAL's name of a port's device: EAL finds the driver by
// how the name begins. False where it would be too long.
static bool name_device(
	char *name, size_t size, const char *kind, const char *port)
{
	if (snprintf(name, size, "net_%s_%s", kind, port) >= (int)size)
		return false;
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return true;
}

// split_device takes a device's own name and arguments apart.
static bool split_device(
	char *name, size_t size, const char *value, const char **args)
{
	size_t length = strcspn(value, ",");

	*args = value[length] ? value + length + 1 : "";
	if (!length || length >= size)
		return false;
	memcpy(name, value, length);
	name[length] = '\0';
	return true;
}

// net_null makes packets of the size that it is told, whatever an mbuf holds.
static int check_size(const struct net *net, const char *args,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	const char *size = strstr(args, "size=");
	unsigned long most =
		(unsigned long)rte_pktmbuf_data_room_size(setup->pool) -
		RTE_PKTMBUF_HEADROOM;

	if (!size || (size != args && size[-1] != ','))
		return 0;
	if (strtoul(size + strlen("size="), NULL, 0) <= most)
		return 0;
	return weir_error_set(e, -EINVAL,
		"port '%s': packets of '%s' do not fit into an mbuf of %lu "
		"bytes; make them smaller or raise runtime.packet_size",
		net->port, args, most);
}

static int plug(struct net *net, const char *kind, const char *value,
	struct weir_error *e)
{
	char name[RTE_DEV_NAME_MAX_LEN];
	const char *args = value;

	if (!strcmp(kind, "vdev")) {
		if (!split_device(name, sizeof(name), value, &args))
			return weir_error_set(e, -EINVAL,
				"port '%s': '%s' names no device; write for "
				"example net_tap0,iface=tap0",
				net->port, value);
	} else if (!name_device(name, sizeof(name), kind, net->port)) {
		return weir_error_set(e, -EINVAL,
			"port '%s': the name is too long for a device",
			net->port);
	}
	return weir_device_plug(&net->device, net->port, name, args, e);
}

static int net_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	struct net *net = state;
	struct weir_device_setup wanted = {
		.port = setup->name,
		.rx_queues = setup->receives ? setup->rx_queues : 0,
		.tx_queues = setup->sends ? setup->tx_queues : 0,
		.descriptors = net->descriptors,
		.node = setup->node,
		.pool = setup->pool,
	};
	int err;

	snprintf(net->port, sizeof(net->port), "%s", setup->name);
	err = strcmp(kind, "null") ? 0 : check_size(net, value, setup, e);
	if (!err)
		err = plug(net, kind, value ? value : "", e);
	if (!err)
		err = weir_device_configure(&net->device, &wanted, e);
	return err;
}

static int net_start(void *state, struct weir_error *e)
{
	struct net *net = state;

	return weir_device_start(&net->device, net->port, e);
}

// What rte_eth_rx_burst and rte_eth_tx_burst do, but looking first for callbacks
// that DPDK's tools may have put in (pdump): nothing need be kept for them
// across the device's call.
static __attribute__((noinline)) unsigned rx_watched(const struct net *net,
	unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	return rte_eth_rx_burst(
		net->device.id, (uint16_t)queue, packets, (uint16_t)count);
}

static __attribute__((noinline)) unsigned tx_watched(const struct net *net,
	unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	return rte_eth_tx_burst(
		net->device.id, (uint16_t)queue, packets, (uint16_t)count);
}

static unsigned net_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	const struct net *net = state;
	const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[net->device.id];

	if (unlikely(load_relaxed(&ops->rxq.clbk[queue]) != NULL))
		return rx_watched(net, queue, packets, count);
	return ops->rx_pkt_burst(
		ops->rxq.data[queue], packets, (uint16_t)count);
}

static unsigned net_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	const struct net *net = state;
	const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[net->device.id];

	if (unlikely(!count))
		return 0;
	if (unlikely(load_relaxed(&ops->txq.clbk[queue]) != NULL))
		return tx_watched(net, queue, packets, count);
	return ops->tx_pkt_burst(
		ops->txq.data[queue], packets, (uint16_t)count);
}

static int net_stop(void *state, struct weir_error *e)
{
	struct net *net = state;

	weir_device_stop(&net->device);
	return 0;
}

static void net_stats(void *state, struct weir_port_stats *stats)
{
	const struct net *net = state;
	struct rte_eth_stats s;

	*stats = (struct weir_port_stats){0};
	weir_device_stats(&net->device, &s);
	stats->rx_packets = s.ipackets;
	stats->rx_bytes = s.ibytes;
	stats->rx_missed = s.imissed;
	stats->rx_errors = s.ierrors;
	stats->rx_no_mbuf = s.rx_nombuf;
	stats->tx_packets = s.opackets;
	stats->tx_bytes = s.obytes;
	stats->tx_dropped = s.oerrors;
}

static bool net_may_miss(const void *state)
{
	return ((const struct net *)state)->allow_missed;
}

static void net_close(void *state)
{
	struct net *net = state;

	weir_device_stop(&net->device);
	weir_device_unplug(&net->device);
}

static unsigned net_keeps(const void *options)
{
	const struct net *net = options;

	return net->descriptors ? net->descriptors
				: RTE_ETH_DEV_FALLBACK_RX_RINGSIZE;
}

static const struct weir_option options[] = {
	WEIR_OPTION_U32(struct net, descriptors, "descriptors", 0,
		"receive and transmit descriptors of each queue; 0: what the "
		"device prefers",
		.max = 32768),
	WEIR_OPTION_BOOL(struct net, allow_missed, "allow_missed", "false",
		"packets that the device misses do not fail the run"),
	{0},
};

const struct weir_port_driver weir_net_driver = {
	.name = "net",
	.help = "DPDK's Ethernet devices",
	.kinds = kinds,
	.traits = net_traits,
	.state_size = sizeof(struct net),
	.options = options,
	.keeps = net_keeps,
	.open = net_open,
	.start = net_start,
	.rx = net_rx,
	.tx = net_tx,
	.stop = net_stop,
	.stats = net_stats,
	.may_miss = net_may_miss,
	.close = net_close,
};
