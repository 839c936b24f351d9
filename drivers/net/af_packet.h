// SPDX-License-Identifier: BSD-3-Clause
//
// What the kernel could not give to an af_packet device because its ring was
// full. DPDK's driver does not ask; the kernel tells it of the sockets, which we
// hold, and forgets what it has told.
//
// Threads.  One thread that may sleep.
// Memory.  The caller's.
#ifndef WEIR_DRIVERS_NET_AF_PACKET_H
#define WEIR_DRIVERS_NET_AF_PACKET_H

#include <stdint.h>

#define WEIR_AF_PACKET_SOCKETS 16 // what the device can have: one a queue

struct weir_af_packet {
	int sockets[WEIR_AF_PACKET_SOCKETS]; // the device's, which closes them
	unsigned count;
	uint64_t missed; // so far
};

// weir_af_packet_find finds the sockets of this process that receive on an
// interface.
void weir_af_packet_find(struct weir_af_packet *packet, const char *interface);

// weir_af_packet_look brings missed up to date.
void weir_af_packet_look(struct weir_af_packet *packet);

#endif
