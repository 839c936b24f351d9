// SPDX-License-Identifier: BSD-3-Clause
#include "port.h"

#include <criterion/criterion.h>
#include <errno.h>

TestSuite(net, .init = ports_init, .fini = ports_fini);

Test(net, null_makes_packets_and_takes_any)
{
	struct rte_mbuf *packets[BURST];
	struct port port;

	cr_assert_eq(port_open(&port, "null", "size=100", BOTH, OPTIONS()), 0,
		"%s", port.e.text);
	for (unsigned round = 0; round < 10; round++) {
		cr_expect_eq(port_rx(&port, packets, BURST), BURST);
		cr_expect_eq(packets[0]->pkt_len, 100);
		cr_expect(!(packets[0]->ol_flags & weir_packet_flag));
		cr_expect_eq(port_tx(&port, packets, BURST), BURST);
	}
	cr_expect_eq(port_tx(&port, NULL, 0), 0);
	cr_expect_eq(port_stats(&port).rx_packets, 10 * BURST);
	cr_expect_eq(port_stats(&port).tx_packets, 10 * BURST);
	cr_expect_eq(port_stop(&port), 0);
	port_close(&port);
}

Test(net, ring_brings_in_again_what_went_out)
{
	struct rte_mbuf *sent[BURST], *got[BURST];
	struct port port;

	cr_assert_eq(port_open(&port, "ring", "", BOTH, OPTIONS()), 0, "%s",
		port.e.text);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, sent, BURST), 0);
	cr_expect_eq(port_tx(&port, sent, BURST), BURST);
	cr_expect_eq(port_rx(&port, got, BURST), BURST);
	cr_expect_arr_eq(got, sent, sizeof(got));
	rte_pktmbuf_free_bulk(got, BURST);
	port_stop(&port);
	port_close(&port);
}

Test(net, counts_only_what_was_taken)
{
	struct rte_mbuf *m, *got[BURST];
	struct port port;
	unsigned taken = 0, n;

	cr_assert_eq(port_open(&port, "ring", "", BOTH, OPTIONS()), 0);
	while ((m = rte_pktmbuf_alloc(pool)) && port_tx(&port, &m, 1))
		taken++;
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	cr_expect_gt(taken, 0);
	cr_expect_eq(port_stats(&port).tx_packets, taken);
	while ((n = port_rx(&port, got, BURST))) {
		rte_pktmbuf_free_bulk(got, n);
		taken -= n;
	}
	cr_expect_eq(taken, 0);
	port_stop(&port);
	port_close(&port);
}

Test(net, opens_again_what_was_closed)
{
	for (unsigned i = 0; i < 3; i++) {
		struct port port;

		cr_assert_eq(port_open(&port, "null", "", SENDS, OPTIONS()), 0,
			"%s", port.e.text);
		port_stop(&port);
		port_close(&port);
	}
}

Test(net, closes_a_port_that_never_started)
{
	struct port port;

	cr_assert_eq(port_open_named(&port, "a", "vdev", "net_null7,size=80",
			     RECEIVES, OPTIONS("descriptors=256")),
		0, "%s", port.e.text);
	port_close(&port);
}

Test(net, names_the_device_that_it_cannot_open)
{
	static const struct {
		const char *kind, *value, *says;
	} table[] = {
		{"vdev", "", "names no device"},
		{"vdev", "net_nothing0", "'net_nothing0'"},
		{"pcap", "rx_pcap=/nowhere/a.pcap", "/nowhere/a.pcap"},
		{"null", "sise=64", "'net_null_in'"},
	};
	struct port port;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cr_expect_lt(port_open(&port, table[i].kind, table[i].value,
				     RECEIVES, OPTIONS()),
			0);
		cr_expect_not_null(
			strstr(port.e.text, table[i].says), "%s", port.e.text);
		cr_expect_not_null(strstr(port.e.text, "port 'in'"));
		port_close(&port);
	}
}

Test(net, says_which_device_there_is_twice)
{
	struct port one, two;

	cr_assert_eq(port_open(&one, "vdev", "net_null3", SENDS, OPTIONS()), 0);
	cr_expect_eq(port_open(&two, "vdev", "net_null3", SENDS, OPTIONS()),
		-EEXIST);
	cr_expect_not_null(strstr(two.e.text, "net_null3"), "%s", two.e.text);
	port_close(&two);
	port_stop(&one);
	port_close(&one);
}
