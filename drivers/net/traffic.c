// SPDX-License-Identifier: BSD-3-Clause
#include "net/own.h"

#include "net/inside.h"
#include "net/stock.h"

#include <rte_mbuf.h>

#define LINGER_NS 20000000u
#define SENT_NS 200000000u // that a NIC may take to send all it has

// What rte_eth_rx_burst and rte_eth_tx_burst do, but looking first for callbacks
// that DPDK's tools may have put in (pdump): nothing need be kept for them
// across the device's call.
static __attribute__((noinline)) unsigned rx_watched(
	const struct weir_device *device, unsigned queue,
	struct rte_mbuf **packets, unsigned count)
{
	return rte_eth_rx_burst(
		device->id, (uint16_t)queue, packets, (uint16_t)count);
}

static __attribute__((noinline)) unsigned tx_watched(
	const struct weir_device *device, unsigned queue,
	struct rte_mbuf **packets, unsigned count)
{
	return rte_eth_tx_burst(
		device->id, (uint16_t)queue, packets, (uint16_t)count);
}

// fitting answers how many packets the queue surely has mbufs for, however long
// they are.
static unsigned fitting(const struct weir_device *device,
	const struct weir_device_queue *queue, unsigned count)
{
	unsigned stock;

	if (!device->chain_max)
		return count;
	stock = weir_stock_fill(queue->stock, count * device->chain_max);
	return RTE_MIN(stock / device->chain_max, count);
}

static bool is_open(const struct weir_device *device)
{
	return load_acquire(&device->state) == WEIR_DEVICE_CAREFUL &&
	       !load_acquire(&device->shut);
}

static __attribute__((noinline)) unsigned rx_careful(
	const struct weir_device *device, unsigned queue,
	struct rte_mbuf **packets, unsigned count)
{
	struct weir_device_queue *own = &device->rx[queue];
	unsigned taken = 0;

	weir_inside_enter(device, own);
	if (is_open(device))
		count = fitting(device, own, count);
	else
		count = 0;
	if (count)
		taken = rx_watched(device, queue, packets, count);
	weir_inside_leave(own);
	count_add(&own->taken, taken);
	return taken;
}

unsigned weir_net_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	const struct weir_device *device = state;
	const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[device->id];

	if (unlikely(load_relaxed(&device->state) != WEIR_DEVICE_OPEN))
		return rx_careful(device, queue, packets, count);
	if (unlikely(load_relaxed(&ops->rxq.clbk[queue]) != NULL))
		return rx_watched(device, queue, packets, count);
	return ops->rx_pkt_burst(
		ops->rxq.data[queue], packets, (uint16_t)count);
}

static unsigned drop(struct weir_device_queue *queue, struct rte_mbuf **packets,
	unsigned count)
{
	rte_pktmbuf_free_bulk(packets, count);
	count_add(&queue->dropped, count);
	return count;
}

// plain_count answers how many of packets lie in one mbuf of the pool, and puts
// a copy in place of those that do not: of several mbufs, or that share
// another's, the device would send something else.
static unsigned plain_count(
	const struct weir_net *net, struct rte_mbuf **packets, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m = packets[i], *copy;

		if (likely(RTE_MBUF_DIRECT(m) && m->nb_segs == 1 &&
			    m->pool == net->pool))
			continue;
		if (m->pkt_len > net->room)
			return i;
		copy = rte_pktmbuf_copy(m, net->pool, 0, UINT32_MAX);
		if (!copy)
			return i;
		rte_pktmbuf_free(m);
		packets[i] = copy;
	}
	return count;
}

// What the device would refuse for ever must not keep back what is behind it.
static bool is_refused(const struct weir_net *net, const struct rte_mbuf *m)
{
	if (net->device.plain && m->pkt_len > net->room)
		return true;
	return net->device.frame_max && m->pkt_len > net->device.frame_max;
}

static unsigned send_careful(struct weir_net *net, unsigned queue,
	struct rte_mbuf **packets, unsigned count)
{
	struct weir_device *device = &net->device;
	struct weir_device_queue *own = &device->tx[queue];
	unsigned most =
		device->plain ? plain_count(net, packets, count) : count;
	unsigned sent = 0;

	weir_inside_enter(device, own);
	if (!is_open(device)) {
		weir_inside_leave(own);
		return 0;
	}
	sent = tx_watched(device, queue, packets, most);
	weir_inside_leave(own);
	count_add(&own->taken, sent);
	if (sent < count && is_refused(net, packets[sent]))
		sent += drop(own, packets + sent, 1);
	return sent;
}

static __attribute__((noinline)) unsigned tx_careful(struct weir_net *net,
	unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	switch (load_acquire(&net->device.state)) {
	case WEIR_DEVICE_CAREFUL:
		return count && !load_relaxed(&net->device.hushed)
			       ? send_careful(net, queue, packets, count)
			       : 0;
	case WEIR_DEVICE_DROPS:
	case WEIR_DEVICE_GONE:
		return drop(&net->device.tx[queue], packets, count);
	default:
		return 0;
	}
}

unsigned weir_net_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct weir_net *net = state;
	const struct weir_device *device = &net->device;
	const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[device->id];

	if (unlikely(load_relaxed(&device->state) != WEIR_DEVICE_OPEN))
		return tx_careful(net, queue, packets, count);
	if (unlikely(!count))
		return 0;
	if (unlikely(load_relaxed(&ops->txq.clbk[queue]) != NULL))
		return tx_watched(device, queue, packets, count);
	return ops->tx_pkt_burst(
		ops->txq.data[queue], packets, (uint16_t)count);
}

struct weir_port_direct weir_net_direct(
	void *state, enum weir_port_way way, unsigned queue)
{
	const struct weir_device *device = state;
	const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[device->id];
	bool rx = way == WEIR_PORT_RX;

	return (struct weir_port_direct){
		.gate = &device->state,
		.open = WEIR_DEVICE_OPEN,
		.queue = queue,
		.burst = rx ? &ops->rx_pkt_burst : &ops->tx_pkt_burst,
		.queues = rx ? &ops->rxq.data : &ops->txq.data,
		.watchers = rx ? &ops->rxq.clbk : &ops->txq.clbk,
	};
}

bool weir_net_ended(void *state)
{
	const struct weir_net *net = state;

	return load_acquire(&net->device.state) == WEIR_DEVICE_GONE;
}

void weir_net_finish(void *state)
{
	struct weir_net *net = state;
	uint64_t ns = weir_device_hardware(&net->device) ? SENT_NS : LINGER_NS;

	if (net->device.name.linger || weir_device_hardware(&net->device))
		store_release(
			&net->finish, weir_clock_now(net->clock) +
					      weir_clock_ticks(net->clock, ns));
}

// What a device has taken may still lie in memory that goes when it stops. A
// NIC tells when it has sent all.
bool weir_net_finished(void *state)
{
	const struct weir_net *net = state;
	uint64_t finish = load_acquire(&net->finish);
	uint32_t is = load_acquire(&net->device.state);

	return !finish || weir_clock_now(net->clock) >= finish ||
	       is == WEIR_DEVICE_DROPS || is == WEIR_DEVICE_GONE ||
	       (weir_device_hardware(&net->device) &&
		       load_relaxed(&net->device.last.opackets) >=
			       weir_net_given(net));
}
