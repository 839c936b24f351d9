// SPDX-License-Identifier: BSD-3-Clause
//
// What Linux does with the interfaces of a PCI device: their names, the link,
// and whether something depends on them.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_INTERFACE_H
#define WEIR_HOST_INTERFACE_H

#include <stdbool.h>

enum weir_interface_link {
	WEIR_INTERFACE_LINK_UNKNOWN, // nobody asks the device
	WEIR_INTERFACE_LINK_DOWN,
	WEIR_INTERFACE_LINK_UP,
};

struct weir_interface {
	char names[64]; // "eth0", or "eth0,eth1" where it has several; or ""
	enum weir_interface_link link; // up where one of them is
	unsigned speed;		       // Mbit/s; 0: unknown
	bool in_use; // has addresses or routes, or is part of a bridge, a
		     // bond, a VLAN
	bool has_default_route;
};

// weir_interface_read answers what is known of the device at address.
void weir_interface_read(struct weir_interface *interface, const char *root,
	const char *address);

#endif
