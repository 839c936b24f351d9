// SPDX-License-Identifier: BSD-3-Clause
//
// What drivers count differs: what is an error on transmit, what lack of mbufs
// costs, when a packet has been received. Here it becomes one way of counting.
#include "net/own.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t taken_by(const struct weir_device_queue *queues, unsigned count)
{
	uint64_t taken = 0;

	for (unsigned i = 0; i < count; i++)
		taken += load_relaxed(&queues[i].taken);
	return taken;
}

uint64_t weir_net_given(const struct weir_net *net)
{
	return taken_by(net->device.tx, net->device.tx_queues);
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

// What lay in the rings of a NIC when it stopped is told apart from what is
// lost without a trace by how much a ring holds.
static uint64_t ring_room(const struct weir_device *device, unsigned queues)
{
	if (load_relaxed(&device->state) == WEIR_DEVICE_GONE)
		return UINT64_MAX;
	return weir_device_hardware(device) && !device->started
		       ? (uint64_t)device->descriptors * queues
		       : 0;
}

static void count_rx(const struct weir_net *net, const struct rte_eth_stats *s,
	struct weir_port_stats *stats)
{
	const struct weir_device *device = &net->device;
	uint64_t taken = taken_by(device->rx, device->rx_queues);
	uint64_t received = s->ipackets;

	// The last look at one that is gone was some time before.
	if (device->name.forgets ||
		(load_relaxed(&device->state) == WEIR_DEVICE_GONE &&
			received < taken))
		received = taken;
	if (weir_device_hardware(device) && received > taken)
		stats->rx_ahead = at_most(received - taken,
			device->left + ring_room(device, device->rx_queues));
	stats->rx_packets = received - stats->rx_ahead;
	stats->rx_bytes = device->rx_bytes + s->ibytes;
	stats->rx_missed = s->imissed + net->kernel.missed;
	stats->rx_errors = s->ierrors;
	stats->rx_no_mbuf = device->name.loses ? s->rx_nombuf : 0;
}

static void count_tx(const struct weir_net *net, const struct rte_eth_stats *s,
	struct weir_port_stats *stats)
{
	const struct weir_device *device = &net->device;
	uint64_t taken = weir_net_given(net);
	uint64_t sent = device->name.forgets ? taken : s->opackets;

	if (!device->name.retries)
		stats->tx_dropped = s->oerrors;
	for (unsigned i = 0; i < device->tx_queues; i++)
		stats->tx_dropped += load_relaxed(&device->tx[i].dropped);
	if (weir_device_hardware(device) && taken > sent)
		stats->tx_dropped += at_most(
			taken - sent, ring_room(device, device->tx_queues));
	stats->tx_packets = sent;
	stats->tx_bytes = device->tx_bytes + s->obytes;
}

void weir_net_stats(void *state, struct weir_port_stats *stats)
{
	struct weir_net *net = state;
	const struct rte_eth_stats *s = weir_device_stats(&net->device);

	*stats = (struct weir_port_stats){0};
	if (net->device.started)
		weir_af_packet_look(&net->kernel);
	count_rx(net, s, stats);
	count_tx(net, s, stats);
}

void weir_net_keep_rows(struct weir_net *net)
{
	uint16_t id = net->device.id;
	int count = net->device.started ? rte_eth_xstats_get(id, NULL, 0) : 0;
	struct rte_eth_xstat_name *names =
		calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*names));
	struct rte_eth_xstat *values =
		calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*values));

	net->row_count = 0;
	net->rows =
		calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*net->rows));
	if (count > 0 && names && values && net->rows &&
		rte_eth_xstats_get_names(id, names, (unsigned)count) == count &&
		rte_eth_xstats_get(id, values, (unsigned)count) == count)
		net->row_count = (unsigned)count;
	for (unsigned i = 0; i < net->row_count; i++) {
		snprintf(net->rows[i].name, sizeof(net->rows[i].name), "%s",
			names[values[i].id].name);
		net->rows[i].value = values[i].value;
	}
	free(names);
	free(values);
}

unsigned weir_net_rows(void *state, struct weir_port_row *rows, unsigned count)
{
	const struct weir_net *net = state;

	for (unsigned i = 0; i < count && i < net->row_count; i++)
		rows[i] = net->rows[i];
	return net->row_count;
}
