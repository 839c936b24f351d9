// SPDX-License-Identifier: BSD-3-Clause
//
//	test ── port ── device whose link comes, goes; that is removed
//
// What a port does when its device is not there. Time is the test's own.
#ifndef ALLOW_EXPERIMENTAL_API
#define ALLOW_EXPERIMENTAL_API
#endif

#include "port.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <unistd.h>

#define SECOND 1000000000u

static char socket_path[64];

static void init(void)
{
	snprintf(socket_path, sizeof(socket_path), "/tmp/weir-life-%d",
		(int)getpid());
	ports_init();
}

static void fini(void)
{
	ports_fini();
	unlink(socket_path);
}

TestSuite(net_life, .init = init, .fini = fini);

// look answers what the port tells next, "" for nothing.
static const char *look(struct port *port, bool *fault)
{
	static struct weir_port_event event;

	if (!port->driver->watch(port->state, &event))
		return "";
	if (fault)
		*fault = event.fault;
	return event.text;
}

static void some(struct rte_mbuf **packets, unsigned count)
{
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, packets, count), 0);
}

static bool is_there(const char *device)
{
	uint16_t id;

	return rte_eth_dev_get_port_by_name(device, &id) == 0;
}

Test(net_life, a_removed_device_is_told_once_and_harms_nobody)
{
	struct rte_mbuf *packets[BURST];
	struct port port;
	bool fault = false;

	cr_assert_eq(port_open_named(
			     &port, "a", "vdev", "net_null5", BOTH, OPTIONS()),
		0, "%s", port.e.text);
	cr_assert_eq(port.driver->start(port.state, &port.e), 0);
	cr_expect_str_empty(look(&port, NULL));
	cr_expect_eq(port_rx(&port, packets, BURST), BURST);
	cr_expect_not(port.driver->ended(port.state));
	rte_dev_event_callback_process("net_null5", RTE_DEV_EVENT_REMOVE);

	cr_expect(strstr(look(&port, &fault), "was removed"));
	cr_expect(fault);
	cr_expect_str_empty(look(&port, NULL));
	cr_expect(port.driver->ended(port.state));
	cr_expect_eq(port_tx(&port, packets, BURST), BURST);
	cr_expect_eq(port_rx(&port, packets, BURST), 0);
	cr_expect_str_empty(look(&port, NULL));
	// Nobody can tell whether an lcore is inside one that is merely called.
	cr_expect(is_there("net_null5"));

	cr_expect_eq(port_stats(&port).tx_dropped, BURST);
	cr_expect_eq(port_stats(&port).rx_packets, BURST);
	cr_expect_eq(port_stop(&port), 0);
	port_close(&port);
	cr_expect_not(is_there("net_null5"));
}

Test(net_life, a_removed_device_is_given_back_though_no_lcore_calls_it)
{
	struct port port;
	bool fault = false;

	cr_assert_eq(port_open_named(&port, "a", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", port.e.text);
	cr_assert_eq(port.driver->start(port.state, &port.e), 0);
	cr_expect_str_empty(look(&port, NULL));
	rte_dev_event_callback_process("net_memif_a", RTE_DEV_EVENT_REMOVE);
	cr_expect(strstr(look(&port, &fault), "was removed"));
	cr_expect(is_there("net_memif_a"));
	cr_expect_str_empty(look(&port, NULL));
	cr_expect_not(is_there("net_memif_a"));
	cr_expect_eq(port_stop(&port), 0);
	port_close(&port);
}

Test(net_life, waits_for_its_link_and_says_that_there_is_none)
{
	struct rte_mbuf *packets[BURST];
	struct port port;
	bool fault = false;

	cr_assert_eq(port_open(&port, "vhost", socket_path, SENDS,
			     OPTIONS("link_wait=2s")),
		0, "%s", port.e.text);
	some(packets, BURST);
	cr_expect_eq(port_tx(&port, packets, BURST), 0);
	cr_expect_str_empty(look(&port, NULL));
	ticks += 1 * SECOND;
	cr_expect_str_empty(look(&port, NULL));
	ticks += 1 * SECOND;
	cr_expect(strstr(look(&port, &fault), "no link after 2.0 s"));
	cr_expect(fault);
	cr_expect_str_empty(look(&port, NULL));
	ticks += 1 * SECOND;
	cr_expect_str_empty(look(&port, NULL));
	rte_pktmbuf_free_bulk(packets, BURST);
	port_stop(&port);
	port_close(&port);
}

Test(net_life, drops_and_counts_what_waits_when_the_run_is_to_end)
{
	struct rte_mbuf *packets[BURST];
	struct port port;
	bool fault = true;

	cr_assert_eq(port_open(&port, "vhost", socket_path, SENDS, OPTIONS()),
		0, "%s", port.e.text);
	some(packets, BURST);
	// Without link_wait it is for the device to take nothing.
	cr_expect_eq(port_tx(&port, packets, BURST), 0);
	port.driver->quit(port.state);
	cr_expect(strstr(look(&port, &fault), "never was a link"));
	cr_expect_not(fault);
	cr_expect_eq(port_tx(&port, packets, BURST), BURST);
	port.driver->finish(port.state);
	cr_expect(port.driver->finished(port.state));
	cr_expect_eq(port_stats(&port).tx_dropped, BURST);
	cr_expect_eq(port_stats(&port).tx_packets, 0);
	port_stop(&port);
	port_close(&port);
}

// A pair of memif ports: what is sent over it arrives.
static void pass_some(struct port *in, struct port *out)
{
	struct rte_mbuf *packets[BURST];
	unsigned sent = 0, got = 0;

	some(packets, BURST);
	for (int i = 0; i < BURST; i++)
		rte_pktmbuf_append(packets[i], 60);
	for (int i = 0; i < 2000 && !sent; i++, usleep(1000))
		sent = port_tx(out, packets, BURST);
	cr_assert_eq(sent, BURST);
	for (int i = 0; i < 2000 && got < BURST; i++, usleep(1000))
		got += port_rx(in, packets + got, BURST - got);
	cr_assert_eq(got, BURST);
	rte_pktmbuf_free_bulk(packets, BURST);
}

// tells looks at a port for up to two seconds until it tells of text.
static bool tells(struct port *port, const char *text)
{
	bool fault = false;

	for (int i = 0; i < 2000; i++, usleep(1000)) {
		ticks += SECOND;
		if (strstr(look(port, &fault), text))
			return !fault;
	}
	return false;
}

Test(net_life, tells_once_that_the_other_side_went_away)
{
	struct port in, out;

	cr_assert_eq(port_open(&in, "memif", socket_path, RECEIVES,
			     OPTIONS("role=server")),
		0, "%s", in.e.text);
	for (unsigned round = 1; round <= 2; round++) {
		cr_assert_eq(
			port_open(&out, "memif", socket_path, SENDS, OPTIONS()),
			0, "%s", out.e.text);
		pass_some(&in, &out);
		ticks += SECOND;
		cr_expect_str_empty(look(&in, NULL));
		port_stop(&out);
		cr_expect_eq(port_stats(&out).tx_packets, BURST);
		port_close(&out);
		if (round == 1)
			cr_expect(tells(&in, "the link went down"));
	}
	usleep(100000);
	ticks += SECOND;
	cr_expect_str_empty(look(&in, NULL));
	// What it counts is not forgotten with the other side.
	cr_expect_eq(port_stats(&in).rx_packets, 2 * BURST);
	port_stop(&in);
	port_close(&in);
}

// A failsafe has hash functions, which the kinds of software devices have not.
static int open_spread(struct port *port, const char *fields)
{
	struct weir_port_setup setup = {.name = "in",
		.receives = true,
		.rx_queues = 2,
		.tx_queues = 2,
		.pool = pool,
		.clock = &clock_virtual};

	*port = (struct port){.driver = weir_port_find("vdev")};
	cr_assert_eq(weir_option_block_create(&port->options,
			     port->driver->state_size, port->driver->options),
		0);
	port_set(port, fields);
	port->state = weir_option_block_data(port->options);
	return port->driver->open(port->state, "vdev",
		"net_failsafe0,dev(net_null9)", &setup, &port->e);
}

Test(net_life, spreads_over_queues_by_what_the_device_can)
{
	struct port port;

	cr_expect_eq(open_spread(&port, "rss=tcp"), 0, "%s", port.e.text);
	port_close(&port);
	cr_expect_eq(open_spread(&port, "rss=tunnel"), -ENOTSUP);
	cr_expect(strstr(port.e.text, "by these fields"), "%s", port.e.text);
	port_close(&port);
}

Test(net_life, lingers_where_the_other_side_reads_our_memory)
{
	struct port port;

	cr_assert_eq(port_open(&port, "vhost", socket_path, SENDS, OPTIONS()),
		0, "%s", port.e.text);
	port.driver->finish(port.state);
	cr_expect_not(port.driver->finished(port.state));
	ticks += SECOND / 50;
	cr_expect(port.driver->finished(port.state));
	port_stop(&port);
	port_close(&port);
}

Test(net_life, tells_what_else_the_device_counts)
{
	struct weir_port_row rows[256];
	struct rte_mbuf *packets[BURST];
	struct port port;
	uint64_t good = 0;
	unsigned count;

	cr_assert_eq(port_open(&port, "null", "", BOTH, OPTIONS()), 0);
	cr_expect_eq(port_rx(&port, packets, BURST), BURST);
	rte_pktmbuf_free_bulk(packets, BURST);
	cr_expect_eq(port.driver->rows(port.state, rows, 256), 0);
	port_stop(&port);
	count = port.driver->rows(port.state, rows, 256);
	cr_expect_gt(count, 0);
	for (unsigned i = 0; i < count && i < 256; i++)
		if (!strcmp(rows[i].name, "rx_good_packets"))
			good = rows[i].value;
	cr_expect_eq(good, BURST);
	cr_expect_eq(port.driver->rows(port.state, rows, 1), count);
	port_close(&port);
}

Test(net_life, offers_checksums_only_where_it_is_asked_or_hardware)
{
	struct port port;

	cr_assert_eq(port_open(&port, "vhost", socket_path, SENDS, OPTIONS()),
		0, "%s", port.e.text);
	cr_expect_eq(port.driver->tx_offloads(port.state) &
			     RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
		0);
	cr_expect_neq(port.driver->tx_offloads(port.state) &
			      RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		0);
	port_stop(&port);
	port_close(&port);
	cr_expect_lt(port_open(&port, "null", "", RECEIVES,
			     OPTIONS("rx_checksum=yes")),
		0);
	cr_expect(strstr(port.e.text, "rx_checksum"), "%s", port.e.text);
	port_close(&port);
}

Test(net_life, refuses_what_the_device_cannot)
{
	static const struct {
		const char *kind, *value, *option, *says;
	} table[] = {
		{"null", "", "rss=ip", "'rss'"},
		{"null", "", "symmetric=yes", "'rss'"},
		{"memif", "/tmp/s", "mtu=9000", "to 1500, not 9000"},
	};
	struct port port;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		cr_expect_lt(port_open(&port, table[i].kind, table[i].value,
				     RECEIVES, OPTIONS(table[i].option)),
			0, "%s", table[i].option);
		cr_expect(
			strstr(port.e.text, table[i].says), "%s", port.e.text);
		port_close(&port);
	}
}
