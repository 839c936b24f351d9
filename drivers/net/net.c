// SPDX-License-Identifier: BSD-3-Clause
#include "net/net.h"

#include "host/pci.h"
#include "mem/mem.h"
#include "net/af_packet.h"
#include "net/inside.h"
#include "net/kinds.h"
#include "net/own.h"
#include "net/rights.h"
#include "net/stock.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#define LINK_WAIT_NS 10000000000u // for a NIC

enum { CHECKSUM_AUTO, CHECKSUM_YES, CHECKSUM_NO };

// ---- open ----

static int make_queues(struct weir_net *net,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	struct weir_device *device = &net->device;
	size_t rx = setup->rx_queues * sizeof(*device->rx);
	size_t tx = setup->tx_queues * sizeof(*device->tx);

	device->rx = weir_mem_create(rx, (int)setup->node);
	device->tx = weir_mem_create(tx, (int)setup->node);
	if (device->rx && device->tx)
		return 0;
	return weir_error_set(
		e, -ENOMEM, "port '%s': no memory for its queues", setup->name);
}

static uint64_t fields_of(uint32_t rss)
{
	static const uint64_t fields[] = {RTE_ETH_RSS_IP, RTE_ETH_RSS_TCP,
		RTE_ETH_RSS_UDP, RTE_ETH_RSS_SCTP, RTE_ETH_RSS_ETH,
		RTE_ETH_RSS_C_VLAN | RTE_ETH_RSS_S_VLAN, RTE_ETH_RSS_TUNNEL};
	uint64_t all = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (rss & 1u << i)
			all |= fields[i];
	return all;
}

static uint64_t checksums(const struct weir_net *net)
{
	bool wanted = net->tx_checksum == CHECKSUM_YES ||
		      (net->tx_checksum == CHECKSUM_AUTO &&
			      weir_device_hardware(&net->device));

	return wanted ? RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
				RTE_ETH_TX_OFFLOAD_TCP_CKSUM
		      : 0;
}

static int configure(struct weir_net *net, const struct weir_port_setup *setup,
	struct weir_error *e)
{
	struct weir_device_setup wanted = {
		.rx_queues = setup->receives ? setup->rx_queues : 0,
		.tx_queues = setup->sends ? setup->tx_queues : 0,
		.descriptors = net->descriptors,
		.node = setup->node,
		.pool = setup->pool,
		.mtu = net->mtu,
		.rss = fields_of(net->rss),
		.symmetric = net->symmetric,
		.rx_checksum = net->rx_checksum,
		.tx_offloads = checksums(net),
	};

	return weir_device_configure(&net->device, &wanted, e);
}

static int net_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	struct weir_net *net = state;
	unsigned rx_queues = setup->receives ? setup->rx_queues : 0;
	unsigned tx_queues = setup->sends ? setup->tx_queues : 0;
	struct weir_kind_request request = {
		.port = setup->name,
		.kind = kind,
		.value = value ? value : "",
		.receives = setup->receives,
		.sends = setup->sends,
		.role = net->role,
		.queues = RTE_MAX(rx_queues, tx_queues),
		.mtu = net->mtu,
		.room = rte_pktmbuf_data_room_size(setup->pool) -
			RTE_PKTMBUF_HEADROOM,
	};
	int err;

	net->clock = setup->clock;
	net->pool = setup->pool;
	net->room = request.room;
	snprintf(net->device.port, sizeof(net->device.port), "%s", setup->name);
	if ((err = make_queues(net, setup, e)) ||
		(err = weir_kind_name(&net->device.name, &request, e)))
		return err;
	weir_inside_init(&net->device);
	if ((err = weir_relay_open(&net->relay, &net->device, e)) ||
		(err = weir_device_plug(&net->device, e)))
		return err;
	net->device.plain = net->device.name.plain;
	return configure(net, setup, e);
}

// net_tap refuses what is longer for ever, and everything behind it.
static void find_frame_max(struct weir_net *net)
{
	uint16_t mtu;

	if (net->device.name.tap && !rte_eth_dev_get_mtu(net->device.id, &mtu))
		net->device.frame_max = mtu + 22u;
}

static int net_start(void *state, struct weir_error *e)
{
	struct weir_net *net = state;
	struct weir_device_start how = {
		.promiscuous = net->promiscuous,
		.multicast = net->multicast,
		.mtu = net->mtu,
	};
	uint64_t wait = net->link_wait;
	int err;

	if ((err = weir_relay_reach(net->relay, e)) ||
		(err = weir_device_start(&net->device, &how, e)) ||
		(err = weir_relay_start(net->relay, e)))
		return err;
	find_frame_max(net);
	net->device.careful = weir_device_hardware(&net->device) ||
			      net->device.plain || net->device.frame_max ||
			      net->device.name.forgets || net->device.chain_max;
	if (!strcmp(net->device.info.driver_name, "net_af_packet"))
		weir_af_packet_find(&net->kernel, net->device.name.interface);
	if (!wait && weir_device_hardware(&net->device))
		wait = LINK_WAIT_NS;
	weir_vigil_start(&net->vigil, &net->device, net->clock, wait);
	return 0;
}

// ---- the main thread, while it runs ----

static void net_quit(void *state)
{
	struct weir_net *net = state;

	weir_vigil_quit(&net->vigil);
}

static bool look_at_pool(struct weir_net *net, struct weir_port_event *event)
{
	if (net->told_no_mbuf || net->device.name.loses ||
		!net->device.last.rx_nombuf)
		return false;
	net->told_no_mbuf = true;
	event->fault = false;
	snprintf(event->text, sizeof(event->text),
		"port '%s': the pool was empty, and packets waited in the "
		"device; runtime.packets gives it more",
		net->device.port);
	return true;
}

static bool net_watch(void *state, struct weir_port_event *event)
{
	struct weir_net *net = state;

	return weir_vigil_look(&net->vigil, event) || look_at_pool(net, event);
}

static uint64_t net_tx_offloads(const void *state)
{
	return ((const struct weir_net *)state)->device.conf.txmode.offloads;
}

static bool net_may_miss(const void *state)
{
	return ((const struct weir_net *)state)->allow_missed;
}

// ---- the end ----

static int net_stop(void *state, struct weir_error *e)
{
	struct weir_net *net = state;

	if (net->stopped)
		return 0;
	net->stopped = true;
	weir_vigil_stop(&net->vigil);
	if (load_acquire(&net->device.state) != WEIR_DEVICE_GONE)
		weir_net_keep_rows(net);
	if (net->device.started)
		weir_af_packet_look(&net->kernel);
	weir_device_stats(&net->device); // a memif without its peer has none
	weir_relay_stop(net->relay);
	weir_device_stop(&net->device);
	return 0;
}

static void net_close(void *state)
{
	struct weir_net *net = state;

	net_stop(net, NULL);
	weir_device_unplug(&net->device);
	weir_relay_close(net->relay, &net->device);
	for (unsigned i = 0; net->device.rx && i < net->device.rx_queues; i++)
		weir_stock_destroy(net->device.rx[i].stock);
	weir_mem_destroy(net->device.rx);
	weir_mem_destroy(net->device.tx);
	free(net->rows);
}

static unsigned net_kept(const void *state)
{
	int own = ((const struct weir_net *)state)->device.own;

	return own > 0 ? (unsigned)own : 0;
}

// ---- the table ----

static const char *net_check(const char *kind, const char *value,
	const void *options, struct weir_error *e)
{
	const struct weir_net *net = options;

	return weir_kind_check(kind, value, net->role, e);
}

static int net_ready(const char *kind, const char *value, const char *name,
	uint64_t memory_size, struct weir_error *e)
{
	char address[WEIR_PCI_ADDRESS_SIZE];
	int err = weir_rights_check(kind, name, e);

	if (err)
		return err;
	if (strcmp(kind, "pci") || !weir_kind_pci(value, address))
		return 0;
	return weir_pci_check("", name, address, memory_size, e);
}

static unsigned net_keeps(const char *kind, const void *options)
{
	const struct weir_net *net = options;

	return weir_kind_keeps(kind, net->descriptors);
}

static const char *const roles[] = {"auto", "server", "client", NULL};
static const char *const checksum_words[] = {"auto", "yes", "no", NULL};
static const char *const rss_words[] = {
	"ip", "tcp", "udp", "sctp", "ethernet", "vlan", "tunnel", NULL};

static const struct weir_option options[] = {
	WEIR_OPTION_U32(struct weir_net, descriptors, "descriptors", auto,
		"receive and transmit descriptors of each queue; auto: what "
		"the device prefers",
		.max = 32768, .zero = "auto"),
	WEIR_OPTION_CHOICES(struct weir_net, rss, "rss", "", rss_words,
		"header fields by which a NIC spreads packets over queues; "
		"none named: ip, tcp, udp and sctp, as far as it can"),
	WEIR_OPTION_BOOL(struct weir_net, symmetric, "symmetric", "false",
		"a NIC brings both directions of a flow in on one queue"),
	WEIR_OPTION_BOOL(struct weir_net, promiscuous, "promiscuous", "true",
		"receive what is for other addresses too"),
	WEIR_OPTION_BOOL(struct weir_net, multicast, "multicast", "false",
		"receive what is for any group; promiscuous does too"),
	WEIR_OPTION_U32(struct weir_net, mtu, "mtu", auto,
		"the longest packet, without Ethernet's header; auto: as the "
		"device has it",
		.min = 68, .max = 65535, .zero = "auto"),
	WEIR_OPTION_DURATION(struct weir_net, link_wait, "link_wait", "auto",
		"how long packets wait for the link at the start; auto: 10s "
		"for a NIC, not at all for others",
		.zero = "auto"),
	WEIR_OPTION_BOOL(struct weir_net, rx_checksum, "rx_checksum", "false",
		"have the device judge checksums, and mark packets by it"),
	WEIR_OPTION_CHOICE(struct weir_net, tx_checksum, "tx_checksum", "auto",
		checksum_words,
		"offer to write checksums to stages that change packets; auto: "
		"where it is hardware"),
	WEIR_OPTION_CHOICE(struct weir_net, role, "role", "auto", roles,
		"which side makes the socket of memif, vhost and virtio_user; "
		"auto: vhost does"),
	WEIR_OPTION_BOOL(struct weir_net, allow_missed, "allow_missed", "false",
		"packets that the device misses do not fail the run"),
	{0},
};

const struct weir_port_driver weir_net_driver = {
	.name = "net",
	.help = "DPDK's Ethernet devices",
	.kinds = weir_net_kinds,
	.traits = weir_kind_traits,
	.state_size = sizeof(struct weir_net),
	.options = options,
	.check = net_check,
	.ready = net_ready,
	.keeps = net_keeps,
	.open = net_open,
	.start = net_start,
	.rx = weir_net_rx,
	.tx = weir_net_tx,
	.direct = weir_net_direct,
	.ended = weir_net_ended,
	.finish = weir_net_finish,
	.finished = weir_net_finished,
	.quit = net_quit,
	.stop = net_stop,
	.may_miss = net_may_miss,
	.stats = weir_net_stats,
	.rows = weir_net_rows,
	.watch = net_watch,
	.tx_offloads = net_tx_offloads,
	.close = net_close,
	.kept = net_kept,
};
