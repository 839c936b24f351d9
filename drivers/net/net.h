// SPDX-License-Identifier: BSD-3-Clause
//
// Ports on DPDK's Ethernet devices. A kind says which device: null, ring and
// pcap are software devices by their short names, vdev is any by its own.
// Packets that come in carry no struct weir_packet.
#ifndef WEIR_DRIVERS_NET_NET_H
#define WEIR_DRIVERS_NET_NET_H

struct weir_port_driver;

extern const struct weir_port_driver weir_net_driver;

#endif
