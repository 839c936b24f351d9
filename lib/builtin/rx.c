// SPDX-License-Identifier: BSD-3-Clause
//
// rx brings what a port receives into the pipeline. The packets are written by
// the driver right where the next stage takes them from.
#include "builtin/builtin.h"
#include "builtin/ends.h"

enum { RX_OUT };

unsigned weir_rx_by_driver(
	struct weir_rx_stage *rx, struct rte_mbuf **packets, unsigned count)
{
	if (unlikely(rx->driver->direct && !rx->direct.burst))
		rx->direct = rx->driver->direct(
			rx->port_state, WEIR_PORT_RX, rx->queue);
	return rx->driver->rx(rx->port_state, rx->queue, packets, count);
}

static int rx_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct weir_rx_stage *rx = state;

	weir_assert(setup->port && setup->port->driver->rx);
	rx->driver = setup->port->driver;
	rx->port_state = setup->port->state;
	rx->queue = setup->port_queue;
	rx->direct = weir_port_shut;
	return 0;
}

static void rx_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct weir_rx_stage *rx = state;
	uint32_t room;
	struct rte_mbuf **space = weir_out_space(out, RX_OUT, &room);

	if (room > WEIR_BURST)
		room = WEIR_BURST;
	weir_out_added(out, RX_OUT, weir_rx_receive(rx, space, room));
}

static bool rx_ended(void *state)
{
	struct weir_rx_stage *rx = state;

	return rx->driver->ended && rx->driver->ended(rx->port_state);
}

const struct weir_stage weir_builtin_rx = {
	.abi = WEIR_STAGE_ABI,
	.type = "rx",
	.help = "receives packets from a port, one instance for each queue",
	.state_size = sizeof(struct weir_rx_stage),
	.options = {WEIR_OPTION_TEXT(struct weir_rx_stage, port_name, "port",
		NULL, "name of the port to receive from")},
	.outputs = {"out"},
	.source = true,
	.init = rx_init,
	.kernel = rx_burst,
	.ended = rx_ended,
};
