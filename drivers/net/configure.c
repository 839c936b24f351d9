// SPDX-License-Identifier: BSD-3-Clause
//
// Queues, how packets are spread over them, how long a packet may be, and what
// the device is to do with checksums. What the file asks for and the device
// cannot is an error; what nobody asked for is taken where it is offered.
#include "net/device.h"

#include "base/log.h"
#include "mem/pool.h"
#include "net/heard.h"
#include "net/stock.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <string.h>

#define FRAME_OVER 26u // Ethernet's header, two tags and the CRC, over the MTU
#define KEY_SIZE 64
#define BURST 32   // packets that are asked for at once, mostly
#define AHEAD 1088 // mbufs, of those that a port's recipe keeps for a queue
#define RSS_USUAL \
	(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP)

// ---- queues ----

static int refuse_queues(const struct weir_device *device,
	const char *direction, unsigned wanted, unsigned has,
	struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"port '%s': %u %s queues asked for, device '%s' has %u; set "
		"'queues' of the port to that, and spread further with a shard",
		device->port, wanted, direction, device->name.name, has);
}

// Most devices want both directions, used or not, and some as many of one as
// of the other.
static int count_queues(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	const struct rte_eth_dev_info *info = &device->info;
	unsigned most = RTE_MAX(setup->rx_queues, setup->tx_queues);

	if (setup->rx_queues > info->max_rx_queues)
		return refuse_queues(device, "receive", setup->rx_queues,
			info->max_rx_queues, e);
	if (setup->tx_queues > info->max_tx_queues)
		return refuse_queues(device, "transmit", setup->tx_queues,
			info->max_tx_queues, e);
	device->rx_queues = (uint16_t)setup->rx_queues;
	device->tx_queues = (uint16_t)setup->tx_queues;
	return (int)most;
}

// The longest packet has 64 KiB. A pool that has fewer mbufs than that is not to
// wait for them for ever.
static int make_stocks(
	struct weir_device *device, const struct weir_device_setup *setup)
{
	unsigned room =
		rte_pktmbuf_data_room_size(setup->pool) - RTE_PKTMBUF_HEADROOM;
	unsigned most = setup->pool->size;
	unsigned chain = RTE_MIN(UINT16_MAX / room + 1, most / 4 + 1);
	unsigned size = weir_stock_share(
		setup->pool, setup->rx_queues, RTE_MIN(BURST * chain, AHEAD));

	if (!device->name.tears)
		return 0;
	device->chain_max = chain;
	for (unsigned i = 0; i < setup->rx_queues; i++) {
		device->rx[i].stock = weir_stock_create(setup->pool,
			RTE_MAX(size, chain), (uint32_t)device->id << 16 | i,
			(int)setup->node);
		if (!device->rx[i].stock)
			return -ENOMEM;
	}
	return 0;
}

static struct rte_mempool *pool_of(const struct weir_device *device,
	const struct weir_device_setup *setup, unsigned queue)
{
	return queue < device->rx_queues && device->rx[queue].stock
		       ? device->rx[queue].stock->front
		       : setup->pool;
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
			setup->node, NULL, pool_of(device, setup, i));
	for (unsigned i = 0; !err && i < tx_queues; i++)
		err = rte_eth_tx_queue_setup(
			device->id, (uint16_t)i, tx_size, setup->node, NULL);
	device->descriptors = rx_size;
	return err;
}

// ---- how packets are spread ----

// Of a key of this pattern both directions of a flow have the same hash (Woo
// and Park, 2012).
static uint8_t symmetric_key[KEY_SIZE];

static void make_symmetric_key(void)
{
	for (unsigned i = 0; i < KEY_SIZE; i++)
		symmetric_key[i] = i % 2 ? 0x5a : 0x6d;
}

static int refuse_rss(const struct weir_device *device, struct weir_error *e)
{
	return weir_error_set(e, -ENOTSUP,
		"port '%s': device '%s' cannot spread packets over queues by "
		"these fields; take %s away, or 'queues', and spread with a "
		"shard",
		device->port, device->name.name, "'rss' and 'symmetric'");
}

static int ask_rss(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	struct rte_eth_rss_conf *rss = &device->conf.rx_adv_conf.rss_conf;
	uint64_t can = device->info.flow_type_rss_offloads;
	uint64_t wanted = setup->rss ? setup->rss : RSS_USUAL;

	// A group such as IP stands for what of it there is.
	if (!(can & wanted))
		return refuse_rss(device, e);
	device->conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss->rss_hf = can & wanted;
	if (!setup->symmetric)
		return 0;
	if (device->info.hash_key_size > KEY_SIZE)
		return refuse_rss(device, e);
	make_symmetric_key();
	rss->rss_key = symmetric_key;
	rss->rss_key_len =
		device->info.hash_key_size ? device->info.hash_key_size : 40;
	return 0;
}

static int spread(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	bool asked = setup->rss || setup->symmetric;

	if (asked && device->name.spreads)
		return refuse_rss(device, e);
	if (setup->rx_queues < 2 || device->name.spreads)
		return 0;
	if (asked || device->info.flow_type_rss_offloads & RSS_USUAL)
		return ask_rss(device, setup, e);
	if (weir_device_hardware(device))
		return weir_error_set(e, -ENOTSUP,
			"port '%s': device '%s' has %u queues and cannot "
			"spread packets over them; take 'queues' away and "
			"spread with a shard",
			device->port, device->name.name,
			device->info.max_rx_queues);
	weir_log(WEIR_LOG_WARNING, "port.spread",
		"port '%s': device '%s' does not say how it spreads packets "
		"over %u queues; some may get none",
		device->port, device->name.name, setup->rx_queues);
	return 0;
}

// ---- how long a packet may be ----

static int check_mtu(
	const struct weir_device *device, uint32_t mtu, struct weir_error *e)
{
	const struct rte_eth_dev_info *info = &device->info;

	if (mtu >= info->min_mtu && mtu <= info->max_mtu &&
		(info->max_mtu != UINT16_MAX ||
			mtu + 18 <= info->max_rx_pktlen))
		return 0;
	return weir_error_set(e, -EINVAL,
		"port '%s': device '%s' takes an mtu from %u to %u, not %u",
		device->port, device->name.name, info->min_mtu,
		info->max_mtu != UINT16_MAX ? info->max_mtu
					    : info->max_rx_pktlen - 18,
		mtu);
}

// A packet that is longer than an mbuf's room needs a chain of them.
static int measure(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	uint64_t can = device->info.rx_offload_capa;
	unsigned room =
		rte_pktmbuf_data_room_size(setup->pool) - RTE_PKTMBUF_HEADROOM;
	unsigned frame = (setup->mtu ? setup->mtu : RTE_ETHER_MTU) + FRAME_OVER;
	int err;

	if (setup->mtu && !*device->name.interface) {
		err = check_mtu(device, setup->mtu, e);
		if (err)
			return err;
		device->conf.rxmode.mtu = setup->mtu;
	}
	if (frame <= room)
		return 0;
	if (can & RTE_ETH_RX_OFFLOAD_SCATTER)
		device->conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	else if (setup->mtu && setup->rx_queues)
		return weir_error_set(e, -EINVAL,
			"port '%s': packets of %u bytes do not fit into an "
			"mbuf of %u, and device '%s' knows no chains; set "
			"runtime.packet_size to %u",
			device->port, frame, room, device->name.name, frame);
	return 0;
}

// ---- what the device does with packets ----

static int offload(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	const uint64_t checksums = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM |
				   RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
				   RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	uint64_t can = device->info.rx_offload_capa & checksums;

	// Where it is offered, chained mbufs leave as they are.
	device->conf.txmode.offloads =
		device->info.tx_offload_capa &
		(RTE_ETH_TX_OFFLOAD_MULTI_SEGS | setup->tx_offloads);
	if (!setup->rx_checksum)
		return 0;
	if (!can)
		return weir_error_set(e, -ENOTSUP,
			"port '%s': device '%s' does not judge checksums; take "
			"'rx_checksum' away",
			device->port, device->name.name);
	device->conf.rxmode.offloads |= can;
	return 0;
}

static int apply(struct weir_device *device,
	const struct weir_device_setup *setup, unsigned queues,
	struct weir_error *e)
{
	unsigned rx_queues = RTE_MIN(queues, device->info.max_rx_queues);
	unsigned tx_queues = RTE_MIN(queues, device->info.max_tx_queues);
	unsigned held = weir_pool_held(setup->pool);
	struct weir_heard heard;
	int err;

	device->pool = setup->pool;
	weir_heard_begin(&heard);
	err = rte_eth_dev_configure(device->id, (uint16_t)rx_queues,
		(uint16_t)tx_queues, &device->conf);
	if (!err)
		err = make_stocks(device, setup);
	if (!err)
		err = setup_queues(device, setup, rx_queues, tx_queues);
	if (err)
		weir_error_set(e, err,
			"port '%s': device '%s' cannot be set up: %s%s",
			device->port, device->name.name, strerror(-err),
			weir_heard_why(&heard));
	weir_heard_end(&heard);
	device->own += (int)(weir_pool_held(setup->pool) - held);
	return err;
}

int weir_device_configure(struct weir_device *device,
	const struct weir_device_setup *setup, struct weir_error *e)
{
	int queues, err = rte_eth_dev_info_get(device->id, &device->info);

	if (err)
		return weir_error_set(e, err,
			"port '%s': device '%s' does not say what it can: %s",
			device->port, device->name.name, strerror(-err));
	queues = count_queues(device, setup, e);
	if (queues < 0)
		return queues;
	if ((err = spread(device, setup, e)) ||
		(err = measure(device, setup, e)) ||
		(err = offload(device, setup, e)))
		return err;
	return apply(device, setup, (unsigned)queues, e);
}
