// SPDX-License-Identifier: BSD-3-Clause
//
// What happens to a device while it runs: its link comes and goes, it is
// removed. The link is looked at ten times a second; a removal is told by the
// driver, by VFIO, or by the interface that is no longer there.
//
// A device on the careful path that is removed (a NIC's) is given back as soon as
// no lcore is inside it, since the kernel waits for that; others when the port
// stops.
//
// Threads.  The main thread, but for what EAL's interrupt thread tells.
#ifndef WEIR_DRIVERS_NET_VIGIL_H
#define WEIR_DRIVERS_NET_VIGIL_H

#include "base/clock.h"
#include "net/device.h"

struct weir_vigil {
	struct weir_device *device;
	const struct weir_clock *clock;
	uint64_t wait; // ticks that the link may take
	uint64_t started, next;
	uint64_t linked_at; // tick of the last look that found it new
	uint32_t leaves;    // of the other side, as last looked
	bool linked, ever_linked;
	bool told_down, told_none, told_gone;
	bool quitting;
	int tap; // descriptor behind which the interface is; -1: none
};

// weir_vigil_start begins, when the device has started. Packets wait for its
// link for wait_ns.
void weir_vigil_start(struct weir_vigil *vigil, struct weir_device *device,
	const struct weir_clock *clock, uint64_t wait_ns);

// weir_vigil_look tells the next thing that happened, or false.
bool weir_vigil_look(struct weir_vigil *vigil, struct weir_port_event *event);

// weir_vigil_quit says that the run is to end: nothing waits for a link any
// more.
void weir_vigil_quit(struct weir_vigil *vigil);

// weir_vigil_stop ends it.
void weir_vigil_stop(struct weir_vigil *vigil);

#endif
