// SPDX-License-Identifier: BSD-3-Clause
//
// Ports for the tests of drivers: EAL without hugepages, a pool, ports opened
// with options, and one lcore's loop, stepped by hand.
//
//	port_open(&in, "file", "a.pcap", RECEIVES, OPTIONS("pace=capture"))
//	copy(&in, &out)
//	finding = port_stop(&in)
#ifndef TESTS_DRIVERS_PORT_H
#define TESTS_DRIVERS_PORT_H

#include "base/assert.h"
#include "base/eal.h"
#include "drivers.h"
#include "mem/pool.h"
#include "option/option.h"
#include "port/port.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define POOL_COUNT 12287
#define POOL_DATA 2048
#define BURST 32

enum port_way { RECEIVES, SENDS, BOTH };

struct port {
	const struct weir_port_driver *driver;
	struct weir_option_block *options;
	void *state;
	struct weir_error e;
};

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static struct rte_mempool *pool;
static uint64_t ticks = 1000;
static struct weir_clock clock_virtual; // 1 tick is 1 ns

static inline void ports_init(void)
{
	struct weir_eal_options options = {
		.memory_size = 96u << 20, .no_huge = true};
	struct weir_error e = {0};

	clock_virtual = weir_clock_virtual(&ticks, 1000000000);
	weir_drivers_register();
	if (weir_eal_open(&options, &e) ||
		weir_pool_create(
			&pool, "test", POOL_COUNT, POOL_DATA, -1, &e)) {
		fprintf(stderr, "%s\n", e.text);
		weir_assert(!"EAL and a pool");
	}
}

// ports_fini finds every mbuf back in the pool.
static inline void ports_fini(void)
{
	weir_assert(weir_pool_held(pool) == 0);
	weir_pool_destroy(pool);
	weir_eal_close();
}

static inline void port_set(struct port *port, const char *text)
{
	const char *equals = strchr(text, '=');
	const char *value = equals + 1;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	weir_assert(weir_option_set(port->options,
			    weir_option_find(port->driver->options, name),
			    &value, 1, &port->e) == 0);
}

static inline int port_open_named(struct port *port, const char *name,
	const char *kind, const char *value, enum port_way way,
	const char *const *options)
{
	struct weir_port_setup setup = {
		.name = name,
		.receives = way != SENDS,
		.sends = way != RECEIVES,
		.rx_queues = way != SENDS,
		.tx_queues = way != RECEIVES,
		.pool = pool,
		.clock = &clock_virtual,
	};

	*port = (struct port){.driver = weir_port_find(kind)};
	weir_assert(port->driver);
	weir_assert(
		weir_option_block_create(&port->options,
			port->driver->state_size, port->driver->options) == 0);
	for (; *options; options++)
		port_set(port, *options);
	port->state = weir_option_block_data(port->options);
	return port->driver->open(port->state, kind, value, &setup, &port->e);
}

static inline int port_open(struct port *port, const char *kind,
	const char *value, enum port_way way, const char *const *options)
{
	int err = port_open_named(port, way == RECEIVES ? "in" : "out", kind,
		value, way, options);

	return err ? err : port->driver->start(port->state, &port->e);
}

static inline unsigned port_rx(
	struct port *port, struct rte_mbuf **packets, unsigned count)
{
	return port->driver->rx(port->state, 0, packets, count);
}

static inline unsigned port_tx(
	struct port *port, struct rte_mbuf **packets, unsigned count)
{
	return port->driver->tx(port->state, 0, packets, count);
}

static inline struct weir_port_stats port_stats(struct port *port)
{
	struct weir_port_stats stats;

	port->driver->stats(port->state, &stats);
	return stats;
}

static inline uint64_t port_held(struct port *port)
{
	return port->driver->held ? port->driver->held(port->state) : 0;
}

// port_finish waits until a port has sent all that it took.
static inline void port_finish(struct port *port)
{
	port->driver->finish(port->state);
	while (!port->driver->finished(port->state))
		sched_yield();
}

static inline int port_stop(struct port *port)
{
	return port->driver->stop(port->state, &port->e);
}

static inline void port_close(struct port *port)
{
	port->driver->close(port->state);
	weir_option_block_destroy(port->options);
}

// send_all sends all of packets, however often it must ask.
static inline void send_all(
	struct port *port, struct rte_mbuf **packets, unsigned count)
{
	unsigned sent = 0;

	while (sent < count) {
		sent += port_tx(port, packets + sent, count - sent);
		if (sent < count)
			sched_yield();
	}
}

// copy is what a pipeline of rx and tx does, until the input has ended.
// Answers how many packets passed.
static inline uint64_t copy(struct port *in, struct port *out)
{
	struct rte_mbuf *packets[BURST];
	uint64_t passed = 0;

	while (!in->driver->ended(in->state)) {
		unsigned n = port_rx(in, packets, BURST);

		send_all(out, packets, n);
		passed += n;
		if (!n)
			sched_yield();
	}
	port_finish(out);
	return passed;
}

#endif
