// SPDX-License-Identifier: BSD-3-Clause
//
// Ports on captures: pcap and pcapng, read or written by a thread of the
// port's own, so that an lcore makes no system call.
//
// Packets that come in carry struct weir_packet: time, original length, link
// type, interface. Those that go out are written with theirs; what has none
// (it came from a device) is Ethernet, at the time of writing.
#ifndef WEIR_DRIVERS_FILE_FILE_H
#define WEIR_DRIVERS_FILE_FILE_H

struct weir_port_driver;

extern const struct weir_port_driver weir_file_driver;

#endif
