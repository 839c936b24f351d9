// SPDX-License-Identifier: BSD-3-Clause
//
// A relay stands between net_memif and the socket on which the other side is. Of
// DPDK 22.11 it is the driver that reads the socket, on EAL's interrupt thread,
// and unmaps the shared memory when the other side has left, also under an lcore.
// So it is told by the relay, which first has all lcores outside:
//
//	other side ── socket ── relay ── socket of its own ── net_memif
//	     └───────────── shared memory, as before ─────────────┘
//
// It knows nothing of what is said there but that net_memif changes memory only
// when it is told something: whatever comes, lcores are kept out from before it
// is handed on until net_memif has dealt with it. Packets do not pass here.
//
// As a server it makes the socket of the path, and net_memif one that is called
// as that with a '~' behind. As a client it makes one without a name.
//
// Threads.  The main thread, and one of its own for each path: it sleeps until
// something is said.
// Memory.  Its own.
#ifndef WEIR_DRIVERS_NET_RELAY_H
#define WEIR_DRIVERS_NET_RELAY_H

#include "net/device.h"

struct weir_relay;

// weir_relay_open makes the relay of a device that is to be plugged, and changes
// the device's arguments so that it speaks to the relay. Ports of one server's
// path share it. *relay is NULL for what needs none: another device, or a memif
// whose socket is abstract. Answers 0 or -errno with words.
int weir_relay_open(struct weir_relay **relay, struct weir_device *device,
	struct weir_error *e);

// weir_relay_reach has a client connect to its server: just before its device
// starts. weir_relay_start begins, just after that. Both answer 0 or -errno with
// words.
int weir_relay_reach(struct weir_relay *relay, struct weir_error *e);
int weir_relay_start(struct weir_relay *relay, struct weir_error *e);

// weir_relay_stop takes leave of the other side: lcores do not call the device
// any more, and its own stop finds nothing to do. weir_relay_close takes the
// device out, after it was unplugged. NULL is harmless.
void weir_relay_stop(struct weir_relay *relay);
void weir_relay_close(struct weir_relay *relay, struct weir_device *device);

#endif
